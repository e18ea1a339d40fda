/*
 * async: one thread, one event loop, cooperative.
 *
 * Only one piece of code runs at a time, so there are no locks and no hand-overs, but many reads and writes
 * are in progress in the kernel while the thread computes. `take` runs the loop: it waits for the next read
 * or write to complete and starts what follows, until a job's input is in memory. The job's work then runs on
 * the loop, and no other job's until it has ended.
 *
 * This is the trade-off of the model: a waiting job costs nothing, so there can be thousands; a computing job
 * blocks all others, and more processors do not help. Cooperative work yields: at each checkpoint the loop is
 * pumped, which handles completed reads and writes and starts the next ones, but never runs another job's
 * work. The longest time between two such points is reported as the time that the loop was blocked.
 *
 * An engine that can't be pumped alternates with this thread: `threads` feeds it from its own threads; with
 * `sync`, every read blocks the loop, the classic mistake with event loops. A crash ends the program.
 */
#include <stdlib.h>

#include "backend/worker.h"
#include "base/clock.h"

struct workers {
    struct backend_config config;
    struct worker worker;
    const struct job_source *source;
    double pumped_at; /* clock_now() when the loop last ran */
    double blocked_s; /* longest time without running, seconds */
};

/* Runs the loop once, without waiting. */
static void loop_pump(struct workers *workers)
{
    double blocked = clock_now() - workers->pumped_at;
    if (blocked > workers->blocked_s)
        workers->blocked_s = blocked;
    if (workers->source->pump != NULL)
        workers->source->pump(workers->source->self);
    workers->pumped_at = clock_now();
}

static int async_checkpoint(struct context *context)
{
    loop_pump(((struct worker *)context->lender)->workers);
    return worker_checkpoint(context);
}

static const struct context_ops async_ops = {
    .checkpoint = async_checkpoint,
    .enter = worker_enter,
    .warn = worker_warn,
    .note = worker_note,
};

static void work_until_end(struct worker *worker, const struct job_source *source,
                           const struct job_sink *sink)
{
    struct job *job;
    worker_pin(worker->config, 0);
    while ((job = source->take(source->self)) != NULL) {
        worker->workers->pumped_at = clock_now();
        worker_run(worker, job);
        loop_pump(worker->workers);
        sink->give(sink->self, job);
    }
}

static const char *async_why_not(void)
{
    return NULL;
}

static struct workers *async_open(const struct backend_config *config, struct pm_error *error)
{
    struct workers *workers = calloc(1, sizeof *workers);
    if (workers == NULL) {
        error_memory(error, sizeof *workers);
        return NULL;
    }
    workers->config = *config;
    worker_init(&workers->worker, &workers->config, &async_ops, workers);
    return workers;
}

static int async_run(struct workers *workers, const struct job_source *source, const struct job_sink *sink,
                     struct backend_report *report, struct pm_error *error)
{
    (void)error;
    workers->source = source;
    workers->blocked_s = 0;
    work_until_end(&workers->worker, source, sink);
    *report = (struct backend_report){.workers = 1, .blocked_s = workers->blocked_s};
    return 0;
}

static void async_close(struct workers *workers)
{
    worker_free(&workers->worker);
    free(workers);
}

const struct backend backend_async = {
    .name = "async",
    .help =
        "one thread with an event loop: transfers many files at once (--io=async), processes one image at a "
        "time",
    .one_worker = true,
    .pumps = true,
    .why_not = async_why_not,
    .open = async_open,
    .run = async_run,
    .close = async_close,
};
