/*
 * procs: one process per worker, each with its own address space.
 *
 * Only one region of memory per worker is shared (region.h). Handing a job over costs two messages and two
 * copies, the input into the region and the result out of it: about ten microseconds, plus a fifth of a
 * millisecond per megabyte. In return, unlike with threads, an image that crashes a decoder, uses up memory
 * or never ends takes one worker with it and fails one job; the worker is replaced and the batch continues.
 * And a hostile image that takes control of its worker gains little: a worker opens no file and sees no jobs
 * except its own (sandbox.h).
 *
 * There are three kinds of processes. The parent holds the jobs; it has one thread per worker, its handler,
 * which takes a job, sends it, waits, and checks what comes back. The fork server (forkserver.h), forked
 * before the parent has anything worth copying, forks workers. A worker (child.h) does one job after the
 * other, single-threaded: bands are processed serially.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "backend/handler.h"
#include "backend/message.h"
#include "backend/region.h"
#include "backend/sandbox.h"
#include "backend/worker.h"
#include "base/secret_memory.h"

/* One of the parent's threads, and its worker. In secret memory: a job's request may hold an image's keys. */
struct hand {
    struct workers *workers;
    struct handler handler;
    pthread_t thread;
};

struct workers {
    struct workplace place;
    struct hand *hands; /* place.config.workers of them */
    const struct job_source *source;
    const struct job_sink *sink;
    char note[320]; /* what the workers' sandbox lacks; empty: nothing */
};

/* A handler without a worker takes no job, so that the others get it. One of the two always waits for the
 * other, so they share a processor. */
static void work_until_end(struct hand *hand, const struct job_source *source, const struct job_sink *sink)
{
    struct handler *handler = &hand->handler;
    worker_pin(&handler->place->config, handler->slot);
    for (;;) {
        if (handler->worker.socket < 0)
            handler_replace(handler, &handler->lost);
        if (handler->worker.socket < 0)
            return;
        struct job *job = source->take(source->self);
        if (job == NULL)
            return;
        worker_begin(job);
        handler_do(handler, job);
        worker_end(job);
        sink->give(sink->self, job);
    }
}

static void *hand_main(void *argument)
{
    struct hand *hand = argument;
    work_until_end(hand, hand->workers->source, hand->workers->sink);
    return NULL;
}

static const char *procs_why_not(void)
{
    int region = region_create();
    if (region < 0)
        return "this system has no memfd_create";
    close(region);
    return NULL;
}

/* What the first worker's sandbox lacks, the others' will lack. Returns 0, or -1 with `error` filled when it
 * must not. What the worker itself misses of a whole sandbox, it has already refused to do without. */
static int check_sandbox(struct workers *workers, struct pm_error *error)
{
    const struct spawned *first = &workers->hands[0].handler.worker;
    enum sandbox_mode mode = workers->place.config.sandbox;
    char names[256];
    if (mode == SANDBOX_OFF)
        return 0;
    workers->place.missing = first->missing | (grant_works(first->pid) ? 0 : 1u << WALL_GRANTS) |
                             (grant_memory_taken(first->pid) > 0 ? 0 : 1u << WALL_WATCH);
    if (workers->place.missing == 0)
        return 0;
    sandbox_tell(workers->place.missing, names, sizeof names);
    snprintf(workers->note, sizeof workers->note, "the sandbox of the worker processes lacks %s", names);
    return mode == SANDBOX_ON ? 0
                              : error_set_hint(error, PM_ERROR_UNSUPPORTED, PM_HINT_SANDBOX_ON,
                                               "the sandbox lacks %s", names);
}

/* Makes the first worker only; the others are made while it works. */
static struct workers *procs_open(const struct backend_config *config, struct pm_error *error)
{
    struct workers *workers = calloc(1, sizeof *workers);
    struct hand *hands = secret_alloc(config->workers * sizeof *hands);
    if (workers == NULL || hands == NULL) {
        error_memory(error, config->workers * sizeof *hands);
        goto failed;
    }
    workers->place = (struct workplace){.config = *config, .range = region_range(), .cgroups.lock = -1};
    if (config->sandbox != SANDBOX_OFF && !SANDBOX_HAS_NO_WALLS)
        cgroups_open(&workers->place.cgroups, "/");
    workers->hands = hands;
    for (unsigned i = 0; i < config->workers; i++) {
        hands[i].workers = workers;
        hands[i].handler =
            (struct handler){.place = &workers->place, .slot = i, .worker = {.socket = -1, .region = -1}};
    }
    struct handler *first = &hands[0].handler;
    if (forkserver_start(&workers->place.server, &workers->place.config, &workers->place.cgroups, error) != 0)
        goto failed;
    handler_replace(first, error);
    if (first->worker.socket >= 0 && check_sandbox(workers, error) == 0)
        return workers;
    handler_let_go(first);
    forkserver_stop(&workers->place.server);
failed:
    if (workers != NULL)
        cgroups_close(&workers->place.cgroups);
    secret_free(hands, config->workers * sizeof *hands);
    free(workers);
    return NULL;
}

/* After the last job, when no handler looks at its worker any more. */
static bool died_idle(const struct handler *handler)
{
    return handler->worker.socket >= 0 && message_peek(handler->worker.socket) != MESSAGE_NONE;
}

static int procs_run(struct workers *workers, const struct job_source *source, const struct job_sink *sink,
                     struct backend_report *report, struct pm_error *error)
{
    struct hand *hands = workers->hands;
    workers->source = source;
    workers->sink = sink;
    unsigned started = 1;
    while (started < workers->place.config.workers &&
           pthread_create(&hands[started].thread, NULL, hand_main, &hands[started]) == 0)
        started++;
    work_until_end(&hands[0], source, sink);
    for (unsigned i = 1; i < started; i++)
        pthread_join(hands[i].thread, NULL);

    bool any_left = false;
    *report = (struct backend_report){
        .workers = started,
        .deaths = atomic_exchange(&workers->place.server.deaths, 0),
    };
    for (unsigned i = 0; i < started; i++) {
        report->deaths += died_idle(&hands[i].handler);
        report->worker_peak_bytes += hands[i].handler.peak_bytes;
        any_left |= hands[i].handler.worker.socket >= 0;
    }
    if (any_left)
        return 0;
    *error = hands[0].handler.lost;
    return -1;
}

static void procs_close(struct workers *workers)
{
    for (unsigned i = 0; i < workers->place.config.workers; i++)
        handler_let_go(&workers->hands[i].handler);
    forkserver_stop(&workers->place.server);
    cgroups_close(&workers->place.cgroups);
    secret_free(workers->hands, workers->place.config.workers * sizeof *workers->hands);
    free(workers);
}

static const char *procs_note(const struct workers *workers)
{
    return workers->note[0] != '\0' ? workers->note : NULL;
}

const struct backend backend_procs = {
    .name = "procs",
    .help = "worker processes: a crash costs one image, not the batch",
    .processes = true,
    .why_not = procs_why_not,
    .open = procs_open,
    .run = procs_run,
    .close = procs_close,
    .note = procs_note,
};
