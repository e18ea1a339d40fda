/*
 * Opens and reads an input without blocking, as a chain of ring operations (transfer.h has the blocking
 * version). The owner fills the first fields and calls incoming_open or incoming_read; `done` is called with
 * the result, possibly before they return. If the job failed, its error and status are set and the file is
 * closed. For a URL, the loop of fetches does the work.
 */
#ifndef IO_INCOMING_H
#define IO_INCOMING_H

#include "io/ring.h"
#include "io/transfer.h"

/* Bytes at a file's beginning that are read before it is examined. They almost always contain the header;
 * further bytes of it are read with blocking calls. */
enum { INCOMING_HEAD = 64 << 10 };

struct incoming {
    struct ring_op op; /* first: a pointer to it is one to this */
    struct ring *ring;
    const struct engine_config *config;
    struct input_pool *pool;
    uint8_t *head;           /* INCOMING_HEAD bytes */
    struct fetch_loop *loop; /* NULL: there are no URLs */
    void (*done)(struct incoming *incoming, enum intake_result result);
    void *owner;

    struct intake_slot *slot;
    double began;
};

/* Opens and examines the slot's job. */
void incoming_open(struct incoming *incoming);

/* Reads an examined job, closes the file and prepares the job. */
void incoming_read(struct incoming *incoming);

#endif
