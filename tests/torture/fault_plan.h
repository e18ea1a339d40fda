/*
 * What the test asks of the library that makes system calls and allocations fail (tests/preload/faults.c),
 * and what that tells of the run. It lies in a file that both map, so that the processes which a run forks
 * count together.
 */
#ifndef TESTS_TORTURE_FAULT_PLAN_H
#define TESTS_TORTURE_FAULT_PLAN_H

#include <stdatomic.h>
#include <stdbool.h>

/* Calls that fail alike are counted as one kind. */
#define FAULT_KINDS(X)                                                                                       \
    X(MEMORY, "memory")       /* malloc and its kin: ENOMEM */                                               \
    X(MAP, "map")             /* mmap, mprotect, memfd_create: ENOMEM */                                     \
    X(READ, "read")           /* read, pread, getrandom: EIO */                                              \
    X(WRITE, "write")         /* write, pwrite: ENOSPC */                                                    \
    X(OPEN, "open")           /* open, opendir, eventfd, a descriptor doubled: EMFILE */                     \
    X(LOOK, "look")           /* stat and its kin, access, readdir: EIO */                                   \
    X(RENAME, "rename")       /* EIO */                                                                      \
    X(SYNC, "sync")           /* fsync, fdatasync: EIO */                                                    \
    X(CLOSE, "close")         /* the descriptor is closed, and yet: EIO */                                   \
    X(CHANGE, "change")       /* ftruncate, fchmod, mkdir, flock: ENOSPC */                                  \
    X(FORK, "fork")           /* EAGAIN */                                                                   \
    X(THREAD, "thread")       /* pthread_create: EAGAIN */                                                   \
    X(MESSAGE, "message")     /* socketpair, send and recv of all kinds: ENOBUFS */                          \
    X(RING, "ring")           /* io_uring: its set-up, then each operation: EPERM; EBADF or EFAULT */        \
    X(INTERRUPT, "interrupt") /* read, write, send, recv, wait, lock: EINTR. No run may suffer from that */  \
    X(SHORT, "short")         /* read and write move half of what they could. No run may suffer from that */

enum fault_kind {
#define X(name, text) FAULT_##name,
    FAULT_KINDS(X)
#undef X
        FAULT_KIND_COUNT
};

struct fault_plan {
    int kind;          /* enum fault_kind; -1: nothing fails, calls are counted */
    unsigned long nth; /* which call of that kind fails, from 1 */
    bool ever_after;   /* and all that follow */
    bool no_uring;     /* io_uring can't be set up */
    bool stop;         /* the process that is made to fail aborts instead, for a debugger */
    atomic_ulong calls[FAULT_KIND_COUNT];
    atomic_uint fired;
    atomic_int left_open; /* descriptors that were open at the end and not at the begin */
};

/* The environment's name for the file that holds it. */
#define FAULT_PLAN_VARIABLE "PIXMILL_FAULT_PLAN"

#endif
