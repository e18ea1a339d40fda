/*
 * Reads a piece of a file that is not in memory, in a thread (blocking.h): the event loop must not wait for
 * the disk or for a file system that hangs.
 */
#ifndef HTTP_FETCH_H
#define HTTP_FETCH_H

#include "http/response.h"

enum { FETCH_PIECE = 128 << 10 };

struct blocking;
struct fetch;

/* Begins to read the file of `content` at `offset`: `size` bytes, at most FETCH_PIECE. ended(owner) is called
 * by blocking_deliver when they were read. NULL when there is no memory or descriptor. */
struct fetch *fetch_begin(struct blocking *blocking, const struct content *content, uint64_t offset,
                          uint64_t size, void (*ended)(void *owner), void *owner);

/* The bytes that were read at `offset`: how many; 0: none are left. */
size_t fetch_bytes(const struct fetch *fetch, uint64_t offset, const uint8_t **bytes);

/* Were no bytes read? The file became shorter or can't be read. */
bool fetch_failed(const struct fetch *fetch);

/* Frees it. If it has not ended, `ended` is not called. NULL is allowed. */
void fetch_drop(struct fetch *fetch);

#endif
