/*
 * The sandbox of a worker process: it may compute, use memory, and exchange messages over its socket. It can
 * open no file, no connection and no process, even if a hostile image controls it.
 *
 * There are several independent walls, so that one that fails, or that this kernel lacks, is not the end of
 * the protection: see enum sandbox_wall. A worker that makes a system call missing from the filter's list is
 * stopped, and the call's number is reported.
 */
#ifndef BACKEND_SANDBOX_H
#define BACKEND_SANDBOX_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/* Builds with sanitizers have no sandbox. */
#ifdef PIXMILL_SANITIZED
enum { SANDBOX_HAS_NO_WALLS = 1 };
#else
enum { SANDBOX_HAS_NO_WALLS = 0 };
#endif

/* What a worker is shut in by. `missing` below is a set of them, 1 << wall or-ed. */
enum sandbox_wall {
    WALL_PRIVILEGES, /* no capabilities, and no way to new ones */
    WALL_MEMORY,     /* no other process of this user reads or traces it, and it leaves no core dump */
    WALL_LIMITS,     /* no new descriptor, process or file, and an end to its addresses */
    WALL_LANDLOCK,   /* no file by any path; where the kernel can, no TCP and no signal to others */
    WALL_SECCOMP,    /* no system call but those listed in sandbox.c */
    WALL_MAPPINGS,   /* no memory that can be executed, nor shared memory; s390x's filters cannot tell */
    WALL_GRANTS,     /* CPU time and memory as the parent grants them, job by job (grant.h) */
    WALL_WATCH,      /* an end by the parent when more memory is resident than was granted */
    SANDBOX_WALLS,
};

enum { SANDBOX_ALL_MISSING = (1 << SANDBOX_WALLS) - 1 };

/* Confines the calling process for ever; it must be single-threaded. `socket` is the only descriptor that it
 * may still send to and receive from. `stopped` is called as a handler of SIGSYS for a call that is not
 * allowed (info->si_syscall is its number), and must not return. Returns the walls that could not be raised;
 * builds with sanitizers raise none, because their runtime opens files and makes arbitrary calls. */
unsigned sandbox_enter(int socket, void (*stopped)(int signal, siginfo_t *info, void *context));

/* Landlock alone. Returns 0, or -1 when this kernel has none. */
int sandbox_shut_landlock(void);

/* The missing walls in words, "Landlock (Linux 5.13 or later, enabled) and seccomp filters", into text[size].
 * Returns text. */
const char *sandbox_tell(unsigned missing, char *text, size_t size);

/* "openat (system call 257)" into text[size]. Returns text. */
const char *sandbox_call_name(int number, char *text, size_t size);

#endif
