/*
 * A connection of the server (http/connection.h) as a state machine: a script cuts requests anywhere, sends
 * them ahead of their turn, reads or does not, ends one side or both, lets deadlines pass and the server
 * drain, while the handler answers at once or later, from memory or from a file. Checks: each complete
 * request has one exchange, in order, however it was split; the client gets the given responses in that
 * order, and nothing after the one that closes; a client that waits for all gets all; each exchange ends
 * once; memory is bounded; everything is freed.
 */
#include <event2/event.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "fuzz/http_log.h"
#include "fuzz/script.h"
#include "http/connection.h"

enum { COMPOSED_MAX = 20 << 10 };

static struct event_base *base;
static struct blocking *blocking; /* of one thread */
static int pattern_file;

/* One execution: a client, its connection, and the handler. */
struct world {
    struct connections all; /* first: a pointer to it is one to this */
    struct script script;
    struct http_log log;
    struct buffer composed;        /* what the client is going to send */
    size_t composed_sent;          /* of that */
    struct http_exchange *waiting; /* for the handler; NULL: none */
    size_t begun, ended;           /* exchanges that the handler saw */
    int client;                    /* -1: it has closed */
    bool cut, half_closed,
        drained; /* a deadline has passed; the client sends nothing more; the server drains */
};

static void on_closed_one(struct connections *all)
{
    (void)all;
}

/* Where a response's content lies. */
enum place { NOTHING, REFUSAL, FIXED, SHARED, MEMORY_FILE, DISK_FILE, PLACES };

static void place_content(struct response *response, enum place place)
{
    struct buffer copy = {0};
    response->content.size = HTTP_LOG_PATTERN;
    switch (place) {
    case FIXED:
        response->content.fixed = http_log_pattern;
        break;
    case SHARED:
        FUZZ_ASSERT(buffer_append(&copy, http_log_pattern, HTTP_LOG_PATTERN) == 0);
        response->content.shared = shared_bytes_new(copy);
        FUZZ_ASSERT(response->content.shared != NULL);
        break;
    default:
        response->content.fd = dup(pattern_file);
        response->content.on_disk = place == DISK_FILE;
        response->content.closer = place == DISK_FILE ? blocking : NULL;
    }
}

static void answer(struct world *world, struct http_exchange *exchange)
{
    struct script *script = &world->script;
    const unsigned how = script_byte(script);
    const enum place place = (how & 15) % PLACES;
    struct response response = response_of(how & 32 ? 206 : 200);
    world->waiting = NULL;
    if (place == REFUSAL) {
        response = response_refusal(404, "no such file");
    } else if (place == NOTHING) {
        response = response_of(how & 32 ? 304 : 204);
    } else {
        response.length = 1 + script_short(script);
        response.offset = how & 32 ? script_short(script) : 0;
        place_content(&response, place);
        snprintf(response.etag, sizeof response.etag, "\"%zu\"", world->log.count);
    }
    response.close = how & 64;
    response.linger = how & 128;
    http_respond(exchange, &response);
}

static void on_request(void *self, struct http_exchange *exchange)
{
    struct world *world = self;
    const unsigned how = script_byte(&world->script);
    FUZZ_ASSERT(world->waiting == NULL && world->begun == world->ended);
    world->begun++;
    *(bool *)exchange->own = true;
    if (how & 1) {
        answer(world, exchange);
        return;
    }
    FUZZ_ASSERT(http_await(exchange, how & 2 ? HTTP_WAIT_FILE : HTTP_WAIT_WORK) == 0);
    world->waiting = exchange;
}

static void on_left(void *self, struct http_exchange *exchange)
{
    struct world *world = self;
    FUZZ_ASSERT(world->waiting == exchange);
    world->waiting = NULL;
    world->ended++;
    http_log_left(&world->log, exchange);
}

static void on_late(void *self, struct http_exchange *exchange)
{
    struct world *world = self;
    FUZZ_ASSERT(world->waiting == exchange);
    answer(world, exchange);
}

static void on_ended(void *self, struct http_exchange *exchange)
{
    struct world *world = self;
    world->ended += *(bool *)exchange->own;
    http_log_ended(&world->log, exchange, connection_of(exchange)->keep_alive);
}

static const struct http_handler handler = {.exchange_bytes = sizeof(bool),
                                            .request = on_request,
                                            .left = on_left,
                                            .late = on_late,
                                            .ended = on_ended};

static void check_memory(const struct world *world)
{
    const struct connection *connection = world->all.newest;
    FUZZ_ASSERT(world->all.count == (connection != NULL));
    if (connection == NULL)
        return;
    FUZZ_ASSERT(connection->in.size <= HTTP_HEAD_MAX && connection->in.capacity <= 4 * HTTP_HEAD_MAX);
    FUZZ_ASSERT(connection->head.size <= RESPONSE_HEAD_MAX);
}

static void turn(struct world *world)
{
    struct pollfd tasks = {.fd = blocking_fd(blocking), .events = POLLIN};
    event_base_loop(base, EVLOOP_NONBLOCK);
    if (poll(&tasks, 1, 0) > 0)
        blocking_deliver(blocking);
    check_memory(world);
}

static void compose(struct world *world)
{
    static const char *const texts[] = {
        "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "HEAD /b HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /c HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET /d?e HTTP/1.0\r\nHost: localhost\r\n\r\n",
        "GET /f HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /g HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc",
        "GET /h HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n",
        "GET /i HTTP/1.1\r\nHost: localhost\r\nX: ",
        "\r\n",
        "GET  HTTP/9.1\r\n\r\n",
    };
    const unsigned which = script_byte(&world->script);
    const uint8_t *bytes;
    size_t size;
    if (which & 128) {
        size = script_take(&world->script, which & 127, &bytes);
    } else {
        bytes = (const uint8_t *)texts[which % (sizeof texts / sizeof *texts)];
        size = strlen((const char *)bytes);
    }
    for (unsigned times = 1 + script_byte(&world->script) % 128; times > 0; times--) {
        if (world->composed.size + size <= COMPOSED_MAX)
            FUZZ_ASSERT(buffer_append(&world->composed, bytes, size) == 0);
    }
}

/* Sends up to that many bytes of what was composed. Returns how many the socket took. */
static size_t client_send(struct world *world, size_t most)
{
    const size_t left = world->composed.size - world->composed_sent;
    if (world->client < 0 || world->half_closed || left == 0 || most == 0 ||
        world->log.count >= HTTP_LOG_MAX / 2)
        return 0;
    const uint8_t *bytes = world->composed.data + world->composed_sent;
    const ssize_t sent = send(world->client, bytes, most < left ? most : left, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0)
        return 0;
    FUZZ_ASSERT(buffer_append(&world->log.sent, bytes, (size_t)sent) == 0);
    world->composed_sent += (size_t)sent;
    return (size_t)sent;
}

static size_t client_read(struct world *world, size_t most)
{
    static uint8_t bytes[1 << 16];
    if (world->client < 0)
        return 0;
    const ssize_t got = recv(world->client, bytes, most < sizeof bytes ? most : sizeof bytes, MSG_DONTWAIT);
    if (got <= 0)
        return 0;
    FUZZ_ASSERT(buffer_append(&world->log.received, bytes, (size_t)got) == 0);
    return (size_t)got;
}

static void client_close(struct world *world)
{
    if (world->client >= 0)
        close(world->client);
    world->client = -1;
}

/* The next deadline passes: the connection is closed, or waits for something else. */
static void expire(struct world *world)
{
    struct deadline *next = deadlines_next(&world->all.deadlines);
    if (next == NULL)
        return;
    const double at = next->at;
    const enum deadline_kind kind = next->kind;
    world->cut = true;
    connection_expire((struct connection *)next);
    next = deadlines_next(&world->all.deadlines);
    FUZZ_ASSERT(next == NULL || next->kind != kind || next->at > at);
}

static void act(struct world *world)
{
    switch (script_byte(&world->script) % 9) {
    case 0:
        compose(world);
        break;
    case 1:
        client_send(world, script_byte(&world->script));
        break;
    case 2:
        client_send(world, script_byte(&world->script) << 8);
        break;
    case 3:
        client_read(world, script_short(&world->script) + 1);
        break;
    case 4:
        if (world->waiting != NULL)
            answer(world, world->waiting);
        break;
    case 5:
        if (world->client >= 0)
            shutdown(world->client, SHUT_WR);
        world->half_closed = true;
        break;
    case 6:
        if (script_byte(&world->script) % 8 == 0)
            client_close(world);
        break;
    case 7:
        expire(world);
        break;
    case 8:
        world->drained = true;
        connections_drain(&world->all);
    }
}

static bool is_fetching(const struct world *world)
{
    return world->all.newest != NULL && world->all.newest->deadline.kind == DEADLINE_FILE &&
           world->all.newest->state == STATE_WRITING;
}

/* Continues until there is nothing left to do: the client sends and reads everything, the handler answers. */
static void run_to_end(struct world *world)
{
    bool moved = true;
    while (moved) {
        struct pollfd tasks = {.fd = blocking_fd(blocking), .events = POLLIN};
        const size_t ended = world->log.count;
        moved = client_send(world, SIZE_MAX) > 0;
        if (is_fetching(world))
            fuzz_wait_for(&tasks, 1);
        turn(world);
        moved |= client_read(world, SIZE_MAX) > 0 || is_fetching(world) || world->log.count > ended;
        if (world->waiting == NULL)
            continue;
        answer(world, world->waiting);
        moved = true;
    }
}

static void mark(struct blocking_task *task)
{
    (void)task;
}

static bool marked;
static void end_mark(struct blocking_task *task)
{
    (void)task;
    marked = true;
}

/* The only thread does one task after the other: behind this one all are done. That it never ends is for
 * libFuzzer to say (-timeout), by a clock that suits the machine. */
static void finish_tasks(void)
{
    struct blocking_task task = {.work = mark, .ended = end_mark};
    struct pollfd tasks = {.fd = blocking_fd(blocking), .events = POLLIN};
    marked = false;
    blocking_submit(blocking, &task);
    while (!marked) {
        fuzz_wait_for(&tasks, 1);
        blocking_deliver(blocking);
    }
}

static void open_world(struct world *world, struct script script)
{
    static const struct hosts hosts = {.loopback = true};
    static const struct proxies proxies = {.count = 0};
    static const struct http_settings settings = {
        .idle_timeout = 1000, .client_timeout = 1000, .min_rate = 1000, .client_connections = 0};
    static const struct http_config config = {
        .settings = &settings, .hosts = &hosts, .proxies = &proxies, .file_timeout = 1000};
    int ends[2];
    *world = (struct world){.script = script};
    const int room = script_byte(&world->script) << 6;
    FUZZ_ASSERT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    world->client = ends[1];
    world->all.handler = &handler;
    world->all.closed_one = on_closed_one;
    world->all.self = world;
    world->all.blocking = blocking;
    FUZZ_ASSERT(connections_init(&world->all, base, &config) == 0);
    FUZZ_ASSERT(connection_open(&world->all, ends[0], "127.0.0.1"));
}

/* A client that was not cut off and has waited for all has got all. */
static void check_end(struct world *world)
{
    const bool waited = world->client >= 0 && !world->cut;
    if (waited && !world->drained)
        FUZZ_ASSERT(!http_log_unanswered(&world->log) && !world->log.left);
    http_log_check(&world->log, waited);
    client_close(world);
    run_to_end(world);
    if (world->all.newest != NULL) /* it is half closed, and its client has gone in silence */
        connection_close(world->all.newest);
    finish_tasks();
    check_memory(world);
    FUZZ_ASSERT(world->all.count == 0 && world->begun == world->ended && world->waiting == NULL);
    for (size_t i = 0; i < CLIENTS_CHAINS; i++)
        FUZZ_ASSERT(world->all.clients.chains[i] == NULL);
}

static void set_up(void)
{
    struct pm_error error = {0};
    if (base != NULL)
        return;
    signal(SIGPIPE, SIG_IGN); /* as in the server: sendfile knows no MSG_NOSIGNAL */
    for (size_t i = 0; i < HTTP_LOG_PATTERN; i++)
        http_log_pattern[i] = (uint8_t)(i * 7 ^ i >> 8);
    pattern_file = memfd_create("pattern", MFD_CLOEXEC);
    FUZZ_ASSERT(write(pattern_file, http_log_pattern, HTTP_LOG_PATTERN) == HTTP_LOG_PATTERN);
    base = event_base_new();
    blocking = blocking_open(1, &error);
    FUZZ_ASSERT(base != NULL && blocking != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world; /* its log is large */
    set_up();
    const int next_before = dup(STDERR_FILENO);
    close(next_before);
    open_world(&world, (struct script){data, size});
    while (!script_ended(&world.script)) {
        act(&world);
        if (script_byte(&world.script) % 4 != 0)
            turn(&world);
    }
    run_to_end(&world);
    check_end(&world);
    connections_free(&world.all);
    http_log_free(&world.log);
    buffer_free(&world.composed);
    const int next = dup(STDERR_FILENO);
    close(next);
    FUZZ_ASSERT(next == next_before);
    return 0;
}
