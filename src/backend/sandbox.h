/*
 * The sandbox of a worker process: it may compute, use memory, and exchange messages over its socket. It can
 * open no file, no connection and no process, even if a hostile image controls it.
 *
 * There are several independent mechanisms ("walls", enum sandbox_wall), so that protection remains if one
 * fails or is missing in this kernel. A worker that makes a system call missing from the filter's list is
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

/* The mechanisms. `missing` below is a set of them, 1 << wall or-ed. */
enum sandbox_wall {
    WALL_PRIVILEGES, /* no capabilities, and no way to gain any */
    WALL_MEMORY,     /* no other process of this user can read or trace it; no core dump */
    WALL_LIMITS,     /* no new descriptor, process or file; limited address space */
    WALL_LANDLOCK,   /* no access to files by path; if supported, no TCP and no signals to other processes */
    WALL_SECCOMP,    /* only the system calls listed in sandbox.c */
    WALL_MAPPINGS,   /* no executable and no shared memory; not possible on s390x */
    WALL_GRANTS,     /* CPU time and memory are limited per job by the parent (grant.h) */
    WALL_WATCH,      /* the parent kills it if more memory is resident than was granted */
    SANDBOX_WALLS,
};

enum { SANDBOX_ALL_MISSING = (1 << SANDBOX_WALLS) - 1 };

/* Confines the calling process permanently; it must be single-threaded. `socket` is the only descriptor that
 * it may still use. `stopped` is the handler of SIGSYS for a call that is not allowed (info->si_syscall is
 * its number), and must not return. Returns the missing walls: those that could not be set up. Builds with
 * sanitizers have none, because the sanitizers' runtime opens files and makes arbitrary calls. */
unsigned sandbox_enter(int socket, void (*stopped)(int signal, siginfo_t *info, void *context));

/* Only Landlock. Returns 0, or -1 if this kernel lacks it. */
int sandbox_shut_landlock(void);

/* The missing walls in words, "Landlock (Linux 5.13 or later, enabled) and seccomp filters", into text[size].
 * Returns text. */
const char *sandbox_tell(unsigned missing, char *text, size_t size);

/* "openat (system call 257)" into text[size]. Returns text. */
const char *sandbox_call_name(int number, char *text, size_t size);

#endif
