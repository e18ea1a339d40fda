/*
 * The image server: GET /<recipe>/<path> sends the file below the root, transformed by the recipe.
 *
 * One thread, the caller's, runs an event loop that does everything that touches the network (http.h) and
 * decides what is answered (site.h). Transforms run on a backend (pool.h). Memory is bounded: connections,
 * the queue, results that clients have not read yet.
 */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include "serve/settings.h"

struct server_config {
    const struct serve_settings *settings; /* complete */
    struct hosts hosts;                    /* the server's names */
    struct proxies proxies;                /* the trusted ones */
    const struct pictures *pictures;       /* second pictures that recipes may name; NULL: none */

    /* Called first, with a line on sandbox features that are missing; not called if none are. */
    void (*note)(void *listener, const char *line);
    /* Called when the server accepts connections, with the address as listen_parse reads it. */
    void (*ready)(void *listener, const char *address);
    /* Called for an error that does not end the server: keys that can't be reread, a log that can't be
     * written. `about` is the setting. */
    void (*trouble)(void *listener, const char *about, const struct pm_error *error);
    /* The text of an error's hint for the log, in terms of the server's options; or NULL. */
    const char *(*hint)(enum pm_hint hint);
    void *listener;
};

/* Serves until SIGTERM or SIGINT, then finishes exchanges in progress; a second signal, or the end of
 * drain_timeout, ends the process at once with status 128 and the signal's number. Call it before any thread
 * exists, because `procs` forks. Returns 0; -1 with `error` filled if the server could not start or the
 * workers were lost, and *about is then the setting at fault, or NULL. */
int server_run(const struct server_config *config, const char **about, struct pm_error *error);

#endif
