/*
 * A set of pointers, compared by what they point to: paths, inodes, lines. It does not own the items. 8 to 16
 * bytes per item. Open addressing with linear probing (Knuth, The Art of Computer Programming, volume 3,
 * section 6.4, algorithm L).
 */
#ifndef BASE_SET_H
#define BASE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct set {
    uint64_t (*hash)(const void *item);
    bool (*equal)(const void *a, const void *b);
    const void **slots; /* NULL: free */
    size_t capacity, count;
};

/* An empty set; nothing is allocated yet. */
void set_init(struct set *set, uint64_t (*hash)(const void *), bool (*equal)(const void *, const void *));
/* The same, of texts that end with NUL. */
void set_init_texts(struct set *set);
void set_free(struct set *set);

/* The item that equals `item`, or NULL. */
const void *set_find(const struct set *set, const void *item);

/* Inserts `item`, replacing an equal one. Returns 0, or -1 when out of memory (nothing changed). */
int set_put(struct set *set, const void *item);

/* A hash of bytes[size] for the functions above. */
uint64_t set_hash(const void *bytes, size_t size);

#endif
