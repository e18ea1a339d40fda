/*
 * Measures how close results are to the ideal result:
 *
 *     quality lanczos3|SIGMA ORIGINAL RESULT...
 *
 * ORIGINAL is decoded in full and, in double precision, resized to a RESULT's size with Lanczos3 or blurred
 * with that sigma. For each RESULT, a line gives the peak signal-to-noise ratios against that, in decibels:
 * of RGB, and of Y, Cb and Cr (BT.601, full range) separately. Transparent pixels are composited over white.
 * ORIGINAL may be the input of RESULT, or the picture from which that input was encoded.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "codec/reader.h"
#include "lent.h"

enum { CHANNELS = 3 };

/* Samples of one channel, from 0 to 255. */
struct samples {
    uint32_t width, height;
    double *at;
};

/* Red, green and blue. */
struct picture {
    struct samples channel[CHANNELS];
};

static void *insist(void *memory, const char *what)
{
    if (memory != NULL)
        return memory;
    fprintf(stderr, "quality: %s\n", what);
    exit(1);
}

static double *samples_for(size_t n)
{
    return insist(calloc(n, sizeof(double)), "no memory (free some)");
}

static double sample(const struct pm_plane *plane, unsigned depth, uint32_t x, uint32_t y, unsigned channel)
{
    const size_t i = (size_t)x * plane->channels + channel;
    return depth == 8 ? plane_row(plane, y)[i]
                      : ((const uint16_t *)(const void *)plane_row(plane, y))[i] / 257.0;
}

static struct samples channel_of(const struct pm_image *image, unsigned channel)
{
    const struct pm_plane *plane = &image->plane[0];
    const unsigned colors = plane->channels - (image->format.alpha ? 1 : 0);
    struct samples samples = {image->width, image->height, samples_for((size_t)image->width * image->height)};
    for (uint32_t y = 0; y < samples.height; y++) {
        for (uint32_t x = 0; x < samples.width; x++) {
            const double v = sample(plane, image->format.depth, x, y, colors == CHANNELS ? channel : 0);
            const double alpha =
                image->format.alpha ? sample(plane, image->format.depth, x, y, colors) / 255 : 1;
            samples.at[(size_t)y * samples.width + x] = 255 + (v - 255) * alpha;
        }
    }
    return samples;
}

static struct picture read_picture(const char *path)
{
    struct lent lent;
    lent_init(&lent);
    FILE *file = insist(fopen(path, "rb"), path);
    fseek(file, 0, SEEK_END);
    const size_t size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = insist(malloc(size + 1), "no memory (free some)");
    if (fread(data, 1, size, file) != size)
        insist(NULL, path);
    fclose(file);
    struct memory_source memory;
    struct pm_info info;
    struct pm_image image = {0};
    const struct decode_request request = {0};
    memory_source_init(&memory, data, size);
    const struct codec *codec = codec_probe(&memory.source, &info, &lent.error);
    if (codec == NULL || reader_decode(codec, data, size, &request, &image, &lent.context) != 0 ||
        image.format.color == PM_COLOR_CMYK || image.nplanes != 1) {
        fprintf(stderr, "quality: %s: %s\n", path,
                lent.error.kind != PM_OK ? lent.error.message : "is neither grey nor RGB");
        exit(1);
    }
    struct picture picture;
    for (unsigned c = 0; c < CHANNELS; c++)
        picture.channel[c] = channel_of(&image, c);
    free(data);
    lent_free(&lent);
    return picture;
}

static void picture_free(struct picture *picture)
{
    for (unsigned c = 0; c < CHANNELS; c++)
        free(picture->channel[c].at);
}

static double lanczos3(double x)
{
    const double p = M_PI * x;
    return x == 0 ? 1 : fabs(x) < 3 ? 3 * sin(p) * sin(p / 3) / (p * p) : 0;
}

/* One axis: output i is the sum of `taps` samples from first[i] on, mirrored at the edges. */
struct axis_weights {
    int64_t *first;
    int64_t taps;
    double *weights; /* taps for each output */
};

/* sigma 0: Lanczos3, which ignores samples past the edges. */
static struct axis_weights weigh(uint32_t in, uint32_t out, double sigma)
{
    const double step = (double)in / out, unit = step > 1 ? step : 1;
    const double reach = sigma > 0 ? ceil(6 * sigma) : 3 * unit;
    struct axis_weights axis = {.taps = (int64_t)ceil(2 * reach) + 2};
    axis.first = insist(calloc(out, sizeof *axis.first), "no memory (free some)");
    axis.weights = samples_for((size_t)axis.taps * out);
    for (uint32_t i = 0; i < out; i++) {
        const double centre = (i + 0.5) * step - 0.5;
        double *weights = axis.weights + (int64_t)i * axis.taps, sum = 0;
        axis.first[i] = (int64_t)ceil(centre - reach);
        for (int64_t k = 0; k < axis.taps; k++) {
            const int64_t at = axis.first[i] + k;
            const double d = (double)at - centre;
            if (fabs(d) > reach)
                continue;
            weights[k] = sigma > 0            ? exp(-d * d / (2 * sigma * sigma))
                         : at < 0 || at >= in ? 0
                                              : lanczos3(d / unit);
            sum += weights[k];
        }
        for (int64_t k = 0; k < axis.taps; k++)
            weights[k] /= sum;
    }
    return axis;
}

static void axis_free(struct axis_weights *axis)
{
    free(axis->first);
    free(axis->weights);
}

static size_t mirrored(int64_t i, uint32_t n)
{
    const int64_t period = 2 * (int64_t)n;
    i = ((i % period) + period) % period;
    return (size_t)(i < n ? i : period - 1 - i);
}

static void filter_rows(const struct samples *in, const struct axis_weights *axis, const struct samples *out)
{
    for (uint32_t y = 0; y < out->height; y++) {
        const double *from = in->at + (size_t)y * in->width;
        for (uint32_t x = 0; x < out->width; x++) {
            const double *weights = axis->weights + (int64_t)x * axis->taps;
            double sum = 0;
            for (int64_t k = 0; k < axis->taps; k++)
                sum += weights[k] == 0 ? 0 : weights[k] * from[mirrored(axis->first[x] + k, in->width)];
            out->at[(size_t)y * out->width + x] = sum;
        }
    }
}

static void filter_columns(const struct samples *in, const struct axis_weights *axis,
                           const struct samples *out)
{
    for (uint32_t y = 0; y < out->height; y++) {
        double *to = out->at + (size_t)y * out->width;
        for (int64_t k = 0; k < axis->taps; k++) {
            const double w = axis->weights[(int64_t)y * axis->taps + k];
            const double *from = in->at + mirrored(axis->first[y] + k, in->height) * in->width;
            for (uint32_t x = 0; w != 0 && x < out->width; x++)
                to[x] += w * from[x];
        }
    }
}

/* The ideal result: `in` resized or blurred, and clamped like samples. */
static struct samples filtered(const struct samples *in, uint32_t width, uint32_t height, double sigma)
{
    struct axis_weights across = weigh(in->width, width, sigma), down = weigh(in->height, height, sigma);
    const struct samples mid = {in->width, height, samples_for((size_t)in->width * height)};
    const struct samples out = {width, height, samples_for((size_t)width * height)};
    filter_columns(in, &down, &mid);
    filter_rows(&mid, &across, &out);
    for (size_t i = 0; i < (size_t)width * height; i++)
        out.at[i] = fmin(fmax(out.at[i], 0), 255);
    free(mid.at);
    axis_free(&across);
    axis_free(&down);
    return out;
}

static double decibels(double squares, size_t samples)
{
    const double most = 99.99; /* for equal pictures */
    return fmin(10 * log10(255.0 * 255 * (double)samples / squares), most);
}

static void print_ratios(const struct picture *result, const struct picture *wanted)
{
    /* The planes of JFIF: each row a weighted sum of red, green and blue. */
    static const double planes[CHANNELS][CHANNELS] = {
        {0.299, 0.587, 0.114}, {-0.168736, -0.331264, 0.5}, {0.5, -0.418688, -0.081312}};
    const size_t n = (size_t)result->channel[0].width * result->channel[0].height;
    double rgb = 0, plane[CHANNELS] = {0};
    for (size_t i = 0; i < n; i++) {
        double off[CHANNELS];
        for (unsigned c = 0; c < CHANNELS; c++) {
            off[c] = result->channel[c].at[i] - wanted->channel[c].at[i];
            rgb += off[c] * off[c];
        }
        for (unsigned p = 0; p < CHANNELS; p++) {
            const double sum = planes[p][0] * off[0] + planes[p][1] * off[1] + planes[p][2] * off[2];
            plane[p] += sum * sum;
        }
    }
    printf("%.2f %.2f %.2f %.2f\n", decibels(rgb, CHANNELS * n), decibels(plane[0], n), decibels(plane[1], n),
           decibels(plane[2], n));
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: quality lanczos3|SIGMA ORIGINAL RESULT...\n");
        return 2;
    }
    const double sigma = strcmp(argv[1], "lanczos3") == 0 ? 0 : atof(argv[1]);
    struct picture full = read_picture(argv[2]), wanted = {0};
    for (int i = 3; i < argc; i++) {
        struct picture result = read_picture(argv[i]);
        const struct samples *size = &result.channel[0];
        if (size->width != wanted.channel[0].width || size->height != wanted.channel[0].height) {
            picture_free(&wanted);
            for (unsigned c = 0; c < CHANNELS; c++)
                wanted.channel[c] = filtered(&full.channel[c], size->width, size->height, sigma);
        }
        print_ratios(&result, &wanted);
        picture_free(&result);
    }
    picture_free(&wanted);
    picture_free(&full);
    return 0;
}
