/*
 * The sandbox of a worker process: it may compute, use memory, and exchange messages over its socket. It can
 * open no file, no connection and no process, whatever a hostile image makes it do.
 *
 * Several walls stand behind each other: no new privileges, no core dump (it would hold pictures and keys),
 * Landlock (no file by any path) and a seccomp filter (no system call but those listed in sandbox.c; the
 * others fail with EPERM).
 */
#ifndef BACKEND_SANDBOX_H
#define BACKEND_SANDBOX_H

#include "backend/backend.h"

/* NULL when this build and this system have all of the sandbox; else what is missing, as in "Landlock (Linux
 * 5.13 or later, enabled)". */
const char *sandbox_missing(void);

/* Shuts the calling process in for ever; it must have one thread. `socket` is the one descriptor that it may
 * still send to and receive from. With SANDBOX_ON what is missing is gone without; with SANDBOX_OFF nothing
 * happens. Returns 0, or -1 with `error` filled: SANDBOX_REQUIRE, and not all of it could be had. */
int sandbox_enter(enum sandbox_wish wish, int socket, struct pm_error *error);

#endif
