/*
 * A request between its parsed head and its handler: which client sent it, and which requests are answered
 * without the handler.
 */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include "http/http.h"

/* Sets the client of a request sent by a trusted proxy at the address `peer`: exchange->account, ->local and
 * the text client[INET6_ADDRSTRLEN], to which exchange->client points. `head` is the request's head. If out
 * of memory, the account of the previous exchange stays. */
void exchange_identify(struct http_exchange *exchange, struct clients *clients, const struct proxies *proxies,
                       struct span head, const char *peer, char client[INET6_ADDRSTRLEN]);

/* Is the request answered without the handler? Then *response is filled: the request is for another host, has
 * a method other than GET and HEAD, or has a body. */
bool exchange_needs_no_handler(const struct http_request *request, const struct hosts *hosts,
                               struct response *response);

/* The answer to a request that could not be parsed or did not arrive: the connection is closed after it. */
struct response exchange_refusal(int status, const char *message);

#endif
