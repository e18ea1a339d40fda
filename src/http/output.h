/*
 * Writes a response to a client's socket without blocking, and measures how fast the client reads it. Nothing
 * here knows of the event loop.
 *
 * A socket becomes writable only when a third of its buffer is empty, which may be megabytes. So the bytes
 * that a client has read are those written minus those still in the socket's buffer.
 */
#ifndef HTTP_OUTPUT_H
#define HTTP_OUTPUT_H

#include "http/connection.h"

enum output_end {
    OUTPUT_WRITTEN, /* all of it */
    OUTPUT_FULL,    /* the socket takes no more now */
    OUTPUT_STARVED, /* the file's next bytes must be fetched first (fetch.h) */
    OUTPUT_BROKEN,  /* the client is gone, or the file became shorter */
};

/* Writes more of the head, which is advanced, and of the content; adds to exchange.sent. */
enum output_end output_write(struct connection *connection, struct span *head);

/* The client fell behind for the first time: from now on its speed is measured. */
void output_behind(struct connection *connection, double now);

/* A next stretch of the response begins, for output_made_headway. */
void output_begin_stretch(struct connection *connection);

/* Has the client read CONNECTION_STRETCH bytes since the stretch began? */
bool output_made_headway(const struct connection *connection);

/* Bytes a second that the client has taken on average since output_behind, which was `grace` seconds before
 * counting began: time for a slow start. Infinite within it. */
double output_rate(const struct connection *connection, double now, double grace);

/* Bytes of the content that are not in the socket yet, or not taken from there. */
uint64_t output_left(const struct connection *connection);

#endif
