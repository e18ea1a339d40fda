/*
 * Writes an exchange's response to a client's socket without blocking, and measures how fast the client reads
 * it. Nothing here uses the event loop.
 *
 * A socket becomes writable only when a third of its buffer is empty, which may be megabytes. So the bytes
 * that a client has read are those written minus those still in the socket's buffer.
 */
#ifndef HTTP_OUTPUT_H
#define HTTP_OUTPUT_H

#include "http/fetch.h"
#include "http/http.h"

enum { OUTPUT_STRETCH = 64 << 10 }; /* bytes */

struct output {
    int socket;
    struct http_exchange *exchange;
    struct fetch *fetch;   /* the next piece of the response's file, once it was fetched; NULL: none */
    uint8_t *piece;        /* FETCH_PIECE bytes for reading files into, shared by all connections */
    int64_t written;       /* bytes of head and content */
    int64_t stretch;       /* `written` when the stretch began */
    int64_t stretch_taken; /* bytes that the client had read then */
    double behind_since;   /* clock_now() when the client first fell behind */
    int64_t taken_before;  /* bytes that it had read then */
};

enum output_end {
    OUTPUT_WRITTEN, /* all of it */
    OUTPUT_FULL,    /* the socket's buffer is full */
    OUTPUT_STARVED, /* the file's next bytes must be fetched first */
    OUTPUT_BROKEN,  /* the client is gone, or the file became shorter */
};

/* Writes more of the head, which is advanced, and of the content; adds to exchange->sent. */
enum output_end output_write(struct output *output, struct span *head);

/* The client fell behind for the first time: its speed is measured from `now` on. */
void output_behind(struct output *output, double now);

/* Begins the next stretch of the response. */
void output_begin_stretch(struct output *output);

/* Has the client read OUTPUT_STRETCH bytes since the stretch began? */
bool output_made_headway(const struct output *output);

/* Bytes per second that the client has read on average since `grace` seconds after output_behind (a slow
 * start is allowed). Infinite during these seconds. */
double output_rate(const struct output *output, double now, double grace);

/* Bytes of the content that the client has not read. */
uint64_t output_left(const struct output *output);

#endif
