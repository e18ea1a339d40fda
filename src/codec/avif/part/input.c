/*
 * Makes libaom's input from a picture. YCbCr planes of 8 bits are used directly; RGB becomes full-range YCbCr
 * with BT.601's matrix, or BT.2020's for its primaries, each chroma sample the mean of its pixels, or planes
 * G, B, R if the result is lossless. In integers, so that every machine makes the same file.
 */
#include <math.h>

#include "codec/avif/part/encode.h"
#include "codec/jpeg/options.h"

enum { FACTOR_BITS = 20, RED = 0, GREEN = 1, BLUE = 2, BT2020 = 9 };

/* Sample i of a row. */
static uint32_t sample(const uint8_t *row, unsigned depth, size_t i)
{
    return depth == 8 ? row[i] : ((const uint16_t *)(const void *)row)[i];
}

static void set_sample(const struct pm_plane *plane, unsigned bits, uint32_t x, uint32_t y, int64_t value)
{
    uint8_t *row = plane_row(plane, y);
    const int64_t max = (1 << bits) - 1;
    value = value < 0 ? 0 : value > max ? max : value;
    if (bits == 8)
        row[x] = (uint8_t)value;
    else
        ((uint16_t *)(void *)row)[x] = (uint16_t)value;
}

/* `weights` of R, G and B in fixed point, for samples of `depth` bits to `bits` bits. */
static void scale(const double weights[3], unsigned depth, unsigned bits, int64_t factors[3])
{
    const double ratio = (double)((1 << bits) - 1) / ((1 << depth) - 1);
    for (int i = 0; i < 3; i++)
        factors[i] = llround(weights[i] * ratio * (1 << FACTOR_BITS));
}

/* One channel, or luma (`factors` not NULL), of all pixels. */
static void make_plane(const struct pm_plane *in, unsigned depth, unsigned channel, const int64_t *factors,
                       unsigned bits, const struct pm_plane *out)
{
    static const double same[3] = {1, 0, 0};
    int64_t one[3];
    scale(same, depth, bits, one);
    for (uint32_t y = 0; y < out->height; y++) {
        const uint8_t *row = plane_row(in, y);
        for (uint32_t x = 0; x < out->width; x++) {
            const size_t i = (size_t)x * in->channels;
            const int64_t sum = factors == NULL ? one[0] * sample(row, depth, i + channel)
                                                : factors[RED] * sample(row, depth, i) +
                                                      factors[GREEN] * sample(row, depth, i + 1) +
                                                      factors[BLUE] * sample(row, depth, i + 2);
            set_sample(out, bits, x, y, (sum + (1 << (FACTOR_BITS - 1))) >> FACTOR_BITS);
        }
    }
}

/* A chroma plane: the mean of the pixels of each sample, those at the picture's edge repeated. */
static void make_chroma(const struct pm_plane *in, unsigned depth, const int64_t factors[3],
                        const struct avif_input *input, const struct pm_plane *out)
{
    const unsigned count = input->sampling_x * input->sampling_y;
    const int64_t zero = (int64_t)1 << (input->bits - 1), unit = (int64_t)count << FACTOR_BITS;
    for (uint32_t y = 0; y < out->height; y++) {
        for (uint32_t x = 0; x < out->width; x++) {
            int64_t sum = 0;
            for (unsigned i = 0; i < count; i++) {
                const uint32_t px = x * input->sampling_x + i % input->sampling_x,
                               py = y * input->sampling_y + i / input->sampling_x;
                const uint8_t *row = plane_row(in, py < in->height ? py : in->height - 1);
                const size_t at = (size_t)(px < in->width ? px : in->width - 1) * in->channels;
                for (unsigned c = 0; c < 3; c++)
                    sum += factors[c] * sample(row, depth, at + c);
            }
            const int64_t value = sum + zero * unit + unit / 2;
            set_sample(out, input->bits, x, y, value < 0 ? 0 : value / unit);
        }
    }
}

static int alloc_planes(const struct pm_image *image, struct avif_input *input, struct context *context)
{
    for (unsigned i = 0; i < input->nplanes; i++) {
        const unsigned x = i == 0 ? 1 : input->sampling_x, y = i == 0 ? 1 : input->sampling_y;
        if (plane_alloc(&input->plane[i], (image->width + x - 1) / x, (image->height + y - 1) / y, 1,
                        input->bits > 8 ? 16 : 8, context) != 0)
            return -1;
    }
    return 0;
}

static int make_gbr(const struct pm_image *image, struct avif_input *input, struct context *context)
{
    static const unsigned channels[] = {GREEN, BLUE, RED};
    input->nclx.matrix = PM_MATRIX_IDENTITY;
    if (alloc_planes(image, input, context) != 0)
        return -1;
    for (unsigned i = 0; i < 3; i++)
        make_plane(&image->plane[0], image->format.depth, channels[i], NULL, input->bits, &input->plane[i]);
    return 0;
}

static int make_ycc(const struct pm_image *image, struct avif_input *input, struct context *context)
{
    /* Kr, Kg, Kb: the coefficients of BT.2020 keep its colours' brightness out of subsampled chroma. */
    static const double lumas[2][3] = {{.299, .587, .114}, {.2627, .678, .0593}};
    const bool wide = image->meta.has_cicp && image->meta.cicp[0] == BT2020;
    const double *luma = lumas[wide], u = 2 * (1 - luma[2]), v = 2 * (1 - luma[0]);
    const double weights[3][3] = {
        {luma[0], luma[1], luma[2]},
        {-luma[0] / u, -luma[1] / u, .5},
        {.5, -luma[1] / v, -luma[2] / v},
    };
    const unsigned depth = image->format.depth;
    int64_t factors[3];
    input->nclx.matrix = wide ? PM_MATRIX_BT2020 : PM_MATRIX_BT601;
    if (alloc_planes(image, input, context) != 0)
        return -1;
    scale(weights[0], depth, input->bits, factors);
    make_plane(&image->plane[0], depth, 0, factors, input->bits, &input->plane[0]);
    for (unsigned i = 1; i < 3; i++) {
        scale(weights[i], depth, input->bits, factors);
        make_chroma(&image->plane[0], depth, factors, input, &input->plane[i]);
    }
    return 0;
}

int avif_make_input(const struct pm_image *image, const struct avif_options *options,
                    struct avif_input *input, struct context *context)
{
    const struct pm_pixel_format *format = &image->format;
    *input = (struct avif_input){.nplanes = 3,
                                 .bits = avif_bits(options, format->depth, &image->meta),
                                 .sampling_x = 1,
                                 .sampling_y = 1,
                                 .nclx = {.matrix = PM_MATRIX_BT601, .full_range = true}};
    if (format->color == PM_COLOR_YCC) {
        for (unsigned i = 0; i < input->nplanes; i++)
            input->plane[i] = image->plane[i];
        input->sampling_x = format->sampling_x;
        input->sampling_y = format->sampling_y;
        input->nclx = (struct heif_nclx){.matrix = format->matrix, .full_range = !format->limited_range};
        return 0;
    }
    if (format->color == PM_COLOR_GRAY) {
        input->nplanes = 1;
        input->sampling_x = input->sampling_y = 2;
        if (alloc_planes(image, input, context) != 0)
            return -1;
        make_plane(&image->plane[0], format->depth, 0, NULL, input->bits, &input->plane[0]);
        return 0;
    }
    if (options->lossless)
        return make_gbr(image, input, context);
    subsampling_factors(options->subsampling, options->quality, &input->sampling_x, &input->sampling_y);
    return make_ycc(image, input, context);
}

int avif_make_alpha_input(const struct pm_image *image, const struct avif_options *options,
                          struct avif_input *input, struct context *context)
{
    *input = (struct avif_input){.nplanes = 1,
                                 .bits = avif_bits(options, image->format.depth, &image->meta),
                                 .sampling_x = 2,
                                 .sampling_y = 2,
                                 .nclx = {.matrix = PM_MATRIX_BT601, .full_range = true}};
    if (image->format.color == PM_COLOR_YCC) {
        input->plane[0] = image->plane[3];
        return 0;
    }
    if (alloc_planes(image, input, context) != 0)
        return -1;
    make_plane(&image->plane[0], image->format.depth, image->plane[0].channels - 1, NULL, input->bits,
               &input->plane[0]);
    return 0;
}
