/*
 * Queries that ask for what belongs in the path. The server ignores queries: "?v=3" only makes another URL
 * for caches. But "?w=300" or "?resize=300x", as for other image servers, asks for a smaller picture, and
 * must not be ignored silently.
 */
#ifndef SERVE_MISPLACED_H
#define SERVE_MISPLACED_H

#include <stdbool.h>

#include "base/error.h"
#include "http/request_head.h"

/* Is a parameter's name that of a recipe's step, or of another server's equivalent? Then `error` is filled.
 */
bool query_is_misplaced(struct span query, struct pm_error *error);

#endif
