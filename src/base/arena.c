#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/round.h"

/* Addresses cost nothing where there are 2^47 of them, though `ulimit -v` counts them. 32-bit pointers have
 * few: there the largest piece is a quarter of all of them. */
#if SIZE_MAX > UINT32_MAX
static const size_t reserve_most = (size_t)1 << 36;
#else
static const size_t reserve_most = (size_t)1 << 30;
#endif
enum { ALIGNMENT = 64, COMMIT_STEP = 1 << 20, SHARE = 8 };

/* AddressSanitizer sees a step beyond a piece, or into one that was given back, only where it is told of
 * them; behind each piece it is left a gap. */
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
enum { GAP = ALIGNMENT };
#else
enum { GAP = 0 };
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

void arena_init(struct arena *arena, size_t keep)
{
    *arena = (struct arena){.keep = keep};
}

void arena_init_in(struct arena *arena, void *memory, size_t size)
{
    *arena =
        (struct arena){.base = memory, .reserved = size, .committed = size, .keep = size, .borrowed = true};
    ASAN_POISON_MEMORY_REGION(memory, size);
}

static void *reserve(size_t size)
{
    void *base = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return base != MAP_FAILED ? base : NULL;
}

/* Reserves addresses for `size` bytes and more: reserve_most or, where they are limited, an eighth of what
 * there is, or four times `size`, for there are other arenas, and a heap. */
static int arena_reserve(struct arena *arena, size_t size)
{
    const bool limited = SIZE_MAX == UINT32_MAX;
    size_t room = reserve_most;
    while ((arena->base = reserve(room)) == NULL && room / 2 >= size)
        room /= 2;
    if (arena->base != NULL && (limited || room < reserve_most)) {
        munmap(arena->base, room);
        if (size < room / SHARE / 4)
            room /= SHARE;
        else if (size < room / 4)
            room = 4 * size;
        arena->base = reserve(room);
    }
    arena->reserved = arena->base != NULL ? room : 0;
    return arena->base != NULL ? 0 : -1;
}

static int arena_commit_exactly(struct arena *arena, size_t size)
{
    if (size > arena->reserved ||
        mprotect(arena->base + arena->committed, size - arena->committed, PROT_READ | PROT_WRITE) != 0)
        return -1;
    ASAN_POISON_MEMORY_REGION(arena->base + arena->committed, size - arena->committed);
    arena->committed = size;
    return 0;
}

/* Makes the first `size` bytes accessible, and a quarter more where that may be had, so that it happens
 * seldom. */
static int arena_commit(struct arena *arena, size_t size)
{
    if (arena_commit_exactly(arena, round_up(size + size / 4, COMMIT_STEP)) == 0)
        return 0;
    return arena_commit_exactly(arena, round_up(size, COMMIT_STEP));
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t asked = size;
    if (size > reserve_most)
        return NULL;
    size = round_up(size, ALIGNMENT) + GAP;
    if (arena->used == 0 && size > arena->reserved && !arena->borrowed)
        arena_free(arena); /* where addresses are few, small pieces had it reserve too few for a large one */
    if (arena->base == NULL && arena_reserve(arena, round_up(size, COMMIT_STEP)) != 0)
        return NULL;
    if (size > arena->reserved - arena->used)
        return NULL;
    if (arena->used + size > arena->committed && arena_commit(arena, arena->used + size) != 0)
        return NULL;
    void *piece = arena->base + arena->used;
    arena->used += size;
    if (arena->used > arena->peak)
        arena->peak = arena->used;
    ASAN_UNPOISON_MEMORY_REGION(piece, asked);
    return piece;
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? NULL : arena_alloc(arena, bytes);
}

/* Nothing behind the first `used` bytes is handed out any longer. */
static void take_back(struct arena *arena, size_t used)
{
    if (arena->used > used)
        ASAN_POISON_MEMORY_REGION(arena->base + used, arena->used - used);
    arena->used = used;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){.used = arena->used};
}

void arena_release(struct arena *arena, struct arena_mark mark)
{
    take_back(arena, mark.used);
}

void arena_reset(struct arena *arena)
{
    size_t keep = round_up(arena->keep, COMMIT_STEP);
    /* Where the system will not take pages back they stay ours: more memory, nothing worse. */
    if (arena->peak > arena->dirty)
        arena->dirty = arena->peak < keep ? arena->peak : keep;
    if (arena->peak > keep &&
        madvise(arena->base + keep, round_up(arena->peak - keep, COMMIT_STEP), MADV_DONTNEED) != 0)
        arena->dirty = arena->peak;
    take_back(arena, 0);
    arena->peak = 0;
}

/* In place: pages that are given back and taken again cost more than their zeroes. */
void arena_wipe(struct arena *arena)
{
    arena_reset(arena);
    if (arena->dirty == 0)
        return;
    ASAN_UNPOISON_MEMORY_REGION(arena->base, arena->dirty);
    explicit_bzero(arena->base, arena->dirty);
    ASAN_POISON_MEMORY_REGION(arena->base, arena->dirty);
    arena->dirty = 0;
}

void arena_free(struct arena *arena)
{
    if (arena->base != NULL) {
        ASAN_UNPOISON_MEMORY_REGION(arena->base, arena->committed);
        if (!arena->borrowed)
            munmap(arena->base, arena->reserved);
    }
    arena_init(arena, arena->keep);
}
