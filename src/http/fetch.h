/*
 * A piece of a response's file that is not in memory, read by a thread (blocking.h): the event loop must
 * not wait for the disk or for a file system that hangs. The response continues when the piece is in memory.
 */
#ifndef HTTP_FETCH_H
#define HTTP_FETCH_H

#include "http/connection.h"

enum { FETCH_PIECE = 128 << 10 };

struct fetch;

/* Has up to `size` bytes at `offset` of the response's file read, for connection_fetched. 0, or -1 when there
 * is no memory or descriptor. */
int fetch_begin(struct connection *connection, uint64_t offset, uint64_t size);

/* The bytes that were read at that offset: how many, 0: none are left. */
size_t fetch_bytes(const struct fetch *fetch, uint64_t offset, const uint8_t **bytes);

/* Nothing came: the file became shorter or can't be read. */
bool fetch_failed(const struct fetch *fetch);

/* Lets go of connection->fetch, whether it has ended or not; NULL is allowed. */
void fetch_drop(struct connection *connection);

#endif
