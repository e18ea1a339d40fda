#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/simd.h"

static enum simd_level detect(const char *most)
{
    setenv("PIXMILL_SIMD", most, 1);
    const enum simd_level level = simd_detect();
    unsetenv("PIXMILL_SIMD");
    return level;
}

Test(simd, takes_the_best_level_up_to_the_one_named)
{
    unsetenv("PIXMILL_SIMD");
    const enum simd_level best = simd_detect();
    cr_assert(simd_available(best) && (best + 1 == SIMD_LEVELS || !simd_available(best + 1)));
    for (enum simd_level level = SIMD_BASE; level < SIMD_LEVELS; level++)
        cr_expect_eq(detect(simd_name(level)), level < best ? level : best, "%s", simd_name(level));
    cr_expect_eq(detect("sse9"), SIMD_BASE);
}
