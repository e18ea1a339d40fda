/*
 * Looking for a picture: its file below the root and its result in the cache. What a local file system has in
 * memory is opened by the event loop (root_open_cached). Everything else is opened by threads (blocking.h),
 * for a disk is slow and a file system may hang; the exchange waits meanwhile, and what was found is answered
 * by the event loop.
 */
#ifndef SERVE_LOOKUP_H
#define SERVE_LOOKUP_H

#include "serve/site.h"

/* Looks for the picture at path[size], which is the request's or a part of it, and answers the exchange,
 * now or later. */
void lookup_begin(struct site *site, struct http_exchange *exchange, struct span path);

/* The exchange, which waits for a lookup, waits no longer. */
void lookup_leave(struct http_exchange *exchange);

#endif
