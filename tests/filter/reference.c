#include "filter/reference.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/filter.h"

static double sinc(double x)
{
    return x == 0 ? 1 : sin(M_PI * x) / (M_PI * x);
}

static double lanczos3(double x)
{
    return fabs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
}

static double bicubic(double x, double b, double c)
{
    x = fabs(x);
    if (x < 1)
        return ((12 - 9 * b - 6 * c) * pow(x, 3) + (-18 + 12 * b + 6 * c) * pow(x, 2) + 6 - 2 * b) / 6;
    if (x < 2)
        return ((-b - 6 * c) * pow(x, 3) + (6 * b + 30 * c) * pow(x, 2) + (-12 * b - 48 * c) * x + 8 * b +
                24 * c) /
               6;
    return 0;
}

static double mitchell(double x)
{
    return bicubic(x, 1 / 3.0, 1 / 3.0);
}

static double catmullrom(double x)
{
    return bicubic(x, 0, 0.5);
}

static double linear(double x)
{
    return fabs(x) < 1 ? 1 - fabs(x) : 0;
}

static double box(double x)
{
    const double tie = 1e-9; /* a sample on the lower edge belongs to it, one on the upper does not */
    return x >= -0.5 - tie && x < 0.5 - tie ? 1 : 0;
}

static const struct {
    const char *name;
    reference_kernel *kernel;
    double radius;
} kernels[] = {
    {"lanczos3", lanczos3, 3}, {"mitchell", mitchell, 2}, {"catmullrom", catmullrom, 2},
    {"linear", linear, 1},     {"box", box, 0.5},         {"nearest", box, 0.5},
};

reference_kernel *reference_find(const char *name, double *radius)
{
    size_t i = 0;
    while (strcmp(kernels[i].name, name) != 0)
        cr_assert_lt(++i, sizeof kernels / sizeof *kernels, "no kernel %s", name);
    *radius = kernels[i].radius;
    return kernels[i].kernel;
}

double reference_sample(const struct pm_plane *plane, unsigned depth, uint32_t x, uint32_t y,
                        unsigned channel)
{
    const uint8_t *row = plane_row(plane, y);
    size_t i = (size_t)x * plane->channels + channel;
    return depth == 8 ? row[i] : ((const uint16_t *)(const void *)row)[i];
}

/* One axis for the reference: weights of every output on every input, most of them 0. */
static double *resize_matrix(uint32_t in, double in_at, double in_extent, uint32_t out, double out_at,
                             double out_extent, const char *name)
{
    double radius, step = in_extent / out_extent;
    double unit = step > 1 && strcmp(name, "nearest") != 0 ? step : 1;
    reference_kernel *kernel = reference_find(name, &radius);
    double *matrix = calloc((size_t)in * out, sizeof *matrix);
    for (uint32_t i = 0; i < out; i++) {
        double centre = in_at + (i + 0.5 - out_at) * step - 0.5, sum = 0;
        for (uint32_t k = 0; k < in; k++)
            sum += matrix[(size_t)i * in + k] = kernel((k - centre) / unit);
        for (uint32_t k = 0; k < in; k++)
            matrix[(size_t)i * in + k] /= sum;
    }
    return matrix;
}

/* The Gaussian with samples beyond the edges mirrored. */
static double *blur_matrix(uint32_t n, double sigma)
{
    double *matrix = calloc((size_t)n * n, sizeof *matrix);
    int64_t reach = (int64_t)ceil(8 * sigma), period = 2 * (int64_t)n;
    double sum = 0;
    for (int64_t k = -reach; k <= reach; k++)
        sum += exp(-(double)(k * k) / (2 * sigma * sigma));
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = -reach; k <= reach; k++) {
            int64_t from = (((i + k) % period) + period) % period;
            from = from < n ? from : period - 1 - from;
            matrix[i * n + from] += exp(-(double)(k * k) / (2 * sigma * sigma)) / sum;
        }
    }
    return matrix;
}

/* The weights of one output that are not 0 are among [first, end). */
struct taps {
    uint32_t first, end;
};

static struct taps *find_taps(const double *matrix, uint32_t in, uint32_t out)
{
    struct taps *taps = calloc(out, sizeof *taps);
    for (uint32_t i = 0; i < out; i++) {
        const double *weights = matrix + (size_t)i * in;
        struct taps all = {0, in};
        while (all.first < in && weights[all.first] == 0)
            all.first++;
        while (all.end > all.first && weights[all.end - 1] == 0)
            all.end--;
        taps[i] = all;
    }
    return taps;
}

/* Both axes of a plane through a matrix each; frees the matrices. */
static double *apply_matrices(const struct pm_plane *in, unsigned depth, double *x, uint32_t width, double *y,
                              uint32_t height)
{
    const unsigned channels = in->channels;
    double *mid = calloc((size_t)height * in->width * channels, sizeof *mid);
    double *out = calloc((size_t)height * width * channels, sizeof *out);
    struct taps *taps = find_taps(x, in->width, width);
    for (uint32_t i = 0; i < height; i++) {
        for (uint32_t k = 0; k < in->height; k++) {
            double w = y[(size_t)i * in->height + k];
            for (uint32_t j = 0; w != 0 && j < in->width * channels; j++)
                mid[(size_t)i * in->width * channels + j] +=
                    w * reference_sample(in, depth, j / channels, k, j % channels);
        }
        for (uint32_t j = 0; j < width; j++) {
            for (uint32_t k = taps[j].first; k < taps[j].end; k++) {
                double w = x[(size_t)j * in->width + k];
                for (unsigned c = 0; c < channels; c++)
                    out[((size_t)i * width + j) * channels + c] +=
                        w * mid[((size_t)i * in->width + k) * channels + c];
            }
        }
    }
    free(mid);
    free(taps);
    free(x);
    free(y);
    return out;
}

double *reference_resize(const struct pm_plane *in, unsigned depth, const struct pm_plane *out,
                         const char *kernel)
{
    double *x = resize_matrix(in->width, in->frame.x0, in->frame.extent_x, out->width, out->frame.x0,
                              out->frame.extent_x, kernel);
    double *y = resize_matrix(in->height, in->frame.y0, in->frame.extent_y, out->height, out->frame.y0,
                              out->frame.extent_y, kernel);
    return apply_matrices(in, depth, x, out->width, y, out->height);
}

/* One axis made finer: `times` samples for each of `size`. */
struct finer {
    uint32_t size, times;
    bool linear;
};

static struct finer make_finer(uint32_t size, double in, double luma, double out)
{
    const bool kept = in * 8 >= out * 7;
    const uint32_t times = (uint32_t)round(luma / in);
    return (struct finer){size, kept || times >= 3 ? times : 1, !kept};
}

/* The share that sample i of the finer axis has of sample k. */
static double finer_share(const struct finer *axis, uint32_t i, uint32_t k)
{
    const double place = (i + 0.5) / axis->times - 0.5; /* in samples of the axis */
    const double near = fmin(fmax(place, 0), axis->size - 1);
    const double box = i / axis->times == k, triangle = fmax(0, 1 - fabs(near - k));
    return axis->linear && axis->times > 1 ? (box + triangle) / 2 : box;
}

static double finer_sample(const struct pm_plane *in, const struct finer *across, const struct finer *down,
                           uint32_t x, uint32_t y)
{
    const uint32_t column = x / across->times, row = y / down->times;
    double sum = 0;
    for (uint32_t k = row > 0 ? row - 1 : 0; k <= row + 1 && k < in->height; k++) {
        for (uint32_t j = column > 0 ? column - 1 : 0; j <= column + 1 && j < in->width; j++)
            sum += finer_share(down, y, k) * finer_share(across, x, j) * plane_row(in, k)[j];
    }
    return sum;
}

double *reference_resize_wide(const struct pm_plane *in, const struct pm_plane *luma,
                              const struct pm_plane *out, const char *kernel)
{
    enum { SCALE = 256 }; /* shares of a quarter's parts are whole numbers of it */
    const struct pm_frame *frame = &in->frame, *whole = &luma->frame, *to = &out->frame;
    const struct finer across = make_finer(in->width, frame->extent_x, whole->extent_x, to->extent_x);
    const struct finer down = make_finer(in->height, frame->extent_y, whole->extent_y, to->extent_y);
    unsigned seed = 1;
    struct pm_plane fine =
        make_plane(in->width * across.times, in->height * down.times, 1, 16, 0, PATTERN_DARK, &seed);
    fine.frame = (struct pm_frame){frame->x0 * across.times, frame->y0 * down.times,
                                   frame->extent_x * across.times, frame->extent_y * down.times};
    for (uint32_t y = 0; y < fine.height; y++) {
        for (uint32_t x = 0; x < fine.width; x++)
            ((uint16_t *)(void *)plane_row(&fine, y))[x] =
                (uint16_t)(SCALE * finer_sample(in, &across, &down, x, y));
    }
    double *samples = reference_resize(&fine, 16, out, kernel);
    for (size_t i = 0; i < (size_t)out->width * out->height; i++)
        samples[i] /= SCALE;
    free(fine.data);
    return samples;
}

double *reference_blur(const struct pm_plane *in, unsigned depth, double sigma_x, double sigma_y)
{
    return apply_matrices(in, depth, blur_matrix(in->width, sigma_x), in->width,
                          blur_matrix(in->height, sigma_y), in->height);
}

double *reference_sharpen(const struct pm_plane *in, unsigned depth, double sigma, double amount)
{
    double *reference = reference_blur(in, depth, sigma, sigma);
    for (size_t i = 0; i < (size_t)in->width * in->height * in->channels; i++) {
        uint32_t x = (uint32_t)(i / in->channels % in->width), y = (uint32_t)(i / in->channels / in->width);
        double sample = reference_sample(in, depth, x, y, (unsigned)(i % in->channels));
        reference[i] = sample + amount * (sample - reference[i]);
    }
    return reference;
}

/* How far sample i, row by row, is from the reference. */
static double distance_at(const struct pm_plane *plane, unsigned depth, const double *reference, size_t i)
{
    size_t row = (size_t)plane->width * plane->channels;
    double sample = reference_sample(plane, depth, (uint32_t)(i % row / plane->channels), (uint32_t)(i / row),
                                     (unsigned)(i % plane->channels));
    double full = depth == 8 ? 255 : 65535;
    return fabs(sample - fmin(fmax(reference[i], 0), full));
}

double reference_distance(const struct pm_plane *plane, unsigned depth, const double *reference)
{
    double largest = 0;
    for (size_t i = 0; i < (size_t)plane->width * plane->height * plane->channels; i++)
        largest = fmax(largest, distance_at(plane, depth, reference, i));
    return largest;
}

double reference_psnr(const struct pm_plane *plane, unsigned depth, const double *reference)
{
    size_t n = (size_t)plane->width * plane->height * plane->channels;
    double squares = 0, full = depth == 8 ? 255 : 65535;
    for (size_t i = 0; i < n; i++)
        squares += pow(distance_at(plane, depth, reference, i), 2);
    return 10 * log10(full * full * (double)n / squares);
}

static unsigned draw(unsigned *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 16;
}

static unsigned pattern_sample(enum pattern pattern, unsigned full, uint32_t x, uint32_t y, unsigned *seed)
{
    switch (pattern) {
    case PATTERN_NOISE:
        return draw(seed) % (full + 1);
    case PATTERN_EXTREMES:
        return draw(seed) % 2 * full;
    case PATTERN_DARK:
        return draw(seed) % 3;
    case PATTERN_BRIGHT:
        return full - draw(seed) % 3;
    case PATTERN_STEPS:
    default:
        return (x / 9 + y / 7) % 2 * full;
    }
}

struct pm_plane make_plane(uint32_t width, uint32_t height, unsigned channels, unsigned depth, size_t padding,
                           enum pattern pattern, unsigned *seed)
{
    struct pm_plane plane = {
        .stride = (size_t)width * channels * (depth / 8) + padding,
        .width = width,
        .height = height,
        .channels = channels,
        .frame = {.extent_x = width, .extent_y = height},
    };
    plane.data = malloc(plane.stride * height - padding);
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t i = 0; i < width * channels; i++) {
            unsigned sample = pattern_sample(pattern, depth == 8 ? 255 : 65535, i / channels, y, seed);
            if (depth == 8)
                plane_row(&plane, y)[i] = (uint8_t)sample;
            else
                ((uint16_t *)(void *)plane_row(&plane, y))[i] = (uint16_t)sample;
        }
    }
    return plane;
}

void make_opaque(const struct pm_plane *plane, unsigned depth, uint32_t but)
{
    for (uint32_t y = 0; y < plane->height; y++) {
        for (uint32_t x = 0; x < plane->width && y != but; x++) {
            size_t sample = (size_t)x * plane->channels + plane->channels - 1;
            memset(plane_row(plane, y) + sample * (depth / 8), 0xff, depth / 8);
        }
    }
}

bool same_samples(const struct pm_plane *a, const struct pm_plane *b, unsigned depth)
{
    for (uint32_t y = 0; y < a->height; y++) {
        if (memcmp(plane_row(a, y), plane_row(b, y), (size_t)a->width * a->channels * (depth / 8)) != 0)
            return false;
    }
    return true;
}

static int backward_bands(struct context *context, unsigned bands, band_function *band, void *argument)
{
    for (unsigned i = bands; i-- > 0;) {
        struct arena_mark mark = arena_mark(context->arena);
        int status = band(argument, i, context->arena);
        arena_release(context->arena, mark);
        if (status != 0)
            return error_memory(context->error, 0);
    }
    return 0;
}

const struct context_ops backward_ops = {.for_bands = backward_bands};

struct filter_params parse_filter(const char *filter, const char *argument)
{
    struct filter_params params;
    struct pm_error error = {0};
    cr_assert_eq(filter_parse(filter_find(filter), argument, params.bytes, &error), 0, "%s=%s: %s", filter,
                 argument, error.message);
    return params;
}

void check_round_trip(const char *filter, const char *argument, const char *canonical)
{
    char text[128], again[128];
    struct filter_params params = parse_filter(filter, argument);
    filter_print(filter_find(filter), params.bytes, text, sizeof text);
    cr_assert_str_eq(text, canonical);
    params = parse_filter(filter, text);
    filter_print(filter_find(filter), params.bytes, again, sizeof again);
    cr_assert_str_eq(again, canonical);
}

void check_refused(const char *filter, const char *argument, const char *words)
{
    struct filter_params params;
    struct pm_error error = {0};
    cr_assert_eq(filter_parse(filter_find(filter), argument, params.bytes, &error), -1, "%s=%s is accepted",
                 filter, argument);
    cr_assert_eq(error.kind, PM_ERROR_USAGE);
    cr_assert_not_null(strstr(error.message, words), "%s=%s says: %s", filter, argument, error.message);
}

struct pm_image run_filter_with(const char *filter, const char *argument,
                                const struct filter_picture *picture, const struct pm_image *in,
                                struct lent *lent)
{
    static const uint8_t white[3] = {255, 255, 255};
    const struct filter *f = filter_find(filter);
    struct filter_params params = parse_filter(filter, argument), complete;
    struct shape shape = image_shape(in);
    struct pm_image out = {0};
    filter_complete(f, params.bytes, &(struct filter_lent){.background = white, .picture = picture},
                    complete.bytes);
    cr_assert_eq(filter_measure(f, complete.bytes, in, &shape, &lent->context), 0, "%s", lent->error.message);
    cr_assert_eq(f->apply(complete.bytes, in, &shape, &out, &lent->context), 0, "%s", lent->error.message);
    return out;
}

struct pm_image run_filter(const char *filter, const char *argument, const struct pm_image *in,
                           struct lent *lent)
{
    return run_filter_with(filter, argument, NULL, in, lent);
}
