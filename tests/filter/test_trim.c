/* trim compared with a reference that checks every pixel in double precision; and the bounds that its plan
 * gives later steps. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "filter/filter.h"
#include "filter/geometry.h"
#include "filter/reference.h"
#include "pictures.h"

static void put_sample(const struct pm_image *image, uint32_t x, uint32_t y, unsigned channel, unsigned value)
{
    const size_t i = (size_t)x * image->plane[0].channels + channel;
    uint8_t *row = plane_row(&image->plane[0], y);
    if (image->format.depth == 8)
        row[i] = (uint8_t)value;
    else
        ((uint16_t *)(void *)row)[i] = (uint16_t)value;
}

/* Distance of a pixel in 8-bit levels: of samples, or of premultiplied samples and alpha. */
static bool is_far(const struct pm_image *image, uint32_t x, uint32_t y, double tolerance)
{
    const unsigned depth = image->format.depth, channels = image->plane[0].channels;
    const bool has_alpha = image->format.alpha == PM_ALPHA_STRAIGHT;
    const double white = depth == 8 ? 255 : 65535;
    const double alpha = has_alpha ? sample_at(&image->plane[0], depth, x, y, channels - 1) / white : 1;
    const double first = has_alpha ? sample_at(&image->plane[0], depth, 0, 0, channels - 1) / white : 1;
    for (unsigned c = 0; c < channels; c++) {
        const bool is_alpha = has_alpha && c + 1 == channels;
        const double a = sample_at(&image->plane[0], depth, x, y, c) * (is_alpha ? 1 : alpha);
        const double b = sample_at(&image->plane[0], depth, 0, 0, c) * (is_alpha ? 1 : first);
        if (fabs(a - b) * 255 / white > tolerance + 1e-9)
            return true;
    }
    return false;
}

struct box {
    uint32_t left, top, right, bottom;
};

static struct box plain_box(const struct pm_image *image, double tolerance)
{
    struct box box = {image->width, image->height, 0, 0};
    for (uint32_t y = 0; y < image->height; y++) {
        for (uint32_t x = 0; x < image->width; x++) {
            if (!is_far(image, x, y, tolerance))
                continue;
            box.left = x < box.left ? x : box.left;
            box.top = y < box.top ? y : box.top;
            box.right = x + 1 > box.right ? x + 1 : box.right;
            box.bottom = y + 1;
        }
    }
    return box.right > 0 ? box : (struct box){0, 0, image->width, image->height};
}

static void expect_trimmed(const struct pm_image *in, double tolerance, struct lent *lent)
{
    char argument[32];
    snprintf(argument, sizeof argument, "%g", tolerance);
    const struct box box = plain_box(in, tolerance);
    const struct pm_image out = run_filter("trim", argument, in, lent);
    cr_assert(out.width == box.right - box.left && out.height == box.bottom - box.top,
              "trim=%s of %ux%u, depth %u, %u channels: %ux%u, not %u,%u to %u,%u", argument, in->width,
              in->height, in->format.depth, in->plane[0].channels, out.width, out.height, box.left, box.top,
              box.right, box.bottom);
    cr_assert_eq(out.plane[0].data, plane_row(&in->plane[0], box.top) +
                                        (size_t)box.left * in->plane[0].channels * (in->format.depth / 8));
    cr_assert(plane_is_full(&out.plane[0]));
}

/* A picture of one colour with noise within `noise` 8-bit steps, and `spots` pixels of any colour. */
static struct pm_image spotted(struct lent *lent, uint32_t width, uint32_t height, unsigned kind,
                               unsigned noise, unsigned spots, unsigned *seed)
{
    static const enum pm_color colors[] = {PM_COLOR_GRAY, PM_COLOR_RGB, PM_COLOR_CMYK};
    const enum pm_color color = colors[kind % 3];
    const bool cmyk = color == PM_COLOR_CMYK;
    const unsigned depth = kind / 3 % 2 && !cmyk ? 16 : 8, scale = depth == 8 ? 1 : 257;
    struct pm_image image = picture(lent, width, height, color, kind / 6 % 2 && !cmyk, depth);
    const unsigned channels = image.plane[0].channels, base = rand_r(seed) % (255 - noise);
    for (uint32_t i = 0; i < width * height; i++) {
        for (unsigned c = 0; c < channels; c++)
            put_sample(&image, i % width, i / width, c, (base + rand_r(seed) % (noise + 1)) * scale);
    }
    for (unsigned i = 0; i < spots; i++) {
        const uint32_t x = (unsigned)rand_r(seed) % width, y = (unsigned)rand_r(seed) % height;
        for (unsigned c = 0; c < channels; c++)
            put_sample(&image, x, y, c, (unsigned)rand_r(seed) % 256 * scale);
    }
    return image;
}

Test(trim, is_the_smallest_box_in_every_format)
{
    unsigned seed = 5;
    for (unsigned i = 0; i < 1200; i++) {
        struct lent lent;
        lent_init(&lent);
        const uint32_t width = 1 + (unsigned)rand_r(&seed) % 90, height = 1 + (unsigned)rand_r(&seed) % 60;
        const unsigned noise = (unsigned)rand_r(&seed) % 12, spots = (unsigned)rand_r(&seed) % 4;
        struct pm_image in = spotted(&lent, width, height, i, noise, spots, &seed);
        if (i & 1) {
            lent.context.lanes = 3;
            lent.context.ops = &backward_ops;
        }
        expect_trimmed(&in, noise, &lent);
        expect_trimmed(&in, noise / 2 + 0.5, &lent);
        expect_trimmed(&in, 0, &lent);
        expect_trimmed(&in, 100, &lent);
        lent_free(&lent);
    }
}

Test(trim, every_instruction_set_finds_the_same_box)
{
    unsigned seed = 9;
    for (unsigned i = 0; i < 120; i++) {
        for (int level = 0; level < SIMD_LEVELS; level++) {
            struct lent lent;
            lent_init(&lent);
            unsigned own = seed + i;
            struct pm_image in = spotted(&lent, 300, 20, i, 3, 2, &own);
            if (simd_available((enum simd_level)level))
                lent.context.simd = (enum simd_level)level;
            expect_trimmed(&in, 3, &lent);
            lent_free(&lent);
        }
    }
}

/* Transparent pixels are background, whatever their colour. */
Test(trim, transparent_pixels_are_equal)
{
    struct lent lent;
    lent_init(&lent);
    for (unsigned depth = 8; depth <= 16; depth += 8) {
        const unsigned white = depth == 8 ? 255 : 65535;
        struct pm_image in = picture(&lent, 40, 30, PM_COLOR_RGB, true, depth);
        for (uint32_t i = 0; i < 40 * 30; i++)
            put_sample(&in, i % 40, i / 40, 3,
                       i % 40 >= 11 && i % 40 < 31 && i / 40 >= 3 && i / 40 < 9 ? white : 0);
        struct pm_image out = run_filter("trim", "0", &in, &lent);
        cr_assert(out.width == 20 && out.height == 6);
    }
    lent_free(&lent);
}

static unsigned warnings;

static void count_warning(struct context *context, const char *message)
{
    (void)context;
    cr_assert_not_null(strstr(message, "nothing is cut off"));
    warnings++;
}

Test(trim, a_picture_of_one_colour_is_kept_with_a_warning)
{
    static const struct context_ops ops = {.warn = count_warning};
    struct lent lent;
    lent_init(&lent);
    lent.context.ops = &ops;
    struct pm_image in = picture(&lent, 40, 30, PM_COLOR_RGB, false, 8);
    memset(in.plane[0].data, 7, in.plane[0].stride * 30);
    struct pm_image out = run_filter("trim", "0", &in, &lent);
    cr_assert(out.width == 40 && out.height == 30);
    cr_assert_eq(warnings, 1);
    lent_free(&lent);
}

Test(trim, arguments)
{
    check_round_trip("trim", "10", "10");
    check_round_trip("trim", "0", "0");
    check_round_trip("trim", "2.50", "2.5");
    check_refused("trim", "256", "out of range");
    check_refused("trim", "-1", "not a number");
    check_refused("trim", "5,gravity=north", "only one value is allowed");
}

/* The bound of a resize holds for every smaller input; with one side given, for inputs with sides of at most
 * 4 to 1, or without enlargement. */
Test(trim, later_sizes_are_within_the_bound)
{
    static const char *const sizes[] = {"80x60",  "80x60!", "80x!",    "80x",  "x60",
                                        "80x60^", "80x^",   "50%",     "300%", "30%x90%",
                                        "80x60>", "80x60<", "80x60!<", "x60>", "80x60^>"};
    unsigned seed = 3;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct geometry geometry;
        struct pm_error error = {0};
        cr_assert_eq(geometry_parse(sizes[i], strlen(sizes[i]), &geometry, &error), 0);
        for (unsigned k = 0; k < 2000; k++) {
            const uint32_t w = 1 + (unsigned)rand_r(&seed) % 300, h = 1 + (unsigned)rand_r(&seed) % 300;
            uint32_t width = w, height = h, in_w = 1 + (unsigned)rand_r(&seed) % w,
                     in_h = 1 + (unsigned)rand_r(&seed) % h;
            if (in_w > 4 * in_h || in_h > 4 * in_w)
                continue;
            uint32_t out_w = in_w, out_h = in_h;
            bool exact;
            geometry_bound(&geometry, &width, &height, &exact);
            cr_assert_eq(geometry_apply(&geometry, &out_w, &out_h, &error), 0);
            cr_assert(out_w <= width && out_h <= height, "%s of %ux%u in %ux%u: %ux%u, bound %ux%u", sizes[i],
                      in_w, in_h, w, h, out_w, out_h, width, height);
            cr_assert(!exact || (out_w == width && out_h == height), "%s", sizes[i]);
        }
    }
}
