#include "backend/child.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "backend/message.h"
#include "backend/region.h"
#include "backend/sandbox.h"
#include "backend/worker.h"
#include "base/heap.h"
#include "base/secret_memory.h"
#include "base/snapshot.h"

/* In addition to timing the job, records its stage in the region, in case the worker dies. */
static void child_enter(struct context *context, enum pm_stage stage)
{
    const struct worker *worker = context->lender;
    struct region_head *head = (struct region_head *)worker->result; /* its first member */
    worker_enter(context, stage);
    head->stage = stage;
}

static const struct context_ops child_ops = {
    .checkpoint = worker_checkpoint,
    .enter = child_enter,
    .warn = worker_warn,
    .note = worker_note,
};

/* The result's buffer has its maximum size from the start. */
static int no_more_room(struct buffer *out, size_t capacity)
{
    (void)out, (void)capacity;
    return -1;
}

static uint64_t peak_bytes(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

/* A message from the parent. */
struct child_message {
    struct child_request request;
    uint8_t argument[JOB_ARGUMENT_MAX];
};

/* Waits for the next job. Returns 0, or -1 when there are no more. */
static int receive_job(struct child_message *message)
{
    const long size = message_receive_up_to(CHILD_SOCKET, message, sizeof *message);
    const size_t head = offsetof(struct child_message, argument);
    return size >= (long)head && (size_t)size - head == message->request.argument_size ? 0 : -1;
}

static struct child_reply do_job(struct worker *worker, uint8_t *region, const struct child_message *message)
{
    const struct child_request *request = &message->request;
    struct region_head *head = (struct region_head *)region;
    struct buffer out = {
        .data = region + region_result_offset(request->input_size),
        .capacity = request->room,
        .grow = no_more_room,
    };
    memset(head, 0, sizeof *head); /* its padding, too */
    head->stage = PM_STAGE_DECODE;
    const struct job_input input = {
        .data = region + REGION_INPUT,
        .size = request->input_size,
        .argument = request->argument_size > 0 ? message->argument : NULL,
        .argument_size = request->argument_size,
        .secrets = &request->secrets,
        .recalled = (const atomic_bool *)(region + REGION_RECALL),
    };
    worker_compute(worker, &input, &out, &head->result);
    if (worker->wipes)
        explicit_bzero(region + REGION_INPUT, request->input_size);
    return (struct child_reply){
        .number = request->number, .result_size = out.size, .peak_bytes = peak_bytes()};
}

/* Handler for a forbidden system call. The job's data can't be trusted from here on. */
static void tell_stopped(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    struct child_reply reply = {.stopped_at = info->si_syscall};
    message_send(CHILD_SOCKET, &reply, sizeof reply);
    _exit(1);
}

static void enter_sandbox(enum sandbox_mode mode, struct child_hello *hello)
{
    if (mode == SANDBOX_OFF)
        return;
    char names[256];
    hello->missing = sandbox_enter(CHILD_SOCKET, tell_stopped);
    if (hello->missing != 0 && mode != SANDBOX_ON)
        error_set_hint(&hello->error, PM_ERROR_UNSUPPORTED, PM_HINT_SANDBOX_ON, "the sandbox lacks %s",
                       sandbox_tell(hello->missing, names, sizeof names));
}

/* Heap memory kept after a job; more than this is released. */
enum { HEAP_ROOM = 512 << 10 };

/* Takes the snapshot to which a worker returns after each job; without one, it can do only one job. */
static struct snapshot *begin_renewal(const struct backend_config *config, struct child_hello *hello)
{
    if (config->sandbox == SANDBOX_OFF || SANDBOX_HAS_NO_WALLS) {
        hello->renews = true; /* jobs are not isolated from each other */
        return NULL;
    }
    if (config->sandbox != SANDBOX_STRICT)
        heap_grow(HEAP_ROOM);
    struct snapshot *snapshot = config->sandbox != SANDBOX_STRICT ? snapshot_take() : NULL;
    hello->renews = snapshot != NULL;
    return snapshot;
}

noreturn void child_main(int region_fd, const struct backend_config *config)
{
    prctl(PR_SET_NAME, "pixmill-worker");
    struct child_hello hello = {0};
    const struct snapshot *snapshot = begin_renewal(config, &hello);
    uint8_t *region = region_map(region_fd, region_range());
    close(region_fd);
    if (region == NULL)
        error_set(&hello.error, PM_ERROR_MEMORY, "no address space for a worker: %s (raise ulimit -v)",
                  strerror(errno));
    struct child_message *message = secret_alloc(sizeof *message);
    if (message == NULL)
        error_memory(&hello.error, sizeof *message);
    struct worker worker;
    worker_init(&worker, config, &child_ops, NULL);
    if (snapshot != NULL)
        worker_forget(&worker);
    enter_sandbox(config->sandbox, &hello);
    if (message_send(CHILD_SOCKET, &hello, sizeof hello) != 0 || hello.error.kind != PM_OK ||
        region == NULL || message == NULL)
        _exit(1);

    while (receive_job(message) == 0) {
        struct child_reply reply = do_job(&worker, region, message);
        explicit_bzero(message, sizeof *message);
        if (message_send(CHILD_SOCKET, &reply, sizeof reply) != 0 ||
            (snapshot != NULL && snapshot_restore(snapshot) != 0))
            break;
    }
    _exit(0);
}
