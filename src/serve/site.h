/*
 * What is answered: the site knows the root, the pool and the rules, and makes of each request a response, at
 * once or when its transform has ended. The connections call it; it never waits.
 */
#ifndef SERVE_SITE_H
#define SERVE_SITE_H

#include "serve/flight.h"
#include "serve/server.h"

struct site {
    const struct server_config *config;
    struct pool *pool;
    int root;
    struct flights flights;
    size_t held; /* bytes of results on their way to clients */
};

/* Opens all but the pool, which is the caller's. Returns 0, or -1 with `error` filled and *about the setting
 * to blame. */
int site_open(struct site *site, const struct server_config *config, struct pool *pool, const char **about,
              struct pm_error *error);
void site_close(struct site *site);

/* For the connections. */
void site_request(struct site *site, struct connection *connection);
void site_left(struct site *site, struct connection *connection);
void site_ended(struct site *site, struct connection *connection);

/* Jobs have ended: answers those who wait. */
void site_deliver(struct site *site);

#endif
