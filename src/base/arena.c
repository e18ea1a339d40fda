#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/round.h"

/* With 2^47 addresses, reserving them costs nothing (though `ulimit -v` counts them). With 32-bit pointers
 * they are scarce: the largest allocation is a quarter of the address space. */
#if SIZE_MAX > UINT32_MAX
static const size_t reserve_max = (size_t)1 << 36;
#else
static const size_t reserve_max = (size_t)1 << 30;
#endif
enum { ALIGNMENT = 64, COMMIT_STEP = 1 << 20, SHARE = 8 };

/* Poison freed memory and a gap after each allocation, so that AddressSanitizer detects overruns and use
 * after free. */
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

/* Reserves addresses for at least `size` bytes: reserve_max or, where address space is limited, an eighth of
 * it or four times `size`, to leave room for other arenas and the heap. */
static int arena_reserve(struct arena *arena, size_t size)
{
    const bool limited = SIZE_MAX == UINT32_MAX;
    size_t room = reserve_max;
    while ((arena->base = reserve(room)) == NULL && room / 2 >= size)
        room /= 2;
    if (arena->base != NULL && (limited || room < reserve_max)) {
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

/* Makes the first `size` bytes accessible, and a quarter more if possible, to keep such calls rare. */
static int arena_commit(struct arena *arena, size_t size)
{
    if (arena_commit_exactly(arena, round_up(size + size / 4, COMMIT_STEP)) == 0)
        return 0;
    return arena_commit_exactly(arena, round_up(size, COMMIT_STEP));
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t asked = size;
    if (size > reserve_max)
        return NULL;
    size = round_up(size, ALIGNMENT) + GAP;
    if (arena->used == 0 && size > arena->reserved && !arena->borrowed)
        arena_free(
            arena); /* with few addresses, small allocations may have reserved too little for a large one */
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

/* Frees everything after the first `used` bytes. */
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
    /* If the system refuses to take pages back, keep them: more memory use, otherwise harmless. */
    if (arena->peak > arena->dirty)
        arena->dirty = arena->peak < keep ? arena->peak : keep;
    if (arena->peak > keep &&
        madvise(arena->base + keep, round_up(arena->peak - keep, COMMIT_STEP), MADV_DONTNEED) != 0)
        arena->dirty = arena->peak;
    take_back(arena, 0);
    arena->peak = 0;
}

/* Zero in place: returning pages and faulting them in again costs more. */
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
