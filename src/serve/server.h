/*
 * The image server: GET /<recipe>/<path> answers with the file below the root, put through the recipe.
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
    struct hosts hosts;                    /* that it answers to */
    struct proxies proxies;                /* that are trusted */
    const struct pictures *pictures;       /* second pictures that recipes may name; NULL: none */

    /* Called first, with a line on sandbox features that are missing; not called if none are. */
    void (*note)(void *listener, const char *line);
    /* Called when the server accepts requests, with the address as listen_parse reads it. */
    void (*ready)(void *listener, const char *address);
    /* Called when something is wrong that does not end the server: keys that can't be read again, a log that
     * can't be written. `about` is the setting. */
    void (*trouble)(void *listener, const char *about, const struct pm_error *error);
    /* An error's hint in words for the server's operator, or NULL; for the log. */
    const char *(*hint)(enum pm_hint hint);
    void *listener;
};

/* Serves until SIGTERM or SIGINT, then finishes exchanges in progress; a second signal, or the end of
 * drain_timeout, ends the process at once with status 128 and the signal's number. Call it before any thread
 * exists, because `procs` forks. Returns 0, or -1 with `error` filled and *about the setting to
 * blame, or NULL: nothing could be served, or the workers were lost. */
int server_run(const struct server_config *config, const char **about, struct pm_error *error);

#endif
