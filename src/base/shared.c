#include "base/shared.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
enum { ENTRIES_MAX = 64 };

struct shared_entry {
    struct arena arena; /* of the key and the table */
    const uint8_t *key;
    size_t key_size;
    uint64_t hash;
    void *table;
    unsigned holds;
    uint64_t used; /* when it was used last: a count of uses */
};

struct shared {
    pthread_mutex_t lock;
    size_t max_bytes, bytes;
    uint64_t uses;
    unsigned count;
    struct shared_entry *entry[ENTRIES_MAX];
};

static void free_entry(struct shared_entry *entry)
{
    arena_free(&entry->arena);
    free(entry);
}

struct shared *shared_new(size_t max_bytes)
{
    struct shared *shared = calloc(1, sizeof *shared);
    if (shared == NULL)
        return NULL;
    if (pthread_mutex_init(&shared->lock, NULL) != 0) {
        free(shared);
        return NULL;
    }
    shared->max_bytes = max_bytes;
    return shared;
}

void shared_free(struct shared *shared)
{
    if (shared == NULL)
        return;
    for (unsigned i = 0; i < shared->count; i++)
        free_entry(shared->entry[i]);
    pthread_mutex_destroy(&shared->lock);
    free(shared);
}

/* --- with the lock held ------------------------------------------------------------------------------- */

static struct shared_entry *find(struct shared *shared, uint64_t hash, const void *key, size_t key_size)
{
    for (unsigned i = 0; i < shared->count; i++) {
        struct shared_entry *entry = shared->entry[i];
        if (entry->hash == hash && entry->key_size == key_size && memcmp(entry->key, key, key_size) == 0)
            return entry;
    }
    return NULL;
}

static const void *hold_entry(struct shared_hold *hold, struct shared_entry *entry)
{
    entry->used = ++hold->shared->uses;
    entry->holds++;
    hold->entry[hold->count++] = entry;
    return entry->table;
}

/* The unused entry that was used least recently; `count` if there is none. */
static unsigned oldest(const struct shared *shared)
{
    unsigned found = shared->count;
    for (unsigned i = 0; i < shared->count; i++) {
        if (shared->entry[i]->holds == 0 &&
            (found == shared->count || shared->entry[i]->used < shared->entry[found]->used))
            found = i;
    }
    return found;
}

/* Frees unused entries until `bytes` more fit. */
static bool make_room(struct shared *shared, size_t bytes)
{
    if (bytes > shared->max_bytes)
        return false;
    while (shared->count == ENTRIES_MAX || shared->bytes > shared->max_bytes - bytes) {
        const unsigned i = oldest(shared);
        if (i == shared->count)
            return false;
        shared->bytes -= shared->entry[i]->arena.used;
        free_entry(shared->entry[i]);
        shared->entry[i] = shared->entry[--shared->count];
    }
    return true;
}

/* --- without -------------------------------------------------------------------------------------------- */

static struct shared_entry *make_entry(uint64_t hash, const void *key, size_t key_size, shared_maker *make,
                                       void *argument)
{
    struct shared_entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return NULL;
    arena_init(&entry->arena, 0);
    uint8_t *copy = arena_alloc(&entry->arena, key_size);
    if (copy != NULL)
        entry->table = make(argument, &entry->arena);
    if (copy == NULL || entry->table == NULL) {
        free_entry(entry);
        return NULL;
    }
    entry->key = memcpy(copy, key, key_size);
    entry->key_size = key_size;
    entry->hash = hash;
    return entry;
}

/* Holds the new entry; or, if another worker was faster, that one's. */
static const void *add(struct shared_hold *hold, struct shared_entry *entry)
{
    struct shared *shared = hold->shared;
    const void *table = NULL;
    pthread_mutex_lock(&shared->lock);
    struct shared_entry *other = find(shared, entry->hash, entry->key, entry->key_size);
    if (other != NULL) {
        table = hold_entry(hold, other);
    } else if (make_room(shared, entry->arena.used)) {
        shared->entry[shared->count++] = entry;
        shared->bytes += entry->arena.used;
        table = hold_entry(hold, entry);
    }
    pthread_mutex_unlock(&shared->lock);
    if (other != NULL || table == NULL)
        free_entry(entry);
    return table;
}

const void *shared_table(struct shared_hold *hold, const void *key, size_t key_size, shared_maker *make,
                         void *argument)
{
    if (hold == NULL || hold->shared == NULL || hold->count == SHARED_HOLDS)
        return NULL;
    struct shared *shared = hold->shared;
    const uint64_t hash = bytes_hash(key, key_size);
    pthread_mutex_lock(&shared->lock);
    struct shared_entry *entry = find(shared, hash, key, key_size);
    const void *table = entry != NULL ? hold_entry(hold, entry) : NULL;
    pthread_mutex_unlock(&shared->lock);
    if (table != NULL)
        return table;
    entry = make_entry(hash, key, key_size, make, argument);
    return entry != NULL ? add(hold, entry) : NULL;
}

void shared_end_job(struct shared_hold *hold)
{
    if (hold->count == 0)
        return;
    pthread_mutex_lock(&hold->shared->lock);
    for (unsigned i = 0; i < hold->count; i++)
        hold->entry[i]->holds--;
    pthread_mutex_unlock(&hold->shared->lock);
    hold->count = 0;
}
