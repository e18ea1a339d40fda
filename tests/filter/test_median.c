/* median compared with sorting all samples of each window. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "filter/filter.h"
#include "filter/reference.h"
#include "image/convert.h"
#include "pictures.h"

static int by_value(const void *a, const void *b)
{
    return (int)*(const unsigned *)a - (int)*(const unsigned *)b;
}

static uint32_t mirrored(int i, int size)
{
    while (i < 0 || i >= size)
        i = i < 0 ? -1 - i : 2 * size - 1 - i;
    return (uint32_t)i;
}

static unsigned median_at(const struct pm_image *in, int size, int x, int y, unsigned channel)
{
    static unsigned samples[63 * 63];
    size_t n = 0;
    for (int j = y - size / 2; j <= y + size / 2; j++) {
        for (int i = x - size / 2; i <= x + size / 2; i++)
            samples[n++] = sample_at(&in->plane[0], in->format.depth, mirrored(i, (int)in->width),
                                     mirrored(j, (int)in->height), channel);
    }
    qsort(samples, n, sizeof *samples, by_value);
    return samples[n / 2];
}

static void expect_medians(const struct pm_image *in, int size, struct lent *lent)
{
    char argument[8];
    snprintf(argument, sizeof argument, "%d", size);
    const struct pm_image out = run_filter("median", argument, in, lent);
    cr_assert(pixels_equal(&in->format, &out.format) && out.width == in->width && out.height == in->height);
    for (uint32_t i = 0; i < in->width * in->height; i++) {
        for (unsigned c = 0; c < in->plane[0].channels; c++)
            cr_assert_eq(sample_at(&out.plane[0], in->format.depth, i % in->width, i / in->width, c),
                         median_at(in, size, (int)(i % in->width), (int)(i / in->width), c),
                         "median=%d of %ux%u, depth %u, %u channels, level %d: (%u, %u) channel %u", size,
                         in->width, in->height, in->format.depth, in->plane[0].channels,
                         (int)lent->context.simd, i % in->width, i / in->width, c);
    }
}

static void make_dark(const struct pm_image *image)
{
    uint8_t *data = image->plane[0].data;
    for (size_t i = 0; i < image->plane[0].stride * image->height; i++)
        data[i] &= 1;
}

Test(median, is_the_middle_of_the_sorted_window_in_every_format)
{
    static const uint32_t sides[][2] = {{37, 29}, {1, 1}, {70, 2}, {3, 40}};
    static const int sizes[] = {3, 5, 7, 17};
    for (unsigned kind = 0; kind < 16; kind++) {
        for (size_t i = 0; i < 16; i++) {
            struct lent lent;
            lent_init(&lent);
            lent.context.lanes = i & 1 ? 4 : 1;
            lent.context.ops = i & 1 ? &backward_ops : NULL;
            struct pm_image in =
                picture(&lent, sides[i % 4][0], sides[i % 4][1], kind & 1 ? PM_COLOR_RGB : PM_COLOR_GRAY,
                        kind & 2, kind & 4 ? 16 : 8);
            if (kind & 2)
                cr_assert_eq(image_premultiply(&in, NULL, &in, &lent.context), 0);
            if (kind & 8) /* few values */
                make_dark(&in);
            expect_medians(&in, sizes[i / 4], &lent);
            lent_free(&lent);
        }
    }
}

Test(median, of_the_largest_window_and_of_inks)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 20, 9, PM_COLOR_CMYK, false, 8);
    expect_medians(&in, 3, &lent);
    in = picture(&lent, 70, 6, PM_COLOR_GRAY, false, 16);
    expect_medians(&in, 63, &lent);
    in = picture(&lent, 40, 5, PM_COLOR_RGB, false, 8);
    expect_medians(&in, 63, &lent);
    lent_free(&lent);
}

/* The columns' counts are kept for 512 at a time. */
Test(median, of_pictures_wider_than_a_stripe_of_columns)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 1030, 3, PM_COLOR_GRAY, false, 8);
    expect_medians(&in, 17, &lent);
    make_dark(&in);
    expect_medians(&in, 31, &lent);
    lent_free(&lent);
}

Test(median, every_instruction_set_makes_the_same_image)
{
    for (int level = 0; level < SIMD_LEVELS; level++) {
        struct lent lent;
        lent_init(&lent);
        if (simd_available((enum simd_level)level))
            lent.context.simd = (enum simd_level)level;
        for (unsigned depth = 8; depth <= 16; depth += 8) {
            struct pm_image in = picture(&lent, 301, 7, PM_COLOR_RGB, false, depth);
            expect_medians(&in, 3, &lent);
            expect_medians(&in, 5, &lent);
            expect_medians(&in, 7, &lent);
            in = picture(&lent, 67, 5, PM_COLOR_RGB, false, depth);
            expect_medians(&in, 15, &lent);
        }
        lent_free(&lent);
    }
}

/* Transparent pixels have no colour that could spread. */
Test(median, premultiplied_colour_stays_within_alpha)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 41, 23, PM_COLOR_RGB, true, 8), multiplied;
    cr_assert_eq(image_premultiply(&in, NULL, &multiplied, &lent.context), 0);
    for (unsigned i = 0; i < 2; i++) {
        const struct pm_image out = run_filter("median", i == 0 ? "5" : "7", &multiplied, &lent);
        for (uint32_t at = 0; at < 41 * 23 * 3; at++)
            cr_assert_leq(sample_at(&out.plane[0], 16, at / 3 % 41, at / 3 / 41, at % 3),
                          sample_at(&out.plane[0], 16, at / 3 % 41, at / 3 / 41, 3));
    }
    lent_free(&lent);
}

Test(median, arguments)
{
    check_round_trip("median", "3", "3");
    check_round_trip("median", "063", "63");
    check_refused("median", "4", "the size of median=4 must be odd (3 or 5)");
    check_refused("median", "1", "out of range (3 to 63 pixels)");
    check_refused("median", "65", "out of range");
    check_refused("median", "3.5", "not a whole number");
}
