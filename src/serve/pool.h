/*
 * The bridge from the event loop to a backend. The loop submits jobs and goes on; an engine whose workers
 * read files themselves (io_sync.c) is the source and the sink of the backend, which runs in a thread of its
 * own; what has ended lies ready for the loop, which a descriptor wakes.
 *
 * The queue is bounded. A job in it is an open file and a recipe: the file is read by the worker that takes
 * the job (for `procs` by its handler), once the memory that the job needs fits the budget. So the loop never
 * waits for a disk, and no more files are in memory than there are workers.
 */
#ifndef SERVE_POOL_H
#define SERVE_POOL_H

#include <pthread.h>

#include "batch/settings.h"
#include "batch/work.h"
#include "io/intake.h"

/* A job with all that the pool needs; made and freed by whoever submits it. */
struct pool_job {
    struct job job; /* first: a pointer to it is one to this */
    struct pm_recipe recipe;
    struct work_argument argument;
    struct timespec changed; /* when the input, open at job.fd, was changed last */
    struct recall recall;
    double queued_at, taken_at, ended_at; /* clock_now(); taken_at is 0 for one that no worker got */
};

struct pool_config {
    const struct settings *settings; /* of backend and engine; complete */
    unsigned queue;                  /* jobs that may wait, at least 1 */
    /* Called by the worker's thread when a job went well, before it lies ready for the loop: for what may
     * wait, as writing to a disk does. NULL: nothing. */
    void (*done)(void *listener, struct pool_job *job);
    /* Called by pool_recall to close job->job.fd, which may block otherwise, and set it to -1. NULL: it is
     * closed. */
    void (*close_input)(void *listener, struct pool_job *job);
    void *listener;
    const struct pictures *pictures; /* that recipes may name; NULL: none */
};

struct pool;

/* Starts the workers and, with pool_start, the thread. The calling thread must outlive the pool; it must not
 * have others yet when pool_open is called. NULL with `error` filled when it can't. */
struct pool *pool_open(const struct pool_config *config, struct pm_error *error);
int pool_start(struct pool *pool, struct pm_error *error);

/* What the workers go without that the user should know, as a line for him, or NULL. */
const char *pool_note(const struct pool *pool);

/* Readable when jobs have ended. */
int pool_fd(const struct pool *pool);

/* Queues a job, whose job.fd is the pool's from now on. False, and nothing happened, when the queue is full.
 */
bool pool_submit(struct pool *pool, struct pool_job *job);

/* Calls a job back: it ends soon, with PM_ERROR_CANCELLED unless it had just been done. */
void pool_recall(struct pool *pool, struct pool_job *job);

/* The next job that has ended, its result in job.out or its error in job.result; NULL when there is none now.
 */
struct pool_job *pool_ended(struct pool *pool);

/* Leaves jobs in the queue, or goes on taking them. */
void pool_pause(struct pool *pool, bool paused);

/* Jobs that wait, and those that a worker has. */
struct intake_counts pool_counts(struct pool *pool);

/* Why the workers were all lost: true, with `error` filled. No job is taken any more then. */
bool pool_lost(struct pool *pool, struct pm_error *error);

/* Ends the workers; every job must have ended. NULL is allowed. */
void pool_close(struct pool *pool);

/* Sets up a job's own parts; the recipe for the worker included. Returns 0, or -1 with `error` filled. */
int pool_job_init(struct pool_job *job, const struct pm_recipe *recipe, struct pm_error *error);
void pool_job_free(struct pool_job *job); /* frees what it holds, not itself */

#endif
