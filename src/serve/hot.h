/*
 * Small cached results in memory, so that frequent requests open no file of the cache. A table of fixed size,
 * direct-mapped by key: a new result replaces the one in its slot. It holds at most HOT_SLOTS * HOT_BYTES, 32
 * MiB.
 *
 * The smallest results are in ordinary memory and are copied into the socket. Larger ones are in memfds,
 * whose pages the kernel sends without copying.
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
        struct shared_bytes *bytes; /* NULL: the slot is empty */
    } slots[HOT_SLOTS];
};

/* The result with this key, or NULL. */
const struct hot_slot *hot_find(const struct hot *hot, const uint8_t key[CACHE_KEY_BYTES]);

/* Reads a hit of at most HOT_BYTES; the caller keeps its descriptor. May block; thread-safe. NULL if it can't
 * be read or there is no memory. */
struct shared_bytes *hot_read(const struct cache_hit *hit);

/* The same without waiting for a disk: NULL also if a part is not in the page cache. */
struct shared_bytes *hot_read_cached(const struct cache_hit *hit);

/* Takes over a hit's bytes and keeps them. */
const struct hot_slot *hot_keep(struct hot *hot, const uint8_t key[CACHE_KEY_BYTES],
                                const struct cache_hit *hit, struct shared_bytes *bytes);

void hot_free(struct hot *hot); /* responses that are being sent keep their bytes */

#endif
