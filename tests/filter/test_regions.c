/* pixelate and blur of a region, compared with plain loops. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "filter/filter.h"
#include "filter/reference.h"
#include "image/convert.h"
#include "pictures.h"

/* A picture of each format that pixelate accepts. */
enum { KINDS = 11 };

static struct pm_image picture_of(struct lent *lent, unsigned kind, uint32_t width, uint32_t height)
{
    if (kind == KINDS - 1)
        return picture(lent, width, height, PM_COLOR_CMYK, false, 8);
    struct pm_image image =
        picture(lent, width, height, kind & 1 ? PM_COLOR_RGB : PM_COLOR_GRAY, kind & 2, kind & 4 ? 16 : 8);
    if (kind & 2)
        cr_assert_eq(image_premultiply(&image, NULL, &image, &lent->context), 0);
    return image;
}

struct box {
    uint32_t x, y, width, height; /* inside the picture */
};

static double mean_around(const struct pm_image *in, const struct box *box, uint32_t size, uint32_t x,
                          uint32_t y, unsigned channel)
{
    const uint32_t left = box->x + (x - box->x) / size * size, top = box->y + (y - box->y) / size * size;
    double sum = 0, count = 0;
    for (uint32_t j = top; j < top + size && j < box->y + box->height; j++) {
        for (uint32_t i = left; i < left + size && i < box->x + box->width; i++, count++)
            sum += sample_at(&in->plane[0], in->format.depth, i, j, channel);
    }
    return sum / count;
}

static bool is_inside(const struct box *box, uint32_t x, uint32_t y)
{
    return x >= box->x && y >= box->y && x - box->x < box->width && y - box->y < box->height;
}

static const struct {
    const char *argument;
    uint32_t size;
    struct box box;
} cases[] = {
    {"4", 4, {0, 0, 37, 29}},
    {"2,region=10x10+1+1", 2, {1, 1, 10, 10}},
    {"5,region=12x7+3+2", 5, {3, 2, 12, 7}},
    {"3,region=1x1+36+28", 3, {36, 28, 1, 1}},
    {"100,region=20x20+30+20", 100, {30, 20, 7, 9}},
    {"65535", 65535, {0, 0, 37, 29}},
};

Test(regions, pixelate_is_means_of_squares)
{
    for (unsigned kind = 0; kind < KINDS; kind++) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            struct lent lent;
            lent_init(&lent);
            lent.context.lanes = i & 1 ? 4 : 1;
            lent.context.ops = i & 1 ? &backward_ops : NULL;
            struct pm_image in = picture_of(&lent, kind, 37, 29);
            const struct pm_image out = run_filter("pixelate", cases[i].argument, &in, &lent);
            const unsigned depth = in.format.depth;
            cr_assert(pixels_equal(&in.format, &out.format) && out.width == 37 && out.height == 29);
            for (uint32_t at = 0; at < 37 * 29 * in.plane[0].channels; at++) {
                const uint32_t pixel = at / in.plane[0].channels, x = pixel % 37, y = pixel / 37;
                const unsigned c = at % in.plane[0].channels;
                const double want = is_inside(&cases[i].box, x, y)
                                        ? mean_around(&in, &cases[i].box, cases[i].size, x, y, c)
                                        : sample_at(&in.plane[0], depth, x, y, c);
                const double got = sample_at(&out.plane[0], depth, x, y, c);
                cr_assert(fabs(got - want) <= 0.5, "pixelate=%s, kind %u, (%u, %u) channel %u: %g, not %g",
                          cases[i].argument, kind, x, y, c, got, want);
            }
            lent_free(&lent);
        }
    }
}

/* The region is blurred as a picture of its own, and the rest is as before. */
Test(regions, blur_is_the_blur_of_the_cut_out_region)
{
    static const struct box box = {5, 4, 21, 17};
    for (unsigned kind = 0; kind < 2 * KINDS; kind++) {
        const bool linear = kind >= KINDS;
        struct lent lent;
        lent_init(&lent);
        struct pm_image in = picture_of(&lent, kind % KINDS, 37, 29);
        if (in.format.alpha == PM_ALPHA_PREMULTIPLIED && linear)
            continue; /* light is made of straight alpha */
        const struct pm_image cut = run_filter("crop", "21x17+5+4", &in, &lent);
        const struct pm_image blurred = run_filter("blur", linear ? "2,linear" : "2", &cut, &lent);
        const struct pm_image out =
            run_filter("blur", linear ? "2,linear,region=21x17+5+4" : "2,region=21x17+5+4", &in, &lent);
        cr_assert(pixels_equal(&in.format, &out.format));
        for (uint32_t at = 0; at < 37 * 29 * in.plane[0].channels; at++) {
            const uint32_t pixel = at / in.plane[0].channels, x = pixel % 37, y = pixel / 37;
            const unsigned c = at % in.plane[0].channels, depth = in.format.depth;
            const unsigned want = is_inside(&box, x, y)
                                      ? sample_at(&blurred.plane[0], depth, x - box.x, y - box.y, c)
                                      : sample_at(&in.plane[0], depth, x, y, c);
            cr_assert_eq(sample_at(&out.plane[0], depth, x, y, c), want);
        }
        lent_free(&lent);
    }
}

/* In linear light of straight alpha, an opaque region comes without it. */
Test(regions, an_opaque_region_stays_opaque)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 30, 20, PM_COLOR_RGB, true, 8);
    make_opaque(&in.plane[0], 8, 19);
    const struct pm_image out = run_filter("blur", "2,linear,region=20x10+3+3", &in, &lent);
    cr_assert_eq(out.format.alpha, PM_ALPHA_STRAIGHT);
    cr_expect_eq(sample_at(&out.plane[0], 8, 5, 5, 3), 255);
    cr_expect_eq(sample_at(&out.plane[0], 8, 5, 19, 3), sample_at(&in.plane[0], 8, 5, 19, 3));
    lent_free(&lent);
}

Test(regions, outside_the_picture_are_refused)
{
    static const char *const outside[] = {"9,region=5x5+37+0", "9,region=5x5+0+29"};
    for (size_t i = 0; i < 2; i++) {
        struct shape shape = {.width = 37, .height = 29};
        struct pm_error error = {0};
        struct filter_params params = parse_filter("pixelate", outside[i]);
        cr_assert_eq(filter_find("pixelate")->plan(params.bytes, &shape, &error), -1);
        cr_expect_not_null(strstr(error.message, "of pixelate is outside the picture, which is 37x29"), "%s",
                           error.message);
        error = (struct pm_error){0};
        params = parse_filter("blur", outside[i]);
        cr_assert_eq(filter_find("blur")->plan(params.bytes, &shape, &error), -1);
    }
}

Test(regions, arguments)
{
    check_round_trip("pixelate", "16", "16");
    check_round_trip("pixelate", "016,region=12x8+4+03", "16,region=12x8+4+3");
    check_round_trip("blur", "8,region=12x8+0+0", "8,region=12x8+0+0");
    check_refused("pixelate", "1", "out of range (2 to 65535 pixels)");
    check_refused("pixelate", "8,region=12x8", "is not a rectangle (WIDTHxHEIGHT+X+Y)");
    check_refused("pixelate", "8,region=", "is not a rectangle");
    check_refused("blur", "8,region=0x8+1+1", "the region 0x8+1+1 is not a rectangle");
}
