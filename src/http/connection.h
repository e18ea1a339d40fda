/*
 * One client's connection: requests are read and responses written without blocking, when the event loop
 * reports the socket ready. A connection handles one exchange after the other. Of pipelined requests, at most
 * HTTP_HEAD_MAX bytes are read in advance; the rest stays in the socket.
 *
 * A client must make progress: send a whole request head within --client-timeout of its first byte, and read
 * another OUTPUT_STRETCH bytes of a response within each such time; a few bytes now and then are not
 * enough. It must also read --min-rate bytes per second on average, so the time for a response is bounded by
 * its size.
 *
 * A client may close its sending side and wait for the response, or close the whole connection. The server
 * can tell these apart only by sending something, so it sends the first bytes of the response, which are
 * always the same. If the socket is closed, the client's system answers with a reset, and the exchange is
 * cancelled.
 *
 * While an exchange waits for its response, the connection keeps the request's head (a few hundred bytes) and
 * pipelined bytes; an idle connection keeps no buffer.
 *
 * This is the inside of http.h; only files of this folder include it.
 */
#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H

#include <netinet/in.h>
#include <stdbool.h>

#include "http/deadlines.h"
#include "http/http.h"
#include "http/http_date.h"
#include "http/output.h"

enum { CONNECTIONS_PER_CLIENT = 256 };

struct event;
struct event_base;
struct connection;

/* What all connections share. */
struct connections {
    struct event_base *base;
    const struct http_handler *handler;
    void *self;                                          /* the handler's */
    void (*closed_one)(struct connections *connections); /* called when a connection was closed */
    struct deadlines deadlines;
    const char *allow_origin;  /* origin whose scripts may read responses; NULL: only this server's */
    struct connection *newest; /* of all, by connection->older */
    size_t count;
    struct clients clients;
    const struct hosts *hosts;
    const struct proxies *proxies;
    unsigned per_client; /* max connections of one client that is not a proxy; 0: CONNECTIONS_PER_CLIENT, and
                            any number from this machine */
    uint64_t refused;    /* connections beyond that */
    double min_rate;     /* bytes per second that a client must read of a response */
    uint64_t cut_off;    /* responses whose clients were too slow */
    bool draining;       /* connections close after the exchange in progress */
    struct http_now date;
    struct blocking *blocking; /* reads files */
    uint8_t *piece;            /* FETCH_PIECE bytes, for reading files into */
    uint8_t *bytes;            /* HTTP_HEAD_MAX, for reading requests into */
};

enum connection_state {
    STATE_READING,   /* a request's head, or idle */
    STATE_WAITING,   /* for the handler */
    STATE_WRITING,   /* the response */
    STATE_LINGERING, /* the response is written; what the client still sends is discarded until it closes */
    STATE_CLOSED,    /* freed when no function is using it any more */
};

struct connection {
    struct deadline deadline; /* first: a pointer to it is one to this */
    struct http_exchange exchange;
    struct connections *all;
    struct connection *newer, *older;
    struct event *readable, *writable; /* writable: NULL until it is needed */
    enum connection_state state;
    bool busy;                     /* a function further up the stack is using it */
    char client[INET6_ADDRSTRLEN]; /* of the exchange */
    char peer[INET6_ADDRSTRLEN];   /* where the connection comes from */
    struct client *peer_account;   /* of that address */
    bool half_closed;              /* the client has closed its sending side */
    uint8_t announced;             /* bytes of the response's head that were sent ahead of it */
    bool from_proxy;               /* from a trusted proxy */

    struct buffer
        in; /* bytes read and not yet used: part of a head, or the exchange's head and what follows */
    size_t head_size; /* of the exchange's request; 0: it was refused before it was parsed */

    struct buffer head;   /* the part of the response's head that could not be written at once */
    struct output output; /* with the socket, which requests are read from, too */
    bool keep_alive;      /* after this exchange */
    max_align_t own[];    /* the handler's */
};

struct connection *connection_of(const struct http_exchange *exchange);

/* 0, or -1 when there is no memory. */
int connections_init(struct connections *all, struct event_base *base, const struct http_config *config);
void connections_free(struct connections *all);

/* Takes over an accepted socket. False, and the socket is closed, when there is no memory, or when the client
 * has as many connections as are allowed and none of them is idle. */
bool connection_open(struct connections *all, int fd, const char *client);

/* Ends the exchange in progress and closes the connection. Frees it, now or when no function is using it. */
void connection_close(struct connection *connection);

/* Closes idle connections now, and the others after the exchange in progress. */
void connections_drain(struct connections *all);

/* Closes every connection, with the exchanges in progress. */
void connections_close_all(struct connections *all);

/* Closes the connection that has been idle longest. False if none is idle. */
bool connections_close_idle(struct connections *all);

/* For connections.c. */

/* Its deadline has passed. */
void connection_expire(struct connection *connection);

/* An event callback: bytes have come from the client. */
void connection_readable(int fd, short what, void *argument);

/* Replaces its deadline. */
void connection_set_deadline(struct connection *connection, enum deadline_kind kind);

#endif
