/*
 * A result on its way out, as a chain of ring operations: the non-blocking version of file_write, cut where
 * it waits. The owner fills the first fields, calls outgoing_write, and is told by `done`, perhaps at once,
 * that the job's status is final.
 *
 * Locking, permission bits, opening the result's folder and making a missing one are no ring operations; on a
 * disk of this machine they do not wait.
 */
#ifndef IO_OUTGOING_H
#define IO_OUTGOING_H

#include "io/engine.h"
#include "io/file.h"
#include "io/ring.h"

struct outgoing {
    struct ring_op op; /* first: a pointer to it is one to this */
    struct ring *ring;
    const struct engine_config *config;
    void (*done)(struct outgoing *outgoing);
    void *owner;

    struct job *job; /* NULL: none */
    size_t written;  /* bytes */
    double began;
    struct temporary temporary;
};

void outgoing_write(struct outgoing *outgoing);

#endif
