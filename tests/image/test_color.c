#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/convert.h"
#include "image/plain_color.h"
#include "lent.h"
#include "pictures.h"

/* Runs `body` at every SIMD level that this CPU has. */
static void at_every_level(void (*body)(struct lent *lent))
{
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        if (!simd_available((enum simd_level)level))
            continue;
        struct lent lent;
        lent_init(&lent);
        lent.context.simd = (enum simd_level)level;
        body(&lent);
        lent_free(&lent);
    }
}

/* A column of three planes: every Y with every Cb, for one Cr. */
static struct pm_image ycc_cube_side(struct lent *lent, uint8_t cr)
{
    struct pm_image image = picture_ycc(lent, 256, 256, 1, 1);
    for (unsigned cb = 0; cb < 256; cb++) {
        memset(plane_row(&image.plane[1], cb), (int)cb, 256);
        memset(plane_row(&image.plane[2], cb), cr, 256);
        for (unsigned y = 0; y < 256; y++)
            plane_row(&image.plane[0], cb)[y] = (uint8_t)y;
    }
    return image;
}

static void expect_jfif(struct lent *lent)
{
    unsigned differ = 0;
    for (unsigned cr = 0; cr < 256; cr += 5) {
        struct pm_image in = ycc_cube_side(lent, (uint8_t)cr), out;
        cr_assert_eq(image_ycc_to_rgb(&in, NULL, &out, &lent->context), 0);
        cr_assert(out.format.color == PM_COLOR_RGB && out.nplanes == 1 && plane_is_full(&out.plane[0]));
        for (unsigned cb = 0; cb < 256; cb++) {
            for (unsigned y = 0; y < 256; y++) {
                uint8_t expected[3];
                plain_ycc_to_rgb(y, cb, cr, expected);
                for (unsigned c = 0; c < 3; c++) {
                    unsigned got = sample_at(&out.plane[0], 8, y, cb, c);
                    cr_assert(abs((int)got - (int)expected[c]) <= 1, "%u %u %u channel %u: %u, not %u", y, cb,
                              cr, c, got, expected[c]);
                    differ += got != expected[c];
                }
            }
        }
        arena_reset(&lent->arena);
    }
    cr_assert(differ < 10000, "%u of 10 million samples are one off", differ); /* ties and 16-bit factors */
}

Test(color, ycc_becomes_rgb_by_jfif_equations)
{
    at_every_level(expect_jfif);
}

/* Three wide planes of one size. */
static struct pm_image wide_picture(struct lent *lent, uint32_t width, uint32_t height)
{
    struct pm_image image = picture_ycc(lent, width, height, 1, 1);
    image.format.depth = 16;
    for (unsigned i = 0; i < 3; i++)
        image.plane[i] = picture(lent, width, height, PM_COLOR_GRAY, false, 16).plane[0];
    return image;
}

static uint16_t *wide_at(const struct pm_image *image, unsigned plane, uint32_t x, uint32_t y)
{
    return (uint16_t *)(void *)plane_row(&image->plane[plane], y) + x;
}

enum { WIDE_WIDTH = 1021, WIDE_HEIGHT = 97 };

/* Every 16-bit value, most of them far outside RGB; in the lower half, values near RGB's range. */
static struct pm_image wide_noise(struct lent *lent)
{
    struct pm_image image = wide_picture(lent, WIDE_WIDTH, WIDE_HEIGHT);
    srand(1);
    for (uint32_t y = 0; y < WIDE_HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDE_WIDTH; x++) {
            for (unsigned i = 0; i < 3; i++)
                *wide_at(&image, i, x, y) =
                    (uint16_t)(y < WIDE_HEIGHT / 2 ? rand() % 65536
                                                   : WIDE_ZERO + rand() % (300 << WIDE_BITS));
        }
    }
    return image;
}

/* Off by 1 at most, and rarely: factors have 14 bits. */
static void expect_near(const uint8_t got[3], const uint8_t plain[3], unsigned *differ)
{
    for (unsigned c = 0; c < 3; c++) {
        cr_assert(abs((int)got[c] - (int)plain[c]) <= 1, "channel %u: %u, not %u", c, got[c], plain[c]);
        *differ += got[c] != plain[c];
    }
}

static void expect_wide_jfif(struct lent *lent)
{
    struct pm_image in = wide_noise(lent), rgb, ycc;
    unsigned differ = 0;
    cr_assert_eq(image_ycc_to_rgb(&in, NULL, &rgb, &lent->context), 0);
    cr_assert_eq(image_ycc_to_8bit(&in, NULL, &ycc, &lent->context), 0);
    cr_assert(rgb.format.color == PM_COLOR_RGB && rgb.format.depth == 8 && rgb.nplanes == 1);
    cr_assert(ycc.format.color == PM_COLOR_YCC && ycc.format.depth == 8 && ycc.nplanes == 3);
    for (uint32_t y = 0; y < WIDE_HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDE_WIDTH; x++) {
            const uint16_t from[3] = {*wide_at(&in, 0, x, y), *wide_at(&in, 1, x, y), *wide_at(&in, 2, x, y)};
            const uint8_t planes[3] = {plane_row(&ycc.plane[0], y)[x], plane_row(&ycc.plane[1], y)[x],
                                       plane_row(&ycc.plane[2], y)[x]};
            uint8_t plain[3];
            plain_wide_to_rgb(from, plain);
            expect_near(plane_row(&rgb.plane[0], y) + (size_t)3 * x, plain, &differ);
            plain_wide_to_ycc(from, plain);
            expect_near(planes, plain, &differ);
        }
    }
    cr_assert_lt(differ, WIDE_WIDTH * WIDE_HEIGHT * 6 / 50, "%u are one off", differ);
}

Test(color, wide_ycc_is_held_within_rgb)
{
    at_every_level(expect_wide_jfif);
}

Test(color, wide_ycc_is_the_same_at_every_level)
{
    struct pm_image results[SIMD_LEVELS][2];
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = wide_noise(&lent);
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        if (!simd_available((enum simd_level)level))
            continue;
        lent.context.simd = (enum simd_level)level;
        cr_assert_eq(image_ycc_to_rgb(&in, NULL, &results[level][0], &lent.context), 0);
        cr_assert_eq(image_ycc_to_8bit(&in, NULL, &results[level][1], &lent.context), 0);
        for (uint32_t y = 0; y < WIDE_HEIGHT; y++) {
            cr_assert_arr_eq(plane_row(&results[level][0].plane[0], y), plane_row(&results[0][0].plane[0], y),
                             3 * WIDE_WIDTH);
            for (unsigned i = 0; i < 3; i++)
                cr_assert_arr_eq(plane_row(&results[level][1].plane[i], y),
                                 plane_row(&results[0][1].plane[i], y), WIDE_WIDTH);
        }
    }
    lent_free(&lent);
}

/* Where nothing is clamped, 8-bit samples that were widened come back unchanged. */
static void expect_there_and_back(struct lent *lent)
{
    unsigned within = 0;
    for (unsigned cr = 0; cr < 256; cr += 3) {
        struct pm_image side = ycc_cube_side(lent, (uint8_t)cr), wide = wide_picture(lent, 256, 256), back;
        for (unsigned i = 0; i < 3 * 65536; i++)
            *wide_at(&wide, i >> 16, i & 255, i >> 8 & 255) =
                (uint16_t)((plane_row(&side.plane[i >> 16], i >> 8 & 255)[i & 255] + 256) << WIDE_BITS);
        cr_assert_eq(image_ycc_to_8bit(&wide, NULL, &back, &lent->context), 0);
        for (unsigned cb = 0; cb < 256; cb++) {
            for (unsigned y = 0; y < 256; y++) {
                const double b = cb - 128.0, r = cr - 128.0;
                const double rgb[3] = {y + 1.402 * r, y - 0.344136 * b - 0.714136 * r, y + 1.772 * b};
                if (rgb[0] < 0 || rgb[1] < 0 || rgb[2] < 0 || rgb[0] > 255 || rgb[1] > 255 || rgb[2] > 255)
                    continue;
                within++;
                for (unsigned i = 0; i < 3; i++)
                    cr_assert_eq(plane_row(&back.plane[i], cb)[y], plane_row(&side.plane[i], cb)[y],
                                 "%u %u %u", y, cb, cr);
            }
        }
        arena_reset(&lent->arena);
    }
    cr_assert_gt(within, 1000000);
}

Test(color, wide_ycc_within_rgb_keeps_its_planes)
{
    at_every_level(expect_there_and_back);
}

static void expect_cmyk(struct lent *lent)
{
    struct shape shape = {.width = 256, .height = 256, .format = PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8)};
    struct pm_image in, out;
    cr_assert_eq(image_alloc(&in, &shape, &lent->context), 0);
    for (unsigned k = 0; k < 256; k++) {
        for (unsigned c = 0; c < 256; c++) {
            uint8_t *pixel = plane_row(&in.plane[0], k) + 4 * c;
            pixel[0] = (uint8_t)c, pixel[1] = (uint8_t)(255 - c), pixel[2] = 0, pixel[3] = (uint8_t)k;
        }
    }
    cr_assert_eq(image_cmyk_to_rgb(&in, NULL, &out, &lent->context), 0);
    for (unsigned k = 0; k < 256; k++) {
        for (unsigned c = 0; c < 256; c++) {
            double expected[3];
            plain_cmyk_to_rgb(plane_row(&in.plane[0], k) + 4 * c, expected);
            for (unsigned i = 0; i < 3; i++)
                cr_assert_leq(fabs(plane_row(&out.plane[0], k)[3 * c + i] - expected[i]), 0.51);
        }
    }
}

/* Paper is white, each ink has its colour, and more black is never lighter. */
Test(color, inks_have_their_colors)
{
    static const struct {
        uint8_t cmyk[4], rgb[3];
    } known[] = {{{0, 0, 0, 0}, {255, 255, 255}}, {{255, 0, 0, 0}, {0, 174, 239}},
                 {{0, 255, 0, 0}, {236, 0, 143}}, {{0, 0, 255, 0}, {255, 240, 0}},
                 {{0, 0, 0, 255}, {31, 31, 34}},  {{255, 255, 255, 255}, {0, 0, 0}}};
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 256, 1, PM_COLOR_CMYK, false, 8), out;
    for (unsigned i = 0; i < 256; i++) {
        const uint8_t black[4] = {0, 0, 0, (uint8_t)i};
        memcpy(in.plane[0].data + 4 * i, black, 4);
    }
    cr_assert_eq(image_cmyk_to_rgb(&in, NULL, &out, &lent.context), 0);
    for (unsigned i = 3; i < 3 * 256; i++)
        cr_assert_leq(out.plane[0].data[i], out.plane[0].data[i - 3]);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint8_t inks[4];
        memcpy(in.plane[0].data, known[i].cmyk, 4);
        cr_assert_eq(image_cmyk_to_rgb(&in, NULL, &out, &lent.context), 0);
        cr_expect_arr_eq(out.plane[0].data, known[i].rgb, 3, "%zu", i);
        image_rgb_to_inks(known[i].rgb, inks);
        memcpy(in.plane[0].data, inks, 4);
        cr_assert_eq(image_cmyk_to_rgb(&in, NULL, &out, &lent.context), 0);
        for (int c = 0; c < 3; c++)
            cr_expect_leq(abs(out.plane[0].data[c] - known[i].rgb[c]), 2, "%zu: %u %u %u %u", i, inks[0],
                          inks[1], inks[2], inks[3]);
    }
    lent_free(&lent);
}

Test(color, cmyk_becomes_the_mean_of_its_inks)
{
    at_every_level(expect_cmyk);
}

static void expect_8bit(struct lent *lent)
{
    struct shape shape = {.width = 65536, .height = 1, .format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 16)};
    struct pm_image in, out;
    cr_assert_eq(image_alloc(&in, &shape, &lent->context), 0);
    for (unsigned v = 0; v < 65536; v++)
        ((uint16_t *)(void *)in.plane[0].data)[v] = (uint16_t)v;
    cr_assert_eq(image_to_8bit(&in, NULL, &out, &lent->context), 0);
    cr_assert_eq(out.format.depth, 8);
    for (unsigned v = 0; v < 65536; v++)
        cr_assert_eq(out.plane[0].data[v], plain_to_8bit((uint16_t)v), "%u became %u", v,
                     out.plane[0].data[v]);
}

Test(color, sixteen_bits_become_the_rounded_257th)
{
    at_every_level(expect_8bit);
}

static void expect_spread(struct lent *lent)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        const unsigned depth = kind & 1 ? 16 : 8;
        const bool alpha = kind & 2;
        struct pm_image in = picture(lent, 33, 7, PM_COLOR_GRAY, alpha, depth), out;
        in.orientation = 4;
        cr_assert_eq(image_gray_to_rgb(&in, NULL, &out, &lent->context), 0);
        cr_assert(out.format.color == PM_COLOR_RGB && pixels_have_alpha(&out.format) == alpha &&
                  out.format.depth == depth && out.orientation == 4);
        for (uint32_t i = 0; i < 33 * 7; i++) {
            for (unsigned c = 0; c < (alpha ? 4 : 3); c++)
                cr_assert_eq(sample_at(&out.plane[0], depth, i % 33, i / 33, c),
                             sample_at(&in.plane[0], depth, i % 33, i / 33, c == 3));
        }
    }
}

Test(color, grey_becomes_rgb_of_three_equal_channels)
{
    at_every_level(expect_spread);
}

Test(color, orientation_and_metadata_are_carried_and_the_result_may_be_the_input)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 7, 5, PM_COLOR_CMYK, false, 8);
    image.orientation = 6;
    image.meta.has_gamma = true;
    image.meta.gamma = 0.45455;
    cr_assert_eq(image_cmyk_to_rgb(&image, NULL, &image, &lent.context), 0);
    cr_assert(image.format.color == PM_COLOR_RGB && image.plane[0].channels == 3);
    cr_assert(image.orientation == 6 && image.meta.has_gamma && image.meta.gamma == 0.45455);
    lent_free(&lent);
}
