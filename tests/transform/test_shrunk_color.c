/*
 * A JPEG that is made smaller is decoded at a reduced size, chroma at a reduction of its own. The result is
 * compared with all planes decoded in full, resized in double precision and merged without rounding: on
 * saturated edges and text, where chroma decoded at too small a size shows most.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/codec.h"
#include "codec/jpeg/maker.h"
#include "codec/reader.h"
#include "filter/reference.h"
#include "image/image.h"
#include "lent.h"
#include "pixmill/transform.h"

enum { WIDTH = 413, HEIGHT = 281 };

static const uint8_t colors[][3] = {{255, 0, 0},   {0, 255, 0},   {0, 0, 255},     {255, 255, 0},
                                    {0, 255, 255}, {255, 0, 255}, {255, 255, 255}, {0, 0, 0},
                                    {255, 128, 0}, {128, 0, 255}};
enum { COLORS = sizeof colors / sizeof *colors };

/* Slanted bars, which get finer to the right. */
static unsigned bar_at(uint32_t x, uint32_t y)
{
    return (unsigned)(30 * log(1 + (x + 0.3 * y) / 60.0));
}

/* Lines of imitated text: each cell has the strokes of a random character, one colour on another. */
static unsigned text_at(uint32_t x, uint32_t y)
{
    const uint32_t line = y / 27, pen = 1 + line % 3, column = x / pen, row = y % 27 / pen;
    const uint32_t letter = (line * 131 + column / 6) * 2654435761u;
    const bool ink = column % 6 < 5 && row < 8 && (letter >> (column % 6 * 5 + row % 5) & 1);
    return ink ? line * 3 + 1 + line % 4 : line * 3;
}

static uint8_t *edges_and_text(void)
{
    uint8_t *samples = malloc((size_t)WIDTH * HEIGHT * 3);
    cr_assert_not_null(samples);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            const uint8_t *color = colors[(y < HEIGHT / 2 ? bar_at(x, y) : text_at(x, y)) % COLORS];
            for (unsigned c = 0; c < 3; c++)
                samples[((size_t)y * WIDTH + x) * 3 + c] = color[c];
        }
    }
    return samples;
}

static struct pm_image decoded(struct lent *lent, const struct buffer *file, bool planes)
{
    struct pm_image image = {0};
    const struct decode_request request = {.planes = planes};
    const struct codec *codec = codec_sniff(file->data, file->size);
    cr_assert_eq(reader_decode(codec, file->data, file->size, &request, &image, &lent->context), 0);
    return image;
}

static struct pm_image result_of(struct lent *lent, const char *text, const struct buffer *file)
{
    struct buffer out = {0};
    struct pm_recipe *recipe = pm_recipe_parse(text, &lent->error);
    cr_assert_not_null(recipe, "%s: %s", text, lent->error.message);
    cr_assert_eq(pm_transform(recipe, file->data, file->size, NULL, NULL, &out.data, &out.size, &lent->error),
                 0, "%s: %s", text, lent->error.message);
    pm_recipe_free(recipe);
    struct pm_image image = decoded(lent, &out, false);
    buffer_free(&out);
    return image;
}

/* The planes, each resized to `size`, as RGB: row by row, neither rounded nor clamped. */
static double *reference_rgb(const struct pm_image *planes, const struct pm_plane *size)
{
    double *plane[3];
    const size_t n = (size_t)size->width * size->height;
    double *rgb = malloc(3 * n * sizeof *rgb);
    struct pm_plane luma = planes->plane[0]; /* half the size where the decoder reduces it */
    const double scale = 3 * size->width <= WIDTH ? 0.5 : 1;
    luma.frame = (struct pm_frame){.extent_x = WIDTH * scale, .extent_y = HEIGHT * scale};
    for (unsigned i = 0; i < 3; i++)
        plane[i] = reference_resize_wide(&planes->plane[i], &luma, size, "lanczos3");
    for (size_t i = 0; i < n; i++) {
        const double y = plane[0][i], b = plane[1][i] - 128, r = plane[2][i] - 128;
        rgb[3 * i] = y + 1.402 * r;
        rgb[3 * i + 1] = y - 0.344136 * b - 0.714136 * r;
        rgb[3 * i + 2] = y + 1.772 * b;
    }
    for (unsigned i = 0; i < 3; i++)
        free(plane[i]);
    return rgb;
}

static struct buffer make_file(const uint8_t *samples, int h, int v, bool progressive)
{
    return make_jpeg(&(struct jpeg_recipe){
        .width = WIDTH,
        .height = HEIGHT,
        .in = JCS_RGB,
        .out = JCS_YCbCr,
        .h = h,
        .v = v,
        .quality = 95,
        .progressive = progressive,
        .samples = samples,
    });
}

/* A result's width and its min PSNR, in decibels. Just below 1/3, 1/6 and 1/12 of the file's width the
 * decoder reduces the size as far as it may. */
static const struct size {
    uint32_t width;
    double png, jpeg;
} sizes[] = {
    {275, 60, 51},    {142, 60, 51},    {129, 33.8, 33.8}, {103, 37.3, 37.3},
    {66, 31.2, 31.2}, {51, 35.6, 35.6}, {33, 30.2, 30.2},  {21, 34.5, 34.5},
};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* The same picture as a baseline file and as a progressive one. */
static void check_size(const struct buffer files[2], const struct size *size, int h, int v)
{
    static const char *const formats[] = {"format=png", "format=jpeg/quality=100/subsampling=444"};
    const double least[] = {size->png, size->jpeg};
    struct lent lent;
    lent_init(&lent);
    const struct pm_image planes = decoded(&lent, &files[0], true);
    double *expected = NULL;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        char text[80];
        snprintf(text, sizeof text, "resize=%ux/%s", size->width, formats[i]);
        const struct pm_image result = result_of(&lent, text, &files[0]),
                              progressive = result_of(&lent, text, &files[1]);
        if (expected == NULL)
            expected = reference_rgb(&planes, &result.plane[0]);
        const double psnr = reference_psnr(&result.plane[0], 8, expected);
        cr_expect_geq(psnr, least[i], "%dx%d, %s: %.1f dB", h, v, text, psnr);
        cr_expect(same_samples(&result.plane[0], &progressive.plane[0], 8), "%dx%d, %s, progressive", h, v,
                  text);
    }
    free(expected);
    lent_free(&lent);
}

static void check_sampling(int h, int v)
{
    uint8_t *samples = edges_and_text();
    struct buffer files[2] = {make_file(samples, h, v, false), make_file(samples, h, v, true)};
    for (size_t i = 0; i < SIZES; i++)
        check_size(files, &sizes[i], h, v);
    buffer_free(&files[0]);
    buffer_free(&files[1]);
    free(samples);
}

Test(shrunk_color, of_420_is_that_of_a_whole_decode)
{
    check_sampling(2, 2);
}

Test(shrunk_color, of_411_is_that_of_a_whole_decode)
{
    check_sampling(4, 1);
}

Test(shrunk_color, of_422_is_that_of_a_whole_decode)
{
    check_sampling(2, 1);
}

Test(shrunk_color, of_440_is_that_of_a_whole_decode)
{
    check_sampling(1, 2);
}

Test(shrunk_color, of_444_is_that_of_a_whole_decode)
{
    check_sampling(1, 1);
}

/* Like the grain of a photograph: smooth colours with noise in each. */
static uint8_t *grain(void)
{
    const size_t n = (size_t)WIDTH * HEIGHT * 3;
    uint8_t *samples = make_samples(WIDTH, HEIGHT, 3);
    srand(1);
    for (size_t i = 0; i < n; i++)
        samples[i] = (uint8_t)(64 + samples[i] / 2 + rand() % 64 - 32);
    return samples;
}

/* RGB samples as a read-only plane. */
static struct pm_plane rgb_plane(uint8_t *samples)
{
    return (struct pm_plane){.data = samples,
                             .stride = (size_t)WIDTH * 3,
                             .width = WIDTH,
                             .height = HEIGHT,
                             .channels = 3,
                             .frame = {.extent_x = WIDTH, .extent_y = HEIGHT}};
}

/* PSNR of a result against the resized original, minus the PSNR of this reference: libjpeg decodes to RGB at
 * full size, with its own upsampling, and that is resized in double precision. */
static double gain(struct lent *lent, uint8_t *original, const struct buffer *file, const char *text)
{
    const struct pm_image result = result_of(lent, text, file);
    const struct pm_plane size = result.plane[0], source = rgb_plane(original);
    uint32_t width, height;
    uint8_t *rows = plain_rows(file, 8, JCS_RGB, &width, &height);
    const struct pm_plane full = rgb_plane(rows);
    double *wanted = reference_resize(&source, 8, &size, "lanczos3"),
           *usual = reference_resize(&full, 8, &size, "lanczos3");
    const double ours = reference_psnr(&size, 8, wanted);
    for (uint32_t y = 0; y < size.height; y++) {
        for (size_t i = 0; i < (size_t)size.width * 3; i++)
            plane_row(&size, y)[i] = (uint8_t)fmin(fmax(round(usual[y * size.width * 3 + i]), 0), 255);
    }
    const double difference = ours - reference_psnr(&size, 8, wanted);
    free(usual);
    free(wanted);
    free(rows);
    return difference;
}

static void check_original(uint8_t *original, const char *name)
{
    static const uint32_t widths[] = {275, 207, 206, 165};
    static const int factors[][2] = {{2, 2}, {2, 1}, {1, 2}, {4, 1}};
    for (size_t i = 0; i < sizeof widths / sizeof *widths * 4; i++) {
        const int h = factors[i % 4][0], v = factors[i % 4][1];
        struct lent lent;
        lent_init(&lent);
        struct buffer file = make_file(original, h, v, false);
        char text[80];
        snprintf(text, sizeof text, "resize=%ux/format=png", widths[i / 4]);
        const double difference = gain(&lent, original, &file, text);
        cr_expect_geq(difference, -0.1, "%s, %dx%d, %s: %+.2f dB", name, h, v, text, difference);
        buffer_free(&file);
        lent_free(&lent);
    }
    free(original);
}

Test(shrunk_color, is_no_further_from_the_original_than_libjpegs)
{
    check_original(grain(), "grain");
    check_original(edges_and_text(), "edges and text");
}
