#include "base/set.h"

#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 64 }; /* slots; always a power of two, at most three quarters of them taken */

void set_init(struct set *set, uint64_t (*hash)(const void *), bool (*equal)(const void *, const void *))
{
    *set = (struct set){.hash = hash, .equal = equal};
}

static uint64_t text_hash(const void *text)
{
    return set_hash(text, strlen(text));
}

static bool text_equal(const void *a, const void *b)
{
    return strcmp(a, b) == 0;
}

void set_init_texts(struct set *set)
{
    set_init(set, text_hash, text_equal);
}

void set_free(struct set *set)
{
    free(set->slots);
    set->slots = NULL;
    set->capacity = set->count = 0;
}

/* The slot of `item`, or the free slot where it would be put. There is always a free slot. */
static const void **set_slot(const struct set *set, const void *item)
{
    size_t at = (size_t)set->hash(item) & (set->capacity - 1);
    while (set->slots[at] != NULL && !set->equal(set->slots[at], item))
        at = (at + 1) & (set->capacity - 1);
    return &set->slots[at];
}

const void *set_find(const struct set *set, const void *item)
{
    return set->capacity > 0 ? *set_slot(set, item) : NULL;
}

static int set_grow(struct set *set)
{
    const void **old = set->slots;
    size_t count = set->capacity, capacity = count > 0 ? 2 * count : SMALLEST;
    const void **slots = calloc(capacity, sizeof *slots);
    if (slots == NULL)
        return -1;
    set->slots = slots;
    set->capacity = capacity;
    for (size_t i = 0; i < count; i++) {
        if (old[i] != NULL)
            *set_slot(set, old[i]) = old[i];
    }
    free(old);
    return 0;
}

int set_put(struct set *set, const void *item)
{
    if (set->count >= set->capacity / 4 * 3 && set_grow(set) != 0)
        return -1;
    const void **slot = set_slot(set, item);
    set->count += *slot == NULL;
    *slot = item;
    return 0;
}

/* FNV-1a (Fowler, Noll, Vo; RFC draft eastlake-fnv, section 2), then the high bits are folded in, because
 * only the low bits select a slot. */
uint64_t set_hash(const void *bytes, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3;
    return hash ^ hash >> 32;
}
