#include "http/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/listen.h"

void exchange_identify(struct http_exchange *exchange, struct clients *clients, const struct proxies *proxies,
                       struct span head, const char *peer, char client[INET6_ADDRSTRLEN])
{
    char sender[INET6_ADDRSTRLEN];
    const enum forwarded forwarded = forwarded_client(proxies, head, sender);
    const char *address = forwarded == FORWARDED_FOR ? sender : peer;
    struct client *account = clients_hold(clients, address);
    exchange->local = forwarded == FORWARDED_NOT && listen_is_near(peer);
    if (account == NULL)
        return;
    clients_release(clients, exchange->account);
    exchange->account = account;
    snprintf(client, INET6_ADDRSTRLEN, "%s", address);
}

struct response exchange_refusal(int status, const char *message)
{
    struct response response = response_refusal(status, message);
    response.close = response.linger = true;
    return response;
}

static struct response host_refusal(int status, const struct pm_error *error)
{
    struct response response = response_refusal(status, error->message);
    char logged[sizeof error->message + 32];
    snprintf(logged, sizeof logged, "%s (--host=NAME adds one)", error->message);
    free(response.error);
    response.error = strdup(logged); /* NULL without memory: the log lacks it then */
    return response;
}

bool exchange_needs_no_handler(const struct http_request *request, const struct hosts *hosts,
                               struct response *response)
{
    struct pm_error error = {0};
    const int status = hosts_check(hosts, http_part(request, HTTP_HOST), &error);
    if (status != 0) {
        *response = host_refusal(status, &error);
    } else if (request->method == HTTP_OTHER) {
        *response = response_refusal(405, "only GET, HEAD and OPTIONS are supported");
        response->allow = true;
    } else if (request->has_body) {
        *response = response_refusal(413, "requests with a body are not supported (send none)");
    } else if (request->method == HTTP_OPTIONS) {
        /* A browser sends this before a script's request to another site, unless that is a plain GET. The
         * answer is the same for every path, and reveals nothing about the files. */
        *response = response_of(204);
        response->allow = response->preflight = true;
    } else {
        return false;
    }
    /* The body, which is not read, would be taken for the next request. */
    response->close = response->linger = request->has_body;
    return true;
}
