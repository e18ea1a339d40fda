/*
 * What is answered: the site has the root, the pool and the rules, and makes a response for each request: at
 * once, when its file was found, or when its transform has ended. It is the handler of http.h; it never
 * blocks.
 */
#ifndef SERVE_SITE_H
#define SERVE_SITE_H

#include "http/http.h"
#include "serve/access_log.h"
#include "serve/cache.h"
#include "serve/flight.h"
#include "serve/hot.h"
#include "serve/metrics.h"
#include "serve/page.h"
#include "serve/server.h"
#include "serve/sign.h"

struct site {
    const struct server_config *config;
    struct http *http;
    struct pool *pool;
    struct picture_rules rules;
    struct allow *allow;   /* NULL: any recipe */
    struct signer *signer; /* NULL: no signatures */
    struct access_log *log;
    struct cache *cache;       /* NULL: none */
    struct blocking *blocking; /* http's: opens files */
    struct hot hot;            /* small results of the cache */
    struct metrics metrics;
    struct flights flights;
    double started;   /* seconds of CLOCK_REALTIME */
    size_t held;      /* bytes of memory of results that clients have not read yet */
    bool full;        /* they use all that they may: transforms wait */
    int relief_timer; /* a timerfd; it is set: */
    bool relief_set;
    char page_policy[PAGE_POLICY_MAX];
    bool reloading, reload_again;       /* SIGHUP's files are being read; and another SIGHUP has come */
    bool list_stale;                    /* the list being made is already out of date */
    bool listing;                       /* a list is being made */
    struct http_exchange *list_waiters; /* by visit->after; a list is being made for them */
    struct shared_bytes *list;          /* of the page's pictures, as it was made last; NULL: not made yet */
    double list_until;                  /* clock_now() when it expires */
};

/* Opens all but pool and http, which are the caller's to set. Returns 0, or -1 with `error` filled and *about
 * the setting to blame; site_close is called even then. */
int site_open(struct site *site, const struct server_config *config, struct pool *pool, const char **about,
              struct pm_error *error);

/* When http is closed. */
void site_close(struct site *site);

/* Has keys and allowed recipes read again and the log opened again. What can't be read stays as it is. */
void site_reload(struct site *site);

/* For http, which hands the site to it. */
extern const struct http_handler site_handler;

/* For the pool: keeps a result in the cache. Called by a worker's thread. */
void site_keep(void *site, struct pool_job *job);

/* For the pool, in the loop's thread: closes the input of a job that no worker started. */
void site_close_input(void *site, struct pool_job *job);

/* Jobs have ended: answers the exchanges that wait for them. */
void site_deliver(struct site *site);

#endif
