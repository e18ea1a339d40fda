#include "serve/hot.h"

#include <stdlib.h>
#include <string.h>

#include "io/file.h"

/* Keys are digests: any two of their bytes are as good as a hash. */
static size_t slot_of(const uint8_t key[CACHE_KEY_BYTES])
{
    return (size_t)(key[1] << 8 | key[0]) % HOT_SLOTS;
}

const struct hot_slot *hot_find(const struct hot *hot, const uint8_t key[CACHE_KEY_BYTES])
{
    const struct hot_slot *slot = &hot->slots[slot_of(key)];
    return slot->bytes != NULL && memcmp(slot->key, key, CACHE_KEY_BYTES) == 0 ? slot : NULL;
}

const struct hot_slot *hot_keep(struct hot *hot, const uint8_t key[CACHE_KEY_BYTES],
                                const struct cache_hit *hit)
{
    struct pm_error error = {0}; /* the file itself is sent then, and a fault of it told there */
    struct shared_bytes *bytes = calloc(1, sizeof *bytes);
    if (bytes == NULL)
        return NULL;
    bytes->users = 1;
    if (file_read(hit->fd, hit->size, &bytes->bytes, &error) != 0) {
        shared_bytes_drop(bytes);
        return NULL;
    }
    struct hot_slot *slot = &hot->slots[slot_of(key)];
    shared_bytes_drop(slot->bytes);
    *slot = (struct hot_slot){.codec = hit->codec, .bytes = bytes};
    memcpy(slot->key, key, CACHE_KEY_BYTES);
    return slot;
}

void hot_free(struct hot *hot)
{
    for (size_t i = 0; i < HOT_SLOTS; i++)
        shared_bytes_drop(hot->slots[i].bytes);
    *hot = (struct hot){0};
}
