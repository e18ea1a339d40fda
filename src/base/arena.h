/*
 * An arena: memory allocated piece by piece and freed all at once. Each worker has its own and resets it
 * between jobs, so jobs reuse the same pages: after the first few jobs no new page is touched. Faulting in a
 * page costs as much as writing its pixels.
 *
 * An arena is one contiguous range of addresses, reserved on first use and made accessible as it fills;
 * untouched pages take no memory. Not thread-safe: one thread at a time. Memory is not zeroed. Allocations
 * are 64-byte aligned, for SIMD.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena {
    uint8_t *base;    /* NULL until first used */
    size_t reserved;  /* bytes of address space reserved from base on */
    size_t committed; /* of those, bytes that are accessible */
    size_t used;      /* bytes allocated now */
    size_t peak;      /* max of `used` since the last reset */
    size_t keep;      /* bytes that a reset keeps for the next job */
    size_t dirty;     /* bytes of those kept that may have been written since the last wipe */
    bool borrowed;    /* memory belongs to the caller of arena_init_in */
};

/* An empty arena that keeps up to `keep` bytes at a reset. Allocates nothing yet. */
void arena_init(struct arena *arena, size_t keep);

/* An arena of fixed size in the caller's memory[size], which must be 64-byte aligned. arena_free does not
 * free it. */
void arena_init_in(struct arena *arena, void *memory, size_t size);

/* Allocates `size` bytes; NULL when out of memory. 0 bytes give a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);

/* Allocates `count` items of `size` bytes; NULL when out of memory or when the product overflows size_t. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);

/* The current position; arena_release frees everything allocated since. */
struct arena_mark {
    size_t used;
};
struct arena_mark arena_mark(const struct arena *arena);
void arena_release(struct arena *arena, struct arena_mark mark);

/* Frees all allocations. Pages beyond `keep` are returned to the system. */
void arena_reset(struct arena *arena);

/* As arena_reset, and zeroes the memory that is kept. */
void arena_wipe(struct arena *arena);

/* Returns all memory and addresses to the system; the arena may be used again. */
void arena_free(struct arena *arena);

#endif
