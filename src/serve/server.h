/*
 * The image server: GET /<recipe>/<path> answers with the file below the root, put through the recipe.
 *
 * One thread, the caller's, runs an event loop that does everything that touches the network (connection.h)
 * and decides what is answered (site.h). Transforms run on a backend (pool.h). Whatever is held in memory is
 * bounded: connections, the queue, results that clients have not fetched yet.
 */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include "backend/backend.h"
#include "http/forwarded.h"
#include "http/hosts.h"

struct server_config {
    const char *root, *listen;
    struct hosts hosts; /* that it answers to */
    const struct backend *backend;
    unsigned workers;
    enum sandbox_wish sandbox;
    uint64_t memory;      /* bytes: of jobs in hand, and once more of results on their way to clients */
    uint64_t available;   /* memory of the machine for us: a job over this is refused */
    uint64_t max_pixels;  /* of any picture on the way */
    uint64_t max_bytes;   /* of an input file */
    double timeout;       /* seconds that a transform may take; 0: no limit */
    unsigned queue;       /* transforms that may wait */
    unsigned per_client;  /* requests of one address that wait or whose result is being sent; 0: no limit */
    unsigned connections; /* at once */
    /* Of one address; 0: CONNECTIONS_PER_CLIENT of one that is not on this machine. */
    unsigned client_connections;
    struct proxies proxies;              /* whose word on their clients is taken */
    double client_timeout, idle_timeout; /* seconds */
    double min_rate;                     /* bytes a second that a client takes of a response at least */
    double drain_timeout;                /* seconds from SIGTERM until what is still in progress is cut off */
    const char *allow_origin;            /* whose pages' scripts may read pictures, or "*"; NULL: nobody's */
    long max_age;                        /* of Cache-Control, seconds */
    const char *sign_key_file;           /* NULL: URLs need no signature */
    bool open_metrics;                   /* /metrics answers everybody, although there are signatures */
    const char *allow;                   /* file of the recipes that are done; NULL: any */
    const char *log;                     /* access log; NULL: none */
    const char *cache;                   /* folder of the result cache; NULL: none */
    uint64_t cache_size;                 /* bytes that it may take */

    /* Called before, with a line on what the workers go without; not called when there is nothing. */
    void (*note)(void *listener, const char *line);
    /* Called when requests are taken, with the address as listen_parse takes it. */
    void (*ready)(void *listener, const char *address);
    /* Called when something is wrong that does not end the server: keys that can't be read anew, a log that
     * can't be written. `about` is the setting. */
    void (*trouble)(void *listener, const char *about, const struct pm_error *error);
    /* What an error's hint means to who started the server, or NULL; for the log. */
    const char *(*hint)(enum pm_hint hint);
    void *listener;
};

/* Serves until SIGTERM or SIGINT, then finishes the exchanges in hand; a second signal, or the end of
 * drain_timeout, ends the process at once with 128 and the signal's number. Call
 * it before any thread exists: `procs` forks. Returns 0, or -1 with `error` filled and *about the setting to
 * blame, or NULL: nothing could be served, or the workers were lost. */
int server_run(const struct server_config *config, const char **about, struct pm_error *error);

#endif
