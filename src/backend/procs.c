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
struct slot {
    struct workers *workers;
    struct handler handler;
    pthread_t thread;
};

struct workers {
    struct handler_shared shared;
    struct slot *slots; /* shared.config.workers of them */
    const struct job_source *source;
    const struct job_sink *sink;
    char note[320]; /* a warning about what the workers' sandbox lacks, or "" */
};

/* A handler without a worker takes no job, so that other handlers get it. Handler and worker share a
 * processor, because one always waits for the other. */
static void work_until_end(struct slot *slot, const struct job_source *source, const struct job_sink *sink)
{
    struct handler *handler = &slot->handler;
    worker_pin(&handler->shared->config, handler->slot);
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

static void *slot_main(void *argument)
{
    struct slot *slot = argument;
    work_until_end(slot, slot->workers->source, slot->workers->sink);
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

/* Checks the first worker's sandbox; those of the others will be the same. Returns 0, or -1 with `error`
 * filled if it lacks something that is required. The worker has already checked the part that it can see
 * itself. */
static int check_sandbox(struct workers *workers, struct pm_error *error)
{
    const struct spawned *first = &workers->slots[0].handler.worker;
    enum sandbox_mode mode = workers->shared.config.sandbox;
    char names[256];
    if (mode == SANDBOX_OFF)
        return 0;
    workers->shared.missing = first->missing | (grant_works(first->pid) ? 0 : 1u << WALL_GRANTS) |
                              (grant_memory_taken(first->pid) > 0 ? 0 : 1u << WALL_WATCH);
    if (workers->shared.missing == 0)
        return 0;
    sandbox_tell(workers->shared.missing, names, sizeof names);
    snprintf(workers->note, sizeof workers->note, "the sandbox of the worker processes lacks %s", names);
    return mode == SANDBOX_ON ? 0
                              : error_set_hint(error, PM_ERROR_UNSUPPORTED, PM_HINT_SANDBOX_ON,
                                               "the sandbox lacks %s", names);
}

/* Makes the first worker only; the others are made while it works. */
static struct workers *procs_open(const struct backend_config *config, struct pm_error *error)
{
    struct workers *workers = calloc(1, sizeof *workers);
    struct slot *slots = secret_alloc(config->workers * sizeof *slots);
    if (workers == NULL || slots == NULL) {
        error_memory(error, config->workers * sizeof *slots);
        goto failed;
    }
    workers->shared = (struct handler_shared){.config = *config, .range = region_range(), .cgroups.lock = -1};
    if (config->sandbox != SANDBOX_OFF && !SANDBOX_HAS_NO_WALLS)
        cgroups_open(&workers->shared.cgroups, "/");
    workers->slots = slots;
    for (unsigned i = 0; i < config->workers; i++) {
        slots[i].workers = workers;
        slots[i].handler =
            (struct handler){.shared = &workers->shared, .slot = i, .worker = {.socket = -1, .region = -1}};
    }
    struct handler *first = &slots[0].handler;
    if (forkserver_start(&workers->shared.server, &workers->shared.config, &workers->shared.cgroups, error) !=
        0)
        goto failed;
    handler_replace(first, error);
    if (first->worker.socket >= 0 && check_sandbox(workers, error) == 0)
        return workers;
    handler_let_go(first);
    forkserver_stop(&workers->shared.server);
failed:
    if (workers != NULL)
        cgroups_close(&workers->shared.cgroups);
    secret_free(slots, config->workers * sizeof *slots);
    free(workers);
    return NULL;
}

/* Did the worker die after the handler's last job? */
static bool died_idle(const struct handler *handler)
{
    return handler->worker.socket >= 0 && message_peek(handler->worker.socket) != MESSAGE_NONE;
}

static int procs_run(struct workers *workers, const struct job_source *source, const struct job_sink *sink,
                     struct backend_report *report, struct pm_error *error)
{
    struct slot *slots = workers->slots;
    workers->source = source;
    workers->sink = sink;
    unsigned started = 1;
    while (started < workers->shared.config.workers &&
           pthread_create(&slots[started].thread, NULL, slot_main, &slots[started]) == 0)
        started++;
    work_until_end(&slots[0], source, sink);
    for (unsigned i = 1; i < started; i++)
        pthread_join(slots[i].thread, NULL);

    bool any_left = false;
    *report = (struct backend_report){
        .workers = started,
        .deaths = atomic_exchange(&workers->shared.server.deaths, 0),
    };
    for (unsigned i = 0; i < started; i++) {
        report->deaths += died_idle(&slots[i].handler);
        report->worker_peak_bytes += slots[i].handler.peak_bytes;
        any_left |= slots[i].handler.worker.socket >= 0;
    }
    if (any_left)
        return 0;
    *error = slots[0].handler.lost;
    return -1;
}

static void procs_close(struct workers *workers)
{
    for (unsigned i = 0; i < workers->shared.config.workers; i++)
        handler_let_go(&workers->slots[i].handler);
    forkserver_stop(&workers->shared.server);
    cgroups_close(&workers->shared.cgroups);
    secret_free(workers->slots, workers->shared.config.workers * sizeof *workers->slots);
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
