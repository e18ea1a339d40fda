/* Conversion of planes with half-size chroma, compared with double precision. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "codec/png/pngs.h"
#include "color/plain_space.h"
#include "color/target.h"
#include "color/ycc_shaper.h"
#include "lent.h"

enum { WIDTH = 150, CHROMA = WIDTH / 2 };

/* Two rows of luma and one of chroma, with room to see writes past their ends. */
struct samples {
    uint8_t y[2][WIDTH + 1], cb[CHROMA + 1], cr[CHROMA + 1];
};

static struct ycc_rows rows_of(struct samples *samples)
{
    return (struct ycc_rows){{samples->y[0], samples->y[1]}, samples->cb, samples->cr};
}

/* Among them colours outside RGB, black and white. */
static void fill(struct samples *samples, uint64_t *seed)
{
    memset(samples, 0xcc, sizeof *samples);
    for (int x = 0; x < WIDTH; x++) {
        for (int row = 0; row < 2; row++)
            samples->y[row][x] = x < 4 ? (uint8_t)(x / 2 * 255) : (uint8_t)(random_next(seed) >> 40);
    }
    for (int x = 0; x < CHROMA; x++) {
        const uint64_t random = random_next(seed);
        const bool weak = random >> 63;
        samples->cb[x] = x < 2 ? 128 : weak ? (uint8_t)(96 + (random >> 40 & 63)) : (uint8_t)(random >> 40);
        samples->cr[x] = x < 2 ? 128 : weak ? (uint8_t)(96 + (random >> 20 & 63)) : (uint8_t)(random >> 20);
    }
}

static double clamp(double x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* One pixel by JFIF's equations and the spaces', as R, G and B of 0 to 1. */
static void convert(const struct color_space *from, const struct color_space *to, const struct samples *in,
                    int row, int x, double out[3])
{
    const double y = in->y[row][x] / 255.0, cb = (in->cb[x / 2] - 128) / 255.0,
                 cr = (in->cr[x / 2] - 128) / 255.0;
    const double rgb[3] = {clamp(y + 1.402 * cr),
                           clamp(y - (0.114 * 1.772 * cb + 0.299 * 1.402 * cr) / 0.587),
                           clamp(y + 1.772 * cb)};
    plain_convert(from, to, rgb, out);
}

static double luma(const double rgb[3])
{
    return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
}

/* Within 0.25 of a level before rounding. */
static void expect_near(const struct color_space *from, const struct color_space *to,
                        const struct samples *in, const struct samples *out, int width, int space)
{
    const double most = 0.75;
    for (int x = 0; x < width; x += 2) {
        const int columns = x + 1 < width ? 2 : 1;
        double sum[3] = {0};
        for (int i = 0; i < 4; i++) {
            double rgb[3];
            const int column = x + i % 2 % columns;
            convert(from, to, in, i / 2, column, rgb);
            cr_expect_leq(fabs(out->y[i / 2][column] - 255 * luma(rgb)), most,
                          "space %d: luma %d is %d, not %g", space, column, out->y[i / 2][column],
                          255 * luma(rgb));
            for (int c = 0; c < 3; c++)
                sum[c] += rgb[c] / 4;
        }
        const double cb = 128 + 255 * (sum[2] - luma(sum)) / 1.772,
                     cr = 128 + 255 * (sum[0] - luma(sum)) / 1.402;
        cr_expect_leq(fabs(out->cb[x / 2] - fmin(cb, 255)), most, "space %d: Cb %d", space, x / 2);
        cr_expect_leq(fabs(out->cr[x / 2] - fmin(cr, 255)), most, "space %d: Cr %d", space, x / 2);
    }
}

static void expect_whole(const struct samples *out, int width)
{
    const int chroma = (width + 1) / 2;
    for (int row = 0; row < 2; row++)
        cr_assert_eq(out->y[row][width], 0xcc, "%d pixels", width);
    cr_assert(out->cb[chroma] == 0xcc && out->cr[chroma] == 0xcc, "%d pixels", width);
}

static struct color_space srgb(void)
{
    struct color_space space;
    color_target_space(COLOR_SRGB, false, &space);
    return space;
}

/* All widths, at every level with the same bytes. */
Test(ycc_shaper, is_near_double_precision_at_every_level)
{
    const struct color_space to = srgb();
    unsigned made = 0;
    for (int which = 0; which < PLAIN_SPACES; which++) {
        const struct color_space from = plain_space(which, false);
        struct lent lent;
        struct samples in, base, other;
        uint64_t seed = 5;
        lent_init(&lent);
        const struct ycc_shaper *shaper = ycc_shaper_make(&from, &to, &lent.arena);
        fill(&in, &seed);
        const struct ycc_rows rows = rows_of(&in), results = rows_of(&base), others = rows_of(&other);
        for (int width = 1; shaper != NULL && width <= WIDTH; width++) {
            memset(&base, 0xcc, sizeof base);
            ycc_shaper_rows(shaper, SIMD_BASE, &rows, &results, (size_t)width);
            expect_near(&from, &to, &in, &base, width, which);
            expect_whole(&base, width);
            for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
                if (!simd_available((enum simd_level)level))
                    continue;
                memset(&other, 0xcc, sizeof other);
                ycc_shaper_rows(shaper, (enum simd_level)level, &rows, &others, (size_t)width);
                cr_assert_arr_eq(&base, &other, sizeof base, "%d pixels, %s", width,
                                 simd_name((enum simd_level)level));
            }
        }
        made += shaper != NULL;
        lent_free(&lent);
    }
    cr_expect_geq(made, 2, "%u spaces", made);
}

/* Grey stays grey. */
Test(ycc_shaper, keeps_grey)
{
    struct color_space from;
    const struct color_space to = srgb();
    struct lent lent;
    lent_init(&lent);
    color_target_space(COLOR_P3, false, &from);
    const struct ycc_shaper *shaper = ycc_shaper_make(&from, &to, &lent.arena);
    cr_assert_not_null(shaper);
    for (int y = 0; y < 256; y++) {
        uint8_t luma_in[2] = {(uint8_t)y, (uint8_t)y}, neutral = 128, out[2], cb = 0, cr = 0;
        const struct ycc_rows in = {{luma_in, luma_in}, &neutral, &neutral}, result = {{out, out}, &cb, &cr};
        ycc_shaper_rows(shaper, SIMD_BASE, &in, &result, 2);
        cr_expect(abs(out[0] - y) <= 1 && out[1] == out[0] && cb == 128 && cr == 128, "%d: %d %d %d", y,
                  out[0], cb, cr);
    }
    lent_free(&lent);
}

/* A curve with a step is no cubic. */
Test(ycc_shaper, refuses_unusual_curves)
{
    static const uint8_t points[] = {0, 0, 0x10, 0, 0x18, 0, 0x80, 0, 0x81, 0, 0xff, 0xff};
    const struct color_space to = srgb();
    struct color_space from = srgb(), gray;
    struct lent lent;
    lent_init(&lent);
    cr_expect_not_null(ycc_shaper_make(&from, &to, &lent.arena));
    from.curve[1] = (struct tone_curve){.points = points, .count = sizeof points / 2};
    cr_expect_null(ycc_shaper_make(&from, &to, &lent.arena));
    color_target_space(COLOR_SRGB, true, &gray);
    cr_expect_null(ycc_shaper_make(&gray, &gray, &lent.arena));
    lent_free(&lent);
}
