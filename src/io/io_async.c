/*
 * async: one event loop next to the workers, or in the only worker. Many files are opened, read and written
 * at the same time without a thread for each: each file is a chain of operations on a ring (ring.h,
 * incoming.h, outgoing.h); one thread waits until an operation has completed and starts the next of its
 * chain.
 *
 * With workers that block (threads, procs, omp), the engine has a thread for the loop; jobs and results pass
 * between it and the workers through two lists. A backend that is an event loop itself (config.pumped) runs
 * the same loop where it would wait: in take, in give and at its checkpoints.
 *
 * URLs have a loop of their own: it combines everything that libcurl waits for in one descriptor, on which
 * the ring has an operation.
 *
 * The loop's thread also probes headers and derives keys (from a passphrase once, which takes a third of a
 * second).
 */
#include <stddef.h>
#include <stdlib.h>

#include "io/incoming.h"
#include "io/outgoing.h"

struct engine_run {
    struct intake intake; /* first: a pointer to it is one to this */
    struct engine_config config;
    struct input_pool pool;
    pthread_t thread;
    struct ring *ring;
    struct incoming *incoming;  /* one per slot */
    uint8_t *heads;             /* first bytes of each input */
    struct outgoing *outgoing;  /* config.settings.io_jobs */
    unsigned writing;           /* number of them in use */
    struct fetch_loop *fetches; /* NULL: there are no URLs */
    struct ring_op watch;       /* the operation on their loop's descriptor */
    bool watching, leaving;     /* that operation is in progress; it must not be repeated */
};

static void opened(struct incoming *incoming, enum intake_result result)
{
    struct engine_run *run = incoming->owner;
    intake_opened(&run->intake, incoming->slot, result);
}

static void was_read(struct incoming *incoming, enum intake_result result)
{
    struct engine_run *run = incoming->owner;
    intake_read(&run->intake, incoming->slot, result);
}

static void written(struct outgoing *outgoing)
{
    struct engine_run *run = outgoing->owner;
    struct job *job = outgoing->job;
    outgoing->job = NULL;
    run->writing--;
    intake_written(&run->intake, job);
}

/* The read delay is for files only. */
static void begin_write(struct engine_run *run, struct intake_step step)
{
    struct outgoing *outgoing = run->outgoing;
    struct job *job = step.job;
    if (job->status != JOB_OK || job->output == NULL) {
        transfer_step(&run->intake, step, &run->pool);
        return;
    }
    input_pool_put(&run->pool, &job->in);
    while (outgoing->job != NULL)
        outgoing++;
    outgoing->job = job;
    run->writing++;
    outgoing_write(outgoing);
}

/* Starts the chain of the next step. False when there is none at present, or at all. */
static bool begin_next(struct engine_run *run, struct intake_step *step)
{
    const unsigned writes = run->writing < run->config.settings.io_jobs ? INTAKE_WRITES : 0;
    *step = intake_next(&run->intake, INTAKE_READS | writes, INTAKE_POLL);
    struct incoming *incoming = step->slot != NULL ? &run->incoming[step->slot - run->intake.slots] : NULL;
    switch (step->kind) {
    case INTAKE_WRITE:
        begin_write(run, *step);
        return true;
    case INTAKE_CLOSE:
        transfer_step(&run->intake, *step, &run->pool);
        return true;
    case INTAKE_READ:
        incoming->done = was_read;
        incoming_read(incoming);
        return true;
    case INTAKE_OPEN:
        incoming->done = opened;
        incoming_open(incoming);
        return true;
    case INTAKE_TAKE:
    case INTAKE_NOTHING:
    case INTAKE_ENDED:
        break;
    }
    return false;
}

static void watch_fetches(struct engine_run *run);

static void move_fetches(struct ring_op *op)
{
    struct engine_run *run = (struct engine_run *)((char *)op - offsetof(struct engine_run, watch));
    run->watching = false;
    run->config.remote->part->loop_turn(run->fetches);
    if (!run->leaving)
        watch_fetches(run);
}

static void watch_fetches(struct engine_run *run)
{
    run->watching = true;
    run->watch = (struct ring_op){
        .kind = RING_READABLE, .fd = run->config.remote->part->loop_fd(run->fetches), .done = move_fetches};
    ring_add(run->ring, &run->watch);
}

/* Runs the loop until the run is closed and no operation is in progress. */
static void turn_until_closed(struct engine_run *run)
{
    struct intake_step step;
    for (;;) {
        while (begin_next(run, &step))
            ;
        if (step.kind == INTAKE_ENDED)
            break;
        ring_turn(run->ring, RING_WAIT);
    }
    run->leaving = true;
    if (run->watching)
        run->config.remote->part->loop_wake(run->fetches);
    while (run->watching)
        ring_turn(run->ring, RING_WAIT);
}

static void *loop_main(void *argument)
{
    turn_until_closed(argument);
    return NULL;
}

/* A worker has made a step possible. */
static void wake_loop(void *self)
{
    const struct engine_run *run = self;
    ring_wake(run->ring);
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
    struct remote *remote = run->config.remote;
    if (run->ring != NULL)
        ring_close(run->ring);
    if (remote != NULL && run->fetches != NULL)
        remote->part->loop_close(run->fetches);
    input_pool_free(&run->pool);
    intake_free(&run->intake);
    free(run->incoming);
    free(run->heads);
    for (unsigned i = 0; run->outgoing != NULL && i < run->config.settings.io_jobs; i++)
        outgoing_free(&run->outgoing[i]);
    free(run->outgoing);
    free(run);
}

static int open_loop(struct engine_run *run, struct pm_error *error)
{
    const unsigned count = run->config.settings.io_jobs;
    struct remote *remote = run->config.remote;
    /* The max number of operations: one for each input and output in progress, and one for all URLs. */
    run->ring = ring_open(2 * count + 1, error);
    if (run->ring == NULL)
        return -1;
    if (remote == NULL)
        return 0;
    run->fetches = remote->part->loop_open(remote, run->config.uploads ? 2 * count : count, error);
    if (run->fetches == NULL)
        return -1;
    watch_fetches(run);
    return 0;
}

static int make_chains(struct engine_run *run, struct pm_error *error)
{
    const unsigned count = run->config.settings.io_jobs;
    run->incoming = calloc(count, sizeof *run->incoming);
    run->outgoing = calloc(count, sizeof *run->outgoing);
    run->heads = malloc((size_t)count * INCOMING_HEAD);
    if (run->incoming == NULL || run->outgoing == NULL || run->heads == NULL)
        return error_memory(error, (size_t)count * INCOMING_HEAD);
    if (open_loop(run, error) != 0)
        return -1;
    for (unsigned i = 0; i < count; i++) {
        run->incoming[i] = (struct incoming){
            .ring = run->ring,
            .config = &run->config,
            .pool = &run->pool,
            .head = run->heads + (size_t)i * INCOMING_HEAD,
            .loop = run->fetches,
            .owner = run,
            .slot = &run->intake.slots[i],
        };
        run->outgoing[i] = (struct outgoing){
            .ring = run->ring,
            .config = &run->config,
            .done = written,
            .owner = run,
            .loop = run->fetches,
        };
    }
    return 0;
}

static struct intake *async_open(const struct engine_config *config, struct pm_error *error)
{
    struct engine_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        error_memory(error, sizeof *run);
        return NULL;
    }
    run->config = *config;
    const struct intake_options options = {
        .slots = config->settings.io_jobs, .wake = config->pumped ? NULL : wake_loop, .engine = run};
    if (intake_init(&run->intake, &run->config, &options, error) != 0) {
        free(run);
        return NULL;
    }
    input_pool_init(&run->pool, config->settings.keep_bytes);
    if (make_chains(run, error) != 0) {
        async_free(run);
        return NULL;
    }
    if (!config->pumped && pthread_create(&run->thread, NULL, loop_main, run) != 0) {
        error_set_hint(error, PM_ERROR_INTERNAL, PM_HINT_IO_SYNC, "no I/O thread can be started");
        async_free(run);
        return NULL;
    }
    return &run->intake;
}

static struct job *async_take(void *self)
{
    struct engine_run *run = self;
    struct intake_step step, begun;
    if (!run->config.pumped)
        return intake_take(self);
    for (;;) {
        while (begin_next(run, &begun))
            ;
        step = intake_next(&run->intake, INTAKE_TAKES, INTAKE_POLL);
        if (step.kind != INTAKE_NOTHING)
            return step.job;
        ring_turn(run->ring, RING_WAIT);
    }
}

static void async_pump(void *self)
{
    struct engine_run *run = self;
    struct intake_step begun;
    do {
        while (begin_next(run, &begun))
            ;
    } while (ring_turn(run->ring, RING_POLL) > 0);
}

static void async_give(void *self, struct job *job)
{
    struct engine_run *run = self;
    intake_give(self, job);
    if (run->config.pumped)
        async_pump(self);
}

static void async_close(void *self)
{
    struct engine_run *run = self;
    intake_close(&run->intake);
    if (run->config.pumped)
        turn_until_closed(run);
    else
        pthread_join(run->thread, NULL);
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
