/*
 * The results in the cache's folder, by key, and in the order of their last use. Nothing here accesses a
 * file.
 */
#ifndef SERVE_CACHE_INDEX_H
#define SERVE_CACHE_INDEX_H

#include <stdbool.h>
#include <time.h>

#include "codec/codec.h"

enum { CACHE_KEY_BYTES = 32 };

struct cache_entry {
    struct cache_entry *newer, *older, *next; /* next: in the same slot of the table */
    uint8_t key[CACHE_KEY_BYTES];
    const struct codec *codec;
    uint64_t size;  /* bytes of the result */
    uint32_t sum;   /* its CRC-32 */
    bool verified;  /* this process has compared its bytes with the sum */
    time_t touched; /* when the file's own time was last set */
};

struct cache_index {
    struct cache_entry ends; /* of the ring: ends.older is the newest entry, ends.newer the oldest */
    struct cache_entry **slots;
    size_t capacity, count;
    uint64_t bytes; /* on the disk */
};

/* 0, or -1 when there is no memory. */
int cache_index_init(struct cache_index *index);
void cache_index_free(struct cache_index *index);

struct cache_entry *cache_index_find(const struct cache_index *index, const uint8_t key[CACHE_KEY_BYTES]);

/* Adds a copy of `entry` as the newest; replaces an entry with the same key. NULL when there is no memory. */
struct cache_entry *cache_index_add(struct cache_index *index, const struct cache_entry *entry);

/* Makes it the newest. */
void cache_index_use(struct cache_index *index, struct cache_entry *entry);

/* Removes and frees it. */
void cache_index_remove(struct cache_index *index, struct cache_entry *entry);

/* The least recently used, or NULL. */
struct cache_entry *cache_index_oldest(const struct cache_index *index);

/* Bytes of disk that a result of `size` bytes uses: whole blocks of 4 KiB, and one block for its name. */
uint64_t cache_disk_bytes(uint64_t size);

#endif
