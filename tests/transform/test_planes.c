/* The planes of a YCbCr file on their way to the result. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "codec/codec.h"
#include "codec/jpeg/maker.h"
#include "codec/reader.h"
#include "filter/reference.h"
#include "image/convert.h"
#include "lent.h"
#include "pixmill/transform.h"
#include "transform/plan.h"
#include "transform/recipe.h"
#include "transform/transformed.h"

static struct plan planned(const char *text, unsigned orientation)
{
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse(text, &error);
    cr_assert_not_null(recipe, "%s: %s", text, error.message);
    const struct pm_info info = {.format = "jpeg",
                                 .width = 1000,
                                 .height = 800,
                                 .pixels = PIXELS_YCC(2, 2),
                                 .depth = 8,
                                 .orientation = orientation};
    struct plan plan;
    cr_assert_eq(plan_make(recipe, codec_of_suffix("jpeg"), &info, 0, &plan, &error), 0, "%s", error.message);
    pm_recipe_free(recipe);
    return plan;
}

/* Chroma is decoded as the result needs it: at full size, with wide samples, where planes are merged to RGB
 * or encoded without subsampling. */
Test(planes, are_decoded_for_what_is_made_of_them)
{
    static const struct {
        const char *recipe;
        unsigned orientation, x, y, depth;
    } cases[] = {
        {"resize=100x", 1, 2, 2, 8},
        {"resize=100x/blur=2", 6, 2, 2, 8},
        {"resize=100x/quality=95", 1, 1, 1, 16},
        {"resize=100x/subsampling=444", 1, 1, 1, 16},
        {"resize=100x/subsampling=422", 1, 2, 1, 8},
        {"resize=100x/subsampling=422", 6, 1, 2, 8},
        {"resize=100x/subsampling=422", 3, 2, 1, 8},
        {"resize=100x/format=png", 1, 1, 1, 16},
        {"resize=100x/gray/format=png", 1, 2, 2, 8},
        {"resize=100x/gray/quality=95", 1, 2, 2, 8},
        {"blur=20/quality=95", 1, 1, 1, 16},
        {"blur=20", 1, 2, 2, 8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct plan plan = planned(cases[i].recipe, cases[i].orientation);
        cr_expect(plan.request.planes && plan.request.min_width > 0, "%s", cases[i].recipe);
        cr_expect_eq(plan.request.sampling_x, cases[i].x, "%s", cases[i].recipe);
        cr_expect_eq(plan.request.sampling_y, cases[i].y, "%s", cases[i].recipe);
        cr_expect_eq(plan.planes.depth, cases[i].depth, "%s", cases[i].recipe);
    }
}

static bool same_pictures(const struct buffer *a, const struct buffer *b)
{
    struct lent lent;
    lent_init(&lent);
    const struct pm_image one = decoded(&lent, a), other = decoded(&lent, b);
    const bool same = one.width == other.width && one.height == other.height &&
                      one.format.color == other.format.color && one.format.depth == 8 &&
                      other.format.depth == 8 && same_samples(&one.plane[0], &other.plane[0], 8);
    lent_free(&lent);
    return same;
}

/* Steps that only move pixels give the same result before and after planes are merged. */
Test(planes, are_moved_while_they_are_wide_as_rgb_is)
{
    static const char *const moves[] = {"rotate=90", "rotate=180", "flip", "flop/rotate=270",
                                        "crop=31x17+5+9"};
    struct buffer file = make_jpeg(&(struct jpeg_recipe){
        .width = 331, .height = 257, .in = JCS_RGB, .out = JCS_YCbCr, .h = 2, .v = 2, .quality = 60});
    struct buffer still = transformed_well("resize=90x/format=png", &file);
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        char text[80];
        snprintf(text, sizeof text, "resize=90x/%s/format=png", moves[i]);
        struct buffer before = transformed_well(text, &file), behind = transformed_well(moves[i], &still);
        cr_expect(same_pictures(&before, &behind), "%s", moves[i]);
        buffer_free(&before);
        buffer_free(&behind);
    }
    buffer_free(&still);
    buffer_free(&file);
}

/* A grey picture made into colour planes stays free of colour, whatever its planes went through. */
Test(planes, without_colour_stay_grey)
{
    static const char *const recipes[] = {
        "resize=60x/format=png",  "resize=200x/blur=2/format=png",    "resize=60x/sharpen=1/format=png",
        "resize=60x/quality=100", "resize=60x/resize=50x/format=png", "resize=97x83!/format=png"};
    enum { SIDE = 97 };
    uint8_t *samples = make_samples(SIDE, SIDE, 3);
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++)
        memset(samples + 3 * i, samples[3 * i] < 128 ? 0 : 255, 3);
    struct buffer file = make_jpeg(&(struct jpeg_recipe){
        .width = SIDE, .height = SIDE, .in = JCS_RGB, .out = JCS_YCbCr, .h = 2, .v = 2, .samples = samples});
    for (size_t k = 0; k < sizeof recipes / sizeof *recipes; k++) {
        struct lent lent;
        lent_init(&lent);
        struct buffer out = transformed_well(recipes[k], &file);
        const struct pm_image image = decoded(&lent, &out);
        bool grey = true;
        for (uint32_t y = 0; y < image.height; y++) {
            const uint8_t *row = plane_row(&image.plane[0], y);
            for (size_t x = 0; x < image.width; x++)
                grey = grey && row[3 * x] == row[3 * x + 1] && row[3 * x] == row[3 * x + 2];
        }
        cr_expect(grey, "%s", recipes[k]);
        buffer_free(&out);
        lent_free(&lent);
    }
    buffer_free(&file);
    free(samples);
}

/* Every chroma sampling of JPEG becomes what the plan says: planes, or RGB if chroma is coarser than the
 * result's or has another shape. */
Test(planes, end_as_planned_from_any_sampling)
{
    static const struct {
        int h, v;
        bool planes; /* they stay planes in a JPEG of 4:2:0 */
    } cases[] = {{1, 1, true}, {2, 1, true}, {2, 2, true}, {1, 2, false}, {4, 1, false}, {4, 2, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct pm_pixel_format have = PIXELS_YCC((unsigned)cases[i].h, (unsigned)cases[i].v);
        struct pm_recipe *recipe = pm_recipe_parse("crop=31x17+5+9", &(struct pm_error){0});
        const struct codec *jpeg = codec_of_suffix("jpeg");
        const struct pm_pixel_format *accepts = jpeg->accepts(recipe_options(recipe, jpeg));
        const struct pm_pixel_format *best = convert_best(&have, accepts, recipe->background);
        cr_expect_eq(best->color, cases[i].planes ? PM_COLOR_YCC : PM_COLOR_RGB, "%dx%d", cases[i].h,
                     cases[i].v);
        struct buffer file = make_jpeg(&(struct jpeg_recipe){
            .width = 90, .height = 70, .in = JCS_RGB, .out = JCS_YCbCr, .h = cases[i].h, .v = cases[i].v});
        struct plan plan;
        struct pm_error error = {0};
        cr_assert_eq(plan_make_for(recipe, file.data, file.size, 0, &plan, &error), 0);
        cr_expect(pixels_equal(&plan.result.format, best));
        struct buffer out = transformed_well("crop=31x17+5+9", &file);
        buffer_free(&out);
        buffer_free(&file);
        pm_recipe_free(recipe);
    }
}
