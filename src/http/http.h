/*
 * An HTTP/1.1 server (RFC 9110, 9112) on one event loop, for a handler that decides what to answer. Nothing
 * here depends on what is served.
 *
 * The caller's thread runs the loop and does everything that touches the network: it accepts connections,
 * reads and checks requests, and writes responses as fast as clients take them. Neither the loop nor the
 * handler may block; calls that may block, such as opening a file, are tasks for a few threads (blocking.h).
 *
 *     struct http *http = http_open(&config, &handler, self, &error);
 *     if (http != NULL && http_run(http) == HTTP_DRAINED)
 *         ...
 *     http_close(http);
 *
 * A whole request becomes an exchange (struct http_exchange), and handler->request is called with it.
 * Requests that need no handler are answered without it: malformed requests, requests for another host,
 * OPTIONS, and methods other than GET and HEAD. The handler calls http_respond, or http_await to do so later.
 * Every exchange, including one that the handler has not seen before, ends with one call of handler->ended (a
 * response was sent, perhaps not completely) or handler->left (no response was sent). A response's content is
 * in memory or in a file (response.h); the handler sends all of it, or the part that conditional.h chooses.
 *
 * What a client may use is limited: connections, time for a request's head and for each part of a response
 * (connection.h), and memory for responses that it has not read. SIGTERM and SIGINT drain: no new
 * connections, exchanges in progress end, and http_run returns. A second signal ends the process at once,
 * with status 128 and the signal's number.
 *
 * The files, from the network up: listen, address, hosts, forwarded, clients (who sends a request);
 * request_head, http_date, conditional, response (what is sent; pure); blocking (threads for files); exchange
 * (what needs no handler), fetch, output, deadlines; connection (one) and connections (all); server (the
 * loop). A file calls only files that are named before it; connection.c, connections.c and server.c are told
 * of events through callbacks.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "http/blocking.h"
#include "http/clients.h"
#include "http/forwarded.h"
#include "http/hosts.h"
#include "http/request_head.h"
#include "http/response.h"

struct http;

/* One request and its response. Owned by the server; the handler reads it, and may write only what `own`
 * points to. */
struct http_exchange {
    struct http_request request;
    const char *client;       /* its address, as text */
    struct client *account;   /* of that address; account->requests and ->held are the handler's to count */
    bool local;               /* the client is on this machine, and no proxy has forwarded its request */
    double began;             /* clock_now() when the request's head was whole */
    struct response response; /* set by http_respond; in `ended` without its content */
    uint64_t sent;            /* bytes of the content that were written */
    void *own;                /* handler->exchange_bytes, zero when the exchange begins */
};

struct http_handler {
    size_t exchange_bytes;
    void (*request)(void *self, struct http_exchange *exchange);
    /* The client left, or was cut off, before http_respond was called. */
    void (*left)(void *self, struct http_exchange *exchange);
    /* config.file_timeout has passed since http_await(HTTP_WAIT_FILE): respond now. */
    void (*late)(void *self, struct http_exchange *exchange);
    /* exchange->response was written, or its first exchange->sent bytes. */
    void (*ended)(void *self, struct http_exchange *exchange);
    /* Is work in progress that a drain must wait for, although no connection waits for it? */
    bool (*is_busy)(void *self);
    /* SIGHUP */
    void (*hangup)(void *self);
};

/* What the user chooses. */
struct http_settings {
    const char *listen;          /* ADDR:PORT (listen.h) */
    unsigned connections;        /* at once */
    unsigned client_connections; /* of one address; 0: CONNECTIONS_PER_CLIENT if it is not on this machine */
    double idle_timeout;         /* seconds between two requests */
    double client_timeout;       /* seconds for a request's head, and for each OUTPUT_STRETCH of a response */
    double drain_timeout;        /* seconds from the signal until exchanges in progress are cut off */
    uint64_t min_rate;           /* bytes per second that a client must read of a response on average */
    const char *allow_origin; /* origin whose scripts may read responses, or "*"; NULL: only this server's */
};

struct http_config {
    const struct http_settings *settings;
    const struct hosts *hosts;     /* names that are answered */
    const struct proxies *proxies; /* whose Forwarded field is trusted */
    size_t descriptors;            /* reserved for other purposes than connections */
    double file_timeout; /* seconds for HTTP_WAIT_FILE, and for the next piece of a response's file */
    unsigned threads;    /* for tasks that may block */
};

/* Opens the listening socket and starts the threads. NULL with `error` filled, and *about is the setting at
 * fault, or NULL. `self` is passed to the handler. */
struct http *http_open(const struct http_config *config, const struct http_handler *handler, void *self,
                       const char **about, struct pm_error *error);

struct http_state {
    const char *address;       /* that it listens on, with its port */
    struct blocking *blocking; /* the threads for what may block */
    size_t connections;        /* open ones; after HTTP_CUT_OFF those that were cut off */
    uint64_t refused;          /* connections beyond client_connections, since the start */
    uint64_t cut_off;          /* responses whose clients read them too slowly, since the start */
    int signal;                /* that started the drain; 0: none */
};
struct http_state http_state(const struct http *http);

/* Calls `ready` in the loop whenever the descriptor is readable. At most HTTP_WATCHES descriptors. 0 or -1.
 */
enum { HTTP_WATCHES = 4 };
int http_watch(struct http *http, int fd, void (*ready)(void *self));

/* Serves until the server has drained. */
enum http_end {
    HTTP_DRAINED,
    HTTP_CUT_OFF, /* drain_timeout passed; the connections were closed, but the handler may still be busy */
    HTTP_BROKEN   /* the event loop failed */
};
enum http_end http_run(struct http *http);

/* Starts a drain, as SIGTERM does. */
void http_drain(struct http *http);

/* Ends the threads and frees everything. NULL is allowed. False when a task does not return; the process can
 * then only exit. */
bool http_close(struct http *http);

/* Answers the request and takes over the response's content. */
void http_respond(struct http_exchange *exchange, const struct response *response);

/* The handler will respond later. Returns 0, or -1 when there is no memory to keep the request, which is
 * possible only on the first call for an exchange. */
enum http_wait {
    HTTP_WAIT_FILE, /* for a file: handler->late is called after file_timeout */
    HTTP_WAIT_WORK  /* without a limit */
};
int http_await(struct http_exchange *exchange, enum http_wait wait);

/* The exchange of the next connection, in no particular order; NULL: of the first. Returns NULL after the
 * last. Some have not begun. */
struct http_exchange *http_next(const struct http *http, const struct http_exchange *exchange);

/* How fast the client reads its response. False if the response does not wait for the client. */
struct http_progress {
    double watched; /* seconds since the client first fell behind */
    double rate;    /* bytes per second that it has read since then */
    uint64_t left;  /* bytes that it has not read */
};
bool http_progress(const struct http_exchange *exchange, struct http_progress *progress);

/* Ends a response that its client reads too slowly; `why` is for the log. */
void http_cut_off(struct http_exchange *exchange, const char *why);

#endif
