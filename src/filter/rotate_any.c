#include "filter/rotate_any.h"

#include <math.h>
#include <string.h>

#include "base/sine.h"
#include "filter/border.h"
#include "filter/rotate_kernels.h"

SIMD_TABLE(struct rotate_kernels, rotate_kernels)

/* Sides that are a half but for rounding are rounded up on every machine. */
static uint32_t rounded_side(double side)
{
    const double rounded = floor(side + 0.5 + 1e-6);
    return rounded < 1 ? 1 : rounded < UINT32_MAX ? (uint32_t)rounded : UINT32_MAX;
}

void rotate_any_size(double degrees, uint32_t *width, uint32_t *height)
{
    const double c = fabs(cosine_degrees(degrees)), s = fabs(sine_degrees(degrees)), w = *width, h = *height;
    *width = rounded_side(w * c + h * s);
    *height = rounded_side(w * s + h * c);
}

enum { CHANNELS_MAX = 4 };

struct job {
    const struct rotate_kernels *kernels;
    const struct pm_plane *in, *out;
    unsigned depth, bands;
    bool adds_alpha;              /* the result has straight alpha, `in` none */
    const uint8_t *border;        /* a row of border pixels */
    uint32_t color[CHANNELS_MAX]; /* the border's samples in the result's format */
    int64_t x, y;                 /* of the first pixel's centre, in units of 1 / ROTATE_ONE input pixels */
    int64_t cosine, sine;         /* in those units */
    int16_t weights[ROTATE_PHASES][ROTATE_TAPS];
};

/* Rounded to a sum of 1 << 14, by correcting the largest. */
static void set_weights(struct job *job)
{
    for (unsigned phase = 0; phase < ROTATE_PHASES; phase++) {
        float weights[ROTATE_TAPS];
        int sum = 0;
        rotate_weights((float)phase / ROTATE_PHASES, weights);
        for (unsigned k = 0; k < ROTATE_TAPS; k++) {
            job->weights[phase][k] = (int16_t)floorf(weights[k] * (1 << ROTATE_WEIGHT_BITS) + 0.5f);
            sum += job->weights[phase][k];
        }
        job->weights[phase][phase < ROTATE_PHASES / 2 ? 1 : 2] += (int16_t)((1 << ROTATE_WEIGHT_BITS) - sum);
    }
}

static void set_positions(struct job *job, double degrees)
{
    const int64_t width = job->out->width, height = job->out->height;
    job->cosine = (int64_t)floor(cosine_degrees(degrees) * (double)ROTATE_ONE + 0.5);
    job->sine = (int64_t)floor(sine_degrees(degrees) * (double)ROTATE_ONE + 0.5);
    job->x = (job->cosine * (1 - width) + job->sine * (1 - height)) / 2 + job->in->width * (ROTATE_ONE / 2);
    job->y = (job->cosine * (1 - height) - job->sine * (1 - width)) / 2 + job->in->height * (ROTATE_ONE / 2);
}

/* Pixels [first, end). */
struct run {
    int64_t first, end;
};

static int64_t floor_divide(int64_t a, int64_t b)
{
    const int64_t quotient = a / b;
    return quotient - (a % b != 0 && (a < 0) != (b < 0));
}

/* Cuts the run to those pixels i for which start + i * step is in [low, high]. */
static struct run cut(struct run run, int64_t start, int64_t step, int64_t low, int64_t high)
{
    const struct run none = {run.first, run.first};
    if (step == 0)
        return start >= low && start <= high ? run : none;
    const int64_t from = step > 0 ? low : high, to = step > 0 ? high : low;
    const int64_t first = -floor_divide(start - from, step), end = floor_divide(to - start, step) + 1;
    run.first = first > run.first ? first : run.first;
    run.end = end < run.end ? end : run.end;
    return run.first < run.end ? run : none;
}

/* The run whose positions are at least `low` from the left and upper edges and `high` from the others. */
static struct run run_within(const struct job *job, int64_t x, int64_t y, int64_t low, int64_t high)
{
    const struct run all = {0, job->out->width};
    const struct run columns = cut(all, x, job->cosine, low, job->in->width * ROTATE_ONE - high);
    return cut(columns, y, -job->sine, low, job->in->height * ROTATE_ONE - high);
}

static double sample_at(const struct job *job, int64_t x, int64_t y, unsigned channel)
{
    const int64_t width = job->in->width, height = job->in->height;
    x = x < 0 ? 0 : x >= width ? width - 1 : x;
    y = y < 0 ? 0 : y >= height ? height - 1 : y;
    const uint8_t *row = plane_row(job->in, (uint32_t)y);
    const size_t i = (size_t)x * job->in->channels + channel;
    return job->depth == 8 ? row[i] : ((const uint16_t *)(const void *)row)[i];
}

/* The interpolated sample at a position, rounded; near edges. */
static uint32_t interpolate(const struct job *job, int64_t x, int64_t y, unsigned channel)
{
    const int64_t left = (x >> 32) - 1, top = (y >> 32) - 1;
    float across[ROTATE_TAPS], down[ROTATE_TAPS];
    double sum = 0;
    rotate_weights(rotate_fraction(x), across);
    rotate_weights(rotate_fraction(y), down);
    for (int k = 0; k < ROTATE_TAPS * ROTATE_TAPS; k++)
        sum += (double)across[k % ROTATE_TAPS] * (double)down[k / ROTATE_TAPS] *
               sample_at(job, left + k % ROTATE_TAPS, top + k / ROTATE_TAPS, channel);
    const double white = job->depth == 8 ? UINT8_MAX : UINT16_MAX;
    return (uint32_t)(sum < 0 ? 0 : sum > white ? white : sum + 0.5);
}

/* How much of a pixel is inside [0, size], in units of 1 / COVERED, if its centre is there. */
enum { COVERED = 1 << 16 };

static uint64_t coverage(int64_t centre, uint32_t size)
{
    const int64_t half = ROTATE_ONE / 2, inside = centre + half, outside = size * ROTATE_ONE - centre + half;
    const int64_t covered = (inside < outside ? inside : outside) >> 16;
    return (uint64_t)(covered < 0 ? 0 : covered > COVERED ? COVERED : covered);
}

static void put_sample(const struct job *job, void *pixel, unsigned channel, uint64_t sample)
{
    if (job->depth == 8)
        ((uint8_t *)pixel)[channel] = (uint8_t)sample;
    else
        ((uint16_t *)pixel)[channel] = (uint16_t)sample;
}

/* A pixel with straight alpha, mixed of an opaque one and the border's. */
static void mix_straight(const struct job *job, const uint32_t *sample, uint64_t covered, void *out)
{
    const unsigned colors = job->in->channels;
    const uint64_t white = job->depth == 8 ? UINT8_MAX : UINT16_MAX;
    const uint64_t ours = white * covered, theirs = job->color[colors] * (COVERED - covered),
                   alpha = ours + theirs;
    for (unsigned c = 0; c < colors; c++)
        put_sample(job, out, c,
                   alpha > 0 ? (sample[c] * ours + job->color[c] * theirs + alpha / 2) / alpha : 0);
    put_sample(job, out, colors, (alpha + COVERED / 2) / COVERED);
}

/* One pixel that an edge crosses, or that is near one. */
static void mix_pixel(const struct job *job, int64_t x, int64_t y, void *out)
{
    const int64_t half = ROTATE_ONE / 2;
    const uint64_t covered = coverage(x, job->in->width) * coverage(y, job->in->height) / COVERED;
    uint32_t sample[CHANNELS_MAX];
    for (unsigned c = 0; c < job->in->channels; c++)
        sample[c] = interpolate(job, x - half, y - half, c);
    if (job->adds_alpha) {
        mix_straight(job, sample, covered, out);
        return;
    }
    for (unsigned c = 0; c < job->in->channels; c++)
        put_sample(job, out, c,
                   (sample[c] * covered + job->color[c] * (COVERED - covered) + COVERED / 2) / COVERED);
}

/* Spreads pixels without alpha to opaque ones. */
static void add_opaque(const struct job *job, const uint8_t *from, uint8_t *to, size_t pixels)
{
    const size_t bytes = job->in->channels * (job->depth / 8), alpha = job->depth / 8;
    for (size_t i = 0; i < pixels; i++, from += bytes, to += bytes + alpha) {
        memcpy(to, from, bytes);
        memset(to + bytes, UINT8_MAX, alpha);
    }
}

/* The run whose 4 x 4 samples are all inside. `packed` has room for a row, if alpha is added. */
static void make_inner(const struct job *job, struct run run, int64_t x, int64_t y, uint8_t *row,
                       uint8_t *packed)
{
    const int64_t half = ROTATE_ONE / 2;
    const struct rotate_span span = {
        .in = job->in->data,
        .stride = job->in->stride,
        .x = x - half + run.first * job->cosine,
        .y = y - half - run.first * job->sine,
        .step_x = job->cosine,
        .step_y = -job->sine,
        .pixels = (size_t)(run.end - run.first),
        .channels = job->in->channels,
        .weights = job->weights,
    };
    uint8_t *to = row + (size_t)run.first * job->out->channels * (job->depth / 8);
    uint8_t *made = job->adds_alpha ? packed : to;
    if (job->depth == 8)
        job->kernels->span_8(&span, made);
    else
        job->kernels->span_16(&span, (uint16_t *)(void *)made);
    if (job->adds_alpha)
        add_opaque(job, made, to, span.pixels);
}

static void make_row(const struct job *job, uint32_t row_index, uint8_t *packed)
{
    const int64_t half = ROTATE_ONE / 2, x = job->x + row_index * job->sine,
                  y = job->y + row_index * job->cosine;
    const size_t pixel = job->out->channels * (job->depth / 8);
    uint8_t *row = plane_row(job->out, row_index);
    const struct run touched = run_within(job, x, y, -half, -half);
    struct run inner = run_within(job, x, y, half + ROTATE_ONE, half + (ROTATE_READS_RIGHT - 1) * ROTATE_ONE);
    if (inner.first >= inner.end)
        inner = (struct run){touched.end, touched.end};
    memcpy(row, job->border, (size_t)touched.first * pixel);
    for (int64_t i = touched.first; i < touched.end; i++) {
        if (i == inner.first && inner.end > inner.first) {
            make_inner(job, inner, x, y, row, packed);
            i = inner.end - 1;
        } else {
            mix_pixel(job, x + i * job->cosine, y - i * job->sine, row + (size_t)i * pixel);
        }
    }
    memcpy(row + (size_t)touched.end * pixel, job->border, (size_t)(job->out->width - touched.end) * pixel);
}

static int rotate_band(void *argument, unsigned band, struct arena *scratch)
{
    const struct job *job = argument;
    uint8_t *packed = arena_alloc(scratch, (size_t)job->out->width * job->in->channels * (job->depth / 8));
    uint32_t first, end;
    if (packed == NULL)
        return -1;
    context_band_rows(job->out->height, job->bands, band, &first, &end);
    for (uint32_t y = first; y < end; y++)
        make_row(job, y, packed);
    return 0;
}

static uint8_t *make_border(struct job *job, const struct css_color *color, const struct pm_image *out,
                            struct context *context)
{
    const size_t pixel = job->out->channels * (job->depth / 8);
    uint8_t one[BORDER_PIXEL_BYTES], *row = context_alloc_array(context, job->out->width, pixel);
    border_pixel(color, &out->format, one);
    for (unsigned c = 0; c < job->out->channels; c++)
        job->color[c] = job->depth == 8 ? one[c] : ((const uint16_t *)(const void *)one)[c];
    for (uint32_t x = 0; row != NULL && x < job->out->width; x++)
        memcpy(row + x * pixel, one, pixel);
    return row;
}

int rotate_any(double degrees, const struct css_color *color, const struct pm_image *in,
               const struct shape *planned, struct pm_image *out, struct context *context)
{
    enum { MIN_ROWS = 8 };
    struct shape shape = *planned;
    shape.format = border_format(color, in->format);
    struct job *job = context_alloc(context, sizeof *job);
    if (job == NULL || image_alloc(out, &shape, context) != 0)
        return -1;
    *job = (struct job){
        .kernels = rotate_kernels(context->simd),
        .in = &in->plane[0],
        .out = &out->plane[0],
        .depth = in->format.depth,
        .adds_alpha = out->plane[0].channels == in->plane[0].channels + 1,
        .bands = context_band_count(context, planned->height, MIN_ROWS),
    };
    job->border = make_border(job, color, out, context);
    if (job->border == NULL)
        return -1;
    set_weights(job);
    set_positions(job, degrees);
    return context_for_bands(context, job->bands, rotate_band, job);
}
