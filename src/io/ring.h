/*
 * A ring: many asynchronous file operations at once, for one thread that waits for all of them. ring_add
 * starts an operation; ring_turn calls `done` of each operation that has ended, which usually starts the
 * next. Other languages build async and await on the same mechanism.
 *
 * There are two kinds, whose files have the same functions in the same order: on Linux's io_uring
 * (ring_uring.c), and if the kernel refuses that, on a small pool of threads that make plain system calls
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
    int fd; /* of read, write, sync and close; of RING_READABLE, which ends when the descriptor is readable */
    int folder;            /* of open and rename: what their paths are relative to, or AT_FDCWD */
    const char *path, *to; /* of open and rename; these and the bytes must exist until `done` is called */
    int flags;             /* of open */
    mode_t mode;           /* of open */
    void *bytes;           /* of read and write, which may move fewer than `size` */
    size_t size;
    uint64_t offset; /* in the file */
    double delay;    /* of read: seconds to wait first */

    void (*done)(struct ring_op *op);
    long result; /* of the system call, or -errno */

    struct ring_op *next; /* used by the ring only, as is: */
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

/* A ring for up to `max` operations at once. NULL with `error` filled if neither kind works. */
struct ring *ring_open(unsigned max, struct pm_error *error);

/* Why io_uring does not work here; NULL: it does. */
const char *ring_refusal(void);

/* Starts an operation, at the next turn at the latest. The ring owns `op` until its `done` is called.
 * Operations that a signal interrupts are restarted. */
void ring_add(struct ring *ring, struct ring_op *op);

/* Calls `done` of operations that have ended, and returns their number. With RING_WAIT it waits if there is
 * none, until one ends or ring_wake is called; it may also return 0 earlier. */
unsigned ring_turn(struct ring *ring, enum ring_wait wait);

/* Ends the wait of the present turn, or of the next one. Thread-safe. */
void ring_wake(struct ring *ring);

/* No operation may be in progress. */
void ring_close(struct ring *ring);

/* The two kinds. NULL if it does not work here; *refusal then says why. */
struct ring *ring_uring_open(unsigned max, const char **refusal);
struct ring *ring_pool_open(unsigned max);

#endif
