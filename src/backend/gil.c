/*
 * gil: threads that must hold one lock to compute, like CPython's threads and the global interpreter lock.
 *
 * Everything is shared as in `threads`, and as many jobs are in progress, but only the thread that holds the
 * lock computes. It releases the lock in three places:
 * - around every read and write, so that waiting for the disk overlaps with another thread's computing;
 * - at a checkpoint, if another thread has waited longer than the switch interval: the waiting thread
 * requests the lock, and the computing thread releases it at its next checkpoint;
 * - with --gil=released, around native work (decoders, kernels), as numpy and Pillow do: that work then runs
 * in parallel, and only the little in between needs the lock. So a batch that computes takes as long as on
 * one processor, plus the cost of switching; one that waits for its disk is as fast as with `threads`. A
 * crash in one thread ends the program.
 *
 * The algorithm is CPython's (Python/ceval_gil.c, since 3.2; take_gil, drop_gil, drop_request,
 * FORCE_SWITCHING), with one mutex instead of two. An interpreter also needs the lock between the steps of a
 * read (to create objects, to open the next file); here a take or a give is one wait, so this model is faster
 * than an interpreter.
 *
 * Stages are timed by the wall clock: the seconds of a stage include waiting for the lock.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "backend/worker.h"
#include "base/clock.h"

/* CPython's sys.getswitchinterval(), seconds. */
static const double default_interval = 5e-3;

struct gil {
    double interval; /* seconds that a thread waits before it requests the lock */
    pthread_mutex_t mutex;
    pthread_cond_t dropped;  /* the lock is free */
    pthread_cond_t switched; /* another thread has it now */
    /* The thread that has the lock, or NULL. Changed under the mutex; read without it by threads that only
     * compare it with themselves. */
    _Atomic(const struct worker *) holder;
    const struct worker *last_holder;
    unsigned long switches;   /* how often the lock went from one thread to another */
    atomic_bool drop_request; /* set by a waiting thread, cleared by the next holder */
};

struct workers {
    struct backend_config config;
    struct worker *list; /* config.workers of them */
    const struct job_source *source;
    const struct job_sink *sink;
    struct gil gil;
};

static void gil_init(struct gil *gil, double interval)
{
    *gil = (struct gil){.interval = interval > 0 ? interval : default_interval};
    pthread_mutex_init(&gil->mutex, NULL);
    pthread_cond_init(&gil->dropped, NULL);
    pthread_cond_init(&gil->switched, NULL);
}

static void gil_free(struct gil *gil)
{
    pthread_cond_destroy(&gil->switched);
    pthread_cond_destroy(&gil->dropped);
    pthread_mutex_destroy(&gil->mutex);
}

static bool gil_holds(const struct gil *gil, const struct worker *worker)
{
    return atomic_load_explicit(&gil->holder, memory_order_relaxed) == worker;
}

/* Waits at most one interval for the lock to be released. Returns true on timeout. */
static bool gil_wait(struct gil *gil)
{
    const struct timespec until = clock_time(clock_now() + gil->interval);
    return pthread_cond_clockwait(&gil->dropped, &gil->mutex, CLOCK_MONOTONIC, &until) == ETIMEDOUT;
}

/* A thread that has waited for a whole interval without a change of holder requests the lock. After a change,
 * the new holder has had less than an interval, so the wait starts again. */
static void gil_take(struct gil *gil, const struct worker *worker)
{
    pthread_mutex_lock(&gil->mutex);
    while (gil->holder != NULL) {
        unsigned long switches = gil->switches;
        if (gil_wait(gil) && gil->holder != NULL && gil->switches == switches)
            atomic_store(&gil->drop_request, true);
    }
    atomic_store(&gil->holder, worker);
    atomic_store(&gil->drop_request, false);
    if (gil->last_holder != worker) {
        gil->last_holder = worker;
        gil->switches++;
        pthread_cond_broadcast(&gil->switched);
    }
    pthread_mutex_unlock(&gil->mutex);
}

/* After a request, another thread must get the lock. Its old holder, which is running, would otherwise take
 * it back before the waiting thread has woken up. So the old holder waits for the switch, which always
 * happens, because a thread that requested the lock waits until it has it. */
static void gil_drop(struct gil *gil)
{
    pthread_mutex_lock(&gil->mutex);
    unsigned long switches = gil->switches;
    atomic_store(&gil->holder, NULL);
    pthread_cond_signal(&gil->dropped);
    if (atomic_load(&gil->drop_request)) {
        while (gil->switches == switches)
            pthread_cond_wait(&gil->switched, &gil->mutex);
    }
    pthread_mutex_unlock(&gil->mutex);
}

/* Native work runs without the lock, so a checkpoint in its callbacks has none to release. */
static int gil_checkpoint(struct context *context)
{
    const struct worker *worker = context->lender;
    struct gil *gil = &worker->workers->gil;
    if (atomic_load_explicit(&gil->drop_request, memory_order_relaxed) && gil_holds(gil, worker)) {
        gil_drop(gil);
        gil_take(gil, worker);
    }
    return worker_checkpoint(context);
}

static void gil_native_begin(struct context *context)
{
    const struct worker *worker = context->lender;
    if (worker->config->gil == GIL_RELEASED)
        gil_drop(&worker->workers->gil);
}

static void gil_native_end(struct context *context)
{
    const struct worker *worker = context->lender;
    if (worker->config->gil == GIL_RELEASED)
        gil_take(&worker->workers->gil, worker);
}

static const struct context_ops gil_ops = {
    .checkpoint = gil_checkpoint,
    .native_begin = gil_native_begin,
    .native_end = gil_native_end,
    .enter = worker_enter,
    .warn = worker_warn,
    .note = worker_note,
};

static void work_until_end(struct worker *worker, const struct job_source *source,
                           const struct job_sink *sink)
{
    struct gil *gil = &worker->workers->gil;
    worker_pin(worker->config, (unsigned)(worker - worker->workers->list));
    for (;;) {
        struct job *job = source->take(source->self);
        if (job == NULL)
            return;
        gil_take(gil, worker);
        worker_run(worker, job);
        gil_drop(gil);
        sink->give(sink->self, job);
    }
}

static void *thread_main(void *argument)
{
    struct worker *worker = argument;
    work_until_end(worker, worker->workers->source, worker->workers->sink);
    return NULL;
}

static const char *gil_why_not(void)
{
    return NULL;
}

static struct workers *gil_open(const struct backend_config *config, struct pm_error *error)
{
    struct workers *workers = calloc(1, sizeof *workers);
    struct worker *list = calloc(config->workers, sizeof *list);
    if (workers == NULL || list == NULL) {
        free(workers);
        free(list);
        error_memory(error, config->workers * sizeof *list);
        return NULL;
    }
    workers->config = *config;
    workers->list = list;
    gil_init(&workers->gil, config->gil_interval);
    for (unsigned i = 0; i < config->workers; i++)
        worker_init(&list[i], &workers->config, &gil_ops, workers);
    return workers;
}

/* If a thread can't be started, continue with fewer: the caller's own always exists. */
static int gil_run(struct workers *workers, const struct job_source *source, const struct job_sink *sink,
                   struct backend_report *report, struct pm_error *error)
{
    *report = (struct backend_report){0};
    workers->source = source;
    workers->sink = sink;
    pthread_t *threads = calloc(workers->config.workers, sizeof *threads);
    if (threads == NULL)
        return error_memory(error, workers->config.workers * sizeof *threads);
    unsigned started = 1;
    while (started < workers->config.workers &&
           pthread_create(&threads[started], NULL, thread_main, &workers->list[started]) == 0)
        started++;
    work_until_end(&workers->list[0], source, sink);
    for (unsigned i = 1; i < started; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    report->workers = started;
    return 0;
}

static void gil_close(struct workers *workers)
{
    for (unsigned i = 0; i < workers->config.workers; i++)
        worker_free(&workers->list[i]);
    gil_free(&workers->gil);
    free(workers->list);
    free(workers);
}

static const struct option gil_options[] = {
    {.name = "gil",
     .argument = "held|released", /* in the order of enum gil_mode */
     .parse = option_enum,
     .offset = offsetof(struct backend_config, gil),
     .help = "for --backend=gil: the lock during native code, that is decoders and kernels (held)"},
    {.name = "gil-interval",
     .argument = "MS",
     .parse = option_milliseconds,
     .offset = offsetof(struct backend_config, gil_interval),
     .help = "for --backend=gil: milliseconds that a thread waits before it requests the lock (5)"},
    {.name = NULL},
};

static const char *gil_option_given(const struct backend_config *config)
{
    if (config->gil_interval > 0)
        return "--gil-interval";
    return config->gil != GIL_HELD ? "--gil" : NULL;
}

const struct backend backend_gil = {
    .name = "gil",
    .help = "threads under one lock, as in CPython: only its holder computes",
    .why_not = gil_why_not,
    .options = gil_options,
    .option_given = gil_option_given,
    .open = gil_open,
    .run = gil_run,
    .close = gil_close,
};
