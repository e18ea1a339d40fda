/*
 * One client's connection: requests are read and responses written without blocking, when the event loop
 * reports the socket ready. A connection handles one exchange after the other. Of pipelined requests, at most
 * HTTP_HEAD_MAX bytes are read in advance; the rest stays in the socket.
 *
 * A client must make progress: send a whole request head within --client-timeout of its first byte, and read
 * another CONNECTION_STRETCH bytes of a response within each such time; a few bytes now and then are not
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

enum { CONNECTION_STRETCH = 64 << 10, CONNECTIONS_PER_CLIENT = 256 };

struct event;
struct event_base;
struct connection;

/* What all connections share. */
struct connections {
    struct event_base *base;
    const struct http_handler *handler;
    void *self; /* the handler's */
    struct deadlines deadlines;
    struct event *timer;       /* for the next deadline */
    double timer_at;           /* when it fires; infinite: it is not set */
    const char *allow_origin;  /* origin whose scripts may read responses; NULL: only this server's */
    struct connection *newest; /* of all, by connection->older */
    size_t count;
    struct clients clients;
    const struct hosts *hosts;
    const struct proxies *proxies;
    /* Connections of one client, except proxies; 0: CONNECTIONS_PER_CLIENT of one that is not on this
     * machine.
     */
    unsigned per_client;
    uint64_t refused; /* connections beyond that */
    double min_rate;  /* bytes a second that a client must take of a response */
    uint64_t cut_off; /* responses whose clients were too slow */
    bool draining;    /* connections close after the exchange in progress */
    char date[HTTP_DATE_MAX];
    time_t date_of;            /* seconds of CLOCK_REALTIME of `date` */
    struct blocking *blocking; /* reads files */
    uint8_t *piece;            /* FETCH_PIECE bytes, for reading files into */
    uint8_t *bytes;            /* HTTP_HEAD_MAX, for reading requests into */
};

enum connection_state {
    STATE_READING,   /* a request's head, or nothing at all */
    STATE_WAITING,   /* for the handler */
    STATE_WRITING,   /* the response */
    STATE_LINGERING, /* the response is written; what the client still sends is discarded until it closes */
    STATE_CLOSED,    /* freed as soon as no function is at work on it */
};

struct connection {
    struct deadline deadline; /* first: a pointer to it is one to this */
    struct http_exchange exchange;
    struct connections *all;
    struct connection *newer, *older;
    struct event *readable, *writable; /* writable: NULL until it is needed */
    int fd;
    enum connection_state state;
    bool busy;                     /* a function further up the stack is at work on it */
    char client[INET6_ADDRSTRLEN]; /* of the exchange */
    char peer[INET6_ADDRSTRLEN];   /* where the connection comes from */
    struct client *peer_account;   /* of that address */
    bool half_closed;              /* the client sends nothing more */
    uint8_t announced;             /* bytes of the response's head that were sent ahead of it */
    bool from_proxy;               /* a trusted one's */

    struct buffer in; /* what was read and not yet used: a part of a head, or that of the exchange */
    size_t head_size; /* of the exchange's request; 0: it was refused, unread */

    struct buffer head;    /* what could not be written at once of the response's head */
    struct fetch *fetch;   /* of its file; NULL: none */
    int64_t written;       /* bytes of head and content */
    int64_t stretch;       /* of those, when the stretch began */
    int64_t stretch_taken; /* and what the client had taken of them (output.h) */
    double behind_since;   /* clock_now() when the client first fell behind, and */
    int64_t taken_before;  /* what it had taken by then */
    bool keep_alive;       /* as it will be after this exchange */
    max_align_t own[];     /* the handler's */
};

struct connection *connection_of(const struct http_exchange *exchange);

/* 0, or -1 when there is no memory. */
int connections_init(struct connections *all, struct event_base *base, const struct http_config *config);
void connections_free(struct connections *all);

/* Takes over an accepted socket. False when there is no memory, or when the client has as many connections as
 * it may have and none of them is idle; the socket is closed then. */
bool connection_open(struct connections *all, int fd, const char *client);

/* Ends the exchange in progress and closes it. It is freed, unless a function is at work on it. */
void connection_close(struct connection *connection);

/* Closes idle connections, and each other one after the exchange in progress. */
void connections_drain(struct connections *all);

/* Closes every connection, whatever is in progress on it. */
void connections_close_all(struct connections *all);

/* Closes the connection that has been idle longest. False when none is. */
bool connections_close_idle(struct connections *all);

/* Called when a connection was closed; the server's (server.c). */
void connections_closed_one(struct connections *all);

/* For the files of a connection. */

/* Replaces its deadline, and sets the timer of all connections. */
void connection_set_deadline(struct connection *connection, enum deadline_kind kind);

/* Its deadline has passed. */
void connection_expire(struct connection *connection);

/* An event callback: bytes have come from the client. */
void connection_readable(int fd, short what, void *argument);

/* Its fetch has ended. */
void connection_fetched(struct connection *connection);

/* A request begins, of which head[size] was parsed; its client is found out. `size` 0: it was not. */
void exchange_begin(struct connection *connection, const struct http_request *request, size_t size);

/* Answers the request, or has the handler answer it. */
void exchange_answer(struct connection *connection);

/* Answers with a refusal, after which the connection is closed. */
void exchange_refuse(struct connection *connection, int status, const char *message);

#endif
