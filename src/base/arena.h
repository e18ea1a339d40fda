/*
 * An arena: memory that is taken piece by piece and given back all at once. Each worker has its own, used for
 * every job and reset between them: a job writes where the one before it wrote, so that after the first few
 * no new page is touched. Fresh pages cost as much as the pixels that are written to them.
 *
 * An arena is one run of addresses, reserved when first used and made accessible as it fills; pages are the
 * system's until they are touched. It belongs to one thread at a time. Memory is not zeroed. Pieces are
 * 64-byte aligned, for vectors.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena {
    uint8_t *base;    /* NULL until first used */
    size_t reserved;  /* bytes of addresses from base on, */
    size_t committed; /* of which so many may be touched, */
    size_t used;      /* so many are handed out now, */
    size_t peak;      /* and so many were at most since the last reset */
    size_t keep;      /* bytes that a reset keeps for the next job */
    size_t dirty;     /* so many of those kept may have been written to since the last wipe */
    bool borrowed;    /* of arena_init_in */
};

/* An empty arena that keeps up to `keep` bytes over a reset. Allocates nothing yet. */
void arena_init(struct arena *arena, size_t keep);

/* An arena of the `size` bytes at `memory`, which is the caller's and 64-byte aligned: it has no more than
 * that. arena_free gives it back. */
void arena_init_in(struct arena *arena, void *memory, size_t size);

/* `size` bytes, or NULL when the system has no more. 0 bytes give a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);

/* Room for `count` items of `size` bytes, or NULL: also when their product does not fit size_t, which of 32
 * bits it may not. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);

/* Where the arena stands; arena_release gives back all that was taken since. */
struct arena_mark {
    size_t used;
};
struct arena_mark arena_mark(const struct arena *arena);
void arena_release(struct arena *arena, struct arena_mark mark);

/* Gives back everything. Pages beyond `keep` are returned to the system. */
void arena_reset(struct arena *arena);

/* arena_reset, after which the memory kept holds zeroes: what was written to is overwritten. */
void arena_wipe(struct arena *arena);

/* Returns all memory and addresses to the system; the arena may be used again. */
void arena_free(struct arena *arena);

#endif
