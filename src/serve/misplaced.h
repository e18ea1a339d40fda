/*
 * Queries that ask for what belongs in the path. The server reads no query: "?v=3" only makes a URL another
 * one for caches. But "?w=300" or "?resize=300x", as other image servers have it, asked for a smaller
 * picture, and a client must learn that it did not get one.
 */
#ifndef SERVE_MISPLACED_H
#define SERVE_MISPLACED_H

#include <stdbool.h>

#include "base/error.h"
#include "http/request_head.h"

/* Does a parameter of the query bear the name of a recipe's step, or of what other servers call one? Then
 * `error` is filled. */
bool query_is_misplaced(struct span query, struct pm_error *error);

#endif
