/*
 * Tables kept from one job to the next: results of pure functions, found by all of their arguments. In a
 * batch of small pictures making such tables (Huffman decoding, resize weights) took a third of the time, and
 * they are mostly the same from file to file.
 *
 * Results do not depend on it: a value is found only by an equal key, byte for byte. One thread at a time.
 */
#ifndef BASE_MEMO_H
#define BASE_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/shared.h"

enum { MEMO_ENTRIES = 32, MEMO_BYTES = 256 * 1024, MEMO_OFFERED = 64 };

struct memo_entry {
    const uint8_t *key, *value;
    size_t key_size;
};

struct memo {
    struct arena arena;
    unsigned count;
    bool full;                      /* something did not fit */
    uint64_t offered[MEMO_OFFERED]; /* hashes of the keys that were offered last, in a ring */
    unsigned next;
    struct memo_entry entry[MEMO_ENTRIES];
    struct shared_hold hold; /* of the tables that all workers share; the owner sets hold.shared */
};

/* Allocates nothing yet. */
void memo_init(struct memo *memo);
void memo_free(struct memo *memo);

/* The value of this key, 64-byte aligned, until memo_end_job; NULL when there is none or `memo` is NULL. The
 * key must have no padding that was not cleared. */
const void *memo_find(const struct memo *memo, const void *key, size_t key_size);

/* Keeps copies of a key that was not found, and of its value, when that key is offered for the second time,
 * so that keys used once displace nothing. If there is no room, nothing is kept until the next job. */
void memo_keep(struct memo *memo, const void *key, size_t key_size, const void *value, size_t value_size);

/* Call between jobs: releases shared tables; if there was no room, forgets everything. */
void memo_end_job(struct memo *memo);

#endif
