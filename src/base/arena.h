/*
 * An arena: memory that is taken piece by piece and given back all at once. Each worker has its own, used for
 * every job and reset between them, so that after the first few jobs no new page is touched: fresh pages cost
 * as much as the pixels that are written to them.
 *
 * An arena belongs to one thread at a time. Memory is not zeroed. Blocks are 64-byte aligned, for vector
 * loads.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first; only the newest has room */
    size_t used, peak;          /* bytes handed out now, and at most since the last reset */
    size_t keep;                /* bytes that a reset keeps for the next job */
};

/* An empty arena that keeps up to `keep` bytes over a reset. Allocates nothing yet. */
void arena_init(struct arena *arena, size_t keep);

/* `size` bytes, or NULL when the system has no more. 0 bytes give a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);

/* Where the arena stands; arena_release gives back all that was taken since. */
struct arena_mark {
    struct arena_block *block;
    size_t block_used, used;
};
struct arena_mark arena_mark(const struct arena *arena);
void arena_release(struct arena *arena, struct arena_mark mark);

/* Gives back everything. What the last job needed is kept as one block, as far as `keep` allows. */
void arena_reset(struct arena *arena);

/* Returns all memory to the system; the arena may be used again. */
void arena_free(struct arena *arena);

#endif
