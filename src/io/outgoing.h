/*
 * Writes a job's results without blocking, as a chain of ring operations (file_write_job is the blocking
 * version): each in a temporary, one after the other, then all are renamed. The owner fills the first fields
 * and calls outgoing_write; `done` is called when the job's status is final, possibly before outgoing_write
 * returns.
 *
 * Locking, setting permission bits, and opening or creating the result's folder are not ring operations; on a
 * local disk they do not wait.
 */
#ifndef IO_OUTGOING_H
#define IO_OUTGOING_H

#include "io/engine.h"
#include "io/file.h"
#include "io/ring.h"
#include "io/upload.h"

struct outgoing {
    struct ring_op op; /* first: a pointer to it is one to this */
    struct ring *ring;
    const struct engine_config *config;
    void (*done)(struct outgoing *outgoing);
    void *owner;

    struct job *job; /* NULL: none */
    unsigned at;     /* the result being written, then renamed */
    bool renaming;   /* all are written */
    size_t written;  /* bytes of the result */
    double began;
    struct temporary *temporaries; /* of all results; */
    unsigned room;                 /* as many as there is memory for */
    struct fetch_loop *loop;       /* for results that are objects; NULL: there is none */
    struct upload upload;          /* of these */
};

void outgoing_write(struct outgoing *outgoing);
void outgoing_free(struct outgoing *outgoing);

#endif
