/* All connections together: their number, their deadlines, their end. */
#include <event2/event.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/connection.h"
#include "http/fetch.h"
#include "http/listen.h"
#include "http/output.h"
#include "http/timer.h"

static void set_timer(struct connections *all, double at)
{
    double left = fmax(0, at - clock_now());
    all->timer_at = timer_add(all->timer, left + 1e-6) == 0 ? at : INFINITY;
}

void connection_set_deadline(struct connection *connection, enum deadline_kind kind)
{
    struct connections *all = connection->all;
    deadline_set(&all->deadlines, &connection->deadline, kind, clock_now());
    if (kind != DEADLINE_NONE && connection->deadline.at < all->timer_at)
        set_timer(all, connection->deadline.at);
}

static void on_timer(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    struct connections *all = argument;
    struct deadline *next;
    double now = clock_now();
    all->timer_at = INFINITY;
    while ((next = deadlines_next(&all->deadlines)) != NULL && next->at <= now)
        connection_expire((struct connection *)next);
    if (next != NULL && next->at < all->timer_at)
        set_timer(all, next->at);
}

int connections_init(struct connections *all, struct event_base *base, const struct http_config *config)
{
    const struct http_settings *settings = config->settings;
    deadlines_init(&all->deadlines, (const double[DEADLINE_KINDS]){
                                        [DEADLINE_IDLE] = settings->idle_timeout,
                                        [DEADLINE_HEAD] = settings->client_timeout,
                                        [DEADLINE_WRITE] = settings->client_timeout,
                                        [DEADLINE_FILE] = config->file_timeout,
                                    });
    clients_init(&all->clients);
    all->base = base;
    all->hosts = config->hosts;
    all->proxies = config->proxies;
    all->per_client = settings->client_connections;
    all->min_rate = (double)settings->min_rate;
    all->allow_origin = settings->allow_origin;
    all->timer_at = INFINITY;
    all->bytes = malloc(HTTP_HEAD_MAX);
    all->piece = malloc(FETCH_PIECE);
    all->timer = event_new(base, -1, 0, on_timer, all);
    return all->bytes != NULL && all->piece != NULL && all->timer != NULL ? 0 : -1;
}

void connections_free(struct connections *all)
{
    if (all->timer != NULL)
        event_free(all->timer);
    free(all->piece);
    free(all->bytes);
}

/* May the client have another connection? One that is idle makes room for it. */
static bool has_room(struct connections *all, const struct client *account, const char *client)
{
    const unsigned limit = all->per_client > 0 ? all->per_client : CONNECTIONS_PER_CLIENT;
    if (account->connections < limit || (all->per_client == 0 && listen_is_near(client)))
        return true;
    const struct deadline *ring = &all->deadlines.first[DEADLINE_IDLE];
    for (struct deadline *idle = ring->after; idle != ring; idle = idle->after) {
        struct connection *connection = (struct connection *)idle;
        if (connection->peer_account == account) {
            connection_close(connection);
            return true;
        }
    }
    all->refused++;
    return false;
}

bool connection_open(struct connections *all, int fd, const char *client)
{
    struct connection *connection = calloc(1, sizeof *connection + all->handler->exchange_bytes);
    struct event *readable =
        connection != NULL ? event_new(all->base, fd, EV_READ | EV_PERSIST, connection_readable, connection)
                           : NULL;
    struct client *account = readable != NULL ? clients_hold(&all->clients, client) : NULL;
    const bool from_proxy = proxies_have(all->proxies, client);
    if (account == NULL || !(from_proxy || has_room(all, account, client)) ||
        event_add(readable, NULL) != 0) {
        clients_release(&all->clients, account);
        if (readable != NULL)
            event_free(readable);
        free(connection);
        close(fd);
        return false;
    }
    account->connections++;
    connection->all = all;
    connection->peer_account = account;
    connection->from_proxy = from_proxy;
    connection->fd = fd;
    connection->readable = readable;
    snprintf(connection->peer, sizeof connection->peer, "%s", client);
    snprintf(connection->client, sizeof connection->client, "%s", client);
    connection->exchange = (struct http_exchange){
        .client = connection->client,
        .account = clients_hold(&all->clients, client),
        .local = listen_is_near(client),
        .response.content.fd = -1,
        .own = connection->own,
    };
    connection->older = all->newest;
    if (all->newest != NULL)
        all->newest->newer = connection;
    all->newest = connection;
    all->count++;
    connection_set_deadline(connection, DEADLINE_HEAD);
    return true;
}

bool http_progress(const struct http_exchange *exchange, struct http_progress *progress)
{
    const struct connection *connection = connection_of(exchange);
    const double now = clock_now();
    if (connection->deadline.kind != DEADLINE_WRITE)
        return false;
    *progress = (struct http_progress){.watched = now - connection->behind_since,
                                       .rate = output_rate(connection, now, 0),
                                       .left = output_left(connection)};
    return true;
}

void connections_drain(struct connections *all)
{
    struct deadline *next, *oldest;
    all->draining = true;
    while ((oldest = deadlines_oldest(&all->deadlines, DEADLINE_IDLE)) != NULL)
        connection_close((struct connection *)oldest);
    struct deadline *ring = &all->deadlines.first[DEADLINE_HEAD];
    for (struct deadline *head = ring->after; head != ring; head = next) {
        struct connection *connection = (struct connection *)head;
        next = head->after;
        if (connection->state == STATE_READING && connection->in.size == 0)
            connection_close(connection);
    }
}

void connections_close_all(struct connections *all)
{
    while (all->newest != NULL)
        connection_close(all->newest);
}

bool connections_close_idle(struct connections *all)
{
    struct deadline *oldest = deadlines_oldest(&all->deadlines, DEADLINE_IDLE);
    if (oldest != NULL)
        connection_close((struct connection *)oldest);
    return oldest != NULL;
}
