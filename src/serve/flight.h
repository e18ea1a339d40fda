/*
 * Transforms in progress, each with the exchanges that wait for it. A request for a result that is already
 * being made joins its flight, so that a thousand requests for one new picture cost one transform. When the
 * last one leaves, the job is cancelled.
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
    struct cache_hit kept;       /* the result's file in the cache, its bytes given back; kept.fd -1: none */
    struct pm_error store_error; /* why the result could not be kept; PM_OK */
    bool slow_close;             /* of the input: it may block */
    bool given_up;               /* nobody waits for it; it is not in the list */
};

struct flights {
    struct flight *first;
    size_t count; /* including those that were given up */
};

/* The flight with the same result and response as the picture's, or NULL. */
struct flight *flights_find(const struct flights *flights, const struct picture *picture);

/* A new flight for the picture, whose file it takes over; not yet in the list. NULL with `error` filled if it
 * can't be made; the file stays the caller's then. */
struct flight *flight_new(const struct picture *picture, struct pm_error *error);
void flight_free(struct flight *flight);

/* Puts it in the list; it was submitted. */
void flights_add(struct flights *flights, struct flight *flight);

/* It ended: takes it out of the list. */
void flights_end(struct flights *flights, struct flight *flight);

/* The exchange waits for it, or waits no longer. When the last one leaves, the flight is given up: true, and
 * it is not in the list any more. */
void flight_join(struct flight *flight, struct http_exchange *exchange);
bool flight_leave(struct flights *flights, struct http_exchange *exchange);

/* Removes and returns an exchange that waits; NULL if none does. */
struct http_exchange *flight_next_waiter(struct flight *flight);

#endif
