/*
 * Connects the event loop with a backend. The loop submits jobs without waiting. The backend runs in a thread
 * of its own; its source and sink are the engine whose workers read files themselves (io_sync.c). Jobs that
 * have ended are in a list for the loop, which a descriptor wakes.
 *
 * The queue is bounded. A job in it is an open file and a recipe: the worker that takes the job (for `procs`
 * its handler thread) reads the file, once the memory that the job needs fits the budget. So the loop never
 * waits for a disk, and no more files are in memory than there are workers.
 */
#ifndef SERVE_POOL_H
#define SERVE_POOL_H

#include <pthread.h>

#include "batch/settings.h"
#include "batch/work.h"
#include "io/intake.h"

/* A job of the pool; created and freed by the caller. */
struct pool_job {
    struct job job; /* first: a pointer to it is one to this */
    struct pm_recipe recipe;
    struct work_argument argument;
    struct timespec changed; /* ctime of the input, which is open at job.fd */
    struct recall recall;
    double queued_at, taken_at, ended_at; /* clock_now(); taken_at is 0 if no worker took it */
};

struct pool_config {
    const struct settings *settings; /* of backend and engine; complete */
    unsigned queue;                  /* max jobs that wait, at least 1 */
    /* Called by the worker's thread when a job succeeded, before the loop gets it; it may block, for example
     * to write to a disk. NULL: nothing. */
    void (*done)(void *listener, struct pool_job *job);
    /* Called by pool_recall to close job->job.fd without blocking and set it to -1. NULL: pool_recall closes
     * it. */
    void (*close_input)(void *listener, struct pool_job *job);
    void *listener;
    const struct pictures *pictures; /* that recipes may name; NULL: none */
};

struct pool;

/* pool_open starts the workers, pool_start the thread. The calling thread must outlive the pool; it must be
 * the only one of the process when it calls pool_open. NULL or -1 with `error` filled. */
struct pool *pool_open(const struct pool_config *config, struct pm_error *error);
int pool_start(struct pool *pool, struct pm_error *error);

/* Sandbox features missing on this kernel, a line for the user; or NULL. */
const char *pool_note(const struct pool *pool);

/* Readable when jobs have ended. */
int pool_fd(const struct pool *pool);

/* Queues a job and takes over its job.fd. False, with nothing done, when the queue is full.
 */
bool pool_submit(struct pool *pool, struct pool_job *job);

/* Cancels a job: it ends soon, with PM_ERROR_CANCELLED unless it was just finished. */
void pool_recall(struct pool *pool, struct pool_job *job);

/* The next job that has ended, with its result in job.out or its error in job.result; NULL: none at present.
 */
struct pool_job *pool_ended(struct pool *pool);

/* Stops taking jobs from the queue, or continues. */
void pool_pause(struct pool *pool, bool paused);

/* Numbers of jobs that wait, and that are with a worker. */
struct intake_counts pool_counts(struct pool *pool);

/* Were all workers lost? Then `error` is filled, and no job is taken any more. */
bool pool_lost(struct pool *pool, struct pm_error *error);

/* Ends the workers; every job must have ended. NULL is allowed. */
void pool_close(struct pool *pool);

/* Initialises a job, including the recipe for the worker. Returns 0, or -1 with `error` filled. */
int pool_job_init(struct pool_job *job, const struct pm_recipe *recipe, struct pm_error *error);
void pool_job_free(struct pool_job *job); /* frees what it holds, not itself */

#endif
