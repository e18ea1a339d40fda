/*
 * async: one event loop beside the workers, or within the only one. Many files are opened, read and written
 * at once, without a thread for each: every one is a chain of operations on a ring (ring.h, incoming.h,
 * outgoing.h), and one thread waits for whichever ends next and begins what follows it.
 *
 * Who turns the loop? With workers that block (threads, procs, omp), a thread of the engine's own; jobs and
 * results pass between it and them through two lists. A backend that is an event loop itself (config.pumped)
 * turns it wherever it would wait: in take, in give and at its checkpoints. The loop is the same.
 *
 * As in the pool of I/O threads, what is most useful is begun first: a result is written (that frees memory),
 * else a job is read that the memory budget admits, in order, else the next input is opened and examined.
 *
 * URLs have a loop of their own within this one: libcurl says what it waits for, and all of that is one
 * descriptor, on which the ring keeps an operation. They queue for the budget once they are examined.
 *
 * The loop's thread does a little work itself: it probes headers and derives keys (a passphrase's takes a
 * third of a second, once).
 */
#include <stddef.h>
#include <stdlib.h>

#include "io/incoming.h"
#include "io/job_list.h"
#include "io/outgoing.h"

/* One of the io_jobs places for inputs. */
struct place {
    struct incoming incoming;
    /* GONE: it failed, and others before it are open. */
    enum { FREE, OPENING, EXAMINED, READING, GONE } state;
    struct place *younger; /* named after it, not admitted */
};

struct engine_run {
    struct engine_config config;
    struct input_pool pool;
    pthread_t thread;

    /* The loop's own. */
    struct ring *ring;
    struct place *places;        /* config.io_jobs */
    struct place *oldest, **end; /* those not yet admitted; end: where the next one is hung */
    uint8_t *heads;              /* for each place */
    struct outgoing *outgoing;   /* config.io_jobs */
    unsigned nfree;              /* places */
    unsigned opening, reading, writing;
    struct fetch_loop *fetches; /* of URLs; NULL: there are none */
    struct ring_op watch;       /* that their loop has something to do */
    bool watching;
    bool refused;   /* the oldest examined job did not fit the budget, and nothing was released since */
    bool exhausted; /* client.next has no more */

    /* Between the loop and the workers. */
    pthread_mutex_t lock;
    pthread_cond_t fed; /* a job is ready, or none will come */
    struct job_list ready, results;
    unsigned ready_count;
    bool ended, closing; /* none will come; close was called */
};

static void finish(struct engine_run *run, struct job *job)
{
    run->config.client.finish(run->config.client.batch, job);
    run->refused = false;
}

static void line_join(struct engine_run *run, struct place *place)
{
    place->younger = NULL;
    *run->end = place;
    run->end = &place->younger;
}

static void place_open_done(struct incoming *incoming, bool well)
{
    struct place *place = (struct place *)incoming;
    struct engine_run *run = incoming->owner;
    bool is_file = incoming->job->url == NULL;
    run->opening--;
    place->state = well ? EXAMINED : is_file ? GONE : FREE;
    run->nfree += place->state == FREE;
    if (well && !is_file)
        line_join(run, place);
    if (!well)
        finish(run, incoming->job);
}

static void place_read_done(struct incoming *incoming, bool well)
{
    struct place *place = (struct place *)incoming;
    struct engine_run *run = incoming->owner;
    run->reading--;
    run->refused = false; /* a URL may be charged less now */
    place->state = FREE;
    run->nfree++;
    if (!well) {
        input_pool_put(&run->pool, &incoming->job->in);
        finish(run, incoming->job);
        return;
    }
    pthread_mutex_lock(&run->lock);
    job_list_push(&run->ready, incoming->job);
    run->ready_count++;
    pthread_cond_signal(&run->fed);
    pthread_mutex_unlock(&run->lock);
}

static void outgoing_done(struct outgoing *outgoing)
{
    struct engine_run *run = outgoing->owner;
    struct job *job = outgoing->job;
    outgoing->job = NULL;
    run->writing--;
    finish(run, job);
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

/* The oldest input that is not admitted yet; NULL when there is none. Failed ones before it are dropped. */
static struct place *oldest(struct engine_run *run)
{
    while (run->oldest != NULL && run->oldest->state == GONE) {
        line_shift(run)->state = FREE;
        run->nfree++;
    }
    return run->oldest;
}

/* What the workers have left to do for the loop, as it was a moment ago. */
struct glance {
    bool ended, closing, results;
    unsigned ready_count;
};

static struct glance glance(struct engine_run *run)
{
    pthread_mutex_lock(&run->lock);
    struct glance seen = {run->ended, run->closing, run->results.first != NULL, run->ready_count};
    pthread_mutex_unlock(&run->lock);
    return seen;
}

/* Each of the following begins one thing, and returns false when there is nothing of its kind to begin. */

static bool begin_write(struct engine_run *run)
{
    struct outgoing *outgoing = run->outgoing;
    if (run->writing == run->config.io_jobs)
        return false;
    while (outgoing->job != NULL)
        outgoing++;
    pthread_mutex_lock(&run->lock);
    struct job *job = job_list_pop(&run->results);
    pthread_mutex_unlock(&run->lock);
    if (job == NULL)
        return false;
    input_pool_put(&run->pool, &job->in);
    if (job->status != JOB_OK) {
        finish(run, job);
        return true;
    }
    outgoing->job = job;
    run->writing++;
    outgoing_write(outgoing);
    return true;
}

static bool begin_read(struct engine_run *run)
{
    const struct engine_client *client = &run->config.client;
    struct place *place = oldest(run);
    if (place == NULL || place->state != EXAMINED || run->refused)
        return false;
    struct glance seen = glance(run);
    if (seen.closing || seen.results || run->reading + seen.ready_count >= run->config.depth)
        return false;
    if (!client->admit(client->batch, place->incoming.job)) {
        run->refused = true;
        return false;
    }
    line_shift(run);
    place->state = READING;
    place->incoming.done = place_read_done;
    run->reading++;
    incoming_read(&place->incoming);
    return true;
}

static bool begin_open(struct engine_run *run)
{
    const struct engine_client *client = &run->config.client;
    struct place *place = run->places, *last = run->places + run->config.io_jobs;
    if (run->nfree == 0 || run->exhausted)
        return false;
    while (place < last && place->state != FREE)
        place++;
    if (place == last || glance(run).closing)
        return false;
    struct job *job = client->next(client->batch);
    if (job == NULL) {
        run->exhausted = true;
        return false;
    }
    place->state = OPENING;
    run->nfree--;
    if (job->url == NULL)
        line_join(run, place);
    run->opening++;
    place->incoming.job = job;
    place->incoming.done = place_open_done;
    incoming_open(&place->incoming);
    return true;
}

static void begin_all(struct engine_run *run)
{
    while (begin_write(run) || begin_read(run) || begin_open(run))
        ;
    if (!run->exhausted || oldest(run) != NULL || run->opening + run->reading > 0)
        return;
    pthread_mutex_lock(&run->lock);
    run->ended = true;
    pthread_cond_broadcast(&run->fed);
    pthread_mutex_unlock(&run->lock);
}

static void watch_fetches(struct engine_run *run);

static void move_fetches(struct ring_op *op)
{
    struct engine_run *run = (struct engine_run *)((char *)op - offsetof(struct engine_run, watch));
    run->watching = false;
    run->config.remote->part->loop_turn(run->fetches);
    if (!glance(run).closing || run->opening + run->reading > 0)
        watch_fetches(run);
}

static void watch_fetches(struct engine_run *run)
{
    run->watching = true;
    run->watch = (struct ring_op){
        .kind = RING_READABLE, .fd = run->config.remote->part->loop_fd(run->fetches), .done = move_fetches};
    ring_add(run->ring, &run->watch);
}

/* Turns the loop until the run is closed and nothing is under way. */
static void turn_until_closed(struct engine_run *run)
{
    for (;;) {
        begin_all(run);
        struct glance seen = glance(run);
        bool idle = seen.closing && !seen.results && run->opening + run->reading + run->writing == 0;
        if (idle && !run->watching)
            return;
        if (idle)
            run->config.remote->part->loop_wake(run->fetches);
        ring_turn(run->ring, RING_WAIT);
    }
}

/* Turns the loop until a job is ready or none will come. */
static void turn_until_fed(struct engine_run *run)
{
    for (;;) {
        begin_all(run);
        struct glance seen = glance(run);
        if (seen.ended || seen.ready_count > 0)
            return;
        ring_turn(run->ring, RING_WAIT);
    }
}

static void *loop_main(void *argument)
{
    turn_until_closed(argument);
    return NULL;
}

static const char *async_why_not(void)
{
    return NULL;
}

static const char *async_note(void)
{
    return ring_refusal();
}

static void async_free(struct engine_run *run)
{
    if (run->ring != NULL)
        ring_close(run->ring);
    struct remote *remote = run->config.remote;
    if (remote != NULL && run->fetches != NULL)
        remote->part->loop_close(run->fetches);
    input_pool_free(&run->pool);
    pthread_cond_destroy(&run->fed);
    pthread_mutex_destroy(&run->lock);
    free(run->places);
    free(run->heads);
    free(run->outgoing);
    free(run);
}

static int make_places(struct engine_run *run, struct pm_error *error)
{
    const unsigned count = run->config.io_jobs;
    run->places = calloc(count, sizeof *run->places);
    run->outgoing = calloc(count, sizeof *run->outgoing);
    run->heads = malloc((size_t)count * INCOMING_HEAD);
    if (run->places == NULL || run->outgoing == NULL || run->heads == NULL)
        return error_memory(error, (size_t)count * INCOMING_HEAD);
    /* One operation each, under way for whatever is coming in and going out, and the one for all URLs. */
    run->ring = ring_open(2 * count + 1, error);
    if (run->ring == NULL)
        return -1;
    struct remote *remote = run->config.remote;
    if (remote != NULL) {
        run->fetches = remote->part->loop_open(remote, count, error);
        if (run->fetches == NULL)
            return -1;
        watch_fetches(run);
    }
    for (unsigned i = 0; i < count; i++) {
        run->places[i].incoming = (struct incoming){
            .ring = run->ring,
            .config = &run->config,
            .pool = &run->pool,
            .head = run->heads + (size_t)i * INCOMING_HEAD,
            .loop = run->fetches,
            .owner = run,
        };
        run->outgoing[i] = (struct outgoing){
            .ring = run->ring,
            .config = &run->config,
            .done = outgoing_done,
            .owner = run,
        };
    }
    return 0;
}

static struct engine_run *async_open(const struct engine_config *config, struct pm_error *error)
{
    struct engine_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        error_memory(error, sizeof *run);
        return NULL;
    }
    run->config = *config;
    run->end = &run->oldest;
    run->nfree = config->io_jobs;
    input_pool_init(&run->pool);
    pthread_mutex_init(&run->lock, NULL);
    pthread_cond_init(&run->fed, NULL);
    job_list_init(&run->ready);
    job_list_init(&run->results);
    if (make_places(run, error) != 0) {
        async_free(run);
        return NULL;
    }
    if (!config->pumped && pthread_create(&run->thread, NULL, loop_main, run) != 0) {
        error_set_hint(error, PM_ERROR_INTERNAL, PM_HINT_IO_SYNC, "no I/O thread can be started");
        async_free(run);
        return NULL;
    }
    return run;
}

static struct job *async_take(struct engine_run *run)
{
    if (run->config.pumped)
        turn_until_fed(run);
    pthread_mutex_lock(&run->lock);
    while (run->ready.first == NULL && !run->ended)
        pthread_cond_wait(&run->fed, &run->lock);
    struct job *job = job_list_pop(&run->ready);
    if (job != NULL)
        run->ready_count--;
    pthread_mutex_unlock(&run->lock);
    if (job != NULL && !run->config.pumped)
        ring_wake(run->ring); /* there is room for another */
    return job;
}

static void async_pump(struct engine_run *run)
{
    do {
        begin_all(run);
    } while (ring_turn(run->ring, RING_POLL) > 0);
}

static void async_give(struct engine_run *run, struct job *job)
{
    pthread_mutex_lock(&run->lock);
    job_list_push(&run->results, job);
    pthread_mutex_unlock(&run->lock);
    if (run->config.pumped)
        async_pump(run);
    else
        ring_wake(run->ring);
}

static void async_close(struct engine_run *run)
{
    pthread_mutex_lock(&run->lock);
    run->closing = true;
    pthread_mutex_unlock(&run->lock);
    if (run->config.remote != NULL)
        remote_stop(run->config.remote);
    if (run->config.pumped) {
        turn_until_closed(run);
    } else {
        ring_wake(run->ring);
        pthread_join(run->thread, NULL);
    }

    /* What is left was never taken; all of it is ours alone now. */
    struct job *job;
    while ((job = job_list_pop(&run->ready)) != NULL) {
        job_cancel(job);
        transfer_finish(&run->config, job, &run->pool);
    }
    while (oldest(run) != NULL) {
        struct place *place = line_shift(run);
        incoming_cancel(&place->incoming);
        finish(run, place->incoming.job);
    }
    async_free(run);
}

const struct engine engine_async = {
    .name = "async",
    .help = "one event loop for many files at once, on Linux's io_uring",
    .io_jobs = 32,
    .why_not = async_why_not,
    .note = async_note,
    .open = async_open,
    .take = async_take,
    .give = async_give,
    .pump = async_pump,
    .close = async_close,
};
