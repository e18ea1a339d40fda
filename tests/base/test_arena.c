#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

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
    cr_assert_eq(arena.used, 64);
    cr_assert_eq(arena_alloc(&arena, 64), second);
    *first = 1;
    arena_free(&arena);
}

Test(arena, reset_keeps_one_block_as_large_as_the_last_job)
{
    struct arena arena;
    arena_init(&arena, 64 << 20);
    for (int i = 0; i < 8; i++)
        cr_assert_not_null(arena_alloc(&arena, 1 << 20));
    arena_reset(&arena);
    uint8_t *first = arena_alloc(&arena, 1 << 20);
    for (int i = 1; i < 8; i++)
        cr_assert_eq(arena_alloc(&arena, 1 << 20), first + ((size_t)i << 20));
    arena_free(&arena);
}

Test(arena, reset_keeps_no_more_than_was_allowed)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    cr_assert_not_null(arena_alloc(&arena, 64 << 20));
    arena_reset(&arena);
    cr_assert_eq(arena.used, 0);
    cr_assert_not_null(arena_alloc(&arena, 1));
    arena_free(&arena);
}

Test(arena, absurd_size_is_refused)
{
    struct arena arena;
    arena_init(&arena, 0);
    cr_assert_null(arena_alloc(&arena, SIZE_MAX - 10));
    arena_free(&arena);
}
