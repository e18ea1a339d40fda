/*
 * Transforms under way, each with the clients that wait for it: who asks for what is being made already waits
 * along, so that a thousand requests for one new picture cost one transform. When the last one has left, the
 * job is called back.
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
    struct response form;          /* of the answer: its ETag, times and the like */
    struct http_exchange *waiters; /* by visit->before, after */
    struct flight *next;
    struct cache_hit kept;       /* the result's file in the cache, its bytes given back; kept.fd -1: none */
    struct pm_error store_error; /* why the result could not be kept; PM_OK */
    bool slow_close;             /* of the input: it may block */
    bool given_up;               /* nobody waits any more; it is in no list */
};

struct flights {
    struct flight *first;
    size_t count; /* those that were given up included */
};

/* The one whose result and answer the picture would have, or NULL. */
struct flight *flights_find(const struct flights *flights, const struct picture *picture);

/* A new flight for the picture, whose file it takes over; not yet in the list. NULL with `error` filled when
 * it can't be had; the file stays the caller's then. */
struct flight *flight_new(const struct picture *picture, struct pm_error *error);
void flight_free(struct flight *flight);

/* Puts it in the list; it was submitted. */
void flights_add(struct flights *flights, struct flight *flight);

/* Takes it out, for good: it ended. */
void flights_end(struct flights *flights, struct flight *flight);

/* Has the exchange wait for it, or not any longer. The last to leave gives it up: true, and it is in no
 * list any more. */
void flight_join(struct flight *flight, struct http_exchange *exchange);
bool flight_leave(struct flights *flights, struct http_exchange *exchange);

/* The next who waits, taken from among them; NULL when there is none. */
struct http_exchange *flight_next_waiter(struct flight *flight);

#endif
