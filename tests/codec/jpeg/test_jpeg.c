/* Decoding and encoding, held against plain libjpeg calls. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/fixture.h"
#include "codec/jpeg/options.h"

static const struct {
    const char *name;
    struct jpeg_recipe recipe;
    J_COLOR_SPACE out;
    enum pm_color color;
} kinds[] = {
    {"4:4:4", {JPEG_YCC(101, 67, 1, 1)}, JCS_RGB, PM_COLOR_RGB},
    {"4:2:2", {JPEG_YCC(101, 67, 2, 1)}, JCS_RGB, PM_COLOR_RGB},
    {"4:4:0", {JPEG_YCC(101, 67, 1, 2)}, JCS_RGB, PM_COLOR_RGB},
    {"4:2:0", {JPEG_YCC(101, 67, 2, 2)}, JCS_RGB, PM_COLOR_RGB},
    {"4:1:1", {JPEG_YCC(101, 67, 4, 1)}, JCS_RGB, PM_COLOR_RGB},
    {"3 by 1", {JPEG_YCC(101, 67, 3, 1)}, JCS_RGB, PM_COLOR_RGB},
    {"progressive", {JPEG_YCC(101, 67, 2, 2), .progressive = true}, JCS_RGB, PM_COLOR_RGB},
    {"arithmetic", {JPEG_YCC(101, 67, 2, 2), .arithmetic = true}, JCS_RGB, PM_COLOR_RGB},
    {"arithmetic progressive",
     {JPEG_YCC(101, 67, 2, 2), .progressive = true, .arithmetic = true},
     JCS_RGB,
     PM_COLOR_RGB},
    {"arithmetic restarts",
     {JPEG_YCC(101, 67, 2, 2), .restart_rows = 1, .arithmetic = true},
     JCS_RGB,
     PM_COLOR_RGB},
    {"several scans", {JPEG_YCC(101, 67, 2, 2), JPEG_APART}, JCS_RGB, PM_COLOR_RGB},
    {"restarts", {JPEG_YCC(101, 67, 2, 2), .restart_rows = 1}, JCS_RGB, PM_COLOR_RGB},
    {"rgb, Adobe", {.width = 101, .height = 67, .in = JCS_RGB, .out = JCS_RGB}, JCS_RGB, PM_COLOR_RGB},
    {"rgb by ids",
     {.width = 101, .height = 67, .in = JCS_RGB, .out = JCS_RGB, .no_adobe = true},
     JCS_RGB,
     PM_COLOR_RGB},
    {"grey", {JPEG_GREY(101, 67)}, JCS_GRAYSCALE, PM_COLOR_GRAY},
    {"grey progressive", {JPEG_GREY(101, 67), .progressive = true}, JCS_GRAYSCALE, PM_COLOR_GRAY},
    {"grey 2x2", {JPEG_GREY(101, 67), .h = 2, .v = 2}, JCS_GRAYSCALE, PM_COLOR_GRAY},
    {"one pixel", {JPEG_YCC(1, 1, 2, 2)}, JCS_RGB, PM_COLOR_RGB},
    {"cmyk, plain",
     {.width = 101, .height = 67, .in = JCS_CMYK, .out = JCS_CMYK, .no_adobe = true},
     JCS_CMYK,
     PM_COLOR_CMYK},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* What JPEGs call CMYK is light, not ink. */
static void turn_to_ink(uint8_t *samples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        samples[i] = (uint8_t)(255 - samples[i]);
}

Test(jpeg, decodes_every_kind_to_libjpegs_samples_at_every_scale)
{
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned k = 0; k < KINDS; k++) {
        struct buffer file = make_jpeg(&kinds[k].recipe);
        for (unsigned n = 1; n <= 8; n *= 2) {
            uint32_t width, height;
            uint8_t *expected = plain_rows(&file, n, kinds[k].out, &width, &height);
            if (kinds[k].color == PM_COLOR_CMYK)
                turn_to_ink(expected, (size_t)width * height * 4);
            double extent_x = kinds[k].recipe.width * n / 8.0, extent_y = kinds[k].recipe.height * n / 8.0;
            struct decode_request request = {.min_width = (uint32_t)fmax(1, floor(extent_x)),
                                             .min_height = (uint32_t)fmax(1, floor(extent_y))};
            if (kinds[k].recipe.width == 1 && n != 8)
                request.min_width = 1; /* one pixel is never shrunk */
            cr_assert_eq(fixture_decode(&fixture, &file, &request), 0, "%s: %s", kinds[k].name,
                         fixture.error.message);
            const struct pm_image *image = &fixture.image;
            cr_assert_eq(image->format.color, kinds[k].color);
            if (kinds[k].recipe.width > 1) {
                cr_assert_eq(image->width, width, "%s at %u/8", kinds[k].name, n);
                cr_assert_eq(image->height, height);
                cr_assert_float_eq(image->plane[0].frame.extent_x, extent_x, 1e-9);
                cr_assert_float_eq(image->plane[0].frame.extent_y, extent_y, 1e-9);
                fixture_assert_rows(&image->plane[0], expected, width, kinds[k].name);
            }
            cr_assert_eq(fixture.warnings, 0);
            free(expected);
        }
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

/* Whether there is an Adobe marker or not; without one a file that says it is YCCK can't say so. */
Test(jpeg, cmyk_is_turned_to_ink)
{
    static const struct {
        J_COLOR_SPACE out;
        bool no_adobe;
    } cases[] = {{JCS_CMYK, false}, {JCS_YCCK, false}, {JCS_CMYK, true}};
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct jpeg_recipe recipe = {
            .width = 64, .height = 48, .in = JCS_CMYK, .out = cases[k].out, .no_adobe = cases[k].no_adobe};
        struct buffer file = make_jpeg(&recipe);
        uint32_t width, height;
        uint8_t *expected = plain_rows(&file, 8, JCS_CMYK, &width, &height);
        turn_to_ink(expected, (size_t)width * height * 4);
        cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){0}), 0);
        cr_assert_eq(fixture.image.format.color, PM_COLOR_CMYK);
        fixture_assert_rows(&fixture.image.plane[0], expected, width, "cmyk");
        free(expected);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

/* What is decoded before a sandbox closes must be decoded to its end. */
Test(jpeg, samples_are_read_without_a_warning)
{
    struct fixture fixture;
    fixture_open(&fixture);
    cr_assert_gt(codec_jpeg.samples[0].size, 0);
    for (const struct pm_blob *sample = codec_jpeg.samples; sample->size > 0; sample++) {
        cr_assert_eq(fixture_decode_exact(&fixture, sample->data, sample->size, &(struct decode_request){0}),
                     0, "%s", fixture.error.message);
        cr_assert_eq(fixture.warnings, 0, "%s", fixture.last_warning);
    }
    fixture_close(&fixture);
}

Test(jpeg, probe_says_what_decoding_gives)
{
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned k = 0; k < KINDS; k++) {
        struct buffer file = make_jpeg(&kinds[k].recipe);
        struct pm_info info;
        cr_assert_eq(fixture_probe(&fixture, &file, &info), 0, "%s", fixture.error.message);
        cr_assert_str_eq(info.format, "jpeg");
        cr_assert_eq(info.width, kinds[k].recipe.width);
        cr_assert_eq(info.height, kinds[k].recipe.height);
        cr_assert_eq(info.depth, 8);
        cr_assert_eq(info.interlaced, kinds[k].recipe.progressive || kinds[k].recipe.scans != NULL);
        cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){.planes = true}), 0);
        cr_assert_eq(info.pixels.color, fixture.image.format.color, "%s", kinds[k].name);
        cr_assert_eq(pm_channels(&info.pixels), pm_channels(&fixture.image.format));
        if (info.pixels.color == PM_COLOR_YCC) {
            cr_assert_eq(info.pixels.sampling_x, (unsigned)kinds[k].recipe.h);
            cr_assert_eq(info.pixels.sampling_y, (unsigned)kinds[k].recipe.v);
        }
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

/* The mean absolute difference of two runs of samples. */
static double mean_error(const uint8_t *a, const uint8_t *b, size_t size)
{
    double sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += abs(a[i] - b[i]);
    return sum / (double)size;
}

Test(jpeg, what_was_encoded_decodes_to_nearly_the_same)
{
    static const enum pm_color colors[] = {PM_COLOR_GRAY, PM_COLOR_RGB, PM_COLOR_CMYK};
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned k = 0; k < 3; k++) {
        struct pm_image image = {.format = PIXELS(colors[k], PM_ALPHA_NONE, 8)};
        unsigned channels = pm_channels(&image.format);
        uint8_t *samples = make_samples(157, 121, channels);
        image = wrap_samples(samples, 157, 121, colors[k]);
        struct jpeg_options request = {.quality = 95, .subsampling = SUBSAMPLING_444};
        struct buffer file = {0};
        cr_assert_eq(codec_jpeg.encode(&image, &request, &file, &fixture.context), 0);
        cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){0}), 0);
        cr_assert_eq(fixture.image.format.color, colors[k]);
        const struct pm_plane *plane = &fixture.image.plane[0];
        for (uint32_t y = 0; y < 121; y++) {
            const uint8_t *row = samples + (size_t)y * 157 * channels;
            cr_assert_lt(mean_error(row, plane_row(plane, y), 157 * channels), 4.0, "colour %u, row %u", k,
                         y);
        }
        free(samples);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

/* One colour, so that whatever a block is filled up with beyond the picture would show. */
static void assert_flat_round_trip(struct fixture *fixture, uint32_t width, uint32_t height,
                                   enum pm_color color)
{
    uint8_t samples[20 * 20 * 3];
    memset(samples, 200, sizeof samples);
    struct pm_image image = wrap_samples(samples, width, height, color);
    struct jpeg_options request = {.quality = 50, .subsampling = SUBSAMPLING_420};
    struct buffer file = {0};
    cr_assert_eq(codec_jpeg.encode(&image, &request, &file, &fixture->context), 0);
    cr_assert_eq(fixture_decode(fixture, &file, &(struct decode_request){0}), 0);
    const struct pm_plane *plane = &fixture->image.plane[0];
    cr_assert_eq(plane->width, width);
    cr_assert_eq(plane->height, height);
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width * plane->channels; x++)
            cr_assert_leq(abs(plane_row(plane, y)[x] - 200), 2, "%ux%u at %u, %u", width, height, x, y);
    }
    buffer_free(&file);
}

Test(jpeg, edges_that_fill_no_block_keep_their_colour)
{
    struct fixture fixture;
    fixture_open(&fixture);
    for (uint32_t width = 1; width <= 20; width++) {
        for (uint32_t height = 1; height <= 20; height += 3) {
            assert_flat_round_trip(&fixture, width, height, PM_COLOR_GRAY);
            assert_flat_round_trip(&fixture, width, height, PM_COLOR_RGB);
        }
    }
    fixture_close(&fixture);
}

/* A file, its planes decoded and encoded again at quality 100: coefficients are kept but for rounding. */
Test(jpeg, planes_go_in_as_they_came_out)
{
    static const struct {
        int h, v;
        enum subsampling subsampling;
    } cases[] = {{2, 2, SUBSAMPLING_420}, {2, 1, SUBSAMPLING_422}, {1, 1, SUBSAMPLING_444}};
    struct fixture fixture, again;
    fixture_open(&fixture);
    fixture_open(&again);
    struct decode_request planes = {.planes = true};
    for (unsigned k = 0; k < 3; k++) {
        struct jpeg_recipe recipe = {
            .width = 157, .height = 121, .in = JCS_RGB, .out = JCS_YCbCr, .h = cases[k].h, .v = cases[k].v};
        struct buffer file = make_jpeg(&recipe), copy = {0};
        cr_assert_eq(fixture_decode(&fixture, &file, &planes), 0);
        struct jpeg_options request = {.quality = 100, .subsampling = cases[k].subsampling};
        cr_assert_eq(codec_jpeg.encode(&fixture.image, &request, &copy, &fixture.context), 0, "%s",
                     fixture.error.message);
        cr_assert_eq(fixture_decode(&again, &copy, &planes), 0);
        for (int i = 0; i < 3; i++) {
            const struct pm_plane *a = &fixture.image.plane[i], *b = &again.image.plane[i];
            cr_assert_eq(a->width, b->width);
            cr_assert_eq(a->height, b->height);
            for (uint32_t y = 0; y < a->height; y++) {
                for (uint32_t x = 0; x < a->width; x++)
                    cr_assert_leq(abs(plane_row(a, y)[x] - plane_row(b, y)[x]), 2);
            }
        }
        buffer_free(&file);
        buffer_free(&copy);
    }
    fixture_close(&fixture);
    fixture_close(&again);
}
