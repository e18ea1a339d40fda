/*
 * Kernels and their tables. For each output the kernel is sampled at the input's sample centres and divided
 * by the sum, so that a flat picture stays flat. Integers are made by rounding the cumulative sum, not each
 * weight, so their total is exact and rounding errors of adjacent weights cancel.
 */
#include "image/weights.h"

#include <math.h>
#include <string.h>

#include "base/sine.h"

/* sinc(x) sinc(x / 3); sin(pi x) comes from s = sin(pi x / 3) as 3 s - 4 s^3. */
static double lanczos3(double x)
{
    if (x < 1e-8)
        return 1;
    double s = sine_pi(x / 3), y = 3.14159265358979323846 * x;
    return 3 * s * s * (3 - 4 * s * s) / (y * y);
}

/* The cubics of Mitchell and Netravali, "Reconstruction Filters in Computer Graphics" (1988), equation 8. */
static double cubic(double x, double b, double c)
{
    if (x < 1)
        return (((12 - 9 * b - 6 * c) * x + (-18 + 12 * b + 6 * c)) * x * x + (6 - 2 * b)) / 6;
    return (((-b - 6 * c) * x + (6 * b + 30 * c)) * x * x + (-12 * b - 48 * c) * x + (8 * b + 24 * c)) / 6;
}

static double mitchell(double x)
{
    return cubic(x, 1.0 / 3, 1.0 / 3);
}

static double catmullrom(double x)
{
    return cubic(x, 0, 0.5);
}

static double bspline(double x)
{
    return cubic(x, 1, 0);
}

static double linear(double x)
{
    return 1 - x;
}

static double box(double x)
{
    (void)x;
    return 1;
}

const struct kernel kernel_lanczos3 = {.radius = 3, .value = lanczos3};
const struct kernel kernel_mitchell = {.radius = 2, .value = mitchell};
const struct kernel kernel_catmullrom = {.radius = 2, .value = catmullrom};
const struct kernel kernel_linear = {.radius = 1, .value = linear};
const struct kernel kernel_box = {.radius = 0.5, .value = box};
const struct kernel kernel_nearest = {.radius = 0.5, .value = box, .point = true};
const struct kernel kernel_bspline = {.radius = 2, .value = bspline};

struct axis axis_map(uint32_t in_size, double in_at, double in_extent, uint32_t out_size, double out_at,
                     double out_extent)
{
    double step = in_extent / out_extent;
    return (struct axis){
        .in_size = in_size,
        .out_size = out_size,
        .origin = in_at - out_at * step,
        .step = step,
        .subsamples = 1,
    };
}

/* Values shared by all outputs of a table. */
struct layout {
    struct axis axis; /* between subsamples and output */
    const struct kernel *kernel;
    enum edge edge;
    double unit;        /* the kernel's, in subsamples */
    uint32_t alignment; /* of an output's first input sample */
    uint32_t taps, end; /* input samples; first + taps is at most end */
};

/* The subsamples of one output, and the input samples that they (or their mirror images) belong to. */
struct window {
    double centre;     /* in subsample centres: subsample k is at k */
    int64_t low, high; /* first and last subsample, possibly outside the input */
    uint32_t first, last;
};

static uint32_t clamp_index(int64_t i, uint32_t size)
{
    return i < 0 ? 0 : i >= size ? size - 1 : (uint32_t)i;
}

uint32_t reflect_index(int64_t i, uint32_t size)
{
    int64_t period = 2 * (int64_t)size, m = i % period;
    if (m < 0)
        m += period;
    return (uint32_t)(m < size ? m : period - 1 - m);
}

/* Converts the window from subsamples to the samples that contain them. */
static void take_samples(const struct axis *axis, struct window *window)
{
    window->first /= axis->subsamples;
    window->last /= axis->subsamples;
    if (axis->linear > 0) {
        window->first -= window->first > 0;
        window->last += window->last + 1 < axis->in_size / axis->subsamples;
    }
}

static struct window window_at(const struct layout *layout, uint32_t output)
{
    const struct axis *axis = &layout->axis;
    const double reach = layout->kernel->radius * layout->unit;
    double centre = axis->origin + (output + 0.5) * axis->step - 0.5;
    /* Include a subsample on the lower edge, exclude one on the upper, independent of rounding. */
    const double tie = 1e-9;
    struct window window = {
        .centre = centre,
        .low = (int64_t)ceil(centre - reach - tie),
        .high = (int64_t)ceil(centre + reach - tie) - 1,
    };
    if (window.high < window.low)
        window.high = window.low;
    uint32_t size = axis->in_size, first = clamp_index(window.low, size),
             last = clamp_index(window.high, size);
    if (layout->edge == EDGE_REFLECT && window.low < 0) {
        uint32_t mirrored = clamp_index(-window.low - 1, size);
        last = mirrored > last ? mirrored : last;
    }
    if (layout->edge == EDGE_REFLECT && window.high >= size) {
        uint32_t mirrored = clamp_index(2 * (int64_t)size - 1 - window.high, size);
        first = mirrored < first ? mirrored : first;
    }
    window.first = first;
    window.last = last;
    if (axis->subsamples > 1)
        take_samples(axis, &window);
    return window;
}

static struct axis subsampled(const struct axis *axis)
{
    return (struct axis){
        .in_size = axis->in_size * axis->subsamples,
        .out_size = axis->out_size,
        .origin = axis->origin * axis->subsamples,
        .step = axis->step * axis->subsamples,
        .subsamples = axis->subsamples,
        .linear = axis->linear,
    };
}

static struct layout layout_make(const struct axis *axis, const struct kernel *kernel, enum edge edge,
                                 unsigned alignment, bool even)
{
    struct layout layout = {
        .axis = subsampled(axis),
        .kernel = kernel,
        .edge = edge,
        .alignment = alignment,
        .taps = 1,
        .end = axis->in_size,
    };
    layout.unit = layout.axis.step > 1 && !kernel->point ? layout.axis.step : 1;
    for (uint32_t i = 0; i < axis->out_size; i++) {
        struct window window = window_at(&layout, i);
        uint32_t taps = window.last - window.first / alignment * alignment + 1;
        layout.taps = taps > layout.taps ? taps : layout.taps;
    }
    if (even) {
        layout.taps += layout.taps & 1;
        layout.end += layout.end & 1;
    }
    return layout;
}

/* The share of subsample `at` that linear interpolation takes from sample *next, which is in the window. */
static double interpolate(const struct axis *axis, uint32_t at, uint32_t *next)
{
    const uint32_t sample = at / axis->subsamples, last = axis->in_size / axis->subsamples - 1;
    const double offset = (at % axis->subsamples + 0.5) / axis->subsamples - 0.5;
    *next = sample;
    if (axis->linear > 0)
        *next = offset < 0 ? sample - (sample > 0) : sample + (sample < last);
    return axis->linear * fabs(offset);
}

static double value_at(const struct kernel *kernel, double centre, double scale, int64_t k)
{
    double x = fabs((double)k - centre) * scale;
    return kernel->value(x < kernel->radius ? x : kernel->radius);
}

/* Adds the kernel's values at the centres of the input samples in a window to their weights, which start at
 * sample `first`. Returns their sum. */
static double add_samples(const struct layout *layout, const struct window *window, uint32_t first,
                          float *row)
{
    const uint32_t size = layout->axis.in_size;
    double sum = 0, scale = 1 / layout->unit;
    for (int64_t k = window->low; k <= window->high; k++) {
        double value = value_at(layout->kernel, window->centre, scale, k);
        uint32_t sample = (uint64_t)k < size ? (uint32_t)k : reflect_index(k, size);
        row[sample - first] += (float)value;
        sum += value;
    }
    return sum;
}

/* The same for several subsamples per input sample. */
static double add_subsamples(const struct layout *layout, const struct window *window, uint32_t first,
                             float *row)
{
    const uint32_t size = layout->axis.in_size;
    double sum = 0, scale = 1 / layout->unit;
    for (int64_t k = window->low; k <= window->high; k++) {
        double value = value_at(layout->kernel, window->centre, scale, k);
        uint32_t at = (uint64_t)k < size ? (uint32_t)k : reflect_index(k, size), next;
        double share = interpolate(&layout->axis, at, &next) * value;
        row[next - first] += (float)share;
        row[at / layout->axis.subsamples - first] += (float)(value - share);
        sum += value;
    }
    return sum;
}

/* Writes output i's weights, with sum 1, to row[taps]; returns the input sample of the first. */
static uint32_t weigh(const struct layout *layout, uint32_t i, float *row)
{
    struct window window = window_at(layout, i);
    uint32_t first = window.first / layout->alignment * layout->alignment;
    if (first + layout->taps > layout->end)
        first = layout->end - layout->taps;

    if (layout->edge == EDGE_CUT) {
        const int64_t last = (int64_t)layout->axis.in_size - 1;
        window.low = window.low < 0 ? 0 : window.low;
        window.high = window.high > last ? last : window.high;
    }
    for (uint32_t k = 0; k < layout->taps; k++)
        row[k] = 0;
    double sum = layout->axis.subsamples > 1 ? add_subsamples(layout, &window, first, row)
                                             : add_samples(layout, &window, first, row);
    if (sum < 1e-3) { /* the kernel is entirely outside: use the nearest sample */
        row[window.first - first] = 1;
        sum = 1;
    }
    float norm = (float)(1 / sum);
    for (uint32_t k = 0; k < layout->taps; k++)
        row[k] *= norm;
    return first;
}

uint64_t weights_bytes(const struct kernel *kernel, uint32_t in_size, uint32_t out_size)
{
    enum { ROUNDING = 4, TAP_BYTES = sizeof(float) + sizeof(int16_t) };
    const double step = (double)in_size / out_size;
    const double taps = 2 * kernel->radius * (step > 1 && !kernel->point ? step : 1) + ROUNDING;
    return out_size * (uint64_t)(taps * TAP_BYTES + sizeof(uint32_t));
}

int weights_floats(struct weights *weights, const struct axis *axis, const struct kernel *kernel,
                   enum edge edge, struct context *context)
{
    struct layout layout = layout_make(axis, kernel, edge, 1, false);
    size_t n = axis->out_size;
    *weights = (struct weights){.taps = layout.taps};
    uint32_t *first = context_alloc(context, n * sizeof *first);
    float *floats = context_alloc(context, n * layout.taps * sizeof *floats);
    if (first == NULL || floats == NULL)
        return -1;
    for (uint32_t i = 0; i < n; i++)
        first[i] = weigh(&layout, i, floats + (size_t)i * layout.taps);
    weights->first = first;
    weights->floats = floats;
    return 0;
}

static int32_t round_to_int(double x)
{
    return x < 0 ? -(int32_t)(0.5 - x) : (int32_t)(x + 0.5);
}

/* Max fraction bits with which every weight fits 16 bits, including one unit of rounding. */
static unsigned fraction_bits(const float *weights, size_t n, unsigned max_bits)
{
    float largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fabsf(weights[i]) > largest ? fabsf(weights[i]) : largest;
    unsigned bits = max_bits;
    while (largest * (float)(1u << bits) > INT16_MAX - 1)
        bits--;
    return bits;
}

/* Everything that a table of integers is made from. */
struct integers_key {
    struct axis axis;
    const struct kernel *kernel;
    enum edge edge;
    unsigned max_bits, alignment;
};

/* A table of integers as it is kept: `first` and the integers follow. */
struct integers {
    uint32_t taps, shift;
    uint32_t first[];
};

static void set_key(struct integers_key *key, const struct axis *axis, const struct kernel *kernel,
                    enum edge edge, unsigned max_bits, unsigned alignment)
{
    memset(key, 0, sizeof *key); /* padding, too */
    key->axis.in_size = axis->in_size;
    key->axis.out_size = axis->out_size;
    key->axis.origin = axis->origin;
    key->axis.step = axis->step;
    key->axis.subsamples = axis->subsamples;
    key->axis.linear = axis->linear;
    key->kernel = kernel;
    key->edge = edge;
    key->max_bits = max_bits;
    key->alignment = alignment;
}

static void round_weights(const float *exact, size_t n, size_t taps, unsigned shift, int16_t *integers)
{
    const double one = 1u << shift;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        int32_t done = 0;
        for (size_t k = 0; k < taps; k++) {
            sum += exact[i * taps + k];
            int32_t upto = round_to_int(sum * one);
            integers[i * taps + k] = (int16_t)(upto - done);
            done = upto;
        }
    }
}

/* *size: bytes of it. NULL with `error` filled. */
static const struct integers *make_integers(const struct integers_key *key, size_t *size,
                                            struct context *context)
{
    struct layout layout = layout_make(&key->axis, key->kernel, key->edge, key->alignment, true);
    const size_t n = key->axis.out_size, taps = layout.taps;
    *size = sizeof(struct integers) + n * sizeof(uint32_t) + n * taps * sizeof(int16_t);
    struct integers *made = context_alloc(context, *size);
    if (made == NULL)
        return NULL;
    struct arena_mark mark = arena_mark(context->arena);
    float *exact = context_alloc(context, n * taps * sizeof *exact);
    if (exact == NULL)
        return NULL;
    for (uint32_t i = 0; i < n; i++)
        made->first[i] = weigh(&layout, i, exact + i * taps);
    made->taps = layout.taps;
    made->shift = fraction_bits(exact, n * taps, key->max_bits);
    round_weights(exact, n, taps, made->shift, (int16_t *)(made->first + n));
    arena_release(context->arena, mark);
    return made;
}

int weights_integers(struct weights *weights, const struct axis *axis, const struct kernel *kernel,
                     enum edge edge, unsigned max_bits, unsigned alignment, struct context *context)
{
    struct integers_key key;
    set_key(&key, axis, kernel, edge, max_bits, alignment);
    const struct integers *table = memo_find(context->memo, &key, sizeof key);
    if (table == NULL) {
        size_t size;
        table = make_integers(&key, &size, context);
        if (table == NULL)
            return -1;
        memo_keep(context->memo, &key, sizeof key, table, size);
    }
    *weights = (struct weights){
        .taps = table->taps,
        .shift = table->shift,
        .first = table->first,
        .integers = (const int16_t *)(table->first + axis->out_size),
    };
    return 0;
}
