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
struct workplace {
    struct backend_config config;
    struct forkserver server;
    struct cgroups cgroups; /* of the workers; version 0: there are none */
    size_t range;           /* addresses of each region */
    unsigned missing;       /* walls of the workers' sandbox, see sandbox.h */
    _Atomic uint32_t needs; /* of all jobs so far: what new workers are made with */
};

struct handler {
    struct workplace *place;
    unsigned slot;                /* its worker's place at the fork server */
    struct spawned worker;        /* socket -1: it has none */
    struct grant grant;           /* what that may take */
    uint64_t resident_max;        /* and may have resident, bytes */
    uint64_t cgroup_max;          /* and may be charged to its cgroup, bytes */
    struct cgroup_bound bound;    /* of its slot's cgroup */
    struct child_request request; /* the job in progress; it may contain an image's keys */
    uint64_t number;              /* of that job; each has another */
    unsigned jobs;                /* that its worker was given */
    char last_input[128];         /* of the job before, as it is shown; empty: none, or without a name */
    bool out_of_turn;             /* that job's worker was found to be no worker any more */
    uint64_t peak_bytes;          /* of the worker processes that stood in its place */
    struct pm_error lost;         /* why it has no worker any more */
};

/* Has the handler's worker, if there is one, ended and a new one made: handler->worker.socket is -1 when that
 * failed, with `error` filled. Returns how the old one ended, as forkserver_spawn tells it. */
int handler_replace(struct handler *handler, struct pm_error *error);

/* Leaves the worker, which ends by itself. */
void handler_let_go(struct handler *handler);

/* Has the worker do the job: fills its result and out. Under SANDBOX_STRICT the handler has no worker after
 * it; when one died and could not be replaced neither. */
void handler_do(struct handler *handler, struct job *job);

#endif
