/*
 * Finds a picture: its file below the root, and its result in the cache. The event loop opens files that a
 * local file system has in memory (root_open_cached). Threads open all others (blocking.h), because a disk is
 * slow and a file system may hang; the exchange waits meanwhile.
 */
#ifndef SERVE_LOOKUP_H
#define SERVE_LOOKUP_H

#include "serve/site.h"

/* Looks for the picture at `path`, which is part of the request, and answers the exchange, now or later. */
void lookup_begin(struct site *site, struct http_exchange *exchange, struct span path);

/* The exchange no longer waits for its lookup. */
void lookup_leave(struct http_exchange *exchange);

#endif
