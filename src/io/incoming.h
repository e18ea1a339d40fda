/*
 * An input on its way in, as a chain of ring operations: the non-blocking version of transfer.h's opening and
 * reading, cut where they wait. The owner fills the first fields, calls incoming_open or incoming_read, and
 * is told by `done`, perhaps at once, whether the job may go on; if not, its error and status say why and the
 * file is closed. A URL goes the same way, moved by the loop of its fetches.
 */
#ifndef IO_INCOMING_H
#define IO_INCOMING_H

#include "io/ring.h"
#include "io/transfer.h"

/* Bytes at a file's beginning that are read before it is examined. A header almost always lies there; what it
 * needs beyond is read on the spot. */
enum { INCOMING_HEAD = 64 << 10 };

struct incoming {
    struct ring_op op; /* first: a pointer to it is one to this */
    struct ring *ring;
    const struct engine_config *config;
    struct input_pool *pool;
    uint8_t *head;           /* INCOMING_HEAD bytes */
    struct fetch_loop *loop; /* of URLs; NULL: there are none */
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
