#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/arena.h"

Test(arena, pieces_are_aligned_and_apart)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    uint8_t *a = arena_alloc(&arena, 100), *b = arena_alloc(&arena, 1);
    cr_assert_eq((uintptr_t)a % 64, 0);
    cr_assert_eq((uintptr_t)b % 64, 0);
    memset(a, 1, 100);
    *b = 2;
    cr_assert_eq(a[99], 1);
    arena_free(&arena);
}

Test(arena, release_gives_back_what_came_after_the_mark)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    uint8_t *first = arena_alloc(&arena, 64);
    struct arena_mark mark = arena_mark(&arena);
    void *second = arena_alloc(&arena, 64);
    arena_alloc(&arena, 10 << 20); /* a block of its own */
    arena_release(&arena, mark);
    cr_assert_eq(arena.used, mark.used);
    cr_assert_eq(arena_alloc(&arena, 64), second);
    *first = 1;
    arena_free(&arena);
}

Test(arena, more_items_than_addresses_are_no_memory)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    cr_assert_null(arena_alloc_array(&arena, SIZE_MAX / 16 + 1, 16),
                   "their product is 16 * 2^n, which wraps to 0");
    cr_assert_null(arena_alloc_array(&arena, SIZE_MAX / 2 + 2, 2));
    cr_assert_null(arena_alloc_array(&arena, SIZE_MAX, 1));
    uint8_t *items = arena_alloc_array(&arena, 1000, 64);
    cr_assert_not_null(items);
    cr_assert_geq(arena.used, 64000); /* AddressSanitizer adds a gap */
    memset(items, 1, 64000);
    cr_assert_not_null(arena_alloc_array(&arena, 0, 8));
    arena_free(&arena);
}

/* Resident pages among the first `size` bytes. */
static size_t resident(const struct arena *arena, size_t size)
{
    static unsigned char pages[1 << 16];
    size_t page = (size_t)sysconf(_SC_PAGESIZE), count = 0;
    cr_assert_eq(mincore(arena->base, size, pages), 0);
    for (size_t i = 0; i < size / page; i++)
        count += pages[i] & 1;
    return count * page;
}

Test(arena, reset_keeps_the_pages_that_the_last_job_touched)
{
    struct arena arena;
    arena_init(&arena, 64 << 20);
    uint8_t *first = arena_alloc(&arena, 8 << 20);
    memset(first, 1, 8 << 20);
    arena_reset(&arena);
    cr_assert_eq(resident(&arena, 8 << 20), 8 << 20);
    cr_assert_eq(arena_alloc(&arena, 8 << 20), first);
    arena_free(&arena);
}

Test(arena, reset_returns_the_pages_over_what_it_may_keep)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    memset(arena_alloc(&arena, 16 << 20), 1, 16 << 20);
    arena_reset(&arena);
    cr_assert_eq(arena.used, 0);
    cr_assert_eq(resident(&arena, 16 << 20), 1 << 20);
    arena_free(&arena);
}

#ifndef PIXMILL_SANITIZED /* a sanitizer itself needs more addresses than these tests allow */
Test(arena, few_addresses_are_enough)
{
    struct rlimit limit = {.rlim_cur = (rlim_t)1 << 30, .rlim_max = (rlim_t)1 << 30};
    cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
    struct arena arena;
    arena_init(&arena, 0);
    cr_assert_not_null(arena_alloc(&arena, 100 << 20));
    cr_assert_null(arena_alloc(&arena, (size_t)1 << 30), "more than the limit");
    cr_assert_not_null(arena_alloc(&arena, 1 << 20), "and it goes on");
    arena_free(&arena);
}

Test(arena, what_was_reserved_for_little_does_not_bind_what_comes_after)
{
    struct rlimit limit = {.rlim_cur = (rlim_t)1 << 30, .rlim_max = (rlim_t)1 << 30};
    cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
    struct arena arena;
    arena_init(&arena, 0);
    cr_assert_not_null(arena_alloc(&arena, 1));
    cr_assert_lt(arena.reserved, 300 << 20);
    arena_reset(&arena);
    uint8_t *large = arena_alloc(&arena, 300 << 20);
    cr_assert_not_null(large);
    large[(300 << 20) - 1] = 1;
    arena_free(&arena);
}

Test(arena, few_addresses_are_shared)
{
    enum { ARENAS = 6 };
    struct rlimit limit = {.rlim_cur = 200 << 20, .rlim_max = 200 << 20};
    cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
    struct arena arenas[ARENAS];
    for (int i = 0; i < ARENAS; i++) {
        arena_init(&arenas[i], 0);
        cr_assert_not_null(arena_alloc(&arenas[i], 1 << 20), "%d", i);
    }
    void *heap = malloc(8 << 20);
    cr_assert_not_null(heap);
    free(heap);
    for (int i = 0; i < ARENAS; i++)
        arena_free(&arenas[i]);
}
#endif

Test(arena, absurd_size_is_refused)
{
    struct arena arena;
    arena_init(&arena, 0);
    cr_assert_null(arena_alloc(&arena, SIZE_MAX - 10));
    arena_free(&arena);
}

Test(arena, borrowed_memory_is_all_that_it_has)
{
    enum { SIZE = 4096 };
    static _Alignas(64) uint8_t memory[SIZE];
    struct arena arena;
    arena_init_in(&arena, memory, SIZE);
    for (int round = 0; round < 2; round++) {
        uint8_t *piece = arena_alloc(&arena, 1000);
        cr_assert(piece == memory);
        memset(piece, 1, 1000);
        cr_assert_null(arena_alloc(&arena, SIZE));
        arena_reset(&arena);
        cr_assert_null(arena_alloc(&arena, SIZE + 1), "not even when it is empty");
    }
    arena_free(&arena);
    memset(memory, 2, SIZE);
}

Test(arena, wiping_leaves_zeroes)
{
    enum { KEEP = 4 << 20 };
    struct arena arena;
    arena_init(&arena, KEEP);
    for (size_t size = 3 * KEEP; size > 1000; size /= 2) { /* more than is kept, and less */
        uint8_t *piece = arena_alloc(&arena, size);
        memset(piece, 1, size);
        arena_reset(&arena); /* as within a job */
        piece = arena_alloc(&arena, size / 2);
        memset(piece, 2, size / 2);
        arena_wipe(&arena);
        piece = arena_alloc(&arena, 3 * KEEP);
        for (size_t i = 0; i < 3 * KEEP; i++)
            cr_assert_eq(piece[i], 0, "byte %zu of %zu", i, size);
        arena_reset(&arena);
    }
    arena_wipe(&arena);
    arena_free(&arena);
}
