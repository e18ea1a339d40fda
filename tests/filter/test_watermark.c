/* watermark compared with a reference in double precision: each sample by itself, composited "over". */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "filter/filter.h"
#include "filter/reference.h"
#include "image/convert.h"
#include "pictures.h"

struct twin {
    const struct pm_image *mark; /* scaled, straight or no alpha */
    int64_t left, top;
    double opacity;
};

static double white_of(const struct pm_image *image)
{
    return image->format.depth == 8 ? 255 : 65535;
}

/* Colour or alpha of a pixel, 0 to 1. */
static double color_of(const struct pm_image *image, uint32_t x, uint32_t y, unsigned channel)
{
    const unsigned c = image->format.color == PM_COLOR_GRAY ? 0 : channel;
    return sample_at(&image->plane[0], image->format.depth, x, y, c) / white_of(image);
}

static double alpha_of(const struct pm_image *image, uint32_t x, uint32_t y)
{
    if (!pixels_have_alpha(&image->format))
        return 1;
    return sample_at(&image->plane[0], image->format.depth, x, y, pm_channels(&image->format) - 1) /
           white_of(image);
}

static bool is_under(const struct twin *twin, uint32_t x, uint32_t y)
{
    return x >= twin->left && y >= twin->top && x - twin->left < twin->mark->width &&
           y - twin->top < twin->mark->height;
}

/* Allowed error in steps of the result: half, plus the rounding of the mark to 16 bits. */
static void expect_over(const struct pm_image *in, const struct pm_image *out, const struct twin *twin,
                        double tolerance, const char *what)
{
    const double white = white_of(out);
    for (uint32_t y = 0; y < in->height; y++) {
        for (uint32_t x = 0; x < in->width; x++) {
            const bool under = is_under(twin, x, y);
            const uint32_t mx = under ? (uint32_t)(x - twin->left) : 0,
                           my = under ? (uint32_t)(y - twin->top) : 0;
            const double a = under ? alpha_of(twin->mark, mx, my) * twin->opacity : 0, d = alpha_of(in, x, y);
            const double all = a + d * (1 - a);
            for (unsigned c = 0; c < (out->format.color == PM_COLOR_GRAY ? 1 : 3); c++) {
                const double mark = under ? color_of(twin->mark, mx, my, c) : 0;
                const double want = a == 0    ? color_of(in, x, y, c)
                                    : all > 0 ? (mark * a + color_of(in, x, y, c) * d * (1 - a)) / all
                                              : 0;
                const double off = fabs(sample_at(&out->plane[0], out->format.depth, x, y, c) - want * white);
                cr_assert(off * all <= tolerance, "%s: (%u, %u) channel %u is off by %g of %g", what, x, y, c,
                          off, all);
            }
            if (pixels_have_alpha(&out->format))
                cr_assert(fabs(alpha_of(out, x, y) - all) * white <= tolerance, "%s: alpha of (%u, %u)", what,
                          x, y);
        }
    }
}

static struct filter_picture picture_of(const struct pm_image *mark)
{
    struct filter_picture picture = {.image = mark};
    picture.digest[0] = (uint8_t)mark->width;
    return picture;
}

/* Every kind of picture under every kind of mark. */
Test(watermark, is_laid_over_in_every_format)
{
    static const struct {
        const char *argument;
        int64_t left, top;
        double opacity;
    } cases[] = {
        {"logo", 28, 20, 1}, /* 37 x 29 under 9 x 9 */
        {"logo,gravity=northwest,margin=3,opacity=0.5", 3, 3, 0.5},
        {"logo,gravity=center,opacity=0.25", 14, 10, 0.25},
        {"logo,gravity=top,opacity=0", 14, 0, 0},
        {"logo,gravity=west,margin=33", 33, 10, 1}, /* cut off on the right */
    };
    for (unsigned kind = 0; kind < 64; kind++) {
        struct lent lent;
        lent_init(&lent);
        struct pm_image in =
            picture(&lent, 37, 29, kind & 1 ? PM_COLOR_RGB : PM_COLOR_GRAY, kind & 2, kind & 4 ? 16 : 8);
        struct pm_image mark =
            picture(&lent, 9, 9, kind & 8 ? PM_COLOR_RGB : PM_COLOR_GRAY, kind & 16, kind & 32 ? 16 : 8);
        const struct filter_picture logo = picture_of(&mark);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            char what[96];
            snprintf(what, sizeof what, "kind %u, %s", kind, cases[i].argument);
            struct pm_image out = run_filter_with("watermark", cases[i].argument, &logo, &in, &lent);
            cr_assert_eq(out.format.color, kind & 9 ? PM_COLOR_RGB : PM_COLOR_GRAY, "%s", what);
            cr_assert(out.format.alpha == in.format.alpha && out.format.depth == in.format.depth, "%s", what);
            const struct twin twin = {&mark, cases[i].left, cases[i].top, cases[i].opacity};
            expect_over(&in, &out, &twin, kind & 4 ? 1.51 : 0.51, what);
        }
        lent_free(&lent);
    }
}

/* The mark's size is a share of the picture's width, and its samples are those of resize. */
Test(watermark, scale_is_of_the_pictures_width)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 200, 100, PM_COLOR_RGB, false, 8);
    struct pm_image mark = picture(&lent, 64, 32, PM_COLOR_RGB, true, 8), scaled, straight;
    const struct filter_picture logo = picture_of(&mark);
    scaled = run_filter("resize", "50x25!", &mark, &lent);
    cr_assert_eq(
        image_unpremultiply(&scaled, &(struct convert_goal){.format = mark.format}, &straight, &lent.context),
        0);
    struct pm_image out = run_filter_with("watermark", "logo,scale=25,gravity=northwest", &logo, &in, &lent);
    expect_over(&in, &out, &(struct twin){&straight, 0, 0, 1}, 2.5, "scaled"); /* `straight` has 8 bits */
    lent_free(&lent);
}

Test(watermark, tiles_repeat_in_both_directions)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 50, 41, PM_COLOR_RGB, false, 8);
    struct pm_image mark = picture(&lent, 9, 7, PM_COLOR_RGB, false, 8);
    const struct filter_picture logo = picture_of(&mark);
    struct pm_image out =
        run_filter_with("watermark", "logo,tile,margin=2,gravity=center", &logo, &in, &lent);
    for (uint32_t y = 0; y < 41; y++) {
        for (uint32_t x = 0; x < 50; x++) { /* one lies at (20, 17); every 11 columns and 9 rows */
            const uint32_t mx = (x + 110 - 20) % 11, my = (y + 90 - 17) % 9;
            for (unsigned c = 0; c < 3; c++)
                cr_assert_eq(sample_at(&out.plane[0], 8, x, y, c),
                             mx < 9 && my < 7 ? sample_at(&mark.plane[0], 8, mx, my, c)
                                              : sample_at(&in.plane[0], 8, x, y, c),
                             "(%u, %u)", x, y);
        }
    }
    lent_free(&lent);
}

Test(watermark, a_larger_mark_is_cut)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 10, 11, PM_COLOR_GRAY, false, 8);
    struct pm_image mark = picture(&lent, 31, 40, PM_COLOR_GRAY, false, 8);
    const struct filter_picture logo = picture_of(&mark);
    struct pm_image out = run_filter_with("watermark", "logo,gravity=center", &logo, &in, &lent);
    expect_over(&in, &out, &(struct twin){&mark, -11, -15, 1}, 0.5, "larger");
    out = run_filter_with("watermark", "logo,gravity=southeast", &logo, &in, &lent);
    expect_over(&in, &out, &(struct twin){&mark, -21, -29, 1}, 0.5, "larger");
    lent_free(&lent);
}

/* With every instruction set, bands in any order, and the mark from an earlier job. */
Test(watermark, is_the_same_everywhere)
{
    struct memo memo;
    memo_init(&memo);
    for (unsigned kind = 0; kind < 8; kind++) {
        struct lent lent;
        lent_init(&lent);
        struct pm_image in = picture(&lent, 300, 99, PM_COLOR_RGB, kind & 1, kind & 2 ? 16 : 8);
        struct pm_image mark = picture(&lent, 80, 33, PM_COLOR_RGB, kind & 4, 8);
        const struct filter_picture logo = picture_of(&mark);
        const char *argument = "logo,scale=20,tile,opacity=0.7";
        struct pm_image first = run_filter_with("watermark", argument, &logo, &in, &lent);
        lent.context.memo = &memo;
        for (int level = 0; level < 2 * SIMD_LEVELS; level++) {
            lent.context.lanes = 4;
            lent.context.ops = &backward_ops;
            if (simd_available((enum simd_level)(level / 2)))
                lent.context.simd = (enum simd_level)(level / 2);
            struct pm_image out = run_filter_with("watermark", argument, &logo, &in, &lent);
            cr_assert(same_samples(&first.plane[0], &out.plane[0], in.format.depth), "kind %u, level %d",
                      kind, level);
        }
        if (kind == 0)
            cr_assert_gt(memo.count, 0u, "the prepared mark is kept");
        memo_free(&memo);
        memo_init(&memo);
        lent_free(&lent);
    }
    memo_free(&memo);
}

Test(watermark, arguments)
{
    check_round_trip("watermark", "logo.png,scale=50,gravity=top,tile,margin=3,opacity=0.5",
                     ",gravity=north,opacity=0.5,scale=50,margin=3,tile");
    check_refused("watermark", "logo.png,opacity=2", "out of range (0 to 1)");
    check_refused("watermark", "logo.png,scale=101", "out of range");
    check_refused("watermark", "logo.png,margin=-1", "not a whole number");
    check_refused("watermark", "logo.png,repeat", "gravity=, opacity=, scale=, margin=, tile");
}
