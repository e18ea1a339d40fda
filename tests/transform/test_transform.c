/*
 * transform as a whole, on files that the codecs themselves make: the effect of each kind of step on
 * geometry, colour, alpha and metadata, and that the order in which a picture is decoded, rotated and merged
 * does not change the result.
 */
#include <criterion/criterion.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "image/image.h"
#include "lent.h"
#include "pixmill/transform.h"
#include "transform/made.h"
#include "transform/transform.h"
#include "transform/transformed.h"

/* The max difference of any sample of two interleaved 8-bit images of the same size. */
static int difference(const struct pm_image *a, const struct pm_image *b)
{
    cr_assert_eq(a->width, b->width);
    cr_assert_eq(a->height, b->height);
    cr_assert_eq(pm_channels(&a->format), pm_channels(&b->format));
    int largest = 0;
    for (uint32_t y = 0; y < a->height; y++) {
        for (uint32_t i = 0; i < a->width * pm_channels(&a->format); i++) {
            int d = abs(plane_row(&a->plane[0], y)[i] - plane_row(&b->plane[0], y)[i]);
            largest = d > largest ? d : largest;
        }
    }
    return largest;
}

Test(transform, empty_recipe_keeps_a_png_exact)
{
    struct lent lent;
    lent_init(&lent);
    struct buffer file = made(&lent, "png", rgb);
    struct pm_image before = decoded(&lent, &file), after = result_of(&lent, "", &file);
    cr_assert_eq(difference(&before, &after), 0);
    buffer_free(&file);
    lent_free(&lent);
}

Test(transform, same_bytes_every_time)
{
    struct lent lent;
    lent_init(&lent);
    struct buffer file = made(&lent, "jpeg", rgb);
    struct pm_error error;
    struct buffer one = transformed("resize=90x/blur=2", &file, &error),
                  two = transformed("resize=90x/blur=2", &file, &error);
    cr_assert_gt(one.size, 0);
    cr_assert_eq(one.size, two.size);
    cr_assert_eq(memcmp(one.data, two.data, one.size), 0);
    buffer_free(&one);
    buffer_free(&two);
    buffer_free(&file);
    lent_free(&lent);
}

/* Resizing planes separately and merging them late gives the same picture as resizing RGB. */
Test(transform, planes_apart_look_like_rgb)
{
    struct lent lent;
    lent_init(&lent);
    struct buffer jpeg = made(&lent, "jpeg", rgb);
    struct pm_error error;
    struct buffer png = transformed("format=png", &jpeg, &error);
    static const char *const recipes[] = {
        "resize=100x50!/format=png",
        "resize=60x/blur=1.2/format=png",
        "rotate=90/resize=x77/format=png",
        "flop/resize=150x150!/format=png",
        "crop=99x77+13+11/resize=50x/format=png",
        "resize=400x/sharpen=1/format=png",
    };
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
        struct pm_image apart = result_of(&lent, recipes[i], &jpeg),
                        merged = result_of(&lent, recipes[i], &png);
        cr_expect_leq(difference(&apart, &merged), 6, "%s: %d", recipes[i], difference(&apart, &merged));
    }
    buffer_free(&png);
    buffer_free(&jpeg);
    lent_free(&lent);
}

/* Orientation by the tag and by a filter are equal; for each of the eight, all results are the same. */
Test(transform, every_orientation_comes_out_upright)
{
    static const char *const undo[] = {
        [1] = "",
        [2] = "flop/",
        [3] = "rotate=180/",
        [4] = "flip/",
        [5] = "rotate=90/flop/",
        [6] = "rotate=90/",
        [7] = "rotate=270/flop/",
        [8] = "rotate=270/",
    };
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = made_picture(&lent, rgb);
    struct buffer plain = encoded(&lent, "png", &image);
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        image.orientation = orientation;
        struct buffer tagged = encoded(&lent, "png", &image);
        char text[64];
        snprintf(text, sizeof text, "%sresize=64x64", undo[orientation]);
        struct pm_image by_tag = result_of(&lent, "resize=64x64", &tagged),
                        by_hand = result_of(&lent, text, &plain);
        cr_expect_eq(by_tag.orientation, 1);
        cr_expect_eq(difference(&by_tag, &by_hand), 0, "orientation %u", orientation);
        struct pm_image left = result_of(&lent, "no-autorotate", &tagged);
        cr_expect_eq(left.orientation, orientation);
        cr_expect_eq(left.width, rgb.width);
        buffer_free(&tagged);
    }
    buffer_free(&plain);
    lent_free(&lent);
}

Test(transform, a_turned_jpeg_is_resized_as_seen)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = made_picture(&lent, rgb);
    image.orientation = 6;
    struct buffer file = encoded(&lent, "jpeg", &image);
    struct pm_image result = result_of(&lent, "resize=50x", &file);
    cr_assert_eq(result.width, 50);
    cr_assert_eq(result.height,
                 100); /* 203 * 50 / 101 = 100.5, and the tie's binary value rounds as ImageMagick's */
    cr_assert_eq(result.orientation, 1);
    buffer_free(&file);
    lent_free(&lent);
}

Test(transform, transparent_colour_does_not_bleed)
{
    struct lent lent;
    lent_init(&lent);
    struct shape shape = {.width = 64, .height = 8, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8)};
    struct pm_image image = made_picture(&lent, shape);
    /* Left half: opaque red. Right half: transparent green, which must never become visible. */
    for (uint32_t y = 0; y < shape.height; y++) {
        for (uint32_t x = 0; x < shape.width; x++)
            memcpy(plane_row(&image.plane[0], y) + 4 * x, x < 32 ? "\xff\x00\x00\xff" : "\x00\xff\x00\x00",
                   4);
    }
    struct buffer file = encoded(&lent, "png", &image);
    static const char *const recipes[] = {"resize=13x", "blur=3", "sharpen=2"};
    for (size_t i = 0; i < 3; i++) {
        struct pm_image result = result_of(&lent, recipes[i], &file);
        cr_assert(result.format.alpha);
        cr_assert_eq(result.format.depth, 8);
        for (uint32_t x = 0; x < result.width; x++)
            cr_expect_eq(plane_row(&result.plane[0], 0)[4 * x + 1], 0, "%s: green at %u", recipes[i], x);
    }
    buffer_free(&file);
    lent_free(&lent);
}

Test(transform, sixteen_bits_stay_sixteen)
{
    struct lent lent;
    lent_init(&lent);
    struct shape shape = rgb;
    shape.format.depth = 16;
    struct buffer file = made(&lent, "png", shape);
    static const char *const recipes[] = {"resize=50x", "blur=2", "sharpen=1", "crop=10x10+1+1",
                                          "rotate=90",  "gray",   "flip"};
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++)
        cr_expect_eq(result_of(&lent, recipes[i], &file).format.depth, 16, "%s", recipes[i]);
    cr_expect_eq(result_of(&lent, "format=jpeg", &file).format.depth, 8);
    buffer_free(&file);
    lent_free(&lent);
}

Test(transform, alpha_is_laid_over_the_background_for_jpeg)
{
    struct lent lent;
    lent_init(&lent);
    struct shape shape = {.width = 32, .height = 32, .format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 8)};
    struct pm_image image = made_picture(&lent, shape);
    for (uint32_t y = 0; y < shape.height; y++)
        memset(plane_row(&image.plane[0], y), 0, 2 * shape.width);
    struct buffer file = encoded(&lent, "png", &image);
    struct pm_image white = result_of(&lent, "format=jpeg", &file),
                    grey = result_of(&lent, "format=jpeg/background=404040", &file),
                    blue = result_of(&lent, "format=jpeg/background=404080/quality=95", &file);
    cr_expect_eq(plane_row(&white.plane[0], 9)[9], 255);
    cr_expect_eq(plane_row(&grey.plane[0], 9)[9], 0x40);
    cr_expect_eq(grey.format.color, PM_COLOR_GRAY);
    cr_assert_eq(blue.format.color, PM_COLOR_RGB);
    cr_expect_leq(abs(plane_row(&blue.plane[0], 9)[3 * 9 + 2] - 0x80), 2);
    buffer_free(&file);
    lent_free(&lent);
}

/* The header of a profile with a colour space; the rest is never read. */
static struct pm_blob profile(const char *space)
{
    static uint8_t bytes[200];
    memset(bytes, 0, sizeof bytes);
    bytes[3] = sizeof bytes;
    memcpy(bytes + 12, "mntr", 4);
    memcpy(bytes + 16, space, 4);
    memcpy(bytes + 20, "XYZ ", 4);
    memcpy(bytes + 36, "acsp", 4);
    return (struct pm_blob){bytes, sizeof bytes};
}

Test(transform, profile_is_kept_while_it_matches)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = made_picture(&lent, rgb);
    image.meta.icc = profile("RGB ");
    struct buffer file = encoded(&lent, "jpeg", &image);
    struct pm_image kept = result_of(&lent, "resize=64x", &file), dropped = result_of(&lent, "gray", &file);
    cr_assert_eq(kept.meta.icc.size, image.meta.icc.size);
    cr_assert_eq(memcmp(kept.meta.icc.data, image.meta.icc.data, kept.meta.icc.size), 0);
    cr_assert_gt(dropped.meta.icc.size, 0);
    cr_assert_eq(memcmp(dropped.meta.icc.data + 16, "GRAY", 4), 0);
    cr_assert_eq(dropped.format.color, PM_COLOR_GRAY);
    buffer_free(&file);
    lent_free(&lent);
}

/* A step that reads rows as they are decoded finds the damage; the error belongs to the decoder. */
Test(transform, damage_found_while_resizing_is_an_error_of_decoding)
{
    struct lent lent;
    lent_init(&lent);
    struct buffer file =
        made(&lent, "png",
             (struct shape){.width = 300, .height = 200, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)});
    struct pm_recipe *recipe = pm_recipe_parse("resize=50x", &lent.error);
    /* The zlib stream's checksum is at the end, before the chunk's own CRC and IEND. */
    uint8_t *sum = file.data + file.size - 12 - 4;
    const uint8_t *chunk = memmem(file.data, file.size, "IDAT", 4);
    cr_assert_not_null(chunk);
    uint8_t *deflated = file.data + (chunk + 4 - file.data) + 2;
    *deflated |= 6; /* an invalid block type */
    uint32_t crc = libdeflate_crc32(0, chunk, (size_t)(sum - chunk));
    for (int i = 0; i < 4; i++)
        sum[i] = (uint8_t)(crc >> (24 - 8 * i));
    struct buffer out = {0};
    struct transform_result result;
    cr_expect_eq(transform(recipe, NULL, file.data, file.size, NULL, &lent.context, &out, &result), -1);
    cr_expect_eq(lent.error.stage, PM_STAGE_DECODE);
    cr_expect_eq(lent.error.kind, PM_ERROR_CORRUPT, "%s", lent.error.message);
    buffer_free(&out);
    buffer_free(&file);
    pm_recipe_free(recipe);
    lent_free(&lent);
}

static void hear(void *user, const char *message)
{
    snprintf(user, 256, "%s", message);
}

/* Through the public function: the file is truncated, and missing rows are grey. */
Test(transform, a_listener_hears_the_warnings)
{
    struct lent lent;
    lent_init(&lent);
    struct buffer file =
        made(&lent, "png",
             (struct shape){.width = 300, .height = 200, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)});
    struct pm_recipe *recipe = pm_recipe_parse("allow-truncated/flip", &lent.error);
    char heard[256] = "";
    const struct pm_listener listener = {.warning = hear, .user = heard}, deaf = {.user = heard};
    uint8_t *whole, *cut, *silent, *unheard;
    size_t whole_size, cut_size, silent_size, unheard_size;
    cr_assert_eq(pm_transform_with(recipe, file.data, file.size, NULL, NULL, &listener, &whole, &whole_size,
                                   &lent.error),
                 0);
    cr_expect_str_eq(heard, "");
    cr_assert_eq(pm_transform_with(recipe, file.data, file.size / 2, NULL, NULL, &listener, &cut, &cut_size,
                                   &lent.error),
                 0);
    cr_expect_neq(heard[0], '\0');
    cr_assert_eq(pm_transform_with(recipe, file.data, file.size / 2, NULL, NULL, &deaf, &silent, &silent_size,
                                   &lent.error),
                 0);
    cr_assert_eq(
        pm_transform(recipe, file.data, file.size / 2, NULL, NULL, &unheard, &unheard_size, &lent.error), 0);
    cr_expect_eq(cut_size, silent_size);
    cr_expect_eq(cut_size, unheard_size);
    cr_expect_arr_eq(cut, unheard, cut_size);
    free(whole);
    free(cut);
    free(silent);
    free(unheard);
    buffer_free(&file);
    pm_recipe_free(recipe);
    lent_free(&lent);
}
