/*
 * How near results are to what they should be:
 *
 *     quality lanczos3|SIGMA INPUT RESULT...
 *
 * INPUT is decoded in full and, in double precision, resized to a RESULT's size with Lanczos3 or blurred with
 * that sigma; each RESULT's peak signal-to-noise ratio against it is printed on a line, in decibels. All is
 * told of luma (BT.601), what is transparent laid over white.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "lent.h"

struct luma {
    uint32_t width, height;
    double *at;
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

static double luma_at(const struct pm_image *image, uint32_t x, uint32_t y)
{
    const struct pm_plane *plane = &image->plane[0];
    const unsigned colors = plane->channels - (image->alpha ? 1 : 0);
    double v = sample(plane, image->depth, x, y, 0);
    if (colors == 3)
        v = 0.299 * v + 0.587 * sample(plane, image->depth, x, y, 1) +
            0.114 * sample(plane, image->depth, x, y, 2);
    const double alpha = image->alpha ? sample(plane, image->depth, x, y, colors) / 255 : 1;
    return 255 + (v - 255) * alpha;
}

static struct luma read_luma(const char *path)
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
    if (codec == NULL || codec->decode(data, size, &request, &image, &lent.context, &lent.error) != 0 ||
        image.color == PM_COLOR_CMYK || image.nplanes != 1) {
        fprintf(stderr, "quality: %s: %s\n", path,
                lent.error.kind != PM_OK ? lent.error.message : "is neither grey nor RGB");
        exit(1);
    }
    struct luma luma = {image.width, image.height, samples_for((size_t)image.width * image.height)};
    for (uint32_t y = 0; y < luma.height; y++) {
        for (uint32_t x = 0; x < luma.width; x++)
            luma.at[(size_t)y * luma.width + x] = luma_at(&image, x, y);
    }
    free(data);
    lent_free(&lent);
    return luma;
}

static double lanczos3(double x)
{
    const double p = M_PI * x;
    return x == 0 ? 1 : fabs(x) < 3 ? 3 * sin(p) * sin(p / 3) / (p * p) : 0;
}

/* One axis: output i is the sum of `taps` samples from first[i] on, mirrored beyond the edges. */
struct axis_weights {
    int64_t *first;
    int64_t taps;
    double *weights; /* taps for each output */
};

/* sigma 0: Lanczos3, which leaves out what lies beyond the edges. */
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

static void filter_rows(const struct luma *in, const struct axis_weights *axis, const struct luma *out)
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

static void filter_columns(const struct luma *in, const struct axis_weights *axis, const struct luma *out)
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

static struct luma filtered(const struct luma *in, uint32_t width, uint32_t height, double sigma)
{
    struct axis_weights across = weigh(in->width, width, sigma), down = weigh(in->height, height, sigma);
    const struct luma mid = {in->width, height, samples_for((size_t)in->width * height)};
    const struct luma out = {width, height, samples_for((size_t)width * height)};
    filter_columns(in, &down, &mid);
    filter_rows(&mid, &across, &out);
    free(mid.at);
    axis_free(&across);
    axis_free(&down);
    return out;
}

static double psnr(const struct luma *a, const struct luma *b)
{
    const size_t n = (size_t)a->width * a->height;
    double squares = 0;
    for (size_t i = 0; i < n; i++) {
        const double wanted = fmin(fmax(b->at[i], 0), 255);
        squares += (a->at[i] - wanted) * (a->at[i] - wanted);
    }
    return 10 * log10(255.0 * 255 * (double)n / squares);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: quality lanczos3|SIGMA INPUT RESULT...\n");
        return 2;
    }
    const double sigma = strcmp(argv[1], "lanczos3") == 0 ? 0 : atof(argv[1]);
    const struct luma full = read_luma(argv[2]);
    struct luma wanted = {0};
    for (int i = 3; i < argc; i++) {
        const struct luma result = read_luma(argv[i]);
        if (result.width != wanted.width || result.height != wanted.height) {
            free(wanted.at);
            wanted = filtered(&full, result.width, result.height, sigma);
        }
        printf("%.2f\n", psnr(&result, &wanted));
        free(result.at);
    }
    free(wanted.at);
    free(full.at);
    return 0;
}
