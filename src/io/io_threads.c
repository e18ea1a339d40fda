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
 *
 * A thread that fetches a URL waits for its server. When that wants to be asked again later, the thread goes
 * and does something else meanwhile; the URL keeps its place.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/job_list.h"
#include "io/transfer.h"

/* One of the io_jobs places for inputs, from next until the job is read or failed. */
struct place {
    struct transfer transfer;
    /* LATER: a URL that is to be tried again when its time has come, to be examined or, if it was admitted,
     * to be read. GONE: a file that failed, and others before it are open. */
    enum { FREE, EXAMINING, EXAMINED, READING, LATER, GONE } state;
    bool admitted;
    struct place *younger; /* behind it in the line */
};

struct engine_run {
    struct engine_config config;
    struct input_pool pool;
    pthread_t *threads;
    unsigned nthreads;

    pthread_mutex_t lock;          /* of everything below */
    pthread_cond_t useful;         /* for I/O threads: there is something to do, or they are to end */
    pthread_cond_t fed;            /* for workers: a job is ready, or none will come */
    struct place *places;          /* config.io_jobs */
    struct place *oldest, **end;   /* the line of those not yet admitted; end: where the next one is hung */
    unsigned nfree;                /* places */
    unsigned busy, later;          /* threads that examine or read; places that are to be tried again */
    unsigned reading, ready_count; /* admitted and not yet ready; ready */
    struct job_list ready, results;
    bool refused;   /* the oldest examined job did not fit the budget, and nothing was released since */
    bool exhausted; /* client.next has no more */
    bool closing;
    bool watched, stopping; /* a thread waits with remote_wait; what that said */
    int bell;               /* an eventfd that wakes it; -1: there are no URLs */
};

static void place_free(struct engine_run *run, struct place *place)
{
    place->state = FREE;
    run->nfree++;
}

static void line_join(struct engine_run *run, struct place *place)
{
    place->younger = NULL;
    *run->end = place;
    run->end = &place->younger;
}

/* Takes the oldest place out of the line. */
static struct place *line_shift(struct engine_run *run)
{
    struct place *place = run->oldest;
    run->oldest = place->younger;
    if (run->oldest == NULL)
        run->end = &run->oldest;
    return place;
}

/* The oldest input that is not admitted yet, or NULL. Failed ones before it are dropped. */
static struct place *oldest(struct engine_run *run)
{
    while (run->oldest != NULL && run->oldest->state == GONE)
        place_free(run, line_shift(run));
    return run->oldest;
}

static bool may_read(struct engine_run *run)
{
    const struct place *next = oldest(run);
    return next != NULL && next->state == EXAMINED && !run->refused && !run->closing &&
           run->reading + run->ready_count < run->config.depth;
}

/* A free place for an input that may be named, or NULL. */
static struct place *may_examine(struct engine_run *run)
{
    oldest(run);
    for (unsigned i = 0; run->nfree > 0 && i < run->config.io_jobs && !run->exhausted && !run->closing; i++) {
        if (run->places[i].state == FREE)
            return &run->places[i];
    }
    return NULL;
}

/* The place whose time comes next, or NULL. */
static struct place *next_later(struct engine_run *run)
{
    struct place *next = NULL;
    for (unsigned i = 0; i < run->config.io_jobs && run->later > 0; i++) {
        struct place *place = &run->places[i];
        if (place->state == LATER &&
            (next == NULL || place->transfer.fetch->again_at < next->transfer.fetch->again_at))
            next = place;
    }
    return next;
}

static bool source_ended(struct engine_run *run)
{
    return run->exhausted && oldest(run) == NULL && run->reading == 0 && run->busy == 0 && run->later == 0;
}

static void wake_one(struct engine_run *run)
{
    pthread_cond_signal(&run->useful);
    if (run->watched)
        eventfd_write(run->bell, 1);
}

/* Called with the lock held when something changed. One I/O thread is woken at a time; when it takes up a
 * piece of work and there is another, it wakes the next. */
static void wake(struct engine_run *run)
{
    if (run->results.first != NULL || may_read(run) || may_examine(run))
        wake_one(run);
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

/* A step of the place's transfer has ended with its thread's work. Its URL may be wanted again later. */
static bool put_off(struct engine_run *run, struct place *place, enum transfer_step step)
{
    run->busy--;
    if (step != TRANSFER_LATER)
        return false;
    place->state = LATER;
    run->later++;
    return true;
}

/* Reads what was admitted. */
static void read_place(struct engine_run *run, struct place *place)
{
    struct job *job = place->transfer.job;
    place->state = READING;
    run->busy++;
    wake(run);
    pthread_mutex_unlock(&run->lock);
    enum transfer_step step = transfer_read(&run->config, &place->transfer, &run->pool);
    pthread_mutex_lock(&run->lock);
    if (put_off(run, place, step))
        return;
    place_free(run, place);
    run->refused = false; /* a URL may be charged less now */
    run->reading--;
    if (step == TRANSFER_DONE) {
        job_list_push(&run->ready, job);
        run->ready_count++;
        pthread_cond_signal(&run->fed);
    } else {
        finish(run, job);
    }
}

/* Reads the oldest examined job if the budget admits it. */
static bool try_read(struct engine_run *run)
{
    const struct engine_client *client = &run->config.client;
    if (!may_read(run))
        return false;
    if (!client->admit(client->batch, oldest(run)->transfer.job)) {
        run->refused = true;
        return false;
    }
    struct place *place = line_shift(run);
    place->admitted = true;
    run->reading++;
    read_place(run, place);
    return true;
}

/* Files wait in the line from the beginning, URLs once they are examined. */
static void examine_place(struct engine_run *run, struct place *place)
{
    struct job *job = place->transfer.job;
    bool is_file = job->url == NULL;
    place->state = EXAMINING; /* again, perhaps */
    run->busy++;
    wake(run);
    pthread_mutex_unlock(&run->lock);
    enum transfer_step step = transfer_open(&run->config, &place->transfer);
    pthread_mutex_lock(&run->lock);
    if (put_off(run, place, step))
        return;
    if (step == TRANSFER_DONE) {
        place->state = EXAMINED;
        if (!is_file)
            line_join(run, place);
        return;
    }
    if (is_file)
        place->state = GONE;
    else
        place_free(run, place);
    finish(run, job);
}

/* Goes on with a URL whose time has come; when the run is being stopped, to hear so from it. */
static bool try_later(struct engine_run *run)
{
    struct place *place = next_later(run);
    if (place == NULL || (place->transfer.fetch->again_at > clock_now() && !run->stopping && !run->closing))
        return false;
    run->later--;
    if (place->admitted)
        read_place(run, place);
    else
        examine_place(run, place);
    return true;
}

static bool try_examine(struct engine_run *run)
{
    const struct engine_client *client = &run->config.client;
    struct place *place = may_examine(run);
    if (place == NULL)
        return false;
    struct job *job = client->next(client->batch);
    if (job == NULL) {
        run->exhausted = true;
        return true;
    }
    *place = (struct place){.transfer.job = job, .state = EXAMINING};
    run->nfree--;
    if (job->url == NULL)
        line_join(run, place);
    examine_place(run, place);
    return true;
}

/* Waits for something to do. While a URL is to be tried again, one of those who wait watches the clock, and
 * whether the run is being stopped. */
static void wait_for_use(struct engine_run *run)
{
    const struct place *later = next_later(run);
    if (later == NULL || run->watched) {
        pthread_cond_wait(&run->useful, &run->lock);
        return;
    }
    double until = later->transfer.fetch->again_at;
    run->watched = true;
    pthread_mutex_unlock(&run->lock);
    bool stopping = !remote_wait(run->config.remote, until, run->bell);
    pthread_mutex_lock(&run->lock);
    run->watched = false;
    run->stopping |= stopping;
    pthread_cond_signal(&run->useful); /* somebody else may have to watch now */
}

static void *io_thread(void *argument)
{
    struct engine_run *run = argument;
    pthread_mutex_lock(&run->lock);
    for (;;) {
        struct job *result = job_list_pop(&run->results);
        if (result != NULL)
            finish(run, result);
        else if (try_read(run) || try_later(run) || try_examine(run))
            wake(run);
        else if (run->closing)
            break;
        else
            wait_for_use(run);
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
    if (run->bell >= 0)
        close(run->bell);
    free(run->places);
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
    run->end = &run->oldest;
    pthread_cond_init(&run->fed, NULL);
    job_list_init(&run->ready);
    job_list_init(&run->results);
    run->nfree = config->io_jobs;
    run->threads = calloc(config->io_jobs, sizeof *run->threads);
    run->places = calloc(config->io_jobs, sizeof *run->places);
    run->bell = config->remote != NULL ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
    if (config->remote != NULL && run->bell < 0) {
        error_set(error, PM_ERROR_INTERNAL, "no event descriptor: %s (raise ulimit -n)", strerror(errno));
        threads_free(run);
        return NULL;
    }
    if (run->threads == NULL || run->places == NULL) {
        error_memory(error, config->io_jobs * sizeof *run->places);
        threads_free(run);
        return NULL;
    }
    while (run->nthreads < config->io_jobs &&
           pthread_create(&run->threads[run->nthreads], NULL, io_thread, run) == 0)
        run->nthreads++;
    if (run->nthreads == 0) {
        error_set_hint(error, PM_ERROR_INTERNAL, PM_HINT_IO_SYNC, "no I/O thread can be started");
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
    wake_one(run);
    pthread_mutex_unlock(&run->lock);
}

static void threads_close(struct engine_run *run)
{
    pthread_mutex_lock(&run->lock);
    run->closing = true;
    pthread_cond_broadcast(&run->useful);
    pthread_mutex_unlock(&run->lock);
    if (run->config.remote != NULL)
        remote_stop(run->config.remote);
    for (unsigned i = 0; i < run->nthreads; i++)
        pthread_join(run->threads[i], NULL);

    /* What is left was never taken; all of it is ours alone now. */
    struct job *job;
    while ((job = job_list_pop(&run->ready)) != NULL) {
        job_cancel(job);
        transfer_finish(&run->config, job, &run->pool);
    }
    while (oldest(run) != NULL) {
        struct place *place = line_shift(run);
        transfer_cancel(&run->config, &place->transfer);
        transfer_finish(&run->config, place->transfer.job, &run->pool);
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
