/*
 * The fork server: a small single-threaded process that only forks worker processes and waits for them to
 * end.
 *
 * A process with threads must not fork (a lock may be held by a thread that the child does not have), and one
 * that holds keys and images should not. The server is therefore forked first, from a program that has
 * nothing yet, and every worker starts as a copy of it, whenever it is forked.
 *
 * If the server is lost (for example to the OOM killer), another is needed, and by then the parent has
 * threads. So the server, when it starts, forks a reserve: a child of the parent, like itself, that sleeps
 * until it is called and then forks its own reserve. The run survives any number of losses, one after the
 * other. (Executing /proc/self/exe again would not work for a library, which is loaded by another program,
 * and the work is a function with an argument, which a command line can't carry.) The workers of a lost
 * server end with it; their jobs are repeated.
 *
 * No process is left over: when the thread that started the server ends, even by kill -9, the kernel kills
 * the server and its reserve, and when the server ends, its workers.
 *
 * Under SANDBOX_STRICT, where each job gets a new worker, the server forks the next worker of a slot in
 * advance.
 */
#ifndef BACKEND_FORKSERVER_H
#define BACKEND_FORKSERVER_H

#include <pthread.h>

#include "backend/backend.h"
#include "backend/cgroup.h"

struct forkserver {
    pid_t pid;
    int control;          /* -1: the server is lost, and there was no reserve */
    pid_t reserve;        /* the process that takes over; -1: none */
    int reserve_control;  /* its control socket; -1: none */
    bool greeted;         /* the server has reported its reserve */
    bool silent;          /* it did not respond, and was killed */
    unsigned generation;  /* number of servers lost */
    int ended;            /* how the last of them ended, as from waitpid; or SPAWN_SILENT */
    pthread_mutex_t lock; /* one request at a time */
    atomic_uint deaths;   /* workers that died: at their start, counted here; later, counted by handlers */
};

/* A worker process, as its user holds it. */
struct spawned {
    int socket;       /* messages as in child.h; -1 when there is no worker */
    int region;       /* its memory, see region.h */
    pid_t pid;        /* not reused by another process until the worker is replaced */
    unsigned missing; /* walls of its sandbox, see sandbox.h */
    bool renews;      /* as in struct child_hello */
    uint32_t needs;   /* the requested preparations that it has */
    unsigned server;  /* the generation of the server that made it */
};

/* SPAWN_SILENT: it did not respond, and was killed. */
enum { SPAWN_NONE_BEFORE = -1, SPAWN_SERVER_LOST = -2, SPAWN_SILENT = -3 };

/* Forks the server, with config->workers slots; it runs config->work.warm. Its workers enter `cgroups`.
 * Returns 0, or -1 with `error` filled. */
int forkserver_start(struct forkserver *server, const struct backend_config *config,
                     const struct cgroups *cgroups, struct pm_error *error);

/* Starts a new worker in a slot, ready for jobs with these `needs`, after ending the slot's previous one.
 * *status is how that one ended, as from waitpid, or SPAWN_NONE_BEFORE, or SPAWN_SERVER_LOST. Returns 0, or
 * -1 with `error` filled and no worker in the slot. Any thread may call it. */
int forkserver_spawn(struct forkserver *server, unsigned slot, uint32_t needs, struct spawned *spawned,
                     int *status, struct pm_error *error);

/* If the reserve was lost, requests another one without waiting for it. Call it for every job: otherwise a
 * server that is seldom used may be lost while it has no reserve. */
void forkserver_tend(struct forkserver *server);

/* Ends the server and its workers. */
void forkserver_stop(struct forkserver *server);

#endif
