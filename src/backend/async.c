/*
 * async: one thread, one event loop, cooperative.
 *
 * Nothing runs at the same time as anything else in this program, so nothing is locked and nothing is handed
 * over; but many reads and writes are under way in the kernel while the one thread computes. The loop turns
 * in `take`: it waits for whichever read or write ends next and begins what follows, until a job's input is
 * in memory. Then the job's work is done right there, on the loop, and no other's until it has ended.
 *
 * That is the model's bargain. A job that waits costs nothing, so thousands may; a job that computes blocks
 * all others, and no number of processors helps. Well-bred work yields: at each checkpoint the loop is
 * pumped, which takes up what has ended and begins the next reads and writes, but never another job's work.
 * The longest time between two such moments is reported as the time that the loop was blocked.
 *
 * With an engine that can't be pumped, this thread simply takes turns with it: beside `threads`, it is fed by
 * that engine's own; with `sync`, every read blocks the loop, the mistake that each book on event loops warns
 * of. A crash ends the program.
 */
#include <stdlib.h>

#include "backend/worker.h"
#include "base/clock.h"

struct workers {
    struct backend_config config;
    struct worker worker;
    const struct job_source *source;
    double pumped_at; /* when the loop had its last turn, by clock_now() */
    double blocked_s; /* the longest that it had to wait for one */
};

/* One turn of the loop that waits for nothing. */
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
