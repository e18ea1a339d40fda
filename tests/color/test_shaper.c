/* Conversions at every SIMD level against the same in doubles. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/png/pngs.h"
#include "color/plain_space.h"
#include "color/shaper.h"
#include "color/target.h"
#include "lent.h"

enum { PIXELS_TRIED = 700 };

static unsigned sample(const void *samples, unsigned depth, size_t i)
{
    return depth == 8 ? ((const uint8_t *)samples)[i] : ((const uint16_t *)samples)[i];
}

/* Random samples; dark ones, primaries, black and white as well. */
static void fill(uint16_t *samples, size_t count, unsigned depth, uint64_t *seed)
{
    for (size_t i = 0; i < count; i++) {
        const uint64_t random = random_next(seed) >> 20;
        unsigned v = random & 0xffff;
        v = random >> 16 & 1   ? v
            : random >> 17 & 1 ? v >> (random >> 18 & 15)
            : random >> 18 & 1 ? 0xffff
                               : 0;
        if (depth == 16)
            samples[i] = (uint16_t)v;
        else
            ((uint8_t *)samples)[i] = (uint8_t)(random >> 16 & 1 ? v >> 8 : v);
    }
}

static void expect_near(const struct color_space *from, const struct color_space *to, const void *in,
                        const void *out, unsigned depth, unsigned channels, double tolerance)
{
    const unsigned colors = from->gray ? 1 : 3, max = depth == 8 ? 255 : 65535;
    for (size_t x = 0; x < PIXELS_TRIED; x++) {
        double given[3] = {0}, expected[3];
        for (unsigned c = 0; c < colors; c++)
            given[c] = (double)sample(in, depth, x * channels + c) / max;
        plain_convert(from, to, given, expected);
        for (unsigned c = 0; c < colors; c++) {
            const double error = sample(out, depth, x * channels + c) - expected[c] * max;
            cr_assert_leq(fabs(error), tolerance, "%u bits: %g %g %g gives channel %u an error of %g", depth,
                          given[0], given[1], given[2], c, error);
        }
        if (channels > colors)
            cr_assert_eq(sample(out, depth, x * channels + colors), sample(in, depth, x * channels + colors));
    }
}

static void try_pair(const struct color_space *from, const struct color_space *to, unsigned depth,
                     uint64_t *seed)
{
    static uint16_t in[4 * PIXELS_TRIED], first[4 * PIXELS_TRIED], out[4 * PIXELS_TRIED];
    struct lent lent;
    lent_init(&lent);
    const struct shaper *shaper = shaper_make(from, to, depth, &lent.arena);
    for (unsigned alpha = 0; alpha < 2; alpha++) {
        const unsigned channels = (from->gray ? 1 : 3) + alpha;
        fill(in, (size_t)channels * PIXELS_TRIED, depth, seed);
        shaper_row(shaper, SIMD_BASE, in, first, PIXELS_TRIED, channels);
        expect_near(from, to, in, first, depth, channels, depth == 8 ? 0.56 : 1);
        for (int level = SIMD_BASE + 1; level < SIMD_LEVELS; level++) {
            if (!simd_available((enum simd_level)level))
                continue;
            shaper_row(shaper, (enum simd_level)level, in, out, PIXELS_TRIED, channels);
            cr_assert_arr_eq(out, first, (size_t)channels * PIXELS_TRIED * (depth / 8));
        }
        shaper_row(shaper, SIMD_BASE, in, in, PIXELS_TRIED, channels); /* in place */
        cr_assert_arr_eq(in, first, (size_t)channels * PIXELS_TRIED * (depth / 8));
    }
    lent_free(&lent);
}

Test(shaper, is_near_the_same_in_doubles)
{
    uint64_t seed = 7;
    for (int i = 0; i < PLAIN_SPACES; i++) {
        for (enum color_target target = COLOR_SRGB; target < COLOR_TARGETS; target++) {
            for (unsigned depth = 8; depth <= 16; depth += 8) {
                struct color_space from = plain_space(i, false), to;
                color_target_space(target, false, &to);
                try_pair(&from, &to, depth, &seed);
                from = plain_space(i, true);
                color_target_space(target, true, &to);
                try_pair(&from, &to, depth, &seed);
            }
        }
    }
}

/* Channels with curves of their own, to a space that has such too. */
Test(shaper, each_channel_has_its_curve)
{
    uint64_t seed = 11;
    struct color_space from = plain_space(0, false), to = plain_space(3, false);
    for (unsigned depth = 8; depth <= 16; depth += 8) {
        for (int c = 0; c < 3; c++) {
            from.curve[c].power.g = 1.6 + 0.4 * c;
            to.curve[c].power.g = c < 2 ? 2.4 : 1.4;
        }
        try_pair(&from, &to, depth, &seed);
    }
}

Test(shaper, keeps_black_white_and_grey)
{
    struct lent lent;
    lent_init(&lent);
    for (int i = 0; i < PLAIN_SPACES; i++) {
        struct color_space from = plain_space(i, false), to;
        color_target_space(COLOR_SRGB, false, &to);
        const struct shaper *shaper = shaper_make(&from, &to, 8, &lent.arena),
                            *deep = shaper_make(&from, &to, 16, &lent.arena);
        for (int v = 0; v < 256; v++) {
            const uint8_t in[3] = {(uint8_t)v, (uint8_t)v, (uint8_t)v};
            uint8_t out[3];
            shaper_row(shaper, lent.context.simd, in, out, 1, 3);
            cr_assert(abs(out[0] - out[1]) <= 1 && abs(out[1] - out[2]) <= 1, "space %d, grey %d: %d %d %d",
                      i, v, out[0], out[1], out[2]);
            cr_assert(v % 255 != 0 || (out[0] == v && out[1] == v && out[2] == v));
        }
        uint16_t ends[6] = {0, 0, 0, 65535, 65535, 65535};
        shaper_row(deep, lent.context.simd, ends, ends, 2, 3);
        for (int k = 0; k < 6; k++)
            cr_assert_leq(abs(ends[k] - (k < 3 ? 0 : 65535)), k < 3 ? 0 : 1, "space %d: %d", i, ends[k]);
        arena_reset(&lent.arena);
    }
    lent_free(&lent);
}
