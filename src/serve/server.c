#include "serve/server.h"

#include <errno.h>
#include <event2/event.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/heap.h"
#include "http/connection.h"
#include "http/listen.h"
#include "http/timer.h"
#include "serve/relief.h"
#include "serve/site.h"

enum { ACCEPTS_A_TURN = 64 };

struct server {
    const struct server_config *config;
    struct event_base *base;
    struct pool *pool;
    struct site site;
    struct connections connections;
    size_t most_connections;
    int socket; /* listening; -1 once the server drains */
    struct event *acceptable, *ended, *found, *term, *interrupt, *hup;
    struct event *drain_end; /* when what is still in progress is cut off */
    struct event *relief;    /* memory that slow clients hold is taken back */
    struct event *again;     /* accept is tried anew, after descriptors or memory were short */
    int signal;              /* that ended it; 0: none */
    bool draining, failed;   /* failed: the workers were lost */
    struct pm_error *error;
};

static struct server *server_of(struct site *site)
{
    return (struct server *)(void *)((char *)site - offsetof(struct server, site));
}

/* Sees to it that relief comes when it is needed. */
static void watch_memory(struct server *server)
{
    if (server->site.full && relief_is_needed(&server->site) &&
        !event_pending(server->relief, EV_TIMEOUT, NULL))
        timer_add(server->relief, RELIEF_SECONDS);
}

static void on_relief(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    struct server *server = argument;
    relief_give(&server->site, &server->connections);
    watch_memory(server);
}

static void on_request(void *self, struct connection *connection)
{
    site_request(self, connection);
    watch_memory(server_of(self));
}

static void on_late(void *self, struct connection *connection)
{
    site_late(self, connection);
}

static void on_left(void *self, struct connection *connection)
{
    site_left(self, connection);
}

static void on_exchange_ended(void *self, struct connection *connection)
{
    site_ended(self, connection);
}

/* Ends the loop when there is nothing left to do. */
static void look_for_the_end(struct server *server)
{
    if (server->draining && server->connections.count == 0 && server->site.flights.count == 0)
        event_base_loopbreak(server->base);
}

static void on_closed(void *self)
{
    struct server *server = server_of(self);
    if (server->socket >= 0)
        event_add(server->acceptable, NULL); /* it may have been full */
    look_for_the_end(server);
}

static bool is_shortage(int why)
{
    return why == EMFILE || why == ENFILE || why == ENOBUFS || why == ENOMEM;
}

/* Lets clients wait outside for a moment: their socket stays acceptable, and would wake the loop for ever. */
static void pause_accepting(struct server *server)
{
    const double moment = 0.1;
    event_del(server->acceptable);
    timer_add(server->again, moment);
}

static void on_again(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    struct server *server = argument;
    if (server->socket >= 0)
        event_add(server->acceptable, NULL);
}

/* New clients. With no room for more the longest idle makes room; when all are busy, the rest wait outside.
 */
static void on_acceptable(evutil_socket_t fd, short what, void *argument)
{
    (void)what;
    struct server *server = argument;
    char client[LISTEN_TEXT_MAX];
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        if (server->connections.count >= server->most_connections &&
            !connections_close_idle(&server->connections)) {
            event_del(server->acceptable);
            return;
        }
        int accepted = listen_accept(fd, client);
        if (accepted >= 0) {
            connection_open(&server->connections, accepted, client);
        } else if (!is_shortage(errno)) {
            return;
        } else if (!connections_close_idle(&server->connections)) {
            pause_accepting(server);
            return;
        }
    }
}

/* Lets nobody in any more, and ends once the exchanges in hand have. */
static void drain(struct server *server)
{
    if (server->draining)
        return;
    server->draining = true;
    event_free(server->acceptable);
    server->acceptable = NULL;
    close(server->socket);
    server->socket = -1;
    timer_add(server->drain_end, server->config->drain_timeout);
    connections_drain(&server->connections);
    look_for_the_end(server);
}

/* Ends at once: a worker may be in a call that does not return. What it had begun to write into the cache is
 * removed by the next start. */
static void on_drain_end(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    struct server *server = argument;
    const struct server_config *config = server->config;
    struct pm_error error = {0};
    const size_t connections = server->connections.count, transforms = server->site.flights.count;
    connections_close_all(&server->connections);
    error_set(&error, PM_ERROR_TIMEOUT,
              "%zu connection%s and %zu transform%s not finished after %g s were cut off", connections,
              connections == 1 ? "" : "s", transforms, transforms == 1 ? "" : "s", config->drain_timeout);
    config->trouble(config->listener, "--drain-timeout", &error);
    _exit(server->signal != 0 ? 128 + server->signal : EXIT_FAILURE);
}

static void on_ended(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    struct server *server = argument;
    site_deliver(&server->site);
    watch_memory(server);
    if (!server->failed && pool_lost(server->pool, server->error)) {
        server->failed = true;
        drain(server);
    }
    look_for_the_end(server);
}

static void on_found(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    struct server *server = argument;
    blocking_deliver(server->site.blocking);
    watch_memory(server);
    look_for_the_end(server);
}

static void on_stop(evutil_socket_t number, short what, void *argument)
{
    (void)what;
    struct server *server = argument;
    if (server->draining)
        _exit(128 + (int)number);
    server->signal = (int)number;
    drain(server);
}

static void on_hup(evutil_socket_t number, short what, void *argument)
{
    (void)number, (void)what;
    site_reload(&((struct server *)argument)->site);
}

/* As many connections as were wished and the descriptors suffice for. A transform has its input, an event and
 * its result, a worker process two, a hot result one. Of what is left every fourth is kept for the files that
 * connections are sent: most connections are idle most of the time. */
static size_t possible_connections(const struct server_config *config)
{
    enum { JOB = 3, WORKER = 2, OTHERS = HOT_SLOTS + 64 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return config->connections;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        getrlimit(RLIMIT_NOFILE, &limit);
    uint64_t taken = (uint64_t)(config->queue + config->workers) * JOB + config->workers * WORKER + OTHERS;
    uint64_t possible = limit.rlim_cur > taken ? (limit.rlim_cur - taken) / 4 * 3 : 0;
    return possible < 1 ? 1 : possible < config->connections ? possible : config->connections;
}

static int add_event(struct server *server, struct event **event, int fd, short what,
                     event_callback_fn callback)
{
    *event = event_new(server->base, fd, what | EV_PERSIST, callback, server);
    return *event != NULL && event_add(*event, NULL) == 0 ? 0 : -1;
}

/* SIGINT that was ignored at start, as a shell does for what it runs in the background, stays so. */
static int add_interrupt(struct server *server)
{
    struct sigaction before;
    if (sigaction(SIGINT, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
        return 0;
    return add_event(server, &server->interrupt, SIGINT, EV_SIGNAL, on_stop);
}

static int open_loop(struct server *server)
{
    static const struct exchange_ops ops = {.request = on_request,
                                            .left = on_left,
                                            .late = on_late,
                                            .ended = on_exchange_ended,
                                            .closed = on_closed};
    const struct server_config *config = server->config;
    server->base = event_base_new();
    server->again = server->base != NULL ? event_new(server->base, -1, 0, on_again, server) : NULL;
    server->relief = server->base != NULL ? event_new(server->base, -1, 0, on_relief, server) : NULL;
    server->drain_end = server->base != NULL ? event_new(server->base, -1, 0, on_drain_end, server) : NULL;
    server->connections.ops = &ops;
    server->connections.self = &server->site;
    server->connections.blocking = server->site.blocking;
    server->connections.proxies = &config->proxies;
    server->connections.per_client = config->client_connections;
    server->connections.allow_origin = config->allow_origin;
    if (server->again != NULL && server->drain_end != NULL && server->relief != NULL &&
        connections_init(&server->connections, server->base, config->idle_timeout, config->client_timeout,
                         config->timeout > 0 ? config->timeout : INFINITY, config->min_rate) == 0 &&
        add_event(server, &server->acceptable, server->socket, EV_READ, on_acceptable) == 0 &&
        add_event(server, &server->ended, pool_fd(server->pool), EV_READ, on_ended) == 0 &&
        add_event(server, &server->found, blocking_fd(server->site.blocking), EV_READ, on_found) == 0 &&
        add_event(server, &server->term, SIGTERM, EV_SIGNAL, on_stop) == 0 && add_interrupt(server) == 0 &&
        add_event(server, &server->hup, SIGHUP, EV_SIGNAL, on_hup) == 0)
        return 0;
    return error_set(server->error, PM_ERROR_IO, "the event loop can't be set up (raise ulimit -n)");
}

static void close_loop(struct server *server)
{
    struct event *events[] = {server->acceptable, server->found,     server->ended,
                              server->term,       server->interrupt, server->hup,
                              server->again,      server->drain_end, server->relief};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (events[i] != NULL)
            event_free(events[i]);
    }
    if (server->base != NULL) {
        connections_free(&server->connections);
        event_base_free(server->base);
    }
}

static int serve(struct server *server, const struct listen_address *address, const char **about)
{
    const struct server_config *config = server->config;
    char text[LISTEN_TEXT_MAX];
    int status = -1;
    if (site_open(&server->site, config, server->pool, &server->connections, about, server->error) != 0)
        return -1;
    server->socket = listen_open(address, text, server->error);
    if (server->socket < 0)
        *about = config->listen;
    else if (open_loop(server) == 0 && pool_start(server->pool, server->error) == 0) {
        config->ready(config->listener, text);
        status = event_base_dispatch(server->base) >= 0 && !server->failed ? 0 : -1;
    }
    close_loop(server);
    if (server->socket >= 0)
        close(server->socket);
    return status;
}

int server_run(const struct server_config *config, const char **about, struct pm_error *error)
{
    struct server server = {.config = config, .socket = -1, .site.rules.root = -1, .error = error};
    struct listen_address address;
    if (listen_parse(config->listen, &address, error) != 0) {
        *about = config->listen;
        return -1;
    }
    server.most_connections = possible_connections(config);
    const struct pool_config pool = {
        .backend = config->backend,
        .crew =
            {
                .workers = config->workers,
                .timeout = config->timeout,
                .max_pixels = config->max_pixels,
                .keep_bytes = config->memory / 8 / config->workers,
                .sandbox = config->sandbox,
            },
        .queue = config->queue,
        .memory = config->memory,
        .available = config->available,
        .done = site_keep,
        .close_input = site_close_input,
        .listener = &server.site,
    };
    heap_keep(pool.crew.keep_bytes * config->workers);
    server.pool = pool_open(&pool, error);
    if (server.pool == NULL)
        return -1;
    if (pool_note(server.pool) != NULL)
        config->note(config->listener, pool_note(server.pool));
    int status = serve(&server, &address, about);
    if (!site_close(&server.site)) /* nobody waits for that file any more */
        _exit(status == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    pool_close(server.pool);
    return status;
}
