/* pad compared with a reference: each pixel computed from the image that resize makes. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "filter/filter.h"
#include "filter/reference.h"
#include "image/convert.h"
#include "pictures.h"

/* The reference's border: red, green, blue and alpha, 0 to 1. */
struct ink {
    double rgba[4];
};

/* Channel `channel` of a pixel of this colour, in steps of `format`. */
static double ink_sample(const struct ink *ink, const struct pm_pixel_format *format, unsigned channel)
{
    const double white = format->depth == 8 ? 255 : 65535;
    const bool is_alpha = pixels_have_alpha(format) && channel + 1 == pm_channels(format);
    const double alpha = format->alpha == PM_ALPHA_PREMULTIPLIED ? ink->rgba[3] : 1;
    return is_alpha ? ink->rgba[3] * white : ink->rgba[channel] * alpha * white;
}

/* Channel `channel`, in the result's format, of a pixel of the scaled image. */
static double inside_sample(const struct pm_image *inside, const struct pm_pixel_format *want, uint32_t x,
                            uint32_t y, unsigned channel)
{
    const struct pm_pixel_format *have = &inside->format;
    const bool is_alpha = pixels_have_alpha(want) && channel + 1 == pm_channels(want);
    if (is_alpha && !pixels_have_alpha(have))
        return have->depth == 8 ? 255 : 65535;
    const unsigned from = is_alpha ? pm_channels(have) - 1 : have->color == PM_COLOR_GRAY ? 0 : channel;
    return sample_at(&inside->plane[0], have->depth, x, y, from);
}

static void expect_padded(const struct pm_image *out, const struct pm_image *inside, uint32_t left,
                          uint32_t top, const struct ink *ink, const char *what)
{
    for (uint32_t y = 0; y < out->height; y++) {
        for (uint32_t x = 0; x < out->width; x++) {
            const bool is_inside =
                x >= left && y >= top && x - left < inside->width && y - top < inside->height;
            for (unsigned c = 0; c < pm_channels(&out->format); c++) {
                const double want = is_inside ? inside_sample(inside, &out->format, x - left, y - top, c)
                                              : ink_sample(ink, &out->format, c);
                const double got = sample_at(&out->plane[0], out->format.depth, x, y, c);
                cr_assert(fabs(got - want) <= 0.5 + 1e-6, "%s: (%u, %u) channel %u is %g, not %g", what, x, y,
                          c, got, want);
            }
        }
    }
}

struct place {
    const char *argument, *resize;
    uint32_t left, top;
    struct ink ink; /* with alpha -1: the default */
};

static const struct place places[] = {
    {"50x40>", NULL, 6, 5, {{0, 0, 0, -1}}}, /* 13 and 11 are free; an odd pixel stays on the right */
    {"50x40>,gravity=northwest,color=red", NULL, 0, 0, {{1, 0, 0, 1}}},
    {"50x40>,gravity=southeast,color=#808080", NULL, 13, 11, {{128 / 255., 128 / 255., 128 / 255., 1}}},
    {"50x40>,gravity=left,color=#00ff0080", NULL, 0, 5, {{0, 1, 0, 128 / 255.}}},
    {"50x40,shrink,gravity=bottom-right,color=#808080",
     NULL,
     13,
     11,
     {{128 / 255., 128 / 255., 128 / 255., 1}}},
    {"50x29,color=black", NULL, 6, 0, {{0, 0, 0, 1}}},
    {"37x29", NULL, 0, 0, {{0, 0, 0, -1}}},
    {"20x40,color=#102030", "20x40", 0, 12, {{16 / 255., 32 / 255., 48 / 255., 1}}},
    {"100x60,gravity=east", "100x60", 23, 0, {{0, 0, 0, -1}}},
    {"9x9>,color=transparent", "9x9", 0, 1, {{0, 0, 0, 0}}},
};

static void expect_place(const struct place *place, const struct pm_image *in, struct lent *lent)
{
    char what[96];
    const struct pm_pixel_format *f = &in->format;
    snprintf(what, sizeof what, "pad=%s, colour %d, alpha %d, depth %u", place->argument, (int)f->color,
             (int)f->alpha, f->depth);
    const struct pm_image inside =
        place->resize != NULL ? run_filter("resize", place->resize, in, lent) : *in;
    const struct pm_image out = run_filter("pad", place->argument, in, lent);
    struct ink ink = place->ink;
    if (ink.rgba[3] < 0)
        ink = f->alpha != PM_ALPHA_NONE ? (struct ink){{0, 0, 0, 0}} : (struct ink){{1, 1, 1, 1}};
    const bool borders = out.width != inside.width || out.height != inside.height;
    const bool colored = ink.rgba[3] > 0 && (ink.rgba[0] != ink.rgba[1] || ink.rgba[1] != ink.rgba[2]);
    cr_expect_eq(out.format.color, borders && colored ? PM_COLOR_RGB : f->color, "%s", what);
    cr_expect_eq(pixels_have_alpha(&out.format),
                 pixels_have_alpha(&inside.format) || (borders && ink.rgba[3] < 1), "%s", what);
    cr_expect_eq(out.format.depth, inside.format.depth, "%s", what);
    expect_padded(&out, &inside, place->left, place->top, &ink, what);
}

Test(pad, is_the_resized_image_in_borders_in_every_format)
{
    for (unsigned kind = 0; kind < 8; kind++) {
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
            struct lent lent;
            lent_init(&lent);
            struct pm_image in =
                picture(&lent, 37, 29, kind & 1 ? PM_COLOR_RGB : PM_COLOR_GRAY, kind & 2, kind & 4 ? 16 : 8);
            expect_place(&places[i], &in, &lent);
            if (kind & 2) { /* premultiplied, as a resize leaves it; and opaque */
                struct pm_image multiplied;
                cr_assert_eq(image_premultiply(&in, NULL, &multiplied, &lent.context), 0);
                expect_place(&places[i], &multiplied, &lent);
                make_opaque(&in.plane[0], in.format.depth, UINT32_MAX);
                cr_assert_eq(image_premultiply(&in, NULL, &multiplied, &lent.context), 0);
                cr_assert_eq(multiplied.format.alpha, PM_ALPHA_OPAQUE);
                expect_place(&places[i], &multiplied, &lent);
            }
            lent_free(&lent);
        }
    }
}

/* Inks that image_cmyk_to_rgb turns into the border's colour. */
Test(pad, borders_of_cmyk_are_inks)
{
    static const char *const colors[] = {"#c8b43c", "black", "white", "#123456", "transparent"};
    static const uint8_t rgb[][3] = {
        {200, 180, 60}, {0, 0, 0}, {255, 255, 255}, {18, 52, 86}, {255, 255, 255}};
    struct lent lent;
    lent_init(&lent);
    for (size_t i = 0; i < sizeof colors / sizeof *colors; i++) {
        char argument[64];
        struct pm_image in = picture(&lent, 8, 8, PM_COLOR_CMYK, false, 8), back;
        snprintf(argument, sizeof argument, "8x12,color=%s", colors[i]);
        struct pm_image out = run_filter("pad", argument, &in, &lent);
        cr_assert_eq(out.format.color, PM_COLOR_CMYK);
        cr_assert_arr_eq(plane_row(&out.plane[0], 2), plane_row(&in.plane[0], 0), 8 * 4);
        cr_assert_eq(image_cmyk_to_rgb(&out, NULL, &back, &lent.context), 0);
        for (unsigned c = 0; c < 3; c++)
            cr_expect(abs((int)sample_at(&back.plane[0], 8, 3, 1, c) - rgb[i][c]) <= 2, "%s, channel %u: %u",
                      colors[i], c, sample_at(&back.plane[0], 8, 3, 1, c));
    }
    lent_free(&lent);
}

Test(pad, bands_in_any_order_make_the_same_image)
{
    struct lent lent, other;
    lent_init(&lent);
    lent_init(&other);
    other.context.ops = &backward_ops;
    other.context.lanes = 4;
    struct pm_image in = picture(&lent, 61, 200, PM_COLOR_RGB, true, 8);
    struct pm_image a = run_filter("pad", "150x150,color=navy", &in, &lent);
    struct pm_image b = run_filter("pad", "150x150,color=navy", &in, &other);
    cr_assert(same_samples(&a.plane[0], &b.plane[0], a.format.depth));
    lent_free(&lent);
    lent_free(&other);
}

/* The decoder may have shrunk the image: the size inside is that of the whole one. */
Test(pad, an_image_shrunk_by_its_decoder_has_the_size_of_the_whole)
{
    struct lent lent;
    lent_init(&lent);
    const struct filter *filter = filter_find("pad");
    struct pm_image half = picture(&lent, 51, 26, PM_COLOR_RGB, false, 8), out;
    half.plane[0].frame = (struct pm_frame){.extent_x = 50.5, .extent_y = 25.5}; /* of 101 x 51 */
    struct filter_params params = parse_filter("pad", "30x30,color=black");
    struct shape shape = {.width = 101, .height = 51, .format = half.format};
    cr_assert_eq(filter_measure(filter, params.bytes, &half, &shape, &lent.context), 0);
    cr_assert_eq(filter->apply(params.bytes, &half, &shape, &out, &lent.context), 0);
    cr_assert(out.width == 30 && out.height == 30);
    unsigned sums[30] = {0};
    for (uint32_t y = 0; y < 30; y++) {
        for (uint32_t x = 0; x < 30; x++)
            sums[y] += sample_at(&out.plane[0], 8, x, y, 0);
        cr_expect_eq(sums[y] > 0, y >= 7 && y < 22, "row %u", y); /* 30 x 15 */
    }
    lent_free(&lent);
}

Test(pad, arguments)
{
    check_round_trip("pad", "800x600", "800x600");
    check_round_trip("pad", "800x600>,color=Red", "800x600>,color=ff0000");
    check_round_trip("pad", "8x6,color=transparent,gravity=top", "8x6,gravity=north,color=00000000");
    check_round_trip("pad", "8x6,gravity=center", "8x6");
    check_round_trip("pad", "8x6,gravity=bottom-right,shrink", "8x6,gravity=southeast,shrink");
    check_round_trip("pad", "8x6,gravity=BottomRight", "8x6,gravity=southeast");
    check_refused("pad", "800x", "is not a box");
    check_refused("pad", "50%x50%", "is not a box");
    check_refused("pad", "8x6^", "is not a box");
    check_refused("pad", "8x6,white", "(did you mean color=white?)");
    check_refused("pad", "8x6!", "is not a box");
    check_refused("pad", "8x6<", "is not a box");
    check_refused("pad", "8x6,color=reddish", "'reddish' is not a colour");
    check_refused("pad", "8x6,gravity=up", "center, north, northeast");
    check_refused("pad", "0x6", "sides from 1 to 65535 pixels");
    check_refused("pad", "logo.png", "is not a box");
}
