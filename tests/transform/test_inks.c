/* Colour conversion of CMYK: by the file's profile, to the result's, and to RGB for a filter that needs it.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/part.h"
#include "color/pipeline.h"
#include "color/plain_space.h"
#include "color/target.h"
#include "pictures.h"
#include "transform/transform.h"
#include "transform/transformed.h"

Test(inks, cmyk_becomes_rgb)
{
    struct lent lent;
    lent_init(&lent);
    const struct pm_image image = picture(&lent, 16, 16, PM_COLOR_CMYK, false, 8);
    struct buffer jpeg = encoded(&lent, "jpeg", &image), made = transformed_well("profile=srgb", &jpeg);
    const struct pm_image kept = result_of(&lent, "flip", &jpeg), result = decoded(&lent, &made);
    cr_assert_eq(kept.format.color, PM_COLOR_CMYK);
    cr_assert_eq(result.format.color, PM_COLOR_RGB);
    cr_assert(result.meta.icc.size > 0 && memcmp(result.meta.icc.data + 16, "RGB ", 4) == 0);
    buffer_free(&jpeg);
    buffer_free(&made);
    lent_free(&lent);
}

/* Colours of inks by a profile, and the description in the result; the format in `recipe` is PNG. */
static void expect_inks(const struct buffer *jpeg, const struct color_side *from, const char *recipe,
                        enum color_intent intent, bool compensate)
{
    struct lent lent;
    struct pipeline pipeline;
    struct color_space srgb;
    lent_init(&lent);
    color_target_space(COLOR_SRGB, false, &srgb);
    const struct color_side to = {.space = &srgb, .channels = 3};
    cr_assert_eq(pipeline_make(from, &to, intent, compensate, &lent.job_arena, &pipeline), PIPELINE_MADE);
    const struct pm_image inks = decoded(&lent, jpeg), result = result_of(&lent, recipe, jpeg);
    cr_assert_eq(inks.format.color, PM_COLOR_CMYK);
    cr_assert_eq(result.format.color, PM_COLOR_RGB);
    cr_assert(result.meta.has_srgb && result.meta.icc.data == NULL, "%s", recipe);
    for (uint32_t y = 0; y < inks.height; y++) {
        uint8_t expected[3 * 64];
        pipeline_row(&pipeline, SIMD_BASE, 8, false, plane_row(&inks.plane[0], y), expected, inks.width);
        cr_assert_arr_eq(plane_row(&result.plane[0], y), expected, 3 * inks.width, "%s, row %u", recipe, y);
    }
    lent_free(&lent);
}

/* Inks become RGB through their profile, on request or because the result can't have inks. */
Test(inks, cmyk_goes_through_its_profile)
{
    static struct plain_profile profile;
    struct lent lent;
    plain_profile_read(&profile, "/usr/share/color/icc/ghostscript/default_cmyk.icc");
    if (profile.size == 0)
        cr_skip_test("Ghostscript's profile of inks is not installed (Debian: libgs9-common)");
    lent_init(&lent);
    struct pm_image image = picture(&lent, 48, 40, PM_COLOR_CMYK, false, 8);
    image.meta.icc = (struct pm_blob){profile.bytes, profile.size};
    struct buffer jpeg = encoded(&lent, "jpeg", &image);
    const struct color_side from = {.profile = {profile.bytes, profile.size}, .channels = 4};
    expect_inks(&jpeg, &from, "profile=srgb/format=png", INTENT_PERCEPTUAL, false);
    expect_inks(&jpeg, &from, "format=png", INTENT_PERCEPTUAL, false);
    expect_inks(&jpeg, &from, "profile=srgb/intent=relative/format=png", INTENT_RELATIVE, false);
    expect_inks(&jpeg, &from, "profile=srgb/intent=relative/bpc/format=png", INTENT_RELATIVE, true);
    expect_inks(&jpeg, &from, "profile=srgb/intent=absolute/bpc/format=png", INTENT_ABSOLUTE, false);
    const struct pm_image kept = result_of(&lent, "flip", &jpeg);
    cr_assert_eq(kept.format.color, PM_COLOR_CMYK);
    /* A filter that works on RGB gets it by the profile, too. */
    static const char *const steps[] = {"saturation=1", "saturation=1/profile=srgb",
                                        "saturation=1/flip/flip"};
    const struct pm_image converted = result_of(&lent, "profile=srgb/format=png", &jpeg);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s/format=png", steps[i]);
        const struct pm_image filtered = result_of(&lent, text, &jpeg);
        cr_assert_eq(filtered.format.color, PM_COLOR_RGB, "%s", text);
        for (uint32_t y = 0; y < 40; y++) {
            for (uint32_t x = 0; x < 48 * 3; x++)
                cr_assert_leq(abs(plane_row(&filtered.plane[0], y)[x] - plane_row(&converted.plane[0], y)[x]),
                              1, "%s", text);
        }
    }
    const struct pm_image result =
        result_of(&lent, "saturation=1/format=jpeg/quality=100/subsampling=444", &jpeg);
    cr_assert_neq(result.format.color, PM_COLOR_CMYK);
    for (uint32_t x = 0; x < 48 * 3; x++)
        cr_assert_leq(abs(plane_row(&result.plane[0], 20)[x] - plane_row(&converted.plane[0], 20)[x]), 4);
    buffer_free(&jpeg);
    lent_free(&lent);
}

/* The result of a recipe that names the profile x.icc. */
static struct buffer to_profile(const char *text, const struct plain_profile *profile,
                                const struct buffer *file)
{
    struct buffer out = {0};
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse(text, &error);
    cr_assert_not_null(recipe, "%s", error.message);
    cr_assert_eq(pm_recipe_set_picture(recipe, "x.icc", profile->bytes, profile->size, &error), 0, "%s",
                 error.message);
    cr_assert_eq(pm_transform(recipe, file->data, file->size, NULL, NULL, &out.data, &out.size, &error), 0,
                 "%s: %s", text, error.message);
    out.capacity = out.size;
    pm_recipe_free(recipe);
    return out;
}

/* A TIFF has exactly the inks, and its profile; from it, they go back to RGB. */
Test(inks, inks_are_written_to_tiff)
{
    static struct plain_profile profile;
    struct lent lent;
    struct pipeline pipeline;
    struct color_space srgb;
    struct pm_error error = {0};
    plain_profile_read(&profile, "/usr/share/color/icc/ghostscript/default_cmyk.icc");
    if (profile.size == 0)
        cr_skip_test("Ghostscript's profile of inks is not installed (Debian: libgs-common)");
    if (codec_part_find(codec_of_suffix("tiff"), &error) != 0)
        cr_skip_test("%s", error.message);
    lent_init(&lent);
    color_target_space(COLOR_SRGB, false, &srgb);
    const struct color_side file = {.profile = {profile.bytes, profile.size}, .channels = 4},
                            ours = {.space = &srgb, .channels = 3};
    struct pm_image image = picture(&lent, 48, 40, PM_COLOR_RGB, false, 8);
    struct buffer png = encoded(&lent, "png", &image);
    struct buffer tiff = to_profile("profile=x.icc/intent=relative/bpc/format=tiff", &profile, &png);
    const struct pm_image inks = decoded(&lent, &tiff);
    cr_assert_eq(inks.format.color, PM_COLOR_CMYK);
    cr_assert_eq(inks.meta.icc.size, profile.size);
    cr_assert_eq(memcmp(inks.meta.icc.data, profile.bytes, profile.size), 0);
    cr_assert_eq(pipeline_make(&ours, &file, INTENT_RELATIVE, true, &lent.job_arena, &pipeline),
                 PIPELINE_MADE);
    for (uint32_t y = 0; y < inks.height; y++) {
        uint8_t expected[4 * 48];
        pipeline_row(&pipeline, SIMD_BASE, 8, false, plane_row(&image.plane[0], y), expected, inks.width);
        cr_assert_arr_eq(plane_row(&inks.plane[0], y), expected, sizeof expected, "row %u", y);
    }
    expect_inks(&tiff, &file, "profile=srgb/format=png", INTENT_PERCEPTUAL, false);
    buffer_free(&png);
    buffer_free(&tiff);
    lent_free(&lent);
}

Test(inks, a_broken_profile_of_inks_is_not_used)
{
    struct lent lent;
    uint8_t rgb[MATRIX_PROFILE_MAX];
    lent_init(&lent);
    struct pm_image image = picture(&lent, 48, 40, PM_COLOR_CMYK, false, 8);
    struct buffer plain = encoded(&lent, "jpeg", &image);
    image.meta.icc = (struct pm_blob){rgb, color_target_profile(COLOR_P3, false, rgb)};
    memcpy(rgb + 16, "CMYK", 4);
    struct buffer wrong = encoded(&lent, "jpeg", &image);
    expect_same_result(&lent, "profile=srgb/format=png", &wrong, "profile=srgb/format=png", &plain);
    buffer_free(&plain);
    buffer_free(&wrong);
    lent_free(&lent);
}

/* To the profile of a file, through sRGB if a step needs RGB: the same as both conversions one after the
 * other. `middle`: what the first of them does before the step. */
static void expect_through_srgb(const struct buffer *inks, const struct plain_profile *profile,
                                const char *middle, const char *rest)
{
    struct lent lent;
    char first[64], second[96], whole[128];
    lent_init(&lent);
    snprintf(first, sizeof first, "%sprofile=srgb/format=png", middle);
    snprintf(second, sizeof second, "%s/profile=x.icc/format=tiff", rest);
    snprintf(whole, sizeof whole, "%s%s", middle, second);
    struct buffer srgb = transformed_well(first, inks), expected = to_profile(second, profile, &srgb),
                  made = to_profile(whole, profile, inks);
    expect_same_result(&lent, "format=png", &made, "format=png", &expected);
    const struct pm_image image = decoded(&lent, &made);
    cr_assert_eq(image.meta.icc.size, profile->size, "%s", whole);
    cr_assert_eq(memcmp(image.meta.icc.data, profile->bytes, profile->size), 0, "%s", whole);
    buffer_free(&srgb);
    buffer_free(&expected);
    buffer_free(&made);
    lent_free(&lent);
}

Test(inks, a_step_before_the_profile_of_a_file_works_on_srgb)
{
    static const char *const names[] = {"a98", "default_cmyk", "sgray"};
    static struct plain_profile own, other;
    struct lent lent;
    struct pm_error error = {0};
    plain_profile_read(&own, "/usr/share/color/icc/ghostscript/default_cmyk.icc");
    if (own.size == 0)
        cr_skip_test("Ghostscript's profiles are not installed (Debian: libgs-common)");
    if (codec_part_find(codec_of_suffix("tiff"), &error) != 0)
        cr_skip_test("%s", error.message);
    lent_init(&lent);
    struct pm_image image = picture(&lent, 48, 40, PM_COLOR_CMYK, false, 8);
    image.meta.icc = (struct pm_blob){own.bytes, own.size};
    struct buffer jpeg = encoded(&lent, "jpeg", &image);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[80];
        snprintf(path, sizeof path, "/usr/share/color/icc/ghostscript/%s.icc", names[i]);
        plain_profile_read(&other, path);
        cr_assert_gt(other.size, 0, "%s", path);
        expect_through_srgb(&jpeg, &other, "", "saturation=0.5");
        expect_through_srgb(&jpeg, &other, "flip/", "saturation=2/resize=24x20!");
    }
    buffer_free(&jpeg);
    lent_free(&lent);
}

/* Greys have no profile of RGB either. The JPEG's planes are merged for it. */
Test(inks, greys_before_the_profile_of_a_file_are_those_of_srgb)
{
    static struct plain_profile other;
    struct lent lent;
    struct pm_error error = {0};
    uint8_t p3[MATRIX_PROFILE_MAX];
    plain_profile_read(&other, "/usr/share/color/icc/ghostscript/a98.icc");
    if (other.size == 0)
        cr_skip_test("Ghostscript's profiles are not installed (Debian: libgs-common)");
    if (codec_part_find(codec_of_suffix("tiff"), &error) != 0)
        cr_skip_test("%s", error.message);
    lent_init(&lent);
    struct pm_image image = picture(&lent, 48, 40, PM_COLOR_RGB, false, 8);
    image.meta.icc = (struct pm_blob){p3, color_target_profile(COLOR_P3, false, p3)};
    struct buffer jpeg = encoded(&lent, "jpeg", &image), png = encoded(&lent, "png", &image);
    expect_through_srgb(&jpeg, &other, "", "gray");
    expect_through_srgb(&jpeg, &other, "resize=24x20!/", "gray");
    expect_through_srgb(&png, &other, "flip/", "gray/resize=24x20!");
    buffer_free(&jpeg);
    buffer_free(&png);
    lent_free(&lent);
}
