/*
 * One client's connection: requests are read from it and responses written to it, as far as that needs no
 * waiting, whenever the event loop says so. A connection does one exchange after the other; of requests sent
 * ahead of their turn, as much as a head may have is taken in, and the rest stays in the socket.
 *
 * A client must make headway: a whole request head within --client-timeout of its first byte, and within each
 * such time CONNECTION_STRETCH bytes more of a response. One byte now and then does not do. On average, too,
 * it must take so many bytes a second (--min-rate): how long a response is in progress is bounded by its
 * size.
 *
 * A client may end its side of the connection and wait for what it has asked. Whether it has, or has closed
 * the connection, shows only when it is sent something; so it is sent the first bytes of its response, which
 * are always the same. A closed socket's system answers with a reset, and the exchange has lost its client.
 *
 * While an exchange waits for its response the connection holds the request's head, a few hundred bytes, and
 * what was sent ahead; an idle one holds nothing.
 */
#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H

#include <netinet/in.h>
#include <stdbool.h>

#include "http/clients.h"
#include "http/deadlines.h"
#include "http/forwarded.h"
#include "http/http_date.h"
#include "http/request_head.h"
#include "http/response.h"

enum { CONNECTION_STRETCH = 64 << 10, CONNECTIONS_PER_CLIENT = 256 };

struct event;
struct event_base;
struct connection;

/* Whoever answers requests. */
struct exchange_ops {
    /* A whole request has come: answer it with connection_respond, now or later. A later answer needs the
     * request to be kept first (connection_keep). */
    void (*request)(void *self, struct connection *connection);
    /* The client left, or was given up, before its response was there. */
    void (*left)(void *self, struct connection *connection);
    /* It has waited too long since connection_await_file: answer it. */
    void (*late)(void *self, struct connection *connection);
    /* The exchange ended: its response was written, or as much of it as connection->sent tells. */
    void (*ended)(void *self, struct connection *connection);
    /* A connection is closed: there is room for another. */
    void (*closed)(void *self);
};

/* What all connections share. */
struct connections {
    struct event_base *base;
    const struct exchange_ops *ops;
    void *self;
    struct deadlines deadlines;
    struct event *timer; /* for the next deadline */
    double timer_at;     /* what it is set to; infinite: it is not */
    const char
        *allow_origin; /* of every response: whose scripts may read it; NULL: only this server's pages' */
    struct connection *newest; /* of all, by connection->older */
    size_t count;
    struct clients clients;
    const struct proxies *proxies; /* whose word on their clients is taken */
    /* Connections of one client, except those; 0: CONNECTIONS_PER_CLIENT of one that is not on this machine.
     */
    unsigned per_client;
    uint64_t refused;  /* connections beyond that */
    double min_rate;   /* bytes a second that a client takes of a response at least */
    uint64_t given_up; /* responses whose clients were too slow */
    bool draining;     /* no more requests: connections close after the exchange in hand */
    char date[HTTP_DATE_MAX];
    time_t date_of;            /* seconds of CLOCK_REALTIME that `date` tells */
    struct blocking *blocking; /* reads files */
    uint8_t *piece;            /* FETCH_PIECE bytes, for reading files into */
    uint8_t *bytes;            /* HTTP_HEAD_MAX, for reading into */
};

enum connection_state {
    STATE_READING,   /* a request's head, or nothing at all */
    STATE_WAITING,   /* for the answerer */
    STATE_WRITING,   /* the response */
    STATE_LINGERING, /* the response is written; what the client still sends is thrown away until it closes */
    STATE_CLOSED,    /* gone as soon as nobody works on it */
};

/* What happened in an exchange, for log and metrics. */
struct exchange_notes {
    double wait_s, service_s; /* of its transform; negative: it had none */
    const char *cache;        /* "hit", "miss", "joined"; NULL: it is no picture */
};

struct connection {
    struct deadline deadline; /* first: a pointer to it is one to this */
    struct connections *all;
    struct connection *newer, *older;
    struct event *readable, *writable; /* writable: NULL until it is needed */
    int fd;
    enum connection_state state;
    bool busy;                     /* its own code is at work on it */
    char client[INET6_ADDRSTRLEN]; /* its address */
    char peer[INET6_ADDRSTRLEN];   /* where the connection comes from */
    struct client *peer_account;   /* of that address */
    bool half_closed;              /* the client sends nothing more */
    uint8_t announced;             /* bytes of the response's head that were sent ahead of it */
    bool from_proxy;               /* a trusted one's */
    bool forwarded;                /* the request in hand is somebody else's than the peer's */
    struct client *account;        /* of that address */

    struct buffer in;            /* what was read and not yet used: a part of a head, or the head in hand */
    struct http_request request; /* of the exchange in hand; points into `in`, or into the shared bytes */
    const char *head_at;         /* where its head begins in the shared bytes, */
    size_t head_size;            /* and its length */
    double began;                /* clock_now() when it was whole */

    struct response response; /* of the exchange in hand, from connection_respond on */
    struct buffer head;       /* what could not be written at once of its head */
    struct fetch *fetch;      /* of its file; NULL: none */
    uint64_t sent;            /* bytes of the content */
    int64_t written;          /* and of the head */
    int64_t stretch;          /* of those, when the stretch began */
    int64_t stretch_taken;    /* and what the client had taken of them (output.h) */
    double behind_since;      /* clock_now() when the client first fell behind, and */
    int64_t taken_before;     /* what it had taken by then */
    bool keep_alive;          /* as it will be after this exchange */

    /* The answerer's: what it waits for, its place in a list, and what there is to tell of the exchange. */
    void *owner;
    struct connection *before, *after;
    struct exchange_notes notes;
    struct lookup *lookup; /* that it waits for */
    bool listed;           /* it waits for the page's list */
    bool counted;          /* among the account's requests */
    size_t held;           /* bytes of the account's that are this exchange's */
};

/* Seconds of inactivity between requests, of a client's headway, and for a file to be opened; bytes a second
 * that a client must take of a response. 0, or -1 when there is no memory. */
int connections_init(struct connections *all, struct event_base *base, double idle, double client,
                     double file, double min_rate);
void connections_free(struct connections *all);

/* Takes over an accepted socket. False when there is no memory, or when the client has as many connections as
 * it may have and none of them is idle; the socket is closed then. */
bool connection_open(struct connections *all, int fd, const char *client);

/* Keeps the request in hand beyond the call of ops->request. 0, or -1 when there is no memory. */
int connection_keep(struct connection *connection);

/* Sets a deadline for the answerer's work, and takes it away. */
void connection_await_file(struct connection *connection);
void connection_await_nothing(struct connection *connection);

/* Answers the request in hand and takes over the response's content. */
void connection_respond(struct connection *connection, const struct response *response);

/* Ends a response that its client takes too slowly; `why` for the log. */
void connection_give_up(struct connection *connection, const char *why);

/* Closes idle connections, and each other one after the exchange in hand. */
void connections_drain(struct connections *all);

/* Closes every connection, whatever is in progress on it. */
void connections_close_all(struct connections *all);

/* Closes the connection that has been idle longest. False when none is. */
bool connections_close_idle(struct connections *all);

#endif
