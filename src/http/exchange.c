/* A request, from its parsed head to its handler: whose it is, and what is answered without a handler. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/connection.h"
#include "http/listen.h"

/* Finds out whose request this is that a trusted proxy sent. Without memory the client is the one before. */
static void identify(struct connection *connection)
{
    struct connections *all = connection->all;
    struct http_exchange *exchange = &connection->exchange;
    const struct span head = {exchange->request.head, connection->head_size};
    char client[INET6_ADDRSTRLEN];
    const enum forwarded forwarded = forwarded_client(all->proxies, head, client);
    const char *address = forwarded == FORWARDED_FOR ? client : connection->peer;
    struct client *account = clients_hold(&all->clients, address);
    exchange->local = forwarded == FORWARDED_NOT && listen_is_near(connection->peer);
    if (account == NULL)
        return;
    clients_release(&all->clients, exchange->account);
    exchange->account = account;
    snprintf(connection->client, sizeof connection->client, "%s", address);
}

void exchange_begin(struct connection *connection, const struct http_request *request, size_t size)
{
    struct http_exchange *exchange = &connection->exchange;
    exchange->request = *request;
    exchange->began = clock_now();
    exchange->sent = 0;
    connection->head_size = size;
    memset(connection->own, 0, connection->all->handler->exchange_bytes);
    connection_set_deadline(connection, DEADLINE_NONE);
    connection->state = STATE_WAITING;
    if (connection->from_proxy)
        identify(connection);
}

void exchange_refuse(struct connection *connection, int status, const char *message)
{
    struct response response = response_refusal(status, message);
    response.close = response.linger = true;
    http_respond(&connection->exchange, &response);
}

/* The body, which is not read, would be taken for the next request. */
static void refuse(struct http_exchange *exchange, struct response response)
{
    response.close = response.linger = exchange->request.has_body;
    http_respond(exchange, &response);
}

static void refuse_host(struct http_exchange *exchange, int status, const struct pm_error *error)
{
    struct response response = response_refusal(status, error->message);
    char logged[sizeof error->message + 32];
    snprintf(logged, sizeof logged, "%s (--host=NAME adds one)", error->message);
    free(response.error);
    response.error = strdup(logged); /* the log may lack it when there is no memory */
    refuse(exchange, response);
}

void exchange_answer(struct connection *connection)
{
    const struct connections *all = connection->all;
    struct http_exchange *exchange = &connection->exchange;
    const struct http_request *request = &exchange->request;
    struct pm_error error = {0};
    const int status = hosts_check(all->hosts, http_part(request, HTTP_HOST), &error);
    if (status != 0) {
        refuse_host(exchange, status, &error);
    } else if (request->method == HTTP_OTHER) {
        struct response response = response_refusal(405, "only GET, HEAD and OPTIONS are supported");
        response.allow = true;
        refuse(exchange, response);
    } else if (request->has_body) {
        refuse(exchange, response_refusal(413, "requests with a body are not supported (send none)"));
    } else if (request->method == HTTP_OPTIONS) {
        /* A browser asks this before it sends a page's request to another site, unless it is a plain GET. The
         * answer is the same for every path, and reveals nothing about the files. */
        struct response response = response_of(204);
        response.allow = response.preflight = true;
        http_respond(exchange, &response);
    } else {
        all->handler->request(all->self, exchange);
    }
}
