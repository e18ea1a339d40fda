#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "image/image.h"
#include "image/plain_color.h"
#include "lent.h"
#include "pictures.h"

/* Runs `body` at every SIMD level that there is here. */
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
        cr_assert_eq(image_ycc_to_rgb(&in, &out, &lent->context, &lent->error), 0);
        cr_assert(out.color == PM_COLOR_RGB && out.nplanes == 1 && plane_is_full(&out.plane[0]));
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

static void expect_cmyk(struct lent *lent)
{
    struct shape shape = {.width = 256, .height = 256, .color = PM_COLOR_CMYK, .depth = 8};
    struct pm_image in, out;
    cr_assert_eq(image_alloc(&in, &shape, &lent->context, &lent->error), 0);
    for (unsigned k = 0; k < 256; k++) {
        for (unsigned c = 0; c < 256; c++) {
            uint8_t *pixel = plane_row(&in.plane[0], k) + 4 * c;
            pixel[0] = (uint8_t)c, pixel[1] = (uint8_t)(255 - c), pixel[2] = 0, pixel[3] = (uint8_t)k;
        }
    }
    cr_assert_eq(image_cmyk_to_rgb(&in, &out, &lent->context, &lent->error), 0);
    for (unsigned k = 0; k < 256; k++) {
        for (unsigned c = 0; c < 256; c++) {
            uint8_t expected[3];
            plain_cmyk_to_rgb(plane_row(&in.plane[0], k) + 4 * c, expected);
            cr_assert_arr_eq(plane_row(&out.plane[0], k) + 3 * c, expected, 3);
        }
    }
}

Test(color, cmyk_becomes_the_rounded_product_of_light)
{
    at_every_level(expect_cmyk);
}

static void expect_8bit(struct lent *lent)
{
    struct shape shape = {.width = 65536, .height = 1, .color = PM_COLOR_GRAY, .depth = 16};
    struct pm_image in, out;
    cr_assert_eq(image_alloc(&in, &shape, &lent->context, &lent->error), 0);
    for (unsigned v = 0; v < 65536; v++)
        ((uint16_t *)(void *)in.plane[0].data)[v] = (uint16_t)v;
    cr_assert_eq(image_to_8bit(&in, &out, &lent->context, &lent->error), 0);
    cr_assert_eq(out.depth, 8);
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
        struct pm_image in = picture(lent, 33, 7, PM_COLOR_GRAY, alpha, depth), out, same;
        in.orientation = 4;
        cr_assert_eq(image_gray_to_rgb(&in, &out, &lent->context, &lent->error), 0);
        cr_assert(out.color == PM_COLOR_RGB && out.alpha == alpha && out.depth == depth &&
                  out.orientation == 4);
        for (uint32_t i = 0; i < 33 * 7; i++) {
            for (unsigned c = 0; c < (alpha ? 4 : 3); c++)
                cr_assert_eq(sample_at(&out.plane[0], depth, i % 33, i / 33, c),
                             sample_at(&in.plane[0], depth, i % 33, i / 33, c == 3));
        }
        cr_assert_eq(image_gray_to_rgb(&out, &same, &lent->context, &lent->error), 0);
        cr_assert_eq(same.plane[0].data, out.plane[0].data);
    }
}

Test(color, grey_becomes_rgb_of_three_equal_channels)
{
    at_every_level(expect_spread);
}

Test(color, an_8_bit_picture_passes_through_to_8bit)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture_ycc(&lent, 9, 9, 2, 2), out;
    cr_assert_eq(image_to_8bit(&in, &out, &lent.context, &lent.error), 0);
    cr_assert(out.plane[2].data == in.plane[2].data && out.nplanes == 3);
    lent_free(&lent);
}

Test(color, orientation_and_metadata_are_carried_and_the_result_may_be_the_input)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 7, 5, PM_COLOR_CMYK, false, 8);
    image.orientation = 6;
    image.meta.has_gamma = true;
    image.meta.gamma = 45455;
    cr_assert_eq(image_cmyk_to_rgb(&image, &image, &lent.context, &lent.error), 0);
    cr_assert(image.color == PM_COLOR_RGB && image.plane[0].channels == 3);
    cr_assert(image.orientation == 6 && image.meta.has_gamma && image.meta.gamma == 45455);
    lent_free(&lent);
}
