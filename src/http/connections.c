/* All connections: opens them, limits their number, and closes them. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/connection.h"
#include "http/listen.h"

static void on_deadline(struct deadline *deadline)
{
    connection_expire((struct connection *)deadline);
}

int connections_init(struct connections *all, struct event_base *base, const struct http_config *config)
{
    const struct http_settings *settings = config->settings;
    clients_init(&all->clients);
    all->base = base;
    all->hosts = config->hosts;
    all->proxies = config->proxies;
    all->per_client = settings->client_connections;
    all->min_rate = (double)settings->min_rate;
    all->allow_origin = settings->allow_origin;
    all->bytes = malloc(HTTP_HEAD_MAX);
    all->piece = malloc(FETCH_PIECE);
    const double seconds[DEADLINE_KINDS] = {
        [DEADLINE_IDLE] = settings->idle_timeout,
        [DEADLINE_HEAD] = settings->client_timeout,
        [DEADLINE_WRITE] = settings->client_timeout,
        [DEADLINE_FILE] = config->file_timeout,
    };
    const int opened = deadlines_open(&all->deadlines, base, seconds, on_deadline);
    return all->bytes != NULL && all->piece != NULL ? opened : -1;
}

void connections_free(struct connections *all)
{
    deadlines_close(&all->deadlines);
    free(all->piece);
    free(all->bytes);
}

/* May the client have another connection? If it has too many, an idle one is closed for it. */
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
    connection->output =
        (struct output){.socket = fd, .exchange = &connection->exchange, .piece = all->piece};
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
    *progress = (struct http_progress){.watched = now - connection->output.behind_since,
                                       .rate = output_rate(&connection->output, now, 0),
                                       .left = output_left(&connection->output)};
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
