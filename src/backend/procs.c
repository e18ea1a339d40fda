/*
 * procs: one process a worker, each with an address space of its own.
 *
 * Nothing is shared but one region of memory a worker (region.h). Handing a job over costs two messages and
 * two copies, the input into the region and the result out of it: about ten microseconds, and a fifth of a
 * millisecond a megabyte. That buys what no thread can give: an image that crashes a decoder, eats all memory
 * or never ends takes one worker with it and fails one job; the worker is replaced and the batch goes on. And
 * what a hostile image might make of its worker stays there: a worker opens no file and sees no job but those
 * that it is given (sandbox.h).
 *
 * Three kinds of processes take part. The parent holds the jobs; one thread of it a worker, its handler,
 * takes a job, hands it over, waits, and checks what comes back. The fork server (forkserver.h), forked
 * before the parent has anything worth copying, makes workers. A worker (child.h) does one job after the
 * other, alone: its bands are serial.
 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/child.h"
#include "backend/forkserver.h"
#include "backend/message.h"
#include "backend/region.h"
#include "backend/worker.h"
#include "base/clock.h"
#include "base/vault.h"

/* Seconds for a worker to notice by itself that its job is over its time or called back, before it is
 * stopped. */
static const double grace = 1;

struct handler {
    struct crew *crew;
    unsigned slot; /* its worker's place at the fork server */
    struct spawned worker;
    uint64_t peak_bytes;  /* of the worker processes that stood in its place */
    struct pm_error lost; /* why it has no worker any more */
    pthread_t thread;
    struct child_request
        request; /* the job in hand; it may hold an image's keys, so handlers lie in a vault */
};

struct crew {
    struct backend_config config;
    struct forkserver server;
    struct handler *handlers; /* config.workers of them */
    const struct job_source *source;
    const struct job_sink *sink;
    atomic_uint deaths;
};

static void let_go(struct spawned *worker)
{
    if (worker->socket >= 0) {
        close(worker->socket);
        close(worker->region);
    }
    *worker = (struct spawned){.socket = -1, .region = -1};
}

/* Has the handler's worker, if there is one, ended and a new one made. Returns how the old one ended. */
static int replace(struct handler *handler, struct pm_error *error)
{
    int status;
    let_go(&handler->worker);
    forkserver_spawn(&handler->crew->server, handler->slot, &handler->worker, &status, error);
    return status;
}

/* The error of a job whose worker ended with `status`. */
static int tell_death(int status, struct pm_error *error)
{
    if (status < 0)
        return error_set(error, PM_ERROR_WORKER, "the worker process was lost (run again)");
    if (WIFEXITED(status))
        return error_set(error, PM_ERROR_WORKER,
                         "the worker process ended with status %d (the image is the likely cause)",
                         WEXITSTATUS(status));
    const char *name = sigdescr_np(WTERMSIG(status));
    return error_set(error, PM_ERROR_WORKER, "the worker process was killed by signal %d, %s (%s)",
                     WTERMSIG(status), name != NULL ? name : "unknown",
                     WTERMSIG(status) == SIGKILL ? "memory may have run out; use fewer --jobs"
                                                 : "the image is the likely cause");
}

/* Puts a job's input into the region and tells the worker. A worker that died since its last job is replaced:
 * that was no fault of this one's. Returns 0, or -1 with `error` filled. */
static int hand_over(struct handler *handler, const struct job *job, size_t room, struct pm_error *error)
{
    if (room == 0)
        return error_set(error, PM_ERROR_LIMIT, "too large for a worker process (use --backend=threads)");
    struct child_request *request = &handler->request;
    *request = (struct child_request){
        .input_size = job->in.size,
        .room = room,
        .argument_size = job->argument_size,
        .has_secret = job->has_secret,
    };
    if (job->has_secret)
        request->secret = job->secret;
    int sent = -1;
    for (int attempt = 0; attempt < 2 && sent != 0; attempt++) {
        if (attempt > 0) {
            atomic_fetch_add(&handler->crew->deaths, 1);
            replace(handler, error);
        }
        if (handler->worker.socket < 0 ||
            region_put(handler->worker.region, job->in.data, job->in.size, room, error) != 0)
            break;
        sent = message_send(handler->worker.socket, request, sizeof *request);
        if (sent == 0 && job->argument_size > 0)
            sent = message_send(handler->worker.socket, job->argument, job->argument_size);
    }
    explicit_bzero(&request->secret, sizeof request->secret);
    return sent == 0 ? 0
                     : error_set(error, PM_ERROR_WORKER,
                                 "no worker process is left for the image (run again with fewer --jobs)");
}

/* Why a worker is given up. */
enum fault { NONE, DIED, LATE, RECALLED, SENSELESS };

/* Waits for the worker's reply or its end, and tells it when the job is called back. NONE, or why it is still
 * silent when it should not be. */
static enum fault await_worker(const struct spawned *worker, const struct recall *recall, double deadline)
{
    struct pollfd wait[2] = {{.fd = worker->socket, .events = POLLIN},
                             {.fd = recall != NULL ? recall->fd : -1, .events = POLLIN}};
    enum fault fault = LATE;
    for (;;) {
        int ready = poll(wait, 2, clock_poll_until(deadline));
        if (ready > 0 && wait[0].revents != 0)
            return NONE;
        if (ready > 0 && wait[1].revents != 0) {
            region_recall(worker->region, true);
            wait[1].fd = -1;
            fault = RECALLED;
            deadline = fmin(deadline, clock_now() + grace);
        }
        if (ready == 0 && clock_now() >= deadline)
            return fault;
    }
}

/* What the worker tells of a job; the stages before and after it are known here. */
static void take_story(struct job *job, const struct job_result *told)
{
    double read = job->result.seconds[PM_STAGE_READ], wait = job->result.seconds[PM_STAGE_WAIT];
    job->result = *told;
    job->result.seconds[PM_STAGE_READ] = read;
    job->result.seconds[PM_STAGE_WAIT] = wait;
}

/* Copies out what the worker says is there. Returns 0, or -1 when no worker in its right mind would say it.
 */
static int take_result(struct handler *handler, struct job *job, const struct child_reply *reply, size_t room)
{
    struct region_head head;
    if (reply->result_size > room || region_read_head(handler->worker.region, &head) != 0)
        return -1;
    take_story(job, &head.result);
    if (job->result.error.kind == PM_OK)
        region_get(handler->worker.region, job->in.size, reply->result_size, &job->out, &job->result.error);
    if (reply->peak_bytes > handler->peak_bytes)
        handler->peak_bytes = reply->peak_bytes;
    /* What the job needed stays for the next one, as far as that is allowed. */
    size_t used = region_result_offset(job->in.size) + reply->result_size;
    size_t keep = handler->crew->config.keep_bytes;
    region_trim(handler->worker.region, used < keep ? used : keep);
    return 0;
}

/* Ends the handler's worker and tells of the job how far it came, and why no further. */
static void give_up_worker(struct handler *handler, struct job *job, enum fault fault)
{
    struct pm_error *error = &job->result.error;
    struct region_head head;
    if (region_read_head(handler->worker.region, &head) != 0)
        head = (struct region_head){.stage = PM_STAGE_DECODE};
    head.result.error = (struct pm_error){.stage = head.stage};
    take_story(job, &head.result);
    struct pm_error no_successor = {0}; /* asked for again, and told, before the next job */
    int status = replace(handler, &no_successor);
    if (fault == LATE || fault == RECALLED) {
        if (fault == LATE)
            worker_over_time(&handler->crew->config, error);
        else
            recall_error(error);
        return;
    }
    atomic_fetch_add(&handler->crew->deaths, 1);
    if (fault == SENSELESS)
        error_set(error, PM_ERROR_WORKER,
                  "the worker process answered nonsense (the image is the likely cause)");
    else
        tell_death(status, error);
}

static void do_job(struct handler *handler, struct job *job)
{
    const struct backend_config *config = &handler->crew->config;
    double deadline = config->timeout > 0 ? clock_now() + config->timeout + grace : INFINITY;
    size_t room = region_room(job->in.size, job->charge);
    if (hand_over(handler, job, room, &job->result.error) != 0)
        return;
    struct child_reply reply;
    enum fault fault = await_worker(&handler->worker, job->recall, deadline);
    if (fault == NONE && message_receive(handler->worker.socket, &reply, sizeof reply) != 0)
        fault = DIED;
    if (fault == NONE && take_result(handler, job, &reply, room) != 0)
        fault = SENSELESS;
    if (fault != NONE)
        give_up_worker(handler, job, fault);
    else if (job->recall != NULL && atomic_load(&job->recall->asked))
        region_recall(handler->worker.region, false);
}

/* A handler without a worker takes no job, so that the others get it. One of the two always waits for the
 * other, so they share a processor. */
static void work_until_end(struct handler *handler, const struct job_source *source,
                           const struct job_sink *sink)
{
    worker_pin(&handler->crew->config, handler->slot);
    for (;;) {
        if (handler->worker.socket < 0)
            replace(handler, &handler->lost);
        if (handler->worker.socket < 0)
            return;
        struct job *job = source->take(source->self);
        if (job == NULL)
            return;
        worker_begin(job);
        do_job(handler, job);
        worker_end(job);
        sink->give(sink->self, job);
    }
}

static void *handler_main(void *argument)
{
    struct handler *handler = argument;
    work_until_end(handler, handler->crew->source, handler->crew->sink);
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

/* Makes the first worker only; the others are made while it works. */
static struct crew *procs_open(const struct backend_config *config, struct pm_error *error)
{
    struct crew *crew = calloc(1, sizeof *crew);
    struct handler *handlers = vault_alloc(config->workers * sizeof *handlers);
    if (crew == NULL || handlers == NULL) {
        error_memory(error, config->workers * sizeof *handlers);
        goto failed;
    }
    crew->config = *config;
    crew->handlers = handlers;
    for (unsigned i = 0; i < config->workers; i++)
        handlers[i] = (struct handler){.crew = crew, .slot = i, .worker = {.socket = -1, .region = -1}};
    if (forkserver_start(&crew->server, &crew->config, error) != 0)
        goto failed;
    replace(&handlers[0], error);
    if (handlers[0].worker.socket >= 0)
        return crew;
    forkserver_stop(&crew->server);
failed:
    vault_free(handlers, config->workers * sizeof *handlers);
    free(crew);
    return NULL;
}

static int procs_run(struct crew *crew, const struct job_source *source, const struct job_sink *sink,
                     struct backend_report *report, struct pm_error *error)
{
    struct handler *handlers = crew->handlers;
    crew->source = source;
    crew->sink = sink;
    atomic_store(&crew->deaths, 0);
    unsigned started = 1;
    while (started < crew->config.workers &&
           pthread_create(&handlers[started].thread, NULL, handler_main, &handlers[started]) == 0)
        started++;
    work_until_end(&handlers[0], source, sink);
    for (unsigned i = 1; i < started; i++)
        pthread_join(handlers[i].thread, NULL);

    bool any_left = false;
    *report = (struct backend_report){.deaths = atomic_load(&crew->deaths)};
    for (unsigned i = 0; i < started; i++) {
        report->worker_peak_bytes += handlers[i].peak_bytes;
        any_left |= handlers[i].worker.socket >= 0;
    }
    if (any_left)
        return 0;
    *error = handlers[0].lost;
    return -1;
}

static void procs_close(struct crew *crew)
{
    for (unsigned i = 0; i < crew->config.workers; i++)
        let_go(&crew->handlers[i].worker);
    forkserver_stop(&crew->server);
    vault_free(crew->handlers, crew->config.workers * sizeof *crew->handlers);
    free(crew);
}

const struct backend backend_procs = {
    .name = "procs",
    .help = "worker processes: a crash costs one image, not the batch",
    .processes = true,
    .why_not = procs_why_not,
    .open = procs_open,
    .run = procs_run,
    .close = procs_close,
};
