/*
 * A handler: the parent's side of one worker process. It sends jobs one at a time, waits, and checks what
 * comes back; it trusts nothing from a worker, because an image may control it. On any fault, the job in
 * progress gets the error, and the next job a new worker.
 *
 * tests/models/handover.pml models this, the fork server and possible losses, with the same function names:
 * no job is lost or given back twice, and the run ends, whatever is killed (make check-models).
 */
#ifndef BACKEND_HANDLER_H
#define BACKEND_HANDLER_H

#include "backend/forkserver.h"
#include "backend/grant.h"
#include "backend/protocol.h"

/* What all handlers of one run have in common. */
struct handler_shared {
    struct backend_config config;
    struct forkserver server;
    struct cgroups cgroups; /* of the workers; version 0: there are none */
    size_t range;           /* addresses of each region */
    unsigned missing;       /* walls of the workers' sandbox, see sandbox.h */
    _Atomic uint32_t needs; /* of all jobs so far: prepared in new workers */
};

struct handler {
    struct handler_shared *shared;
    unsigned slot;                /* of the fork server */
    struct spawned worker;        /* socket -1: there is none */
    struct grant grant;           /* the worker's limits */
    uint64_t resident_max;        /* max resident memory of the worker, bytes */
    uint64_t cgroup_max;          /* limit of its cgroup, bytes */
    struct cgroup_bound bound;    /* of its slot's cgroup */
    struct child_request request; /* the job in progress; it may contain an image's keys */
    uint64_t number;              /* of that job, unique */
    unsigned jobs;                /* sent to this worker */
    char last_input[128];         /* of the previous job, for display; empty: none, or without a name */
    bool out_of_turn;             /* that job's worker died or sent an unexpected message */
    uint64_t peak_bytes;          /* of all workers of this slot */
    struct pm_error lost;         /* why there is no worker */
};

/* Ends the handler's worker, if there is one, and starts a new one; handler->worker.socket is -1 with `error`
 * filled if that failed. Returns how the old one ended, as forkserver_spawn's *status. */
int handler_replace(struct handler *handler, struct pm_error *error);

/* Closes the connection to the worker, which then ends by itself. */
void handler_let_go(struct handler *handler);

/* Runs the job in the worker: fills its result and out. Afterwards the handler has no worker under
 * SANDBOX_STRICT, or if the worker died and could not be replaced. */
void handler_do(struct handler *handler, struct job *job);

#endif
