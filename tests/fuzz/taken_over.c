#include "fuzz/taken_over.h"

#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/message.h"
#include "backend/protocol.h"
#include "backend/region.h"
#include "fuzz/fuzz.h"

/* The worker's actions, in the low bits of a script byte; WAITS: afterwards it waits for the parent, if it
 * has sent something. */
enum action {
    READ,   /* the request */
    REPLY,  /* a whole reply, its fields changed */
    SAY,    /* bytes */
    EMPTY,  /* an empty message */
    PASS,   /* bytes, and two descriptors */
    PATCH,  /* bytes into the region's head */
    HEAD,   /* a whole head, its fields chosen */
    RESULT, /* bytes into the region as the result, or the input itself */
    END,    /* the worker ends */
    ACTIONS,
    WAITS = 0x80,
};

/* Writes as into memory: never beyond the region's end, where a worker would die. */
static void write_region(const struct taken_over *world, const void *bytes, size_t size, size_t offset)
{
    struct stat region;
    FUZZ_ASSERT(fstat(world->region, &region) == 0);
    const size_t end = (size_t)region.st_size;
    if (offset < end)
        (void)!pwrite(world->region, bytes, size < end - offset ? size : end - offset, (off_t)offset);
}

static void end_worker(struct taken_over *world)
{
    if (world->socket >= 0)
        close(world->socket);
    if (world->region >= 0)
        close(world->region);
    world->socket = world->region = -1;
    world->request = 0;
}

/* The fork server's part: another worker in place of the one that there is. */
static void make_worker(struct taken_over *world)
{
    static const int ends[] = {SPAWN_NONE_BEFORE, 0, SIGKILL, SIGSEGV, SIGXCPU, 1 << 8};
    struct spawn_request request;
    int ours[2], fds[2];
    FUZZ_ASSERT(message_receive(world->control, &request, sizeof request) == 0);
    end_worker(world);
    FUZZ_ASSERT(message_pair(ours) == 0 && (fds[1] = region_create()) >= 0);
    fds[0] = ours[0];
    world->socket = ours[1];
    world->region = dup(fds[1]);
    world->honest = true;
    const struct spawn_answer answer = {
        .status = ends[script_byte(&world->script) % (sizeof ends / sizeof *ends)], .pid = getpid()};
    const struct child_hello hello = {.renews = world->renews};
    FUZZ_ASSERT(message_send(world->socket, &hello, sizeof hello) == 0);
    FUZZ_ASSERT(message_send_with(world->control, &answer, sizeof answer, fds) == 0);
    close(fds[0]);
    close(fds[1]);
}

/* Returns 0, or -1 if there is no request or the parent has ended. A job that a worker has started must not
 * be given to another one, provided that the first one had only sent expected messages. */
static int read_request(struct taken_over *world)
{
    struct {
        struct child_request request;
        uint8_t argument[JOB_ARGUMENT_MAX];
    } message;
    struct pollfd readable = {.fd = world->socket, .events = POLLIN};
    if (poll(&readable, 1, 0) <= 0 ||
        message_receive_up_to(world->socket, &message, sizeof message) < (long)sizeof message.request)
        return -1;
    const unsigned job = atomic_load(&world->job);
    FUZZ_ASSERT(!world->honest || world->last_run != job);
    if (world->honest)
        world->last_run = job;
    world->request = message.request.number;
    world->input_size = message.request.input_size;
    world->room = message.request.room;
    return 0;
}

/* Sends a message, expected or not. */
static void say(struct taken_over *world, const void *bytes, size_t size)
{
    world->honest = world->honest && world->request != 0;
    world->request = 0;
    (void)message_send(world->socket, bytes, size);
}

static void say_with_descriptors(struct taken_over *world, const void *bytes, size_t size)
{
    world->honest = world->honest && world->request != 0;
    world->request = 0;
    (void)message_send_with(world->socket, bytes, size, (int[]){world->region, world->socket});
}

static void reply(struct taken_over *world)
{
    const uint64_t sizes[] = {world->written,    world->room, world->room + 1, 0,
                              world->input_size, UINT64_MAX,  INT64_MAX,       world->written + 1};
    const unsigned how = script_byte(&world->script);
    struct child_reply reply = {
        .number = world->request, .result_size = sizes[how & 7], .peak_bytes = 1 << 20};
    if (how & 8)
        reply.number += (uint64_t)(int8_t)script_byte(&world->script);
    if (how & 16)
        reply.peak_bytes = sizes[script_byte(&world->script) & 7] << 20;
    if (how & 32) {
        reply.number = 0;
        reply.stopped_at = (int)script_short(&world->script) * (how & 64 ? -1 : 30000);
    }
    say(world, &reply, sizeof reply);
}

static void write_head(struct taken_over *world)
{
    static const double odd[] = {NAN, INFINITY, -1, -0.0, 1e8, 1e300, 0.5, 5e-324};
    struct script *script = &world->script;
    struct region_head head = {.stage = (enum pm_stage)(int8_t)script_byte(script)};
    struct pm_error *error = &head.result.error;
    error->kind = (enum pm_error_kind)(int8_t)script_byte(script);
    error->hint = (enum pm_hint)(int8_t)script_byte(script);
    error->stage = (enum pm_stage)(int8_t)script_byte(script);
    const unsigned how = script_byte(script);
    memset(error->message, how & 64 ? 0xff : 'm', how & 128 ? sizeof error->message : how & 63);
    const unsigned warned = script_byte(script);
    memset(head.result.warnings, warned & 64 ? '\n' : 'w',
           warned & 128 ? sizeof head.result.warnings : warned & 63);
    const unsigned second = script_byte(script);
    head.result.seconds[second % PM_STAGES] = odd[second / PM_STAGES % (sizeof odd / sizeof *odd)];
    head.result.width = script_byte(script);
    head.result.pixels_in = script_byte(script);
    write_region(world, &head, sizeof head, 0);
}

static void write_result(struct taken_over *world, size_t most)
{
    const uint8_t *bytes;
    uint8_t input[256];
    const ssize_t got = pread(world->region, input, sizeof input, REGION_INPUT);
    size_t size = got > 0 && (size_t)got < world->input_size ? (size_t)got : world->input_size;
    write_region(world, input, size < sizeof input ? size : sizeof input,
                 region_result_offset(world->input_size));
    world->written = size;
    size = script_take(&world->script, most, &bytes);
    write_region(world, bytes, size, region_result_offset(world->input_size) + script_byte(&world->script));
}

/* Does the script's next action. Returns whether the parent receives something. */
static bool act(struct taken_over *world, enum action action)
{
    const uint8_t *bytes;
    size_t size, offset;
    switch (action) {
    case READ:
        (void)read_request(world);
        return false;
    case REPLY:
        reply(world);
        return true;
    case EMPTY:
        say(world, "", 0);
        return true;
    case SAY:
    case PASS:
        size = script_take(&world->script, script_byte(&world->script), &bytes);
        (action == SAY ? say : say_with_descriptors)(world, bytes, size);
        return true;
    case PATCH:
        offset = script_short(&world->script) % REGION_INPUT;
        size = script_take(&world->script, script_byte(&world->script), &bytes);
        write_region(world, bytes, size, offset);
        return false;
    case HEAD:
        write_head(world);
        return false;
    case RESULT:
        write_result(world, script_byte(&world->script));
        return false;
    default:
        end_worker(world);
        return true;
    }
}

/* A correct worker, which reads and answers requests. */
static void work(struct taken_over *world)
{
    if (read_request(world) != 0) {
        end_worker(world);
        return;
    }
    const struct region_head head = {.stage = PM_STAGE_ENCODE};
    write_region(world, &head, sizeof head, 0);
    write_result(world, 0);
    const struct child_reply reply = {.number = world->request, .result_size = world->written};
    say(world, &reply, sizeof reply);
}

/* There is a request, or the parent has closed the connection. */
static void be_worker(struct taken_over *world)
{
    bool heard = false;
    while (!script_ended(&world->script)) {
        const unsigned byte = script_byte(&world->script);
        heard |= act(world, (byte & 0x7f) % ACTIONS);
        if (world->socket < 0 || (heard && world->request == 0 && (byte & WAITS)))
            return;
    }
    if (world->honest && world->request == 0 && !heard)
        work(world);
    else
        end_worker(world);
}

static void *play(void *argument)
{
    struct taken_over *world = argument;
    for (;;) {
        struct pollfd wait[] = {{.fd = world->control, .events = POLLIN},
                                {.fd = world->socket, .events = POLLIN}};
        fuzz_wait_for(wait, 2);
        if (message_peek(world->control) == MESSAGE_THERE)
            make_worker(world);
        else if (wait[0].revents != 0)
            break;
        else
            be_worker(world);
        if (script_ended(&world->script) && (world->socket < 0 || world->honest))
            atomic_store(&world->script_done, true);
    }
    end_worker(world);
    return NULL;
}

void taken_over_start(struct taken_over *world, struct script script, struct forkserver *server)
{
    int ends[2];
    *world = (struct taken_over){.script = script, .socket = -1, .region = -1};
    world->renews = script_byte(&world->script) & 1;
    FUZZ_ASSERT(message_pair(ends) == 0);
    world->control = ends[1];
    /* No process has that number, whatever it is told. */
    *server = (struct forkserver){.pid = INT_MAX,
                                  .control = ends[0],
                                  .reserve = -1,
                                  .reserve_control = -1,
                                  .greeted = true,
                                  .lock = PTHREAD_MUTEX_INITIALIZER};
    FUZZ_ASSERT(pthread_create(&world->thread, NULL, play, world) == 0);
}

void taken_over_end(struct taken_over *world, struct forkserver *server)
{
    close(server->control);
    pthread_join(world->thread, NULL);
    close(world->control);
    pthread_mutex_destroy(&server->lock);
}
