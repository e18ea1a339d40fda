/*
 * A JPEG with a strong blur is decoded at a reduced size. The result is compared with the blur of the same
 * pixels from a PNG, which is decoded at full size.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "codec/jpeg/maker.h"
#include "codec/reader.h"
#include "image/image.h"
#include "lent.h"
#include "pixmill/transform.h"
#include "transform/plan.h"
#include "transform/recipe.h"
#include "transform/transformed.h"

/* The PSNR between two results, in decibels. */
static double psnr_of(const struct buffer *a, const struct buffer *b)
{
    struct lent lent;
    lent_init(&lent);
    const struct pm_image one = decoded(&lent, a), other = decoded(&lent, b);
    cr_assert_eq(one.width, other.width);
    cr_assert_eq(one.height, other.height);
    cr_assert_eq(one.plane[0].channels, other.plane[0].channels);
    const size_t row = (size_t)one.width * one.plane[0].channels;
    double sum = 1e-9;
    for (uint32_t y = 0; y < one.height; y++) {
        for (size_t i = 0; i < row; i++) {
            double d = plane_row(&one.plane[0], y)[i] - plane_row(&other.plane[0], y)[i];
            sum += d * d;
        }
    }
    lent_free(&lent);
    return 10 * log10(255.0 * 255 * (double)(row * one.height) / sum);
}

/* Blurs the file by `sigma` with each kind of result, and compares with the result from PNG. The pictures are
 * small, with strong colours, and planes are not rounded to RGB on the way: colour may differ by 1.5 levels.
 */
static void check(const struct buffer *file, const char *what, bool gray, double sigma)
{
    const double least = gray ? 50 : 43;
    static const char *const formats[] = {"format=png", "format=jpeg/quality=100"};
    struct buffer whole = transformed_well("format=png", file);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        char text[80];
        snprintf(text, sizeof text, "blur=%g/%s", sigma, formats[i]);
        struct buffer ours = transformed_well(text, file), expected = transformed_well(text, &whole);
        double psnr = psnr_of(&ours, &expected);
        cr_expect(psnr >= least, "%s, %s: %.1f dB", what, text, psnr);
        buffer_free(&ours);
        buffer_free(&expected);
    }
    buffer_free(&whole);
}

/* Values around those where the decoder switches to half the size, and just before the smallest size. */
static const double sigmas[] = {4.9, 5, 7, 12, 15, 20, 25, 60, 400};
enum { SIGMAS = sizeof sigmas / sizeof *sigmas };

Test(shrunk_blur, is_that_of_the_whole_picture)
{
    static const struct jpeg_recipe kinds[] = {
        {.width = 331, .height = 257, .in = JCS_RGB, .out = JCS_YCbCr, .h = 2, .v = 2},
        {.width = 333, .height = 259, .in = JCS_RGB, .out = JCS_YCbCr, .h = 2, .v = 1, .progressive = true},
        {.width = 129, .height = 401, .in = JCS_RGB, .out = JCS_YCbCr, .h = 1, .v = 1},
        {.width = 130, .height = 97, .in = JCS_RGB, .out = JCS_YCbCr, .h = 4, .v = 2},
        {.width = 201, .height = 200, .in = JCS_GRAYSCALE, .out = JCS_GRAYSCALE},
        {.width = 1001, .height = 49, .in = JCS_GRAYSCALE, .out = JCS_GRAYSCALE},
        {.width = 300, .height = 1, .in = JCS_RGB, .out = JCS_YCbCr, .h = 2, .v = 2},
        {.width = 7, .height = 300, .in = JCS_RGB, .out = JCS_YCbCr, .h = 2, .v = 2},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct buffer file = make_jpeg(&kinds[i]);
        char what[60];
        snprintf(what, sizeof what, "%ux%u, %dx%d", kinds[i].width, kinds[i].height, kinds[i].h, kinds[i].v);
        for (size_t k = 0; k < SIGMAS; k++)
            check(&file, what, kinds[i].in == JCS_GRAYSCALE, sigmas[k]);
        buffer_free(&file);
    }
}

/* When the decoder reduces the size, the last column and row are only partly covered: after rotation they are
 * first. */
Test(shrunk_blur, is_that_of_the_whole_picture_turned)
{
    struct jpeg_recipe recipe = {
        .width = 331, .height = 257, .in = JCS_RGB, .out = JCS_YCbCr, .h = 2, .v = 2};
    for (unsigned orientation = 2; orientation <= 8; orientation++) {
        struct buffer file = make_jpeg(&recipe);
        uint8_t exif[] = "Exif\0\0II*\0\10\0\0\0\1\0\x12\1\3\0\1\0\0\0\0\0\0\0\0\0\0";
        exif[24] = (uint8_t)orientation;
        insert_segment(&file, 0xE1, exif, sizeof exif);
        char what[40];
        snprintf(what, sizeof what, "orientation %u", orientation);
        check(&file, what, false, 5);
        check(&file, what, false, 20);
        buffer_free(&file);
    }
}

/* Pixel formats that a PNG can't hold unchanged: a step before the blur, reversed after it, keeps the decoder
 * from reducing the size. */
Test(shrunk_blur, is_that_of_a_whole_decode_where_no_planes_are)
{
    static const struct jpeg_recipe kinds[] = {
        {.width = 331, .height = 257, .in = JCS_CMYK, .out = JCS_YCCK, .h = 2, .v = 2},
        {.width = 259, .height = 333, .in = JCS_CMYK, .out = JCS_CMYK, .progressive = true},
        {.width = 331, .height = 257, .in = JCS_RGB, .out = JCS_RGB},
        {.width = 331, .height = 257, .in = JCS_RGB, .out = JCS_YCbCr, .h = 1, .v = 2},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct buffer file = make_jpeg(&kinds[i]);
        struct buffer ours = transformed_well("blur=12/quality=100", &file),
                      whole = transformed_well("flip/blur=12/flip/quality=100", &file);
        double psnr = psnr_of(&ours, &whole);
        cr_expect(psnr >= 45 && psnr < 90, "kind %zu: %.1f dB", i, psnr);
        buffer_free(&ours);
        buffer_free(&whole);
        buffer_free(&file);
    }
}

/* The min width requested from the decoder, out of 1000 pixels; 0: all. */
static uint32_t min_width(const char *text, unsigned sampling)
{
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse(text, &error);
    const struct pm_info info = {.format = "jpeg",
                                 .width = 1000,
                                 .height = 1000,
                                 .pixels = PIXELS_YCC(sampling, 2),
                                 .depth = 8,
                                 .orientation = 1};
    struct plan plan;
    cr_assert_eq(plan_make(recipe, codec_of_suffix("jpeg"), &info, 0, &plan, &error), 0, "%s", error.message);
    pm_recipe_free(recipe);
    return plan.request.min_width;
}

Test(shrunk_blur, is_left_to_large_sigmas_and_first_steps)
{
    cr_expect_eq(min_width("blur=2.9", 2), 0);
    cr_expect_leq(min_width("blur=5", 2), 500);
    cr_expect_geq(min_width("blur=5", 2), 343); /* what the smaller plane has in the middle of the way */
    cr_expect_leq(min_width("blur=20", 2), 125);
    cr_expect_geq(min_width("blur=20", 2), 86);
    cr_expect_eq(min_width("blur=5", 4), 0);
    cr_expect_gt(min_width("blur=120", 2), 0);
    cr_expect_eq(min_width("blur=130", 2), 0);
    cr_expect_eq(min_width("flip/blur=20", 2), 0);
    cr_expect_eq(min_width("sharpen=20", 2), 0);
}
