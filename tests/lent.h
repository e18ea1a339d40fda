/* What a test lends to the code under test: a context with arenas of its own, serial, at the best SIMD level
 * (or the one that PIXMILL_SIMD names). */
#ifndef TESTS_LENT_H
#define TESTS_LENT_H

#include "base/context.h"

struct lent {
    struct arena arena, spare, job_arena;
    struct context context;
    struct pm_error error;
};

static inline void lent_init(struct lent *lent)
{
    *lent = (struct lent){0};
    arena_init(&lent->arena, 16 << 20);
    arena_init(&lent->spare, 16 << 20);
    arena_init(&lent->job_arena, 1 << 20);
    lent->context = (struct context){
        .arena = &lent->arena,
        .spare = &lent->spare,
        .job_arena = &lent->job_arena,
        .simd = simd_detect(),
        .lanes = 1,
        .error = &lent->error,
    };
}

static inline void lent_free(struct lent *lent)
{
    arena_free(&lent->arena);
    arena_free(&lent->spare);
    arena_free(&lent->job_arena);
}

#endif
