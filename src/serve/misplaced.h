/*
 * Recognises queries that should be in the path. The server ignores queries: "?v=3" only makes a different
 * URL for caches. But "?w=300" or "?resize=300x", as other image servers have it, requests a smaller picture,
 * and must not be ignored silently.
 */
#ifndef SERVE_MISPLACED_H
#define SERVE_MISPLACED_H

#include <stdbool.h>

#include "base/error.h"
#include "http/request_head.h"

/* Does the query have a parameter with the name of a step, or of another server's equivalent? Then `error` is
 * filled. */
bool query_is_misplaced(struct span query, struct pm_error *error);

#endif
