/*
 * What a running server has: its settings, files, cache and counters. handler.c answers requests with it:
 * own_pages.c its own pages, lookup.c pictures that are there, transforms.c pictures that must be made.
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
    struct blocking *blocking; /* http's threads, which open files */
    struct hot hot;            /* small results of the cache */
    struct metrics metrics;
    struct flights flights;
    double started;   /* seconds of CLOCK_REALTIME */
    size_t held;      /* bytes of memory of results that clients have not read yet */
    bool full;        /* `held` has reached its limit: transforms wait */
    int relief_timer; /* a timerfd */
    bool relief_set;
    char page_policy[PAGE_POLICY_MAX];
    bool reloading, reload_again; /* files are being reread after SIGHUP; another SIGHUP came meanwhile */
    bool list_stale;              /* the list being made is already out of date */
    bool listing;                 /* a list is being made */
    struct http_exchange *list_waiters; /* exchanges that wait for the list, linked by visit->after */
    struct shared_bytes *list;          /* the last list of the page's pictures; NULL: not made yet */
    double list_until;                  /* clock_now() when it expires */
};

/* Opens everything except pool and http, which the caller sets. Returns 0, or -1 with `error` filled and
 * *about the setting at fault; site_close must be called even then. */
int site_open(struct site *site, const struct server_config *config, struct pool *pool, const char **about,
              struct pm_error *error);

/* Call it after http was closed. */
void site_close(struct site *site);

/* Rereads keys and allowed recipes, and reopens the log. What can't be read stays in use as it is. */
void site_reload(struct site *site);

/* What closes a file: threads if that may block, else NULL. */
static inline struct blocking *site_closer(const struct site *site, bool slow_close)
{
    return slow_close ? site->blocking : NULL;
}

#endif
