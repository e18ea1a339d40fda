#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>

enum { ALIGNMENT = 64, SMALLEST_BLOCK = 256 * 1024 };

struct arena_block {
    struct arena_block *older;
    size_t size, used; /* of the bytes behind this header */
};

/* The header takes one alignment unit, so that what follows it is aligned. */
static uint8_t *block_data(struct arena_block *block)
{
    return (uint8_t *)block + ALIGNMENT;
}

static struct arena_block *block_new(size_t size)
{
    _Static_assert(sizeof(struct arena_block) <= ALIGNMENT, "the header must fit its place");
    struct arena_block *block = aligned_alloc(ALIGNMENT, size + ALIGNMENT);
    if (block != NULL)
        *block = (struct arena_block){.size = size};
    return block;
}

void arena_init(struct arena *arena, size_t keep)
{
    *arena = (struct arena){.keep = keep};
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 4)
        return NULL;
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct arena_block *block = arena->blocks;
    if (block == NULL || block->size - block->used < size) {
        block = block_new(size > SMALLEST_BLOCK ? size : SMALLEST_BLOCK);
        if (block == NULL)
            return NULL;
        block->older = arena->blocks;
        arena->blocks = block;
    }
    void *piece = block_data(block) + block->used;
    block->used += size;
    arena->used += size;
    if (arena->used > arena->peak)
        arena->peak = arena->used;
    return piece;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){
        .block = arena->blocks,
        .block_used = arena->blocks != NULL ? arena->blocks->used : 0,
        .used = arena->used,
    };
}

void arena_release(struct arena *arena, struct arena_mark mark)
{
    /* A mark taken on the empty arena keeps the oldest block, so that a loop of mark and release allocates
     * once. */
    while (arena->blocks != mark.block && arena->blocks->older != NULL) {
        struct arena_block *older = arena->blocks->older;
        free(arena->blocks);
        arena->blocks = older;
    }
    if (arena->blocks != NULL)
        arena->blocks->used = arena->blocks == mark.block ? mark.block_used : 0;
    arena->used = mark.used;
}

void arena_reset(struct arena *arena)
{
    size_t wanted = arena->peak < arena->keep ? arena->peak : arena->keep;
    struct arena_block *kept = NULL;
    if (arena->blocks != NULL && arena->blocks->older == NULL && arena->blocks->size <= arena->keep) {
        kept = arena->blocks;
        kept->used = 0;
    } else {
        arena_free(arena);
        kept = wanted > 0 ? block_new(wanted / ALIGNMENT * ALIGNMENT) : NULL;
    }
    arena->blocks = kept;
    arena->used = arena->peak = 0;
}

void arena_free(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *older = arena->blocks->older;
        free(arena->blocks);
        arena->blocks = older;
    }
    arena->used = 0;
    arena->peak = 0;
}
