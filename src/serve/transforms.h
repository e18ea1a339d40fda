/*
 * The site's transforms: exchanges wait for the pool's jobs (pool.h), equal requests for the same one
 * (flight.h), and each result is stored in the cache and sent to all waiting clients.
 */
#ifndef SERVE_TRANSFORMS_H
#define SERVE_TRANSFORMS_H

#include "serve/site.h"

/* Makes the exchange wait for the picture's transform, which may already be in progress, or refuses it. Takes
 * over the picture's file. */
void transforms_await(struct site *site, struct http_exchange *exchange, const struct picture *picture);

/* Called when jobs have ended: answers the exchanges that wait for them. */
void transforms_deliver(struct site *site);

/* For the pool: stores a result in the cache. Called in a worker's thread. */
void transforms_keep(void *site, struct pool_job *job);

/* For the pool, in the loop's thread: closes the input of a job that no worker has started. */
void transforms_close_input(void *site, struct pool_job *job);

#endif
