#include "base/memo.h"

#include <string.h>

#include "base/bytes.h"
void memo_init(struct memo *memo)
{
    *memo = (struct memo){.count = 0};
    arena_init(&memo->arena, MEMO_BYTES);
}

void memo_free(struct memo *memo)
{
    arena_free(&memo->arena);
    memo->count = 0;
}

const void *memo_find(const struct memo *memo, const void *key, size_t key_size)
{
    for (unsigned i = 0; memo != NULL && i < memo->count; i++) {
        const struct memo_entry *entry = &memo->entry[i];
        if (entry->key_size == key_size && memcmp(entry->key, key, key_size) == 0)
            return entry->value;
    }
    return NULL;
}

/* Was this key offered recently? If not, remembers it. */
static bool is_offered_again(struct memo *memo, const void *key, size_t key_size)
{
    const uint64_t hash = bytes_hash(key, key_size) | 1; /* 0: no key */
    for (unsigned i = 0; i < MEMO_OFFERED; i++) {
        if (memo->offered[i] == hash)
            return true;
    }
    memo->offered[memo->next++ % MEMO_OFFERED] = hash;
    return false;
}

void memo_keep(struct memo *memo, const void *key, size_t key_size, const void *value, size_t value_size)
{
    if (memo == NULL || memo->full || !is_offered_again(memo, key, key_size))
        return;
    const struct arena_mark mark = arena_mark(&memo->arena);
    uint8_t *copy = NULL, *key_copy = NULL;
    if (memo->count < MEMO_ENTRIES && value_size <= MEMO_BYTES && key_size <= MEMO_BYTES) {
        copy = arena_alloc(&memo->arena, value_size);
        key_copy = arena_alloc(&memo->arena, key_size);
    }
    if (copy == NULL || key_copy == NULL || memo->arena.used > MEMO_BYTES) {
        arena_release(&memo->arena, mark);
        memo->full = true;
        return;
    }
    memcpy(copy, value, value_size);
    memcpy(key_copy, key, key_size);
    memo->entry[memo->count++] = (struct memo_entry){key_copy, copy, key_size};
}

void memo_end_job(struct memo *memo)
{
    shared_end_job(&memo->hold);
    if (!memo->full)
        return;
    arena_reset(&memo->arena);
    memo->count = 0;
    memo->full = false;
}
