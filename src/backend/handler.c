#include "backend/handler.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/fault.h"
#include "backend/message.h"
#include "backend/region.h"
#include "backend/sandbox.h"
#include "backend/worker.h"
#include "base/clock.h"
#include "base/text.h"

/* Seconds for a worker to notice by itself that its job is over its time or called back, before it is
 * stopped. */
static const double grace = 1;

/* Jobs that a worker does before it is replaced; a replacement costs about as much as in SANDBOX_STRICT. */
enum { RENEW_AFTER = 100 };

/* Workers that a job may be handed to. */
enum { ATTEMPTS_MOST = 3 };

/* A worker receives a job at once and never waits. If it has not received it, or has used no CPU time, in
 * this number of checks, one second apart, it is hung. Its memory is checked more often: within one tick a
 * process can fill some hundred megabytes. */
enum { LOOKS_MOST = 10, LOOK_MS = 1000, TICK_MS = 50, TICKS_A_LOOK = LOOK_MS / TICK_MS };

void handler_let_go(struct handler *handler)
{
    struct spawned *worker = &handler->worker;
    if (worker->socket >= 0) {
        close(worker->socket);
        close(worker->region);
    }
    *worker = (struct spawned){.socket = -1, .region = -1, .server = worker->server};
}

int handler_replace(struct handler *handler, struct pm_error *error)
{
    int status;
    handler_let_go(handler);
    const uint32_t needs = handler->place->config.work.needs | atomic_load(&handler->place->needs);
    forkserver_spawn(&handler->place->server, handler->slot, needs, &handler->worker, &status, error);
    handler->grant = (struct grant){.worker = handler->worker.pid};
    handler->resident_max = handler->cgroup_max = 0;
    handler->jobs = 0;
    return status;
}

/* Is the worker still as it should be between two jobs: alive, and silent? What a taken-over one says now
 * must not be taken for its reply to the next job. */
static bool worker_waits(struct handler *handler)
{
    enum message_state state = message_peek(handler->worker.socket);
    handler->out_of_turn |= state == MESSAGE_THERE;
    return state == MESSAGE_NONE;
}

/* When this is detected, the job that caused it is finished, and its worker may have forged its result. So it
 * is logged with the next job. */
static void warn_of_last_worker(const struct handler *handler, struct job_result *result)
{
    size_t used = strlen(result->warnings);
    snprintf(
        result->warnings + used, sizeof result->warnings - used,
        "the previous worker process was replaced: it sent an unexpected message, or had died, after %s\n",
        handler->last_input[0] != '\0' ? handler->last_input : "another image");
}

/* Without a sandbox a worker has no memory limit and can be debugged. */
static bool grants(const struct workplace *place)
{
    return place->config.sandbox != SANDBOX_OFF && (place->missing & 1u << WALL_GRANTS) == 0;
}

/* The cgroup counts what may be resident, and the result that is written to the region. In large steps, for
 * setting a limit costs some microseconds; and a worker's is only raised, for it keeps memory. */
static void bound_cgroup(struct handler *handler, size_t room)
{
    enum { STEP = 16 << 20 };
    const uint64_t most = handler->resident_max;
    const uint64_t bytes =
        most < UINT64_MAX - STEP - room ? (most + room + STEP - 1) / STEP * STEP : UINT64_MAX;
    if (bytes > handler->cgroup_max)
        handler->cgroup_max = bytes;
    cgroup_limit(&handler->place->cgroups, handler->slot, &handler->bound, handler->cgroup_max);
}

static int grant(struct handler *handler, const struct job *job, size_t room)
{
    const struct workplace *place = handler->place;
    const uint64_t resident_max = grant_resident_max(job->charge);
    if (resident_max > handler->resident_max)
        handler->resident_max = resident_max;
    bound_cgroup(handler, room);
    return grants(place) ? grant_job(&handler->grant, job->charge, place->config.timeout) : 0;
}

/* Has a worker that is ready for the job: one that was made before anything was prepared for such jobs is
 * replaced. Without a worker hand_over reports it. */
static void find_ready_worker(struct handler *handler, const struct job *job)
{
    struct pm_error no_successor = {0};
    if (handler->worker.socket < 0 || (job->needs & ~handler->worker.needs) == 0)
        return;
    atomic_fetch_or(&handler->place->needs, job->needs);
    handler_replace(handler, &no_successor);
}

/* Puts a job's input into the region and tells the worker. A worker that died since its last job is replaced:
 * that was no fault of this one's. Returns 0, or -1 with `error` filled. */
static int hand_over(struct handler *handler, const struct job *job, size_t room, struct pm_error *error)
{
    if (room == 0)
        return error_set_hint(error, PM_ERROR_LIMIT, PM_HINT_THREADS, "too large for a worker process");
    struct child_request *request = &handler->request;
    *request = (struct child_request){
        .number = ++handler->number,
        .input_size = job->in.size,
        .room = room,
        .argument_size = job->argument_size,
    };
    request->secrets = job->secrets; /* not by way of the stack */
    int sent = -1;
    for (int attempt = 0; attempt < 2 && sent != 0; attempt++) {
        if (attempt > 0) {
            atomic_fetch_add(&handler->place->server.deaths, 1);
            handler_replace(handler, error);
        }
        if (handler->worker.socket < 0 ||
            region_put(handler->worker.region, job->in.data, job->in.size, room, error) != 0)
            break;
        if (worker_waits(handler) && grant(handler, job, room) == 0)
            sent = message_send_parts(handler->worker.socket, request, sizeof *request, job->argument,
                                      job->argument_size);
    }
    explicit_bzero(&request->secrets, sizeof request->secrets);
    handler->jobs++;
    return sent == 0 ? 0
                     : error_set_hint(error, PM_ERROR_WORKER, PM_HINT_LESS_AT_ONCE,
                                      "no worker process is left for the image");
}

/* Checks a worker during a job. Checks are counted, not time: if the whole program is stopped for a while,
 * the worker is not at fault. */
struct watch {
    unsigned ticks;
    unsigned idle, deaf; /* looks in a row that found it so */
    double taken;        /* CPU time, seconds */
};

/* Has the worker more memory than it may have? */
static bool is_greedy(const struct handler *handler)
{
    const struct workplace *place = handler->place;
    if (place->config.sandbox == SANDBOX_OFF || (place->missing & 1u << WALL_WATCH) != 0)
        return false;
    const int64_t memory = grant_memory_taken(handler->worker.pid);
    return memory > 0 && (uint64_t)memory > handler->resident_max;
}

static enum fault_kind look(const struct handler *handler, struct watch *watch)
{
    if (is_greedy(handler))
        return FAULT_GREEDY;
    if (++watch->ticks % TICKS_A_LOOK != 0)
        return FAULT_NONE;
    double taken = grant_cpu_taken(handler->worker.pid);
    watch->idle = taken > watch->taken ? 0 : watch->idle + 1;
    watch->deaf = message_unread(handler->worker.socket) ? watch->deaf + 1 : 0;
    watch->taken = taken;
    if (!grants(handler->place))
        return FAULT_NONE;
    return watch->idle >= LOOKS_MOST ? FAULT_ASLEEP : watch->deaf >= LOOKS_MOST ? FAULT_DEAF : FAULT_NONE;
}

/* Waits for the worker's reply or its end, and tells it when the job is called back. FAULT_NONE, or why it is
 * still silent when it should not be. */
static enum fault_kind await_reply(const struct handler *handler, const struct recall *recall,
                                   double deadline)
{
    const struct spawned *worker = &handler->worker;
    struct pollfd wait[2] = {{.fd = worker->socket, .events = POLLIN},
                             {.fd = recall != NULL ? recall->fd : -1, .events = POLLIN}};
    enum fault_kind fault = FAULT_LATE;
    struct watch watch = {.taken = -1};
    for (;;) {
        int most = clock_poll_until(deadline);
        int ready = poll(wait, 2, most < 0 || most > TICK_MS ? TICK_MS : most);
        if (ready > 0 && wait[0].revents != 0)
            return FAULT_NONE;
        if (ready > 0 && wait[1].revents != 0) {
            region_recall(worker->region, true);
            wait[1].fd = -1;
            fault = FAULT_RECALLED;
            deadline = fmin(deadline, clock_now() + grace);
        }
        if (ready == 0 && clock_now() >= deadline)
            return fault;
        enum fault_kind seen = ready == 0 ? look(handler, &watch) : FAULT_NONE;
        if (seen != FAULT_NONE)
            return seen;
    }
}

/* The times that the worker reports; the stages before and after are measured here. */
static void copy_result(struct job *job, const struct job_result *told)
{
    double read = job->result.seconds[PM_STAGE_READ], wait = job->result.seconds[PM_STAGE_WAIT];
    job->result = *told;
    job->result.seconds[PM_STAGE_READ] = read;
    job->result.seconds[PM_STAGE_WAIT] = wait;
}

/* Has the worker nothing to add to its reply? One that does one job only ends when there are no more
 * requests, which is waited for; of another it is seen now, or before the next job. */
static bool falls_silent(const struct handler *handler)
{
    int socket = handler->worker.socket;
    if (handler->place->config.sandbox != SANDBOX_STRICT)
        return message_peek(socket) != MESSAGE_THERE;
    shutdown(socket, SHUT_WR);
    struct pollfd wait = {.fd = socket, .events = POLLIN};
    for (int look = 0; look < LOOKS_MOST && poll(&wait, 1, LOOK_MS) <= 0; look++)
        ;
    return message_peek(socket) == MESSAGE_END;
}

static bool was_recalled(const struct job *job)
{
    return job->recall != NULL && atomic_load(&job->recall->asked);
}

/* Replace the worker although it did this job correctly? If an image has taken control of it unnoticed, that
 * ends with the worker: under SANDBOX_STRICT after each job, otherwise after RENEW_AFTER jobs, and after a
 * failed job, because most images that attack a decoder fail. */
static bool has_done_enough(const struct handler *handler, const struct job *job)
{
    const enum sandbox_mode mode = handler->place->config.sandbox;
    if (mode == SANDBOX_OFF || SANDBOX_HAS_NO_WALLS)
        return false;
    const bool failed = job->result.error.kind != PM_OK && job->result.error.kind != PM_ERROR_CANCELLED;
    return mode == SANDBOX_STRICT || !handler->worker.renews || handler->jobs >= RENEW_AFTER || failed;
}

/* Copies the result out. Returns 0, or -1 when it is not what the job can have given; that there is no memory
 * for it is the job's error. */
static int take_bytes(const struct handler *handler, struct job *job, size_t size)
{
    const struct work *work = &handler->place->config.work;
    const struct job_input input = {
        .data = job->in.data,
        .size = job->in.size,
        .argument = job->argument,
        .argument_size = job->argument_size,
    };
    struct pm_error *error = &job->result.error;
    if (region_get(handler->worker.region, job->in.size, size, &job->out, error) != 0)
        return error->kind == PM_ERROR_WORKER ? -1 : 0;
    return work->check != NULL ? work->check(work, &input, &job->out, &job->result) : 0;
}

/* Keeps memory for the next job, up to the allowed size. The worker has overwritten the input, like all its
 * memory; the result is removed here so that the next image can't read it. */
static void trim_region(const struct handler *handler, const struct job *job, size_t result_size)
{
    const struct backend_config *config = &handler->place->config;
    const size_t result = config->sandbox == SANDBOX_OFF ? result_size : 0;
    const size_t used = region_result_offset(job->in.size) + result, keep = config->keep_bytes;
    region_trim(handler->worker.region, used < keep ? used : keep);
}

/* Checks a reply, and takes over what it is about. Returns 0, or -1 when no honest worker would send it, or
 * more. */
static int take_result(struct handler *handler, struct job *job, const struct child_reply *reply, size_t room)
{
    struct region_head head;
    if (protocol_check_reply(reply, handler->number, room) != 0 ||
        region_read_head(handler->worker.region, was_recalled(job), &head) != 0)
        return -1;
    if (protocol_check_parts(&head.result, reply->result_size) != 0)
        return -1;
    copy_result(job, &head.result);
    if (job->result.error.kind == PM_OK && take_bytes(handler, job, reply->result_size) != 0)
        return -1;
    if (reply->peak_bytes > handler->peak_bytes)
        handler->peak_bytes = reply->peak_bytes;
    trim_region(handler, job, reply->result_size);
    return falls_silent(handler) ? 0 : -1;
}

/* Did the kernel kill it because its cgroup had no more memory to give? */
static bool was_killed_at_limit(struct handler *handler, int ended)
{
    return ended >= 0 && WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL &&
           cgroup_has_killed(&handler->place->cgroups, handler->slot, &handler->bound);
}

/* Ends the handler's worker and starts another; the job's result says how far it came. */
static void end_worker(struct handler *handler, struct job *job, struct fault *fault)
{
    struct region_head head;
    if (region_read_head(handler->worker.region, was_recalled(job), &head) != 0)
        head = (struct region_head){.stage = PM_STAGE_DECODE};
    head.result.error = (struct pm_error){.stage = head.stage};
    head.result.nparts = 0;
    copy_result(job, &head.result);
    struct pm_error no_successor = {0}; /* requested again, and reported, before the next job */
    fault->limit = handler->resident_max;
    fault->ended = handler_replace(handler, &no_successor);
    if (fault->kind == FAULT_DIED && !fault->unread && was_killed_at_limit(handler, fault->ended)) {
        fault->kind = FAULT_GREEDY;
        fault->limit = handler->bound.limit;
    }
    if (fault->unread || (fault->kind != FAULT_LATE && fault->kind != FAULT_RECALLED))
        atomic_fetch_add(&handler->place->server.deaths, 1);
}

/* Is the fault not caused by this job? If a worker has not received the job, the previous job is to blame; if
 * it ended with its fork server, none is. */
static bool is_blameless(const struct fault *fault)
{
    if (fault->kind == FAULT_RECALLED)
        return false;
    return fault->unread || (fault->kind == FAULT_DIED && fault->ended == SPAWN_SERVER_LOST);
}

/* Waits for what comes of a job that was handed over, and takes it. A reply to what the worker has not
 * received is none. */
static struct fault attempt(struct handler *handler, struct job *job, size_t room)
{
    double timeout = handler->place->config.timeout;
    double deadline = timeout > 0 ? clock_now() + timeout + grace : INFINITY;
    int socket = handler->worker.socket;
    struct child_reply reply;
    struct fault fault = {.kind = await_reply(handler, job->recall, deadline)};
    fault.unread = message_unread(socket);
    if (fault.kind != FAULT_NONE)
        return fault;
    if (message_receive(socket, &reply, sizeof reply) != 0) {
        fault.kind = errno == EPROTO ? FAULT_SENSELESS : FAULT_DIED;
        fault.unread = fault.unread || errno == ECONNRESET;
    } else if (fault.unread) {
        fault.kind = FAULT_SENSELESS;
    } else if (reply.number == 0) {
        fault = (struct fault){.kind = FAULT_STOPPED, .stopped_at = reply.stopped_at};
    } else if (take_result(handler, job, &reply, room) != 0) {
        fault.kind = FAULT_SENSELESS;
    }
    return fault;
}

/* Does the job, with another worker if the first one's fault was not caused by the job. The proctype Handler
 * of tests/models/handover.pml models this: a job is given back once, whatever is lost. */
static struct fault do_job(struct handler *handler, struct job *job)
{
    const size_t room = region_room(handler->place->range, job->in.size, job->charge);
    for (int attempts = 1;; attempts++) {
        struct fault fault = {0};
        find_ready_worker(handler, job);
        if (hand_over(handler, job, room, &job->result.error) == 0)
            fault = attempt(handler, job, room);
        if (fault.kind == FAULT_NONE)
            return fault;
        end_worker(handler, job, &fault);
        if (!is_blameless(&fault) || attempts == ATTEMPTS_MOST)
            return fault;
        handler->out_of_turn = handler->out_of_turn || fault.kind != FAULT_DIED;
        job->out.size = 0;
        job->result.warnings[0] = '\0';
        job->result.error = (struct pm_error){0};
    }
}

void handler_do(struct handler *handler, struct job *job)
{
    const struct fault fault = do_job(handler, job);
    if (fault.kind != FAULT_NONE)
        fault_tell(&fault, &handler->place->config, &job->result.error);
    else if (has_done_enough(handler, job))
        handler_let_go(handler); /* a new one is made before the next job is taken */
    else if (was_recalled(job) && handler->worker.socket >= 0)
        region_recall(handler->worker.region, false);
    if (handler->out_of_turn)
        warn_of_last_worker(handler, &job->result);
    handler->out_of_turn = false;
    text_shown(job->input != NULL ? job->input : "", handler->last_input, sizeof handler->last_input);
}
