/*
 * threads: a pool of I/O threads beside the workers. They call plain blocking reads and writes; while one
 * waits for the disk, workers compute and other I/O threads go on.
 *
 * No thread has a part of its own. Each does, again and again, the most useful thing there is: write a result
 * (that frees memory), else read a job that the memory budget admits (that feeds workers), else open and
 * examine the next input. Nobody ever waits for the budget with something useful left undone, so one thread
 * is enough and nothing can lock up.
 *
 *     next -> examined (at most io_jobs, with their files open, in order) -> ready (at most depth) -> worker
 *                                                               finished <- written <- results <-'
 */
#include <stdlib.h>

#include "io/job_list.h"
#include "io/transfer.h"

/* An input between next and read. */
struct examined {
    struct transfer transfer;
    enum { EXAMINING, EXAMINED, GONE } state; /* GONE: it failed, or was read */
};

struct engine_run {
    struct engine_config config;
    struct input_pool pool;
    pthread_t *threads;
    unsigned nthreads;

    pthread_mutex_t lock;     /* of everything below */
    pthread_cond_t useful;    /* for I/O threads: there is something to do, or they are to end */
    pthread_cond_t fed;       /* for workers: a job is ready, or none will come */
    struct examined *window;  /* a ring of config.io_jobs places; the oldest is at `first` */
    unsigned first, examined; /* how many places are taken */
    unsigned reading, ready_count;
    struct job_list ready, results;
    bool refused;   /* the oldest examined job did not fit the budget, and nothing was released since */
    bool exhausted; /* client.next has no more */
    bool closing;
};

/* Frees the oldest places as far as nothing stands there any more. */
static void drop_gone(struct engine_run *run)
{
    while (run->examined > 0 && run->window[run->first].state == GONE) {
        run->first = (run->first + 1) % run->config.io_jobs;
        run->examined--;
    }
}

/* The oldest examined input, or NULL. */
static struct examined *oldest(struct engine_run *run)
{
    drop_gone(run);
    return run->examined > 0 ? &run->window[run->first] : NULL;
}

static bool may_read(struct engine_run *run)
{
    const struct examined *next = oldest(run);
    return next != NULL && next->state == EXAMINED && !run->refused && !run->closing &&
           run->reading + run->ready_count < run->config.depth;
}

/* Every thread may hold one file that it reads beside those in the window; the window makes room for that, so
 * that no more than io_jobs inputs are ever open. */
static bool may_examine(struct engine_run *run)
{
    drop_gone(run);
    return !run->exhausted && !run->closing && run->examined + run->reading < run->config.io_jobs;
}

static bool source_ended(struct engine_run *run)
{
    return run->exhausted && oldest(run) == NULL && run->reading == 0;
}

/* Called with the lock held when something changed. One I/O thread is woken at a time; when it takes up a
 * piece of work and there is another, it wakes the next. */
static void wake(struct engine_run *run)
{
    if (run->results.first != NULL || may_read(run) || may_examine(run))
        pthread_cond_signal(&run->useful);
    if (source_ended(run))
        pthread_cond_broadcast(&run->fed);
}

/* Each of the following is called with the lock, gives it away while it is busy, and has it again. */

static void finish(struct engine_run *run, struct job *job)
{
    wake(run); /* somebody else may go on meanwhile */
    pthread_mutex_unlock(&run->lock);
    transfer_finish(&run->config, job, &run->pool);
    pthread_mutex_lock(&run->lock);
    run->refused = false;
}

/* Reads the oldest examined job if the budget admits it. */
static bool try_read(struct engine_run *run)
{
    const struct engine_client *client = &run->config.client;
    if (!may_read(run))
        return false;
    struct transfer transfer = oldest(run)->transfer;
    if (!client->admit(client->batch, transfer.job)) {
        run->refused = true;
        return false;
    }
    oldest(run)->state = GONE;
    run->reading++;
    wake(run);
    pthread_mutex_unlock(&run->lock);
    bool whole = transfer_read(&run->config, &transfer, &run->pool);
    pthread_mutex_lock(&run->lock);
    run->reading--;
    if (whole) {
        job_list_push(&run->ready, transfer.job);
        run->ready_count++;
        pthread_cond_signal(&run->fed);
    } else {
        finish(run, transfer.job);
    }
    return true;
}

static bool try_examine(struct engine_run *run)
{
    const struct engine_client *client = &run->config.client;
    if (!may_examine(run))
        return false;
    struct job *job = client->next(client->batch);
    if (job == NULL) {
        run->exhausted = true;
        return true;
    }
    struct examined *place = &run->window[(run->first + run->examined++) % run->config.io_jobs];
    place->state = EXAMINING;
    wake(run);
    pthread_mutex_unlock(&run->lock);
    bool open = transfer_open(client, job, &place->transfer);
    pthread_mutex_lock(&run->lock);
    place->state = open ? EXAMINED : GONE;
    if (!open)
        finish(run, job);
    return true;
}

static void *io_thread(void *argument)
{
    struct engine_run *run = argument;
    pthread_mutex_lock(&run->lock);
    for (;;) {
        struct job *result = job_list_pop(&run->results);
        if (result != NULL)
            finish(run, result);
        else if (try_read(run) || try_examine(run))
            wake(run);
        else if (run->closing)
            break;
        else
            pthread_cond_wait(&run->useful, &run->lock);
    }
    pthread_mutex_unlock(&run->lock);
    return NULL;
}

static const char *threads_why_not(void)
{
    return NULL;
}

static void threads_free(struct engine_run *run)
{
    input_pool_free(&run->pool);
    pthread_cond_destroy(&run->useful);
    pthread_cond_destroy(&run->fed);
    pthread_mutex_destroy(&run->lock);
    free(run->window);
    free(run->threads);
    free(run);
}

/* Threads that the system refuses are done without, as long as there is one. */
static struct engine_run *threads_open(const struct engine_config *config, struct pm_error *error)
{
    struct engine_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        error_memory(error, sizeof *run);
        return NULL;
    }
    run->config = *config;
    input_pool_init(&run->pool);
    pthread_mutex_init(&run->lock, NULL);
    pthread_cond_init(&run->useful, NULL);
    pthread_cond_init(&run->fed, NULL);
    job_list_init(&run->ready);
    job_list_init(&run->results);
    run->threads = calloc(config->io_jobs, sizeof *run->threads);
    run->window = calloc(config->io_jobs, sizeof *run->window);
    if (run->threads == NULL || run->window == NULL) {
        error_memory(error, config->io_jobs * sizeof *run->window);
        threads_free(run);
        return NULL;
    }
    while (run->nthreads < config->io_jobs &&
           pthread_create(&run->threads[run->nthreads], NULL, io_thread, run) == 0)
        run->nthreads++;
    if (run->nthreads == 0) {
        error_set(error, PM_ERROR_INTERNAL,
                  "no I/O thread can be started (raise ulimit -u, or use --io=sync)");
        threads_free(run);
        return NULL;
    }
    return run;
}

static struct job *threads_take(struct engine_run *run)
{
    pthread_mutex_lock(&run->lock);
    while (run->ready.first == NULL && !source_ended(run))
        pthread_cond_wait(&run->fed, &run->lock);
    struct job *job = job_list_pop(&run->ready);
    if (job != NULL)
        run->ready_count--;
    wake(run);
    pthread_mutex_unlock(&run->lock);
    return job;
}

static void threads_give(struct engine_run *run, struct job *job)
{
    pthread_mutex_lock(&run->lock);
    job_list_push(&run->results, job);
    pthread_cond_signal(&run->useful);
    pthread_mutex_unlock(&run->lock);
}

static void threads_close(struct engine_run *run)
{
    pthread_mutex_lock(&run->lock);
    run->closing = true;
    pthread_cond_broadcast(&run->useful);
    pthread_mutex_unlock(&run->lock);
    for (unsigned i = 0; i < run->nthreads; i++)
        pthread_join(run->threads[i], NULL);

    /* What is left was never taken; all of it is ours alone now. */
    struct job *job;
    while ((job = job_list_pop(&run->ready)) != NULL) {
        job_cancel(job);
        transfer_finish(&run->config, job, &run->pool);
    }
    for (struct examined *next = oldest(run); next != NULL; next = oldest(run)) {
        transfer_cancel(&next->transfer);
        next->state = GONE;
        transfer_finish(&run->config, next->transfer.job, &run->pool);
    }
    threads_free(run);
}

const struct engine engine_threads = {
    .name = "threads",
    .help = "a pool of I/O threads beside the workers",
    .io_jobs = 4,
    .why_not = threads_why_not,
    .open = threads_open,
    .take = threads_take,
    .give = threads_give,
    .close = threads_close,
};
