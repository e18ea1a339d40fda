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

/* Seconds that a worker gets to notice that its job is over its time or cancelled, before it is killed. */
static const double grace = 1;

/* Jobs that a worker does before it is replaced; a replacement costs about as much as in SANDBOX_STRICT. */
enum { RENEW_AFTER = 100 };

/* Max workers that are tried for a job. */
enum { ATTEMPTS_MAX = 3 };

/* A worker receives a job at once and never waits. If it has not received it, or has used no CPU time, in
 * this number of checks, one second apart, it is hung. Its memory is checked at every tick, because a process
 * can fill some hundred megabytes in that time. */
enum { CHECKS_MAX = 10, CHECK_MS = 1000, TICK_MS = 50, TICKS_PER_CHECK = CHECK_MS / TICK_MS };

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
    const uint32_t needs = handler->shared->config.work.needs | atomic_load(&handler->shared->needs);
    forkserver_spawn(&handler->shared->server, handler->slot, needs, &handler->worker, &status, error);
    handler->grant = (struct grant){.worker = handler->worker.pid};
    handler->resident_max = handler->cgroup_max = 0;
    handler->jobs = 0;
    return status;
}

/* Is the worker alive, and has it sent nothing since its last reply? A message from a worker under an image's
 * control must not be mistaken for the reply to the next job. */
static bool worker_waits(struct handler *handler)
{
    enum message_state state = message_peek(handler->worker.socket);
    handler->out_of_turn |= state == MESSAGE_THERE;
    return state == MESSAGE_NONE;
}

/* The job that caused this is already finished, and its result may be forged, so log it with the next job. */
static void warn_of_last_worker(const struct handler *handler, struct job_result *result)
{
    size_t used = strlen(result->warnings);
    snprintf(
        result->warnings + used, sizeof result->warnings - used,
        "the previous worker process was replaced: it sent an unexpected message, or had died, after %s\n",
        handler->last_input[0] != '\0' ? handler->last_input : "another image");
}

/* Without a sandbox a worker has no memory limit and can be debugged. */
static bool grants(const struct handler_shared *shared)
{
    return shared->config.sandbox != SANDBOX_OFF && (shared->missing & 1u << WALL_GRANTS) == 0;
}

/* The cgroup counts resident memory and the result in the region. Raise the limit in large steps, because
 * each change costs some microseconds; never lower it, because a worker keeps memory. */
static void bound_cgroup(struct handler *handler, size_t room)
{
    enum { STEP = 16 << 20 };
    const uint64_t resident = handler->resident_max;
    const uint64_t bytes =
        resident < UINT64_MAX - STEP - room ? (resident + room + STEP - 1) / STEP * STEP : UINT64_MAX;
    if (bytes > handler->cgroup_max)
        handler->cgroup_max = bytes;
    cgroup_limit(&handler->shared->cgroups, handler->slot, &handler->bound, handler->cgroup_max);
}

static int grant(struct handler *handler, const struct job *job, size_t room)
{
    const struct handler_shared *shared = handler->shared;
    const uint64_t resident_max = grant_resident_max(job->charge);
    if (resident_max > handler->resident_max)
        handler->resident_max = resident_max;
    bound_cgroup(handler, room);
    return grants(shared) ? grant_job(&handler->grant, job->charge, shared->config.timeout) : 0;
}

/* Replaces a worker that was forked before the job's needs were prepared. If that fails, hand_over reports
 * the missing worker. */
static void find_ready_worker(struct handler *handler, const struct job *job)
{
    struct pm_error no_successor = {0};
    if (handler->worker.socket < 0 || (job->needs & ~handler->worker.needs) == 0)
        return;
    atomic_fetch_or(&handler->shared->needs, job->needs);
    handler_replace(handler, &no_successor);
}

/* Writes a job's input to the region and sends the request. A worker that died since its last job is
 * replaced; this job is not the cause. Returns 0, or -1 with `error` filled. */
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
    request->secrets = job->secrets; /* without a copy on the stack */
    int sent = -1;
    for (int attempt = 0; attempt < 2 && sent != 0; attempt++) {
        if (attempt > 0) {
            atomic_fetch_add(&handler->shared->server.deaths, 1);
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

/* Checks a worker during a job. Checks are counted, not time, so that a pause of the whole program does not
 * count. */
struct watch {
    unsigned ticks;
    unsigned idle, unread; /* consecutive checks that found it idle or with an unread request */
    double taken;          /* CPU time, seconds */
};

/* Does the worker use more memory than allowed? */
static bool is_over_memory(const struct handler *handler)
{
    const struct handler_shared *shared = handler->shared;
    if (shared->config.sandbox == SANDBOX_OFF || (shared->missing & 1u << WALL_WATCH) != 0)
        return false;
    const int64_t memory = grant_memory_taken(handler->worker.pid);
    return memory > 0 && (uint64_t)memory > handler->resident_max;
}

static enum fault_kind check_worker(const struct handler *handler, struct watch *watch)
{
    if (is_over_memory(handler))
        return FAULT_OVER_MEMORY;
    if (++watch->ticks % TICKS_PER_CHECK != 0)
        return FAULT_NONE;
    double taken = grant_cpu_taken(handler->worker.pid);
    watch->idle = taken > watch->taken ? 0 : watch->idle + 1;
    watch->unread = message_unread(handler->worker.socket) ? watch->unread + 1 : 0;
    watch->taken = taken;
    if (!grants(handler->shared))
        return FAULT_NONE;
    return watch->idle >= CHECKS_MAX     ? FAULT_HUNG
           : watch->unread >= CHECKS_MAX ? FAULT_NOT_STARTED
                                         : FAULT_NONE;
}

/* Waits until the worker replies or ends, and passes on a cancellation. Returns FAULT_NONE, or why it did not
 * reply in time. */
static enum fault_kind await_reply(const struct handler *handler, const struct recall *recall,
                                   double deadline)
{
    const struct spawned *worker = &handler->worker;
    struct pollfd wait[2] = {{.fd = worker->socket, .events = POLLIN},
                             {.fd = recall != NULL ? recall->fd : -1, .events = POLLIN}};
    enum fault_kind fault = FAULT_LATE;
    struct watch watch = {.taken = -1};
    for (;;) {
        int wait_ms = clock_poll_until(deadline);
        int ready = poll(wait, 2, wait_ms < 0 || wait_ms > TICK_MS ? TICK_MS : wait_ms);
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
        enum fault_kind seen = ready == 0 ? check_worker(handler, &watch) : FAULT_NONE;
        if (seen != FAULT_NONE)
            return seen;
    }
}

/* Takes over the worker's report, except the times of stages that are measured here. */
static void copy_result(struct job *job, const struct job_result *told)
{
    double read = job->result.seconds[PM_STAGE_READ], wait = job->result.seconds[PM_STAGE_WAIT];
    job->result = *told;
    job->result.seconds[PM_STAGE_READ] = read;
    job->result.seconds[PM_STAGE_WAIT] = wait;
}

/* Checks that the worker sends nothing after its reply. A worker for one job must then end: wait for that.
 * For others, check now and again before the next job. */
static bool falls_silent(const struct handler *handler)
{
    int socket = handler->worker.socket;
    if (handler->shared->config.sandbox != SANDBOX_STRICT)
        return message_peek(socket) != MESSAGE_THERE;
    shutdown(socket, SHUT_WR);
    struct pollfd wait = {.fd = socket, .events = POLLIN};
    for (int i = 0; i < CHECKS_MAX && poll(&wait, 1, CHECK_MS) <= 0; i++)
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
    const enum sandbox_mode mode = handler->shared->config.sandbox;
    if (mode == SANDBOX_OFF || SANDBOX_HAS_NO_WALLS)
        return false;
    const bool failed = job->result.error.kind != PM_OK && job->result.error.kind != PM_ERROR_CANCELLED;
    return mode == SANDBOX_STRICT || !handler->worker.renews || handler->jobs >= RENEW_AFTER || failed;
}

/* Copies the result. Returns 0, or -1 if it can't be this job's result; lack of memory is the job's error. */
static int take_bytes(const struct handler *handler, struct job *job, size_t size)
{
    const struct work *work = &handler->shared->config.work;
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
    const struct backend_config *config = &handler->shared->config;
    const size_t result = config->sandbox == SANDBOX_OFF ? result_size : 0;
    const size_t used = region_result_offset(job->in.size) + result, keep = config->keep_bytes;
    region_trim(handler->worker.region, used < keep ? used : keep);
}

/* Checks a reply and copies its result. Returns 0, or -1 if a correct worker would not send it. */
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

/* Did the kernel kill it at its cgroup's memory limit? */
static bool was_killed_at_limit(struct handler *handler, int ended)
{
    return ended >= 0 && WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL &&
           cgroup_has_killed(&handler->shared->cgroups, handler->slot, &handler->bound);
}

/* Ends the handler's worker and starts another; sets the job's result to the stage that was reached. */
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
        fault->kind = FAULT_OVER_MEMORY;
        fault->limit = handler->bound.limit;
    }
    if (fault->unread || (fault->kind != FAULT_LATE && fault->kind != FAULT_RECALLED))
        atomic_fetch_add(&handler->shared->server.deaths, 1);
}

/* Is this job not the cause of the fault? If the worker has not received the job, the previous one is the
 * cause; if it ended with its fork server, no job is. */
static bool is_blameless(const struct fault *fault)
{
    if (fault->kind == FAULT_RECALLED)
        return false;
    return fault->unread || (fault->kind == FAULT_DIED && fault->ended == SPAWN_SERVER_LOST);
}

/* Waits for the reply to a request and processes it. A reply sent before the request was received is
 * invalid. */
static struct fault attempt(struct handler *handler, struct job *job, size_t room)
{
    double timeout = handler->shared->config.timeout;
    double deadline = timeout > 0 ? clock_now() + timeout + grace : INFINITY;
    int socket = handler->worker.socket;
    struct child_reply reply;
    struct fault fault = {.kind = await_reply(handler, job->recall, deadline)};
    fault.unread = message_unread(socket);
    if (fault.kind != FAULT_NONE)
        return fault;
    if (message_receive(socket, &reply, sizeof reply) != 0) {
        fault.kind = errno == EPROTO ? FAULT_INVALID_REPLY : FAULT_DIED;
        fault.unread = fault.unread || errno == ECONNRESET;
    } else if (fault.unread) {
        fault.kind = FAULT_INVALID_REPLY;
    } else if (reply.number == 0) {
        fault = (struct fault){.kind = FAULT_STOPPED, .stopped_at = reply.stopped_at};
    } else if (take_result(handler, job, &reply, room) != 0) {
        fault.kind = FAULT_INVALID_REPLY;
    }
    return fault;
}

/* Does the job, with another worker if the first one's fault was not caused by the job. The proctype Handler
 * of tests/models/handover.pml models this: a job is given back once, whatever is lost. */
static struct fault do_job(struct handler *handler, struct job *job)
{
    const size_t room = region_room(handler->shared->range, job->in.size, job->charge);
    for (int attempts = 1;; attempts++) {
        struct fault fault = {0};
        find_ready_worker(handler, job);
        if (hand_over(handler, job, room, &job->result.error) == 0)
            fault = attempt(handler, job, room);
        if (fault.kind == FAULT_NONE)
            return fault;
        end_worker(handler, job, &fault);
        if (!is_blameless(&fault) || attempts == ATTEMPTS_MAX)
            return fault;
        handler->out_of_turn = handler->out_of_turn || fault.kind != FAULT_DIED;
        job->out.size = 0;
        job->result.warnings[0] = job->result.notes[0] = '\0';
        job->result.error = (struct pm_error){0};
    }
}

void handler_do(struct handler *handler, struct job *job)
{
    forkserver_tend(&handler->shared->server);
    const struct fault fault = do_job(handler, job);
    if (fault.kind != FAULT_NONE)
        fault_tell(&fault, &handler->shared->config, &job->result.error);
    else if (has_done_enough(handler, job))
        handler_let_go(handler); /* a new one is started before the next job */
    else if (was_recalled(job) && handler->worker.socket >= 0)
        region_recall(handler->worker.region, false);
    if (handler->out_of_turn)
        warn_of_last_worker(handler, &job->result);
    handler->out_of_turn = false;
    text_shown(job->input != NULL ? job->input : "", handler->last_input, sizeof handler->last_input);
}
