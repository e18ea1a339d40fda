/* Steps after trim, whose sizes depend on the pixels: what the plan states about them, and what is true. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "codec/codec.h"
#include "pictures.h"
#include "pixmill/transform.h"
#include "transform/transform.h"
#include "transform/transformed.h"

/* A white picture with noise in a box. */
static struct buffer boxed(struct lent *lent, const char *format, uint32_t width, uint32_t height, uint32_t x,
                           uint32_t y, uint32_t w, uint32_t h)
{
    struct pm_image image = picture(lent, width, height, PM_COLOR_RGB, false, 8);
    for (uint32_t i = 0; i < width * height; i++) {
        const uint32_t px = i % width, py = i / width;
        const bool inside = px >= x && px - x < w && py >= y && py - y < h;
        uint8_t *pixel = plane_row(&image.plane[0], py) + 3 * (size_t)px;
        for (unsigned c = 0; c < 3; c++)
            pixel[c] = inside ? pixel[c] / 2 : 255;
    }
    return encoded(lent, format, &image);
}

static struct plan planned(const char *text, const struct buffer *file)
{
    struct plan plan;
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse(text, &error);
    cr_assert_eq(plan_make_for(recipe, file->data, file->size, 0, &plan, &error), 0, "%s: %s", text,
                 error.message);
    pm_recipe_free(recipe);
    return plan;
}

Test(trimmed, later_steps_have_the_measured_size)
{
    static const struct {
        const char *recipe;
        uint32_t width, height;
        bool exact;
    } cases[] = {
        {"trim", 100, 60, false},
        {"trim=40", 100, 60, false},
        {"trim/rotate=90", 60, 100, false},
        {"trim/resize=50%", 50, 30, false},
        {"trim/resize=80x80", 80, 48, false},
        {"trim/resize=200x", 200, 120, false},
        {"trim/resize=x30", 50, 30, false},
        {"trim/resize=80x80!", 80, 80, true},
        {"trim/crop=33x44+1+1", 33, 44, true},
        {"trim/crop=33x44,gravity=southeast", 33, 44, true},
        {"trim/pad=90x90", 90, 90, true},
        {"trim/pad=200x200>", 200, 200, true},
        {"trim/blur=1/sharpen=1/flip/gray", 100, 60, false},
        {"resize=50%,kernel=nearest/trim", 50, 30, false},
        {"rotate=90/trim/trim", 60, 100, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lent lent;
        lent_init(&lent);
        struct buffer file = boxed(&lent, "png", 240, 200, 40, 50, 100, 60);
        const struct plan plan = planned(cases[i].recipe, &file);
        struct pm_image image = result_of(&lent, cases[i].recipe, &file);
        cr_expect(image.width == cases[i].width && image.height == cases[i].height, "%s: %ux%u",
                  cases[i].recipe, image.width, image.height);
        cr_expect_eq(plan.result.at_most, !cases[i].exact, "%s", cases[i].recipe);
        cr_expect(image.width <= plan.result.width && image.height <= plan.result.height, "%s: planned %ux%u",
                  cases[i].recipe, plan.result.width, plan.result.height);
        buffer_free(&file);
        lent_free(&lent);
    }
}

/* A JPEG of 8 times the result's size: before trim is done, the size that the decoder may reduce to is not
 * known. */
Test(trimmed, the_decoder_does_not_shrink_before)
{
    struct lent lent;
    lent_init(&lent);
    struct buffer file = boxed(&lent, "jpeg", 640, 480, 320, 240, 64, 64);
    cr_expect_eq(planned("trim=60/resize=64x64", &file).request.min_width, 0u);
    cr_expect_gt(planned("resize=64x64/trim=60", &file).request.min_width, 0u);
    struct pm_image image = result_of(&lent, "trim=60/resize=64x64!/format=png", &file);
    cr_expect(image.width == 64 && image.height == 64);
    unsigned white = 0;
    for (uint32_t y = 4; y < 60; y++)
        white += sample_at(&image.plane[0], 8, 32, y, 0) > 200;
    cr_expect_eq(white, 0u, "the noise fills the result");
    buffer_free(&file);
    lent_free(&lent);
}

Test(trimmed, a_thin_rest_that_would_take_more_than_planned_is_refused)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_error error;
    struct buffer file = boxed(&lent, "png", 300, 400, 150, 0, 2, 400);
    struct buffer out = transformed("trim/resize=300x/format=png", &file, &error);
    cr_assert_eq(out.size, 0u);
    cr_expect_eq(error.kind, PM_ERROR_LIMIT);
    cr_expect_not_null(strstr(error.message, "no memory was reserved"), "%s", error.message);
    out = transformed("trim/resize=300x300/format=png", &file, &error);
    cr_expect_gt(out.size, 0u, "%s", error.message);
    buffer_free(&out);
    out = transformed("trim/crop=3x3+0+0", &file, &error); /* fits the planned bound, not the picture */
    cr_expect_eq(error.kind, PM_ERROR_USAGE);
    cr_expect_not_null(strstr(error.message, "is not inside the picture, which is 2x400"), "%s",
                       error.message);
    buffer_free(&out);
    buffer_free(&file);
    lent_free(&lent);
}

/* WebP is limited to 16383 pixels per side; pixels that are trimmed don't count. */
Test(trimmed, the_formats_limit_is_that_of_the_result)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_error error;
    struct buffer file = boxed(&lent, "png", 17000, 4, 100, 1, 200, 2);
    struct buffer out = transformed("trim/format=webp", &file, &error);
    cr_expect_gt(out.size, 0u, "%s", error.message);
    buffer_free(&out);
    out = transformed("trim=255/format=webp", &file, &error);
    cr_expect_eq(error.kind, PM_ERROR_LIMIT);
    buffer_free(&out);
    buffer_free(&file);
    lent_free(&lent);
}

Test(trimmed, an_animation_is_planned_in_full_size)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_info info = {.format = "webp",
                           .width = 30,
                           .height = 30,
                           .frames = 3,
                           .animated = true,
                           .orientation = 1,
                           .loops = 0,
                           .pixels = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8)};
    struct pm_error error = {0};
    struct plan plan;
    struct pm_recipe *recipe = pm_recipe_parse("trim", &error);
    cr_assert_eq(plan_make(recipe, codec_of_suffix("webp"), &info, 0, &plan, &error), 0, "%s", error.message);
    cr_expect_eq(plan.frames, 3);
    cr_expect_eq(plan.result.width, 30);
    cr_expect(plan.measures);
    pm_recipe_free(recipe);
    lent_free(&lent);
}

Test(trimmed, a_word_alone_has_the_default)
{
    char text[32];
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse("trim/flip", &error);
    cr_assert_not_null(recipe, "%s", error.message);
    pm_recipe_text(recipe, text, sizeof text);
    cr_expect_str_eq(text, "trim=10/flip");
    pm_recipe_free(recipe);
    cr_expect_null(pm_recipe_parse("trim=/flip", &error));
}
