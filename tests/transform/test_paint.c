/* Colours of a recipe and second pictures are sRGB, and are painted in those of the picture. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "color/plain_space.h"
#include "color/target.h"
#include "pictures.h"
#include "pixmill/transform.h"
#include "transform/transformed.h"

static const uint8_t red[3] = {255, 0, 0}, orange[3] = {255, 165, 0};

/* sRGB's colour as 8 bits of a space, in doubles. */
static void expected_in(enum color_target target, const uint8_t srgb[3], double out[3])
{
    struct color_space from, to;
    double given[3];
    color_target_space(COLOR_SRGB, false, &from);
    color_target_space(target, false, &to);
    for (int c = 0; c < 3; c++)
        given[c] = srgb[c] / 255.0;
    plain_convert(&from, &to, given, out);
    for (int c = 0; c < 3; c++)
        out[c] *= 255;
}

static void expect_pixel(const struct pm_image *image, uint32_t x, uint32_t y, const double expected[3],
                         const char *about)
{
    for (unsigned c = 0; c < 3; c++) {
        const double got = sample_at(&image->plane[0], image->format.depth, x, y, c) /
                           (image->format.depth == 8 ? 1.0 : 257.0);
        cr_expect_leq(abs((int)(got - expected[c])), 1, "%s: channel %u is %g, not %g", about, c, got,
                      expected[c]);
    }
}

/* A small picture with a profile or cICP. */
static struct buffer file_of(struct lent *lent, enum color_target target, bool alpha)
{
    static uint8_t profile[MATRIX_PROFILE_MAX];
    struct pm_image image = picture(lent, 16, 16, PM_COLOR_RGB, alpha, 8);
    for (uint32_t y = 0; alpha && y < 16; y++)
        memset(plane_row(&image.plane[0], y), 0, 64);
    image.meta.icc = (struct pm_blob){profile, color_target_profile(target, false, profile)};
    return encoded(lent, "png", &image);
}

Test(paint, borders_are_in_the_picture_s_colours)
{
    static const char *const steps[] = {"pad=40x20,color=ff0000", "rotate=45,color=ff0000"};
    for (int target = COLOR_SRGB; target <= COLOR_P3; target++) {
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            struct lent lent;
            double expected[3];
            char text[64];
            lent_init(&lent);
            struct buffer file = file_of(&lent, (enum color_target)target, false);
            expected_in((enum color_target)target, red, expected);
            snprintf(text, sizeof text, "%s/format=png", steps[i]);
            const struct pm_image kept = result_of(&lent, text, &file);
            expect_pixel(&kept, 0, 0, expected, text);
            snprintf(text, sizeof text, "%s/profile=srgb/format=png", steps[i]);
            const struct pm_image srgb = result_of(&lent, text, &file);
            expect_pixel(&srgb, 0, 0, (const double[]){255, 0, 0}, text);
            snprintf(text, sizeof text, "%s/profile=p3/format=png", steps[i]);
            const struct pm_image p3 = result_of(&lent, text, &file);
            expected_in(COLOR_P3, red, expected);
            expect_pixel(&p3, 0, 0, expected, text);
            buffer_free(&file);
            lent_free(&lent);
        }
    }
}

/* Transparent pixels become the background. */
Test(paint, the_background_is_in_the_picture_s_colours)
{
    struct lent lent;
    double expected[3];
    lent_init(&lent);
    struct buffer file = file_of(&lent, COLOR_P3, true);
    expected_in(COLOR_P3, orange, expected);
    const struct pm_image image =
        result_of(&lent, "format=jpeg/quality=100/subsampling=444/background=ffa500", &file);
    for (unsigned c = 0; c < 3; c++) /* JPEG rounds */
        cr_expect_leq(abs((int)(sample_at(&image.plane[0], 8, 3, 3, c) - expected[c])), 2, "channel %u", c);
    buffer_free(&file);
    lent_free(&lent);
}

/* White is 203 cd/m2: PQ 0.5807 and HLG 0.75 (ITU-R BT.2408-7, table 1). */
Test(paint, borders_of_hdr_are_no_brighter_than_white)
{
    static const struct {
        uint8_t transfer;
        double white;
    } cases[] = {{16, 255 * 0.5807}, {18, 255 * 0.75}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lent lent;
        lent_init(&lent);
        struct pm_image image = picture(&lent, 16, 16, PM_COLOR_RGB, false, 16);
        image.meta.has_cicp = true;
        memcpy(image.meta.cicp, (const uint8_t[]){9, cases[i].transfer, 0, 1}, 4);
        struct buffer file = encoded(&lent, "png", &image);
        const double white[3] = {cases[i].white, cases[i].white, cases[i].white};
        const struct pm_image given = result_of(&lent, "pad=40x20,color=white/format=png", &file);
        expect_pixel(&given, 0, 0, white, "white");
        const struct pm_image plain = result_of(&lent, "pad=40x20/format=png", &file);
        expect_pixel(&plain, 0, 0, white, "the background");
        const struct pm_image black = result_of(&lent, "pad=40x20,color=black/format=png", &file);
        expect_pixel(&black, 0, 0, (const double[3]){0, 0, 0}, "black");
        buffer_free(&file);
        lent_free(&lent);
    }
}

/* A grey of a picture becomes what the same grey of sRGB becomes, in the picture's colours. */
static void expect_tint(const struct pm_metadata *meta, unsigned depth, bool gray)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 64, 1, gray ? PM_COLOR_GRAY : PM_COLOR_RGB, false, depth);
    const unsigned channels = gray ? 1 : 3;
    for (unsigned i = 0; i < 64 * channels; i++) {
        if (depth == 8)
            plane_row(&image.plane[0], 0)[i] = (uint8_t)(i / channels * 4);
        else
            ((uint16_t *)(void *)plane_row(&image.plane[0], 0))[i] = (uint16_t)(i / channels * 1031);
    }
    image.meta = *meta;
    struct buffer file = encoded(&lent, "png", &image);
    /* In two runs: with profile=srgb in the same recipe, colours would be converted before the tint. */
    const struct pm_image tinted = result_of(&lent, "tint=c06020/format=png", &file);
    struct buffer painted = encoded(&lent, "png", &tinted);
    const struct pm_image kept = result_of(&lent, "profile=srgb/format=png", &painted);
    const struct pm_image first = result_of(&lent, "profile=srgb/format=png", &file);
    struct buffer srgb = encoded(&lent, "png", &first);
    const struct pm_image twin = result_of(&lent, "tint=c06020/format=png", &srgb);
    double worst = 0;
    for (uint32_t x = 0; x < 64; x++)
        for (unsigned c = 0; c < 3; c++) {
            const double a = sample_at(&kept.plane[0], depth, x, 0, c),
                         b = sample_at(&twin.plane[0], depth, x, 0, c);
            worst = a - b > worst ? a - b : b - a > worst ? b - a : worst;
        }
    cr_expect_leq(worst, depth == 8 ? 2 : 64, "off by %g of %u bits, %u channels", worst, depth, channels);
    buffer_free(&file);
    buffer_free(&painted);
    buffer_free(&srgb);
    lent_free(&lent);
}

Test(paint, tint_is_of_the_picture_s_greys)
{
    static uint8_t profile[MATRIX_PROFILE_MAX];
    static const struct color_description wide = {.white = {0.3457, 0.3585},
                                                  .red = {0.7347, 0.2653},
                                                  .green = {0.1596, 0.8404},
                                                  .blue = {0.0366, 0.0001},
                                                  .curve = {.g = 1.8, .a = 1}};
    for (unsigned depth = 8; depth <= 16; depth += 8) {
        struct pm_metadata meta = {
            .icc = {profile, matrix_profile_write(&wide, false, "wide", profile)},
        };
        expect_tint(&meta, depth, false);
        meta.icc.size = matrix_profile_write(&wide, true, "grey", profile);
        expect_tint(&meta, depth, true);
        meta = (struct pm_metadata){.has_gamma = true, .gamma = 1 / 1.8};
        expect_tint(&meta, depth, false);
        expect_tint(&meta, depth, true);
    }
}

/* Greys up to white become what those of sRGB become; brighter ones stay. */
Test(paint, tint_of_hdr_is_of_what_is_below_white)
{
    static const uint8_t transfers[] = {16, 18};
    for (size_t i = 0; i < sizeof transfers; i++) {
        struct lent lent;
        char text[96];
        lent_init(&lent);
        struct pm_image image = picture(&lent, 16, 16, PM_COLOR_RGB, false, 16);
        for (uint32_t y = 0; y < 16; y++)
            memset(plane_row(&image.plane[0], y), 0xf0, 16 * 3 * sizeof(uint16_t));
        struct buffer srgb = encoded(&lent, "png", &image);
        image.meta.has_cicp = true;
        memcpy(image.meta.cicp, (const uint8_t[]){9, transfers[i], 0, 1}, 4);
        struct buffer hdr = encoded(&lent, "png", &image);
        for (unsigned gray = 0x20; gray < 0x100; gray += 0x30) {
            snprintf(text, sizeof text, "pad=40x20,color=%02x%02x%02x/tint=c06020/format=png", gray, gray,
                     gray);
            const struct pm_image plain = result_of(&lent, text, &srgb), given = result_of(&lent, text, &hdr);
            const struct pm_plane *plane = &plain.plane[0];
            snprintf(text, sizeof text, "pad=40x20,color=%02x%02x%02x/format=png",
                     sample_at(plane, 16, 0, 0, 0) / 257, sample_at(plane, 16, 0, 0, 1) / 257,
                     sample_at(plane, 16, 0, 0, 2) / 257);
            const struct pm_image painted = result_of(&lent, text, &hdr);
            double expected[3];
            for (unsigned c = 0; c < 3; c++)
                expected[c] = sample_at(&painted.plane[0], 16, 0, 0, c) / 257.0;
            expect_pixel(&given, 0, 0, expected, text);
            for (unsigned c = 0; c < 3; c++)
                cr_expect_eq(sample_at(&given.plane[0], 16, 20, 10, c), 0xf0f0);
        }
        buffer_free(&srgb);
        buffer_free(&hdr);
        lent_free(&lent);
    }
}

/* A mark of one colour, opaque. */
static void give_mark(struct lent *lent, struct pm_recipe *recipe, enum pm_color color)
{
    struct pm_image mark = picture(lent, 4, 4, color, false, 8);
    for (uint32_t y = 0; y < 4; y++) {
        for (uint32_t x = 0; x < 4 * mark.plane[0].channels; x++)
            plane_row(&mark.plane[0], y)[x] = color == PM_COLOR_GRAY ? 200 : orange[x % 3];
    }
    struct buffer file = encoded(lent, "png", &mark);
    cr_assert_eq(pm_recipe_set_picture(recipe, "mark.png", file.data, file.size, &lent->error), 0);
    buffer_free(&file);
}

Test(paint, watermarks_are_in_the_picture_s_colours)
{
    static const uint8_t light_gray[3] = {200, 200, 200};
    for (int i = 0; i < 4; i++) {
        struct lent lent;
        struct pm_error error = {0};
        double expected[3];
        lent_init(&lent);
        const enum color_target target = i / 2 == 0 ? COLOR_SRGB : COLOR_P3;
        const enum pm_color color = i % 2 == 0 ? PM_COLOR_RGB : PM_COLOR_GRAY;
        struct buffer file = file_of(&lent, target, false), out = {0};
        struct pm_recipe *recipe = pm_recipe_parse("watermark=mark.png,gravity=northwest/format=png", &error);
        cr_assert_not_null(recipe);
        give_mark(&lent, recipe, color);
        cr_assert_eq(pm_transform(recipe, file.data, file.size, NULL, NULL, &out.data, &out.size, &error), 0,
                     "%s", error.message);
        out.capacity = out.size;
        const struct pm_image image = decoded(&lent, &out);
        expected_in(target, color == PM_COLOR_RGB ? orange : light_gray, expected);
        expect_pixel(&image, 1, 1, expected, color == PM_COLOR_RGB ? "orange" : "grey");
        pm_recipe_free(recipe);
        buffer_free(&file);
        buffer_free(&out);
        lent_free(&lent);
    }
}
