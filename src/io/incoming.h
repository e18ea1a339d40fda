/*
 * A file on its way in, as a chain of ring operations: what transfer_open and transfer_read are for who
 * waits, cut where they wait. The owner fills the first fields, calls incoming_open or incoming_read, and
 * hears by `done`, perhaps at once, whether the job may go on; when not, its error and status say why and the
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
    void (*done)(struct incoming *incoming, bool well);
    void *owner;

    struct job *job;
    int fd;              /* of a file that is open */
    struct fetch *fetch; /* of a URL */
    uint64_t size;
    double began;
};

/* Opens and examines incoming->job. */
void incoming_open(struct incoming *incoming);

/* Reads an examined job, closes the file and prepares the job. */
void incoming_read(struct incoming *incoming);

/* Closes the file of an examined job that will not be read, which fails as cancelled. */
void incoming_cancel(struct incoming *incoming);

#endif
