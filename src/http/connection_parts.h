/* What connection.c (one connection) and connections.c (all of them) have of each other; nobody else's. */
#ifndef HTTP_CONNECTION_PARTS_H
#define HTTP_CONNECTION_PARTS_H

#include <event2/util.h>

#include "http/connection.h"

/* Sets its deadline, in place of the one that stands, and the timer of all. */
void connection_set_deadline(struct connection *connection, enum deadline_kind kind);

/* Its deadline has passed. */
void connection_expire(struct connection *connection);

/* An event callback: bytes of the client's have come. */
void connection_readable(evutil_socket_t fd, short what, void *argument);

/* Its fetch has ended. */
void connection_fetched(struct connection *connection);

/* Ends the exchange in progress and closes it. It is gone afterwards, unless its own code is at work on it.
 */
void connection_close(struct connection *connection);

#endif
