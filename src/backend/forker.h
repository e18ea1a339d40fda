/*
 * The fork server's own process, and its reserve (forkserver.h).
 */
#ifndef BACKEND_FORKER_H
#define BACKEND_FORKER_H

#include <stdnoreturn.h>

#include "backend/cgroup.h"
#include "backend/protocol.h"

/* Configuration of the workers that it forks. */
struct forker {
    const struct backend_config *config;
    const struct cgroups *cgroups; /* that workers enter; version 0: none */
};

/* Runs in the process just forked from `parent`: serves requests on `control` until it is closed. */
noreturn void forker_main(int control, pid_t parent, const struct forker *forker);

#endif
