/*
 * Shared memory between the test and the library that makes system calls and allocations fail
 * (tests/preload/faults.c): the plan for the run, and what happened in it. It is a file that both map, so
 * that the processes forked in a run count together.
 */
#ifndef TESTS_TORTURE_FAULT_PLAN_H
#define TESTS_TORTURE_FAULT_PLAN_H

#include <stdatomic.h>
#include <stdbool.h>

/* Calls that fail in the same way are counted as one kind. */
#define FAULT_KINDS(X)                                                                                       \
    X(MEMORY, "memory")       /* malloc and similar: ENOMEM */                                               \
    X(MAP, "map")             /* mmap, mprotect, memfd_create: ENOMEM */                                     \
    X(READ, "read")           /* read, pread, getrandom: EIO */                                              \
    X(WRITE, "write")         /* write, pwrite: ENOSPC */                                                    \
    X(OPEN, "open")           /* open, opendir, eventfd, dup: EMFILE */                                      \
    X(LOOK, "look")           /* stat and similar, access, readdir: EIO */                                   \
    X(RENAME, "rename")       /* EIO */                                                                      \
    X(SYNC, "sync")           /* fsync, fdatasync: EIO */                                                    \
    X(CLOSE, "close")         /* close: EIO, although the descriptor is closed */                            \
    X(CHANGE, "change")       /* ftruncate, fchmod, mkdir, flock: ENOSPC */                                  \
    X(FORK, "fork")           /* EAGAIN */                                                                   \
    X(THREAD, "thread")       /* pthread_create: EAGAIN */                                                   \
    X(MESSAGE, "message")     /* socketpair, and all variants of send and recv: ENOBUFS */                   \
    X(RING, "ring")           /* io_uring: setup, then each operation: EPERM; EBADF or EFAULT */             \
    X(INTERRUPT, "interrupt") /* read, write, send, recv, wait, lock: EINTR. Must not affect any run */      \
    X(SHORT, "short")         /* read and write move half of what they could. Must not affect any run */

enum fault_kind {
#define X(name, text) FAULT_##name,
    FAULT_KINDS(X)
#undef X
        FAULT_KIND_COUNT
};

struct fault_plan {
    int kind;          /* enum fault_kind; -1: nothing fails, calls are only counted */
    unsigned long nth; /* which call of that kind fails, counted from 1 */
    bool ever_after;   /* and all later ones */
    bool no_uring;     /* io_uring can't be set up */
    bool stop;         /* the process in which the call fails aborts instead, for a debugger */
    atomic_ulong calls[FAULT_KIND_COUNT];
    atomic_uint fired;
    atomic_int left_open; /* descriptors open at the end but not at the start */
};

/* The environment variable that names the file. */
#define FAULT_PLAN_VARIABLE "PIXMILL_FAULT_PLAN"

#endif
