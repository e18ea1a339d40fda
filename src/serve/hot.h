/*
 * Small cached results that were sent before, in memory: what is asked for all the time costs no file of the
 * cache. A table of fixed size in which a result's place is told by its key; one that comes to an occupied
 * place takes it. So it holds HOT_SLOTS * HOT_BYTES at most, 32 MiB, and has nothing to keep in order.
 *
 * The smallest lie in ordinary memory, and are copied into the socket. Larger ones lie in files that are
 * nowhere but in memory, whose pages the kernel sends as they are.
 */
#ifndef SERVE_HOT_H
#define SERVE_HOT_H

#include "http/response.h"
#include "serve/cache.h"

enum { HOT_SLOTS = 256, HOT_BYTES = 128 << 10, HOT_COPIED = RESPONSE_COPIED };

struct hot {
    struct hot_slot {
        uint8_t key[CACHE_KEY_BYTES];
        const struct codec *codec;
        uint64_t size;
        struct shared_bytes *bytes; /* held; NULL: nothing is here */
    } slots[HOT_SLOTS];
};

/* The result of that key, or NULL. */
const struct hot_slot *hot_find(const struct hot *hot, const uint8_t key[CACHE_KEY_BYTES]);

/* Reads a hit of HOT_BYTES at most, whose descriptor stays the caller's. It may block, and touches no struct
 * hot. NULL when it can't be read or there is no memory. */
struct shared_bytes *hot_read(const struct cache_hit *hit);

/* The same without waiting for a disk: NULL also when not all of it is in memory. */
struct shared_bytes *hot_read_cached(const struct cache_hit *hit);

/* Keeps a hit's bytes, which are taken over. */
const struct hot_slot *hot_keep(struct hot *hot, const uint8_t key[CACHE_KEY_BYTES],
                                const struct cache_hit *hit, struct shared_bytes *bytes);

void hot_free(struct hot *hot); /* lets go of everything; what clients are still sent lives on */

#endif
