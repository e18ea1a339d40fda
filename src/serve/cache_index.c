#include "serve/cache_index.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 256, BLOCK = 4096 };

uint64_t cache_disk_bytes(uint64_t size)
{
    return (size + BLOCK - 1) / BLOCK * BLOCK + BLOCK;
}

int cache_index_init(struct cache_index *index)
{
    *index = (struct cache_index){.slots = calloc(CAPACITY_FIRST, sizeof *index->slots),
                                  .capacity = CAPACITY_FIRST};
    index->ends.newer = index->ends.older = &index->ends;
    return index->slots != NULL ? 0 : -1;
}

void cache_index_free(struct cache_index *index)
{
    if (index->slots == NULL)
        return;
    for (struct cache_entry *entry = index->ends.newer, *next; entry != &index->ends; entry = next) {
        next = entry->newer;
        free(entry);
    }
    free(index->slots);
    *index = (struct cache_index){0};
}

/* A key is a digest, so any of its bits can be used as a hash. */
static struct cache_entry **slot_of(const struct cache_index *index, const uint8_t key[CACHE_KEY_BYTES])
{
    size_t hash;
    memcpy(&hash, key, sizeof hash);
    return &index->slots[hash & (index->capacity - 1)];
}

struct cache_entry *cache_index_find(const struct cache_index *index, const uint8_t key[CACHE_KEY_BYTES])
{
    struct cache_entry *entry = *slot_of(index, key);
    while (entry != NULL && memcmp(entry->key, key, CACHE_KEY_BYTES) != 0)
        entry = entry->next;
    return entry;
}

static void link_newest(struct cache_index *index, struct cache_entry *entry)
{
    entry->newer = &index->ends;
    entry->older = index->ends.older;
    entry->older->newer = index->ends.older = entry;
}

static void unlink_entry(struct cache_entry *entry)
{
    entry->newer->older = entry->older;
    entry->older->newer = entry->newer;
}

/* Doubles the number of slots. Without memory for that, the lists in the slots become longer. */
static void grow(struct cache_index *index)
{
    struct cache_entry **old = index->slots;
    struct cache_entry **slots = calloc(2 * index->capacity, sizeof *slots);
    if (slots == NULL)
        return;
    index->slots = slots;
    index->capacity *= 2;
    for (struct cache_entry *entry = index->ends.newer; entry != &index->ends; entry = entry->newer) {
        struct cache_entry **slot = slot_of(index, entry->key);
        entry->next = *slot;
        *slot = entry;
    }
    free(old);
}

struct cache_entry *cache_index_add(struct cache_index *index, const struct cache_entry *entry)
{
    struct cache_entry *old = cache_index_find(index, entry->key);
    struct cache_entry *added = malloc(sizeof *added);
    if (added == NULL)
        return NULL;
    if (old != NULL)
        cache_index_remove(index, old);
    if (index->count >= index->capacity)
        grow(index);
    *added = *entry;
    struct cache_entry **slot = slot_of(index, added->key);
    added->next = *slot;
    *slot = added;
    link_newest(index, added);
    index->count++;
    index->bytes += cache_disk_bytes(added->size);
    return added;
}

void cache_index_use(struct cache_index *index, struct cache_entry *entry)
{
    unlink_entry(entry);
    link_newest(index, entry);
}

void cache_index_remove(struct cache_index *index, struct cache_entry *entry)
{
    struct cache_entry **link = slot_of(index, entry->key);
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    unlink_entry(entry);
    index->count--;
    index->bytes -= cache_disk_bytes(entry->size);
    free(entry);
}

struct cache_entry *cache_index_oldest(const struct cache_index *index)
{
    return index->ends.newer != &index->ends ? index->ends.newer : NULL;
}
