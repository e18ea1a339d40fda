/*
 * A ring: asynchronous file operations, many at once, for one thread that waits for all of them together.
 * ring_add begins one; a turn of the ring calls `done` of each that has ended, which usually begins the next.
 * Other languages build async and await on the same mechanism.
 *
 * There are two kinds, each a file with the same functions in the same order: on Linux's io_uring
 * (ring_uring.c), and where the kernel refuses that, on a small pool of threads that call plain system calls
 * (ring_pool.c).
 *
 * A ring belongs to the thread that turns it; other threads may call only ring_wake.
 */
#ifndef IO_RING_H
#define IO_RING_H

#include <linux/time_types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

enum ring_kind { RING_OPEN, RING_READ, RING_WRITE, RING_SYNC, RING_CLOSE, RING_RENAME, RING_READABLE };

struct ring_op {
    enum ring_kind kind;
    int fd;                /* of read, write, sync and close; of readable, which ends when it is */
    int folder;            /* of open and rename: what their paths are relative to, or AT_FDCWD */
    const char *path, *to; /* of open and rename; they and the bytes must last until `done` */
    int flags;             /* of open */
    mode_t mode;           /* of open */
    void *bytes;           /* of read and write, which may move fewer than `size` */
    size_t size;
    uint64_t offset; /* in the file */
    double delay;    /* of read: seconds to wait first */

    void (*done)(struct ring_op *op);
    long result; /* as the system call's, or -errno */

    struct ring_op *next; /* the ring's own, as is: */
    struct __kernel_timespec wait;
};

enum ring_wait { RING_POLL, RING_WAIT };

struct ring {
    const struct ring_functions *functions;
};

struct ring_functions {
    void (*add)(struct ring *ring, struct ring_op *op);
    unsigned (*turn)(struct ring *ring, enum ring_wait wait);
    void (*wake)(struct ring *ring);
    void (*close)(struct ring *ring);
};

/* A ring for up to `most` operations at once. NULL with `error` filled when there is neither kind. */
struct ring *ring_open(unsigned most, struct pm_error *error);

/* Why io_uring does not work here; NULL when it does. */
const char *ring_refusal(void);

/* Begins an operation, at the next turn at the latest. `op` is the ring's until its `done` is called. What a
 * signal interrupts is begun again by itself. */
void ring_add(struct ring *ring, struct ring_op *op);

/* Calls `done` of what has ended, and returns of how many. RING_WAIT: if there is nothing yet, waits for it,
 * or for ring_wake; it may also return for no reason. */
unsigned ring_turn(struct ring *ring, enum ring_wait wait);

/* Ends the wait of the turn in progress, or of the next one. May be called by any thread. */
void ring_wake(struct ring *ring);

/* No operation may be in progress. */
void ring_close(struct ring *ring);

/* The two kinds. NULL when it does not work here; *refusal then says why. */
struct ring *ring_uring_open(unsigned most, const char **refusal);
struct ring *ring_pool_open(unsigned most);

#endif
