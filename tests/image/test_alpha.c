#include <criterion/criterion.h>
#include <string.h>

#include "image/convert.h"
#include "lent.h"
#include "pictures.h"

/* One row of `width` pixels. */
static void make_row(struct lent *lent, struct pm_image *image, enum pm_color color, unsigned depth,
                     uint32_t width)
{
    struct shape shape = {.width = width, .height = 1, .format = PIXELS(color, PM_ALPHA_STRAIGHT, depth)};
    cr_assert_eq(image_alloc(image, &shape, &lent->context), 0);
}

Test(alpha, every_8_bit_colour_under_visible_alpha_survives_the_round_trip)
{
    struct lent lent;
    lent_init(&lent);
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        if (!simd_available((enum simd_level)level))
            continue;
        lent.context.simd = (enum simd_level)level;
        struct pm_image image, wide, back;
        make_row(&lent, &image, PM_COLOR_GRAY, 8, 65536);
        uint8_t *in = image.plane[0].data;
        for (unsigned i = 0; i < 65536; i++) {
            in[2 * i] = (uint8_t)(i >> 8);
            in[2 * i + 1] = (uint8_t)i;
        }
        cr_assert_eq(image_premultiply(&image, NULL, &wide, &lent.context), 0);
        cr_assert(wide.format.alpha == PM_ALPHA_PREMULTIPLIED && wide.format.depth == 16);
        const uint16_t *mid = (const uint16_t *)(void *)wide.plane[0].data;
        cr_assert_eq(image_unpremultiply(&wide, NULL, &back, &lent.context), 0);
        cr_assert(back.format.alpha == PM_ALPHA_STRAIGHT && back.format.depth == 8);
        const uint8_t *out = back.plane[0].data;
        for (unsigned i = 0; i < 65536; i++) {
            unsigned value = i >> 8, alpha = i & 255;
            cr_assert_eq(mid[2 * i], (2 * value * alpha * 257 + 255) / 510);
            cr_assert_eq(mid[2 * i + 1], alpha * 257);
            cr_assert_eq(out[2 * i], alpha > 0 ? value : 0, "level %d: %u under %u became %u", level, value,
                         alpha, out[2 * i]);
            cr_assert_eq(out[2 * i + 1], alpha);
        }
        arena_reset(&lent.arena);
    }
    lent_free(&lent);
}

/* Every 16-bit colour under several alphas, and the max error of the round trip: under alpha a, a 16-bit
 * colour has a + 1 steps. */
Test(alpha, sixteen_bits_are_rounded_both_ways)
{
    static const unsigned alphas[] = {0, 1, 2, 255, 256, 257, 32768, 65533, 65534, 65535};
    struct lent lent;
    lent_init(&lent);
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        if (!simd_available((enum simd_level)level))
            continue;
        lent.context.simd = (enum simd_level)level;
        for (size_t a = 0; a < sizeof alphas / sizeof *alphas; a++) {
            struct pm_image image, wide, back;
            unsigned alpha = alphas[a];
            make_row(&lent, &image, PM_COLOR_GRAY, 16, 65537);
            uint16_t *in = (uint16_t *)(void *)image.plane[0].data;
            for (unsigned i = 0; i < 65537; i++) {
                in[2 * i] = (uint16_t)i;
                in[2 * i + 1] = (uint16_t)alpha;
            }
            in[2 * 65536 + 1] = 0; /* one transparent pixel, so that the alpha channel is kept */
            cr_assert_eq(image_premultiply(&image, NULL, &wide, &lent.context), 0);
            cr_assert_eq(image_unpremultiply(&wide, NULL, &back, &lent.context), 0);
            const uint16_t *mid = (const uint16_t *)(const void *)wide.plane[0].data;
            const uint16_t *out = (const uint16_t *)(const void *)back.plane[0].data;
            for (uint64_t i = 0; i < 65536; i++) {
                uint64_t product = (2 * i * alpha + 65535) / (2 * 65535);
                cr_assert_eq(mid[2 * i], product);
                uint64_t expected = alpha > 0 ? (2 * product * 65535 + alpha) / (2 * alpha) : 0;
                cr_assert_eq(out[2 * i], expected, "%u under %u became %u", (unsigned)i, alpha, out[2 * i]);
                cr_assert_eq(out[2 * i + 1], alpha);
            }
            arena_reset(&lent.arena);
        }
    }
    lent_free(&lent);
}

/* Every premultiplied sample, under every 61st alpha, to 8 bits: 65536 colours. */
Test(alpha, division_to_8_bits_is_exact_and_clamped)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image, back;
    make_row(&lent, &image, PM_COLOR_GRAY, 16, 65536);
    image.format.alpha = PM_ALPHA_PREMULTIPLIED;
    image.format.bits = 8;
    uint16_t *in = (uint16_t *)(void *)image.plane[0].data;
    for (unsigned alpha = 0; alpha < 65536; alpha += 61) {
        for (unsigned i = 0; i < 65536; i++) {
            in[2 * i] = (uint16_t)i;
            in[2 * i + 1] = (uint16_t)alpha;
        }
        cr_assert_eq(image_unpremultiply(&image, NULL, &back, &lent.context), 0);
        const uint8_t *out = back.plane[0].data;
        unsigned alpha_8 = (alpha + 128) / 257;
        for (unsigned i = 0; i < 65536; i++) {
            unsigned value = i < alpha ? i : alpha;
            unsigned expected = alpha_8 > 0 ? (2 * value * 255 + alpha) / (2 * alpha) : 0;
            cr_assert_eq(out[2 * i], expected, "%u under %u became %u", i, alpha, out[2 * i]);
        }
        cr_assert_eq(out[1], alpha_8);
        arena_reset(&lent.arena);
        make_row(&lent, &image, PM_COLOR_GRAY, 16, 65536);
        image.format.alpha = PM_ALPHA_PREMULTIPLIED;
        image.format.bits = 8;
        in = (uint16_t *)(void *)image.plane[0].data;
    }
    lent_free(&lent);
}

Test(alpha, colour_above_alpha_becomes_the_brightest)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 1, 1, PM_COLOR_RGB, true, 16), back;
    uint16_t *pixel = (uint16_t *)(void *)image.plane[0].data;
    pixel[0] = 1000, pixel[1] = 1001, pixel[2] = 500, pixel[3] = 1000;
    image.format.alpha = PM_ALPHA_PREMULTIPLIED;
    cr_assert_eq(image_unpremultiply(&image, NULL, &back, &lent.context), 0);
    cr_assert_eq(sample_at(&back.plane[0], 16, 0, 0, 0), 65535);
    cr_assert_eq(sample_at(&back.plane[0], 16, 0, 0, 1), 65535);
    cr_assert_eq(sample_at(&back.plane[0], 16, 0, 0, 2), 32768); /* 32767.5 rounds up */
    lent_free(&lent);
}

/* RGBA of every colour under every alpha, with a different colour in each channel, at every SIMD level. */
Test(alpha, every_8_bit_rgb_is_multiplied_by_its_alpha)
{
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        struct lent lent;
        struct pm_image image, wide;
        if (!simd_available((enum simd_level)level))
            continue;
        lent_init(&lent);
        lent.context.simd = (enum simd_level)level;
        make_row(&lent, &image, PM_COLOR_RGB, 8, 65536);
        uint8_t *in = image.plane[0].data;
        for (unsigned i = 0; i < 65536; i++) {
            for (unsigned c = 0; c < 3; c++)
                in[4 * i + c] = (uint8_t)((i >> 8) + c * 85);
            in[4 * i + 3] = (uint8_t)i;
        }
        cr_assert_eq(image_premultiply(&image, NULL, &wide, &lent.context), 0);
        const uint16_t *out = (const uint16_t *)(const void *)wide.plane[0].data;
        for (unsigned i = 0; i < 65536; i++) {
            const unsigned alpha = in[4 * i + 3];
            for (unsigned c = 0; c < 3; c++)
                cr_assert_eq(out[4 * i + c], (2 * in[4 * i + c] * alpha * 257 + 255) / 510,
                             "level %d: %u under %u", level, in[4 * i + c], alpha);
            cr_assert_eq(out[4 * i + 3], alpha * 257);
        }
        lent_free(&lent);
    }
}

/* RGB, both depths, with sizes that leave a remainder for every vector width, compared with one pixel at a
 * time. */
Test(alpha, every_pixel_of_rgb_is_as_the_equations_say)
{
    static const uint8_t background[3] = {10, 200, 77};
    const struct convert_goal goal = {.background = {10, 200, 77}};
    struct lent lent;
    lent_init(&lent);
    for (unsigned k = 0; k < 2 * SIMD_LEVELS; k++) {
        const unsigned depth = k % 2 == 0 ? 8 : 16;
        if (!simd_available((enum simd_level)(k / 2)))
            continue;
        lent.context.simd = (enum simd_level)(k / 2);
        for (uint32_t width = 1; width < 80; width += 13) {
            struct pm_image in = picture(&lent, width, 21, PM_COLOR_RGB, true, depth), wide, flat;
            cr_assert_eq(image_premultiply(&in, NULL, &wide, &lent.context), 0);
            cr_assert_eq(image_flatten(&in, &goal, &flat, &lent.context), 0);
            cr_assert(flat.plane[0].channels == 3 && !flat.format.alpha && flat.format.depth == depth);
            uint64_t most = depth == 8 ? 255 : 65535;
            for (uint32_t i = 0; i < width * 21; i++) {
                uint32_t x = i % width, y = i / width;
                uint64_t alpha = sample_at(&in.plane[0], depth, x, y, 3);
                for (unsigned c = 0; c < 3; c++) {
                    uint64_t v = sample_at(&in.plane[0], depth, x, y, c);
                    uint64_t b = background[c] * (most / 255);
                    cr_assert_eq(sample_at(&wide.plane[0], 16, x, y, c),
                                 (2 * v * alpha * (65535 / most) + most) / (2 * most));
                    cr_assert_eq(sample_at(&flat.plane[0], depth, x, y, c),
                                 (2 * (v * alpha + b * (most - alpha)) + most) / (2 * most));
                }
            }
            arena_reset(&lent.arena);
        }
    }
    lent_free(&lent);
}

Test(alpha, grey_is_laid_over_the_luma_of_the_background)
{
    const struct convert_goal red = {.background = {255, 0, 0}};
    struct lent lent;
    lent_init(&lent);
    for (unsigned depth = 8; depth <= 16; depth += 8) {
        struct pm_image image = picture(&lent, 3, 1, PM_COLOR_GRAY, true, depth);
        memset(image.plane[0].data, 0, 3 * 2 * depth / 8);
        cr_assert_eq(image_flatten(&image, &red, &image, &lent.context), 0);
        cr_assert_eq(sample_at(&image.plane[0], depth, 1, 0, 0), depth == 8 ? 76 : 76 * 257);
    }
    lent_free(&lent);
}

Test(alpha, opaque_alpha_is_dropped_and_the_depth_stays)
{
    struct lent lent;
    lent_init(&lent);
    for (unsigned kind = 0; kind < 4 * SIMD_LEVELS; kind++) {
        if (!simd_available((enum simd_level)(kind / 4)))
            continue;
        lent.context.simd = (enum simd_level)(kind / 4);
        unsigned depth = kind & 1 ? 16 : 8, channels = kind & 2 ? 4 : 2;
        struct pm_image in = picture(&lent, 37, 300, kind & 2 ? PM_COLOR_RGB : PM_COLOR_GRAY, true, depth),
                        out;
        for (uint32_t i = 0; i < 37 * 300; i++)
            memset(plane_row(&in.plane[0], i / 37) + ((i % 37 + 1) * channels - 1) * (depth / 8), 255,
                   depth / 8);
        in.orientation = 8;
        cr_assert_eq(image_premultiply(&in, NULL, &out, &lent.context), 0);
        cr_assert(out.format.alpha == PM_ALPHA_OPAQUE && out.format.depth == depth &&
                  out.format.color == in.format.color);
        cr_assert(out.orientation == 8 && out.plane[0].channels == channels - 1);
        for (uint32_t i = 0; i < 37 * 300; i++) {
            for (unsigned c = 0; c < channels - 1; c++)
                cr_assert_eq(sample_at(&out.plane[0], depth, i % 37, i / 37, c),
                             sample_at(&in.plane[0], depth, i % 37, i / 37, c));
        }
        /* A single pixel that is not quite opaque keeps the alpha channel, wherever it is. */
        for (uint32_t x = 1; x <= 37; x++) {
            const uint32_t y = x % 2 == 0 ? 0 : 299;
            plane_row(&in.plane[0], y)[x * channels * (depth / 8) - 1] = 254;
            cr_assert_eq(image_premultiply(&in, NULL, &out, &lent.context), 0);
            cr_assert(out.format.alpha == PM_ALPHA_PREMULTIPLIED && out.format.depth == 16);
            plane_row(&in.plane[0], y)[x * channels * (depth / 8) - 1] = 255;
        }
        arena_reset(&lent.arena);
    }
    lent_free(&lent);
}

Test(alpha, an_opaque_one_is_added_where_there_is_none)
{
    for (unsigned kind = 0; kind < 4 * SIMD_LEVELS; kind++) {
        unsigned depth = kind & 1 ? 16 : 8, channels = kind & 2 ? 4 : 2;
        if (!simd_available((enum simd_level)(kind / 4)))
            continue;
        struct lent lent;
        lent_init(&lent);
        lent.context.simd = (enum simd_level)(kind / 4);
        struct pm_image in = picture(&lent, 37, 30, kind & 2 ? PM_COLOR_RGB : PM_COLOR_GRAY, false, depth),
                        out;
        in.orientation = 5;
        cr_assert_eq(image_add_alpha(&in, NULL, &out, &lent.context), 0);
        cr_assert(out.format.alpha == PM_ALPHA_STRAIGHT && out.format.depth == depth &&
                  out.format.color == in.format.color);
        cr_assert(out.orientation == 5 && out.plane[0].channels == channels);
        for (uint32_t i = 0; i < 37 * 30; i++) {
            for (unsigned c = 0; c < channels - 1; c++)
                cr_assert_eq(sample_at(&out.plane[0], depth, i % 37, i / 37, c),
                             sample_at(&in.plane[0], depth, i % 37, i / 37, c));
            cr_assert_eq(sample_at(&out.plane[0], depth, i % 37, i / 37, channels - 1),
                         depth == 8 ? 255 : 65535);
        }
        lent_free(&lent);
    }
}
