/* A crop of a picture whose rows are decoded on demand: the same result as a crop of the whole picture, in
 * the memory of the rectangle. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "codec/codec.h"
#include "pictures.h"
#include "transform/plan.h"
#include "transform/transformed.h"

enum { WIDTH = 90, HEIGHT = 77 };

/* The second step gets the whole picture. */
static void check(const struct buffer *file, const char *crop)
{
    static const char *const whole = "flip/flip/";
    char text[64];
    struct lent lent;
    lent_init(&lent);
    snprintf(text, sizeof text, "%s%s", whole, crop);
    const struct pm_image rows = result_of(&lent, crop, file), expected = result_of(&lent, text, file);
    cr_assert(rows.width == expected.width && rows.height == expected.height);
    cr_assert(pixels_equal(&rows.format, &expected.format));
    const size_t row = (size_t)rows.width * rows.plane[0].channels * (rows.format.depth / 8);
    for (uint32_t y = 0; y < rows.height; y++)
        cr_assert_eq(memcmp(plane_row(&rows.plane[0], y), plane_row(&expected.plane[0], y), row), 0, "%s",
                     crop);
    lent_free(&lent);
}

Test(crop_rows, are_those_of_the_whole_picture)
{
    static const char *const crops[] = {
        "crop=20x30+41+9",  "crop=90x1+0+0",           "crop=90x1+0+76",
        "crop=1x77+89+0",   "crop=90x76+0+1",          "crop=90x77+0+0",
        "crop=33x32+10+32", "crop=7x7,gravity=center", "crop=8x9,gravity=southeast"};
    for (unsigned kind = 0; kind < 8; kind++) {
        struct lent lent;
        lent_init(&lent);
        const struct pm_image image = picture(&lent, WIDTH, HEIGHT, kind & 1 ? PM_COLOR_RGB : PM_COLOR_GRAY,
                                              (kind & 2) != 0, kind & 4 ? 16 : 8);
        struct buffer file = encoded(&lent, "png", &image);
        for (size_t i = 0; i < sizeof crops / sizeof *crops; i++)
            check(&file, crops[i]);
        buffer_free(&file);
        lent_free(&lent);
    }
}

/* The rows after the rectangle are decoded, too: a file that ends early is an error. */
Test(crop_rows, a_cut_file_is_refused_whatever_is_kept)
{
    struct lent lent;
    struct pm_error error = {0};
    lent_init(&lent);
    const struct pm_image image = picture(&lent, WIDTH, HEIGHT, PM_COLOR_RGB, false, 8);
    struct buffer file = encoded(&lent, "png", &image);
    file.size -= 100;
    struct buffer out = transformed("crop=10x10+0+0", &file, &error);
    cr_expect_eq(out.size, 0);
    cr_expect_eq(error.kind, PM_ERROR_TRUNCATED, "%s", error.message);
    cr_expect_eq(error.stage, PM_STAGE_DECODE);
    buffer_free(&file);
    lent_free(&lent);
}

Test(crop_rows, memory_is_that_of_the_rectangle)
{
    const struct codec *png = codec_of_suffix("png");
    struct pm_info info = codec_blank_info("png");
    info.width = info.height = 10000;
    info.depth = 8;
    info.pixels = (struct pm_pixel_format)PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8);
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse("crop=100x100+7000+9000", &error);
    struct plan plan;
    cr_assert_eq(plan_make(recipe, png, &info, 0, &plan, &error), 0, "%s", error.message);
    cr_expect_gt(plan.request.window, 0);
    cr_expect_lt(plan.work_bytes, (uint64_t)info.width * info.height);
    pm_recipe_free(recipe);
}
