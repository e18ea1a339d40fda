/* How samples are stored: in fewer bits, with a palette, interlaced; and what decoding makes of that. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "codec/png/form.h"
#include "codec/png/png.h"
#include "codec/png/pngs.h"
#include "codec/reader.h"
#include "pictures.h"

/* IHDR, as it is in the file. */
struct stored {
    unsigned depth, type;
    bool interlaced;
};

static struct stored stored_as(const struct buffer *file)
{
    enum { IHDR_DATA = 16 };
    const uint8_t *ihdr = file->data + IHDR_DATA;
    return (struct stored){ihdr[8], ihdr[9], ihdr[12] == 1};
}

static struct buffer encode_with(struct lent *lent, const struct pm_image *image,
                                 const struct png_options *options)
{
    struct buffer file = {0};
    const struct shape shape = image_shape(image);
    const struct arena_mark mark = arena_mark(&lent->arena), job_mark = arena_mark(&lent->job_arena);
    lent->arena.peak = mark.used;
    lent->job_arena.peak = job_mark.used;
    cr_assert_eq(codec_png.encode(image, options, &file, &lent->context), 0, "%s", lent->error.message);
    cr_expect_leq(file.size, codec_png.encode_bound(&shape, options));
    const uint64_t taken = lent->arena.peak - mark.used + lent->job_arena.peak - job_mark.used;
    cr_expect_leq(taken, codec_png.encode_bytes(&shape, options), "%u x %u: %lu", image->width, image->height,
                  (unsigned long)taken);
    cr_expect_eq(arena_mark(&lent->arena).used, mark.used);
    cr_expect_eq(arena_mark(&lent->job_arena).used, job_mark.used);
    return file;
}

/* Row y as RGBA. */
static void rgba_row(const struct pm_image *image, uint32_t y, uint8_t *out)
{
    const struct pm_plane *plane = &image->plane[0];
    const bool alpha = image->format.alpha != PM_ALPHA_NONE, gray = image->format.color == PM_COLOR_GRAY;
    for (uint32_t x = 0; x < image->width; x++, out += 4) {
        const uint8_t *pixel = plane_row(plane, y) + (size_t)x * plane->channels;
        for (unsigned c = 0; c < 3; c++)
            out[c] = pixel[gray ? 0 : c];
        out[3] = alpha ? pixel[plane->channels - 1] : UINT8_MAX;
    }
}

static struct pm_image decode(struct lent *lent, const struct buffer *file)
{
    struct pm_image image;
    cr_assert_eq(reader_decode(&codec_png, file->data, file->size, &(struct decode_request){0}, &image,
                               &lent->context),
                 0, "%s", lent->error.message);
    return image;
}

static void expect_same_pixels(struct lent *lent, const struct buffer *file, const struct pm_image *image)
{
    uint8_t one[4 * 400], other[4 * 400];
    const struct pm_image decoded = decode(lent, file);
    cr_assert(image->width <= 400 && decoded.width == image->width && decoded.height == image->height);
    if (image->format.depth == 16) {
        for (uint32_t y = 0; y < image->height; y++)
            cr_assert_arr_eq(plane_row(&decoded.plane[0], y), plane_row(&image->plane[0], y),
                             (size_t)2 * image->plane[0].channels * image->width);
        return;
    }
    for (uint32_t y = 0; y < image->height; y++) {
        rgba_row(&decoded, y, one);
        rgba_row(image, y, other);
        cr_assert_arr_eq(one, other, (size_t)4 * image->width, "row %u", y);
    }
}

/* An image of `colors` different pixels, all of them there if there is room. */
static struct pm_image colored(struct lent *lent, uint32_t width, uint32_t height, enum pm_color color,
                               bool alpha, unsigned colors)
{
    struct pm_image image = picture(lent, width, height, color, alpha, 8);
    const unsigned channels = image.plane[0].channels;
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            uint8_t *pixel = plane_row(&image.plane[0], y) + (size_t)x * channels;
            const unsigned value = (y * width + x) % colors;
            for (unsigned c = 0; c < channels; c++)
                pixel[c] = (uint8_t)(value * (2 * c + 1) + (c == 1 ? value / 256 * 7 : 0));
        }
    }
    return image;
}

Test(png_form, a_palette_has_as_few_bits_as_its_colors_need)
{
    static const struct {
        unsigned colors, depth, type;
    } cases[] = {{1, 1, PNG_PALETTE},  {2, 1, PNG_PALETTE},   {3, 2, PNG_PALETTE},
                 {4, 2, PNG_PALETTE},  {5, 4, PNG_PALETTE},   {16, 4, PNG_PALETTE},
                 {17, 8, PNG_PALETTE}, {256, 8, PNG_PALETTE}, {257, 8, PNG_RGB}};
    for (size_t i = 0; i < 2 * (sizeof cases / sizeof *cases); i++) {
        const unsigned colors = cases[i / 2].colors;
        const bool alpha = i % 2 == 1;
        struct lent lent;
        lent_init(&lent);
        struct pm_image image = colored(&lent, 199, 160, PM_COLOR_RGB, alpha, colors);
        struct buffer file = encode_with(&lent, &image, NULL);
        const struct stored stored = stored_as(&file);
        cr_expect_eq(stored.depth, cases[i / 2].depth, "%u colours", colors);
        cr_expect_eq(stored.type, cases[i / 2].type == PNG_RGB && alpha ? PNG_RGB_ALPHA : cases[i / 2].type,
                     "%u colours", colors);
        expect_same_pixels(&lent, &file, &image);
        buffer_free(&file);
        lent_free(&lent);
    }
}

Test(png_form, grey_has_as_few_bits_as_its_levels_need)
{
    static const struct {
        uint8_t levels[3];
        unsigned depth;
    } cases[] = {{{0, 255, 0}, 1}, {{0, 85, 170}, 2}, {{17, 34, 204}, 4}, {{0, 255, 17}, 4}, {{0, 1, 2}, 8}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lent lent;
        lent_init(&lent);
        struct pm_image image = picture(&lent, 131, 40, PM_COLOR_GRAY, false, 8);
        for (uint32_t y = 0; y < image.height; y++) {
            for (uint32_t x = 0; x < image.width; x++)
                plane_row(&image.plane[0], y)[x] = cases[i].levels[plane_row(&image.plane[0], y)[x] % 3];
        }
        struct buffer file = encode_with(&lent, &image, NULL);
        cr_expect_eq(stored_as(&file).depth, cases[i].depth, "%zu", i);
        cr_expect_eq(stored_as(&file).type, PNG_GRAY);
        expect_same_pixels(&lent, &file, &image);
        buffer_free(&file);
        lent_free(&lent);
    }
}

/* PLTE is larger than what it would save. */
Test(png_form, a_small_image_has_no_palette_that_makes_it_larger)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 8, 8, PM_COLOR_RGB, false, 8);
    struct buffer file = encode_with(&lent, &image, NULL);
    cr_expect_eq(stored_as(&file).type, PNG_RGB);
    expect_same_pixels(&lent, &file, &image);
    buffer_free(&file);
    lent_free(&lent);
}

/* Every size up to two blocks of the interlacing pattern, decoded by libpng. */
Test(png_form, interlaced_images_are_the_same)
{
    static const struct {
        enum pm_color color;
        bool alpha;
        unsigned depth, colors; /* colors 0: noise */
    } kinds[] = {{PM_COLOR_GRAY, false, 8, 0}, {PM_COLOR_RGB, false, 8, 0},  {PM_COLOR_RGB, true, 8, 0},
                 {PM_COLOR_GRAY, true, 16, 0}, {PM_COLOR_RGB, false, 16, 0}, {PM_COLOR_RGB, false, 8, 2},
                 {PM_COLOR_RGB, true, 8, 3},   {PM_COLOR_RGB, false, 8, 15}};
    const struct png_options options = {.progressive = true};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        for (uint32_t size = 0; size < 17 * 17; size++) {
            const uint32_t width = size % 17 + 1, height = size / 17 + 1;
            struct lent lent;
            lent_init(&lent);
            struct pm_image image =
                kinds[k].colors > 0
                    ? colored(&lent, width, height, kinds[k].color, kinds[k].alpha, kinds[k].colors)
                    : picture(&lent, width, height, kinds[k].color, kinds[k].alpha, kinds[k].depth);
            struct buffer file = encode_with(&lent, &image, &options);
            cr_assert(stored_as(&file).interlaced);
            expect_same_pixels(&lent, &file, &image);
            buffer_free(&file);
            lent_free(&lent);
        }
    }
}

Test(png_form, a_large_interlaced_image_is_the_same)
{
    struct lent lent;
    lent_init(&lent);
    const struct png_options options = {.progressive = true};
    struct pm_image image = picture(&lent, 397, 211, PM_COLOR_RGB, true, 8);
    struct buffer file = encode_with(&lent, &image, &options);
    expect_same_pixels(&lent, &file, &image);
    buffer_free(&file);
    image = colored(&lent, 399, 300, PM_COLOR_RGB, false, 9);
    file = encode_with(&lent, &image, &options);
    cr_expect_eq(stored_as(&file).depth, 4);
    expect_same_pixels(&lent, &file, &image);
    buffer_free(&file);
    lent_free(&lent);
}

/* A smooth image, half of it translucent. */
static struct pm_image smooth(struct lent *lent, bool alpha)
{
    struct pm_image image = picture(lent, 300, 200, PM_COLOR_RGB, alpha, 8);
    for (uint32_t y = 0; y < image.height; y++) {
        for (uint32_t x = 0; x < image.width; x++) {
            uint8_t *pixel = plane_row(&image.plane[0], y) + (size_t)x * image.plane[0].channels;
            pixel[0] = (uint8_t)(x * 255 / image.width);
            pixel[1] = (uint8_t)(y * 255 / image.height);
            pixel[2] = (uint8_t)((x + y) / 2);
            if (alpha)
                pixel[3] = (uint8_t)(x < 50 ? 0 : x < 150 ? 2 * y : 255);
        }
    }
    return image;
}

/* The mean difference of a sample of the two, where the first is not clear. */
static double mean_error(const struct pm_image *image, const struct pm_image *other)
{
    uint8_t one[4 * 400], two[4 * 400];
    double sum = 0;
    size_t count = 0;
    for (uint32_t y = 0; y < image->height; y++) {
        rgba_row(image, y, one);
        rgba_row(other, y, two);
        for (size_t i = 0; i < (size_t)4 * image->width; i++) {
            if (one[i / 4 * 4 + 3] == 0 && i % 4 < 3)
                continue;
            sum += abs(one[i] - two[i]);
            count++;
        }
    }
    return sum / (double)count;
}

Test(png_form, a_palette_is_as_large_as_asked_for_and_close_to_the_colors)
{
    static const struct {
        int colors;
        unsigned depth;
        double most;
    } cases[] = {{256, 8, 6}, {64, 8, 9}, {16, 4, 17}, {4, 2, 34}, {2, 1, 57}};
    for (size_t i = 0; i < 2 * (sizeof cases / sizeof *cases); i++) {
        for (int dither = DITHER_NONE; dither <= DITHER_DIFFUSION; dither++) {
            struct lent lent;
            lent_init(&lent);
            struct pm_image image = smooth(&lent, i % 2 == 1);
            const struct png_options options = {.palette = cases[i / 2].colors, .dither = dither};
            struct buffer file = encode_with(&lent, &image, &options);
            cr_expect_eq(stored_as(&file).type, PNG_PALETTE);
            cr_expect_eq(stored_as(&file).depth, cases[i / 2].depth);
            const struct pm_image decoded = decode(&lent, &file);
            const double error = mean_error(&image, &decoded);
            cr_expect_lt(error, cases[i / 2].most + (dither == DITHER_ORDERED ? 3 : 0),
                         "%d colours, dither %d, alpha %zu: %.2f", cases[i / 2].colors, dither, i % 2, error);
            buffer_free(&file);
            lent_free(&lent);
        }
    }
}

/* The mean of a dithered area is that of the image. */
Test(png_form, dithering_keeps_the_mean_color)
{
    struct lent lent;
    double means[2][3] = {{0}};
    lent_init(&lent);
    struct pm_image image = smooth(&lent, false);
    const struct png_options options = {.palette = 8, .dither = DITHER_DIFFUSION};
    struct buffer file = encode_with(&lent, &image, &options);
    const struct pm_image decoded = decode(&lent, &file);
    for (uint32_t y = 80; y < 120; y++) {
        for (size_t i = 3 * 120; i < 3 * 180; i++) {
            means[0][i % 3] += plane_row(&image.plane[0], y)[i] / (40.0 * 60);
            means[1][i % 3] += plane_row(&decoded.plane[0], y)[i] / (40.0 * 60);
        }
    }
    for (int c = 0; c < 3; c++)
        cr_expect_float_eq(means[0][c], means[1][c], 4, "%d: %.2f, %.2f", c, means[0][c], means[1][c]);
    buffer_free(&file);
    lent_free(&lent);
}
