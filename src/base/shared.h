/*
 * Tables kept from job to job and shared by all workers of a process: results of pure functions that are too
 * large for each worker's memo (base/memo.h), such as conversions by ICC profiles. Found by all of their
 * arguments: by hash, then byte for byte, so that results do not depend on it. Bounded: the table unused for
 * longest gives way. Thread-safe; no lock is held while a table is made.
 */
#ifndef BASE_SHARED_H
#define BASE_SHARED_H

#include <stddef.h>

#include "base/arena.h"

enum {
    SHARED_HOLDS = 4,        /* tables that one job can use */
    SHARED_BYTES = 16 << 20, /* a good limit: some 20 of the largest profiles in use */
};

struct shared;
struct shared_entry;

/* The tables that a worker's job uses: they are not freed before shared_end_job. */
struct shared_hold {
    struct shared *shared; /* NULL: there is none */
    unsigned count;
    struct shared_entry *entry[SHARED_HOLDS];
};

/* Keeps up to max_bytes of tables and keys. NULL: no memory. */
struct shared *shared_new(size_t max_bytes);
void shared_free(struct shared *shared); /* NULL is allowed; no job may hold a table */

/* Makes the table, with all that it points to, in `arena`; NULL: it can't. */
typedef void *shared_maker(void *argument, struct arena *arena);

/* The table of this key, which is made if it is not there yet. NULL: it can't be made or kept; the caller
 * then makes its own. The key must have no padding that was not cleared. */
const void *shared_table(struct shared_hold *hold, const void *key, size_t key_size, shared_maker *make,
                         void *argument);

void shared_end_job(struct shared_hold *hold);

#endif
