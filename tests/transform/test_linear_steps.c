/* resize=…,linear in a recipe: what the decoder may do before it, and rows on demand. */
#include <criterion/criterion.h>
#include <string.h>

#include "codec/codec.h"
#include "pictures.h"
#include "transform/plan.h"
#include "transform/transformed.h"

static struct pm_image checkerboard(struct lent *lent, enum pm_color color)
{
    const struct shape shape = {.width = 320, .height = 240, .format = PIXELS(color, PM_ALPHA_NONE, 8)};
    struct pm_image image;
    cr_assert_eq(image_alloc(&image, &shape, &lent->context), 0);
    for (uint32_t y = 0; y < shape.height; y++)
        for (uint32_t x = 0; x < shape.width; x++)
            memset(plane_row(&image.plane[0], y) + (size_t)x * image.plane[0].channels, (x + y) % 2 * 255,
                   image.plane[0].channels);
    return image;
}

/* An inverse DCT at 1/4 would have given 128. */
Test(linear_steps, a_decoder_shrinks_nothing)
{
    static const enum pm_color colors[] = {PM_COLOR_GRAY, PM_COLOR_RGB};
    for (int i = 0; i < 2; i++) {
        struct lent lent;
        lent_init(&lent);
        const struct pm_image image = checkerboard(&lent, colors[i]);
        struct buffer jpeg = encoded(&lent, "jpeg", &image);
        const struct pm_image small = result_of(&lent, "resize=40x30,linear/format=png", &jpeg);
        for (uint32_t y = 3; y < small.height - 3; y++) {
            for (uint32_t x = 3 * small.plane[0].channels; x < 37 * small.plane[0].channels; x++)
                cr_assert(plane_row(&small.plane[0], y)[x] >= 185 && plane_row(&small.plane[0], y)[x] <= 190,
                          "%u, %u is %u", x, y, plane_row(&small.plane[0], y)[x]);
        }
        buffer_free(&jpeg);
        lent_free(&lent);
    }
}

static struct plan plan_of(const char *text, const struct pm_info *info)
{
    struct plan plan;
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse(text, &error);
    cr_assert_not_null(recipe, "%s", error.message);
    cr_assert_eq(plan_make(recipe, codec_of_suffix("jpeg"), info, 0, &plan, &error), 0, "%s", error.message);
    pm_recipe_free(recipe);
    return plan;
}

Test(linear_steps, the_plan_asks_for_all_pixels_of_rgb)
{
    struct pm_info info = codec_blank_info("jpeg");
    info.width = 4000;
    info.height = 3000;
    info.depth = 8;
    info.pixels = (struct pm_pixel_format)PIXELS_YCC(2, 2);
    const struct plan plain = plan_of("resize=100", &info), linear = plan_of("resize=100,linear", &info),
                      blur = plan_of("blur=20,linear", &info);
    cr_expect(plain.request.planes && plain.request.min_width > 0);
    cr_expect(!linear.request.planes && linear.request.min_width == 0);
    cr_expect(!blur.request.planes && blur.request.min_width == 0);
    cr_expect_geq(blur.work_bytes, (uint64_t)2 * 4 * 3 * 4000 * 3000);
}

static void expect_same(const char *one, const char *other, const struct buffer *file)
{
    struct buffer a = transformed_well(one, file), b = transformed_well(other, file);
    cr_expect(a.size == b.size && memcmp(a.data, b.data, a.size) == 0, "%s and %s", one, other);
    buffer_free(&a);
    buffer_free(&b);
}

/* The first step reads rows while they are decoded; a later one has the whole picture. */
Test(linear_steps, rows_on_demand_give_the_same)
{
    static const unsigned depths[] = {8, 16};
    for (int i = 0; i < 8; i++) {
        struct lent lent;
        lent_init(&lent);
        const struct pm_image image =
            picture(&lent, 230, 190, i & 1 ? PM_COLOR_GRAY : PM_COLOR_RGB, (i & 2) != 0, depths[i / 4]);
        struct buffer png = encoded(&lent, "png", &image);
        expect_same("resize=61x43!,linear", "flip/flip/resize=61x43!,linear", &png);
        expect_same("resize=300x200!,linear", "flip/flip/resize=300x200!,linear", &png);
        buffer_free(&png);
        lent_free(&lent);
    }
}
