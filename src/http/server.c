/* The event loop: accepts connections, watches signals and the handler's descriptors, and drains. */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "http/connection.h"
#include "http/listen.h"
#include "http/timer.h"

enum { ACCEPTS_A_TURN = 64 };

struct watch {
    struct http *http;
    struct event *event;
    void (*ready)(void *self);
};

struct http {
    struct connections connections; /* first: a pointer to it is one to this */
    const struct http_handler *handler;
    void *self;
    double drain_timeout;
    size_t max_connections;
    char address[LISTEN_TEXT_MAX];
    int socket; /* listening; -1 once the server drains */
    struct event_base *base;
    struct event *acceptable, *tasks_ended, *term, *interrupt, *hup;
    struct event *drain_end; /* cuts off what is still in progress */
    struct event *again;     /* retries accept, after a shortage of descriptors or memory */
    struct watch watches[HTTP_WATCHES];
    size_t nwatches;
    size_t closed; /* connections that were cut off */
    int signal;
    bool draining, cut_off;
};

/* Ends the loop when there is nothing left to do. */
static void end_if_drained(struct http *http)
{
    if (http->draining && http->connections.count == 0 && !http->handler->is_busy(http->self))
        event_base_loopbreak(http->base);
}

static void on_closed_one(struct connections *connections)
{
    struct http *http = (struct http *)(void *)connections;
    if (http->socket >= 0)
        event_add(http->acceptable, NULL); /* removed while there were too many connections */
    end_if_drained(http);
}

static bool is_shortage(int why)
{
    return why == EMFILE || why == ENFILE || why == ENOBUFS || why == ENOMEM;
}

/* Accepts new clients. If there are too many connections, or descriptors are short, the connection that has
 * been idle longest is closed. If none is idle, new clients wait in the socket's queue. The event is removed
 * meanwhile, because the socket stays readable and would wake the loop all the time. */
static void on_acceptable(evutil_socket_t fd, short what, void *argument)
{
    (void)what;
    const double moment = 0.1;
    struct http *http = argument;
    char client[LISTEN_TEXT_MAX];
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        if (http->connections.count >= http->max_connections && !connections_close_idle(&http->connections)) {
            event_del(http->acceptable);
            return;
        }
        const int accepted = listen_accept(fd, client);
        if (accepted >= 0) {
            connection_open(&http->connections, accepted, client);
        } else if (!is_shortage(errno)) {
            return;
        } else if (!connections_close_idle(&http->connections)) {
            event_del(http->acceptable);
            timer_add(http->again, moment);
            return;
        }
    }
}

static void on_again(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    struct http *http = argument;
    if (http->socket >= 0)
        event_add(http->acceptable, NULL);
}

void http_drain(struct http *http)
{
    if (http->draining)
        return;
    http->draining = true;
    event_free(http->acceptable);
    http->acceptable = NULL;
    close(http->socket);
    http->socket = -1;
    timer_add(http->drain_end, http->drain_timeout);
    connections_drain(&http->connections);
    end_if_drained(http);
}

static void on_drain_end(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    struct http *http = argument;
    http->cut_off = true;
    http->closed = http->connections.count;
    connections_close_all(&http->connections);
    event_base_loopbreak(http->base);
}

static void on_stop(evutil_socket_t number, short what, void *argument)
{
    (void)what;
    struct http *http = argument;
    if (http->draining)
        _exit(128 + (int)number);
    http->signal = (int)number;
    http_drain(http);
}

static void on_hangup(evutil_socket_t number, short what, void *argument)
{
    (void)number, (void)what;
    struct http *http = argument;
    http->handler->hangup(http->self);
}

static void on_tasks_ended(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    struct http *http = argument;
    blocking_deliver(http->connections.blocking);
    end_if_drained(http);
}

static void on_ready(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    const struct watch *watch = argument;
    watch->ready(watch->http->self);
    end_if_drained(watch->http);
}

int http_watch(struct http *http, int fd, void (*ready)(void *self))
{
    struct watch *watch = &http->watches[http->nwatches];
    if (http->nwatches == HTTP_WATCHES)
        return -1;
    *watch = (struct watch){http, event_new(http->base, fd, EV_READ | EV_PERSIST, on_ready, watch), ready};
    http->nwatches++;
    return watch->event != NULL ? event_add(watch->event, NULL) : -1;
}

/* As many connections as configured, limited by the free descriptors. A quarter of these is reserved for the
 * files that are being sent, because most connections are idle most of the time. */
static size_t possible_connections(const struct http_config *config)
{
    struct rlimit limit;
    const size_t wanted = config->settings->connections;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return wanted;
    const uint64_t possible =
        limit.rlim_cur > config->descriptors ? (limit.rlim_cur - config->descriptors) / 4 * 3 : 0;
    return possible < 1 ? 1 : possible < wanted ? possible : wanted;
}

static int add_event(struct http *http, struct event **event, int fd, short what, event_callback_fn callback)
{
    *event = event_new(http->base, fd, what | EV_PERSIST, callback, http);
    return *event != NULL && event_add(*event, NULL) == 0 ? 0 : -1;
}

/* A SIGINT that was ignored at the start stays ignored: a shell does that for background jobs. */
static int add_interrupt(struct http *http)
{
    struct sigaction before;
    if (sigaction(SIGINT, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
        return 0;
    return add_event(http, &http->interrupt, SIGINT, EV_SIGNAL, on_stop);
}

static int open_loop(struct http *http, const struct http_config *config, struct pm_error *error)
{
    http->base = event_base_new();
    http->again = http->base != NULL ? event_new(http->base, -1, 0, on_again, http) : NULL;
    http->drain_end = http->base != NULL ? event_new(http->base, -1, 0, on_drain_end, http) : NULL;
    if (http->again != NULL && http->drain_end != NULL &&
        connections_init(&http->connections, http->base, config) == 0 &&
        add_event(http, &http->acceptable, http->socket, EV_READ, on_acceptable) == 0 &&
        add_event(http, &http->tasks_ended, blocking_fd(http->connections.blocking), EV_READ,
                  on_tasks_ended) == 0 &&
        add_event(http, &http->term, SIGTERM, EV_SIGNAL, on_stop) == 0 && add_interrupt(http) == 0 &&
        add_event(http, &http->hup, SIGHUP, EV_SIGNAL, on_hangup) == 0)
        return 0;
    return error_set(error, PM_ERROR_IO, "the event loop can't be set up (raise ulimit -n)");
}

struct http *http_open(const struct http_config *config, const struct http_handler *handler, void *self,
                       const char **about, struct pm_error *error)
{
    struct listen_address address;
    struct http *http = calloc(1, sizeof *http);
    *about = NULL;
    if (http == NULL) {
        error_memory(error, sizeof *http);
        return NULL;
    }
    http->connections.closed_one = on_closed_one;
    http->handler = http->connections.handler = handler;
    http->self = http->connections.self = self;
    http->drain_timeout = config->settings->drain_timeout;
    http->max_connections = possible_connections(config);
    *about = config->settings->listen;
    http->socket = listen_parse(config->settings->listen, &address, error) == 0
                       ? listen_open(&address, http->address, error)
                       : -1;
    if (http->socket >= 0) {
        *about = NULL;
        http->connections.blocking = blocking_open(config->threads, error);
        if (http->connections.blocking != NULL && open_loop(http, config, error) == 0)
            return http;
    }
    http_close(http);
    return NULL;
}

struct http_state http_state(const struct http *http)
{
    return (struct http_state){
        .address = http->address,
        .blocking = http->connections.blocking,
        .connections = http->cut_off ? http->closed : http->connections.count,
        .refused = http->connections.refused,
        .cut_off = http->connections.cut_off,
        .signal = http->signal,
    };
}

struct http_exchange *http_next(const struct http *http, const struct http_exchange *exchange)
{
    struct connection *next = exchange != NULL ? connection_of(exchange)->older : http->connections.newest;
    return next != NULL ? &next->exchange : NULL;
}

enum http_end http_run(struct http *http)
{
    if (event_base_dispatch(http->base) < 0)
        return HTTP_BROKEN;
    return http->cut_off ? HTTP_CUT_OFF : HTTP_DRAINED;
}

bool http_close(struct http *http)
{
    enum { RETURN_SECONDS = 1 };
    if (http == NULL)
        return true;
    if (!blocking_close(http->connections.blocking, RETURN_SECONDS))
        return false;
    struct event *events[] = {http->acceptable, http->tasks_ended, http->term,     http->interrupt,
                              http->hup,        http->again,       http->drain_end};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (events[i] != NULL)
            event_free(events[i]);
    }
    for (size_t i = 0; i < http->nwatches; i++) {
        if (http->watches[i].event != NULL)
            event_free(http->watches[i].event);
    }
    connections_free(&http->connections);
    if (http->base != NULL)
        event_base_free(http->base);
    if (http->socket >= 0)
        close(http->socket);
    free(http);
    return true;
}
