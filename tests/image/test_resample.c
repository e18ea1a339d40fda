/* resample_plane against a simple implementation that rounds in the same places: the samples must be equal.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "filter/reference.h"
#include "image/image.h"
#include "image/resample.h"

/* The weights of both axes; in 8 bits they are integers. */
struct tables {
    struct weights x, y;
};

static unsigned depth_of(enum precision precision)
{
    return precision == PRECISION_8 ? 8 : 16;
}

static int32_t clamp(int32_t sample, int32_t full)
{
    return sample < 0 ? 0 : sample > full ? full : sample;
}

static void store_integer(const struct pm_plane *out, uint32_t row, size_t i, int32_t sample,
                          enum resample_result result)
{
    uint8_t *bytes = plane_row(out, row);
    switch (result) {
    case RESAMPLE_SAMPLES:
        bytes[i] = (uint8_t)clamp(sample, 255);
        return;
    case RESAMPLE_WIDE:
        ((uint16_t *)(void *)bytes)[i] = (uint16_t)clamp(sample + WIDE_ZERO, 65535);
        return;
    case RESAMPLE_INTERMEDIATE:
    default:
        ((int16_t *)(void *)bytes)[i] = (int16_t)sample;
    }
}

/* One output sample in column i of row y: the weighted sum of the input rows. */
static int32_t vertical_integer(const struct pm_plane *in, const struct weights *weights, uint32_t y,
                                size_t i)
{
    const unsigned drop = weights->shift - INTERMEDIATE_BITS;
    int32_t sum = 1 << (drop - 1);
    for (uint32_t k = 0; k < weights->taps; k++) {
        const uint32_t row = weights->first[y] + k;
        sum +=
            row < in->height ? weights->integers[(size_t)y * weights->taps + k] * plane_row(in, row)[i] : 0;
    }
    return (int16_t)(sum >> drop);
}

static float vertical_float(const struct pm_plane *in, const struct weights *weights, uint32_t y, size_t i)
{
    float sum = 0;
    for (uint32_t k = 0; k < weights->taps; k++) {
        const uint16_t *row = (const uint16_t *)(const void *)plane_row(in, weights->first[y] + k);
        sum += weights->floats[(size_t)y * weights->taps + k] * row[i];
    }
    return sum;
}

static void plain_integers(const struct pm_plane *in, const struct tables *tables,
                           enum resample_result result, const struct pm_plane *out)
{
    const struct weights *x = &tables->x;
    const size_t channels = in->channels, n = in->width * channels;
    const unsigned drop = x->shift + (result == RESAMPLE_SAMPLES ? INTERMEDIATE_BITS : 0);
    int32_t *mid = malloc(n * sizeof *mid);
    for (uint32_t row = 0; row < out->height; row++) {
        for (size_t i = 0; i < n; i++)
            mid[i] = vertical_integer(in, &tables->y, row, i);
        for (size_t i = 0; i < out->width * channels; i++) {
            const uint32_t pixel = (uint32_t)(i / channels);
            int32_t sum = 1 << (drop - 1);
            for (uint32_t k = 0; k < x->taps; k++) {
                const size_t from = x->first[pixel] + k;
                sum += from < in->width
                           ? x->integers[pixel * x->taps + k] * mid[from * channels + i % channels]
                           : 0;
            }
            store_integer(out, row, i, sum >> drop, result);
        }
    }
    free(mid);
}

static void plain_floats(const struct pm_plane *in, const struct tables *tables, enum resample_result result,
                         const struct pm_plane *out)
{
    const struct weights *x = &tables->x;
    const size_t channels = in->channels, n = in->width * channels;
    float *mid = malloc(n * sizeof *mid);
    for (uint32_t row = 0; row < out->height; row++) {
        for (size_t i = 0; i < n; i++)
            mid[i] = vertical_float(in, &tables->y, row, i);
        for (size_t i = 0; i < out->width * channels; i++) {
            const size_t pixel = i / channels;
            float sum = 0;
            for (size_t k = 0; k < x->taps; k++)
                sum += x->floats[pixel * x->taps + k] * mid[(x->first[pixel] + k) * channels + i % channels];
            if (result == RESAMPLE_SAMPLES)
                ((uint16_t *)(void *)plane_row(out, row))[i] = (uint16_t)clamp((int32_t)(sum + 0.5f), 65535);
            else
                ((float *)(void *)plane_row(out, row))[i] = sum;
        }
    }
    free(mid);
}

/* How to resample a plane. */
struct task {
    const struct pm_plane *in;
    enum precision precision;
    const struct kernel *kernel;
    enum edge edge;
    enum resample_result result;
    uint32_t width, height;
};

static const char *const results[] = {"samples", "intermediate ones", "wide ones"};

/* Bits per sample of the result. */
static unsigned result_depth(const struct task *task)
{
    if (task->result == RESAMPLE_SAMPLES)
        return depth_of(task->precision);
    if (task->result == RESAMPLE_WIDE)
        return 16;
    return (unsigned)resample_kernels(task->precision, SIMD_BASE)->mid_bytes * 8;
}

static void check_level(const struct task *task, const struct tables *tables, const struct pm_plane *plain,
                        struct lent *lent, enum simd_level level)
{
    const struct pm_plane *in = task->in;
    const unsigned depth = result_depth(task);
    unsigned seed = 1;
    /* A float takes the memory of four 8-bit channels. */
    struct pm_plane out = make_plane(task->width * (depth / 8), task->height, in->channels, 8,
                                     (size_t)(rand() % 20 * 4), PATTERN_NOISE, &seed);
    out.width = task->width;
    lent->context.simd = level;
    lent->context.ops = level % 2 ? &backward_ops : NULL;
    lent->context.lanes = level % 2 ? 64 : 1;
    cr_assert_eq(
        resample_plane(in, NULL, task->precision, &tables->x, &tables->y, task->result, &out, &lent->context),
        0);
    cr_assert(same_samples(plain, &out, depth), "%ux%ux%u of %u bits to %ux%u, %s, at level %s", in->width,
              in->height, in->channels, depth_of(task->precision), task->width, task->height,
              results[task->result], simd_name(level));
    free(out.data);
}

static void check(const struct task *task)
{
    const struct pm_plane *in = task->in;
    struct lent lent;
    lent_init(&lent);
    const struct axis x = axis_map(in->width, 0, in->width, task->width, 0, task->width);
    const struct axis y = axis_map(in->height, 0, in->height, task->height, 0, task->height);
    struct tables tables;
    cr_assert_eq(resample_weights_x(&tables.x, &x, task->kernel, task->edge, task->precision, &lent.context),
                 0);
    cr_assert_eq(resample_weights_y(&tables.y, &y, task->kernel, task->edge, task->precision, &lent.context),
                 0);
    unsigned seed = 1;
    struct pm_plane plain = make_plane(task->width * (result_depth(task) / 8), task->height, in->channels, 8,
                                       0, PATTERN_DARK, &seed);
    plain.width = task->width;
    (task->precision == PRECISION_8 ? plain_integers : plain_floats)(in, &tables, task->result, &plain);
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        if (simd_available((enum simd_level)level))
            check_level(task, &tables, &plain, &lent, (enum simd_level)level);
    }
    free(plain.data);
    lent_free(&lent);
}

static void check_random(uint32_t width, uint32_t height, unsigned channels, uint32_t to_width,
                         uint32_t to_height)
{
    static const struct kernel *const kernels[] = {&kernel_lanczos3, &kernel_bspline, &kernel_linear,
                                                   &kernel_nearest, &kernel_box};
    const enum precision precision = rand() % 2 ? PRECISION_8 : PRECISION_16;
    unsigned seed = (unsigned)rand();
    struct pm_plane in = make_plane(width, height, channels, depth_of(precision), (size_t)(rand() % 40 * 2),
                                    (enum pattern)(rand() % PATTERNS), &seed);
    const struct task task = {
        .in = &in,
        .precision = precision,
        .kernel = kernels[rand() % 5],
        .edge = rand() % 2 ? EDGE_CUT : EDGE_REFLECT,
        .result = (enum resample_result)(rand() % (precision == PRECISION_8 ? 3 : 2)),
        .width = to_width,
        .height = to_height,
    };
    check(&task);
    free(in.data);
}

Test(resample, makes_its_reference_samples_at_random_sizes)
{
    for (unsigned i = 0; i < 400; i++) {
        srand(i);
        check_random(1 + (uint32_t)rand() % 200, 1 + (uint32_t)rand() % 90, 1 + i % 4,
                     1 + (uint32_t)rand() % 150, 1 + (uint32_t)rand() % (i % 3 ? 100 : 20));
    }
}

/* Rows are summed in pieces of 4032 samples; the last may be up to twice as long. */
Test(resample, makes_its_reference_samples_where_pieces_meet)
{
    static const uint32_t samples[] = {4031, 4032, 4033, 8062,  8063,  8064,
                                       8065, 8087, 8088, 12095, 12096, 12100};
    for (unsigned i = 0; i < sizeof samples / sizeof *samples * 8; i++) {
        srand(i);
        const unsigned channels = 1 + i % 4;
        check_random((samples[i / 8] + channels - 1) / channels, 1 + (uint32_t)rand() % 30, channels,
                     1 + (uint32_t)rand() % 70, 1 + (uint32_t)rand() % 40);
    }
}

/* Adjacent output rows are summed together if they use nearly the same input rows. */
Test(resample, makes_its_reference_samples_at_every_ratio_of_rows)
{
    for (uint32_t height = 1; height <= 130; height++) {
        srand(height);
        check_random(1 + (uint32_t)rand() % 90, 61, 1 + height % 4, 5, height);
    }
}

/* All memory of a table is its weights. */
static void assert_same_weights(const struct weights *a, const struct weights *b, uint32_t outputs)
{
    cr_assert(a->taps == b->taps && a->shift == b->shift);
    cr_assert_eq(memcmp(a->first, b->first, outputs * sizeof *a->first), 0);
    cr_assert_eq(memcmp(a->integers, b->integers, (size_t)outputs * a->taps * sizeof *a->integers), 0);
}

Test(resample, kept_weights_are_those_made_anew)
{
    static const struct kernel *const kernels[] = {&kernel_lanczos3, &kernel_mitchell};
    enum { OUTPUTS = 61, TABLES = 16, JOBS = 3 };
    struct lent plain, keeping;
    struct memo memo;
    lent_init(&plain);
    lent_init(&keeping);
    memo_init(&memo);
    keeping.context.memo = &memo;
    for (unsigned job = 0; job < JOBS; job++) {
        for (unsigned i = 0; i < TABLES; i++) {
            struct axis axis = axis_map(173 + i / 8, 0.25 * (i & 1), 170, OUTPUTS, 0, OUTPUTS);
            axis.subsamples = 1 + (i >> 1 & 1);
            axis.linear = i & 2 ? 0.5 * (i & 1) : 0;
            struct weights a, b;
            cr_assert_eq(
                resample_weights_x(&a, &axis, kernels[i >> 2 & 1], EDGE_CUT, PRECISION_8, &plain.context), 0);
            cr_assert_eq(
                resample_weights_x(&b, &axis, kernels[i >> 2 & 1], EDGE_CUT, PRECISION_8, &keeping.context),
                0);
            assert_same_weights(&a, &b, OUTPUTS);
        }
    }
    cr_assert_eq(memo.count, TABLES);
    memo_free(&memo);
    lent_free(&plain);
    lent_free(&keeping);
}
