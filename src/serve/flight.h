/*
 * Transforms in progress, each with the exchanges that wait for it. A request for a result whose transform is
 * in progress joins its flight, so that a thousand requests for one new picture cost one transform. When the
 * last waiting client disconnects, the job is cancelled.
 */
#ifndef SERVE_FLIGHT_H
#define SERVE_FLIGHT_H

#include "http/http.h"
#include "serve/cache.h"
#include "serve/picture.h"
#include "serve/pool.h"

struct flight {
    struct pool_job work; /* first: a pointer to it is one to this */
    uint8_t key[PICTURE_KEY_BYTES];
    struct response form;          /* the response without its content: ETag, times and so on */
    struct http_exchange *waiters; /* by visit->before, after */
    struct flight *next;
    struct cache_hit
        kept; /* the result's file in the cache, if it is sent from there; kept.fd -1: it is not */
    struct pm_error store_error; /* why the result could not be stored; PM_OK: it was */
    bool slow_close;             /* closing the input may block */
    bool given_up;               /* no exchange waits for it; it is not in the list */
};

struct flights {
    struct flight *first;
    size_t count; /* including those that were given up and have not ended */
};

/* The flight with the same result and response as the picture's, or NULL. */
struct flight *flights_find(const struct flights *flights, const struct picture *picture);

/* A new flight for the picture, not yet in the list. Takes over the picture's file, unless it returns NULL
 * with `error` filled. */
struct flight *flight_new(const struct picture *picture, struct pm_error *error);
void flight_free(struct flight *flight);

/* Adds it to the list, after it was submitted. */
void flights_add(struct flights *flights, struct flight *flight);

/* Removes it from the list, after it ended. */
void flights_end(struct flights *flights, struct flight *flight);

/* Adds a waiting exchange, or removes it. When the last one is removed, the flight is given up and removed
 * from the list: true. */
void flight_join(struct flight *flight, struct http_exchange *exchange);
bool flight_leave(struct flights *flights, struct http_exchange *exchange);

/* Removes and returns an exchange that waits; NULL if none does. */
struct http_exchange *flight_next_waiter(struct flight *flight);

#endif
