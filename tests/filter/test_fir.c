/* fir_plane compared with a reference that rounds in the same places: samples must be equal. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "filter/fir.h"
#include "filter/reference.h"

/* Random weights that decrease from the centre. */
static struct fir_weights random_weights(unsigned radius)
{
    struct fir_weights weights = {.radius = radius};
    double sum = 0;
    for (unsigned k = 0; k <= radius; k++) {
        weights.exact[k] = (rand() % 1000 + 1) / (k + 1.0);
        sum += k == 0 ? weights.exact[k] : 2 * weights.exact[k];
    }
    for (unsigned k = 0; k <= radius; k++)
        weights.exact[k] /= sum;
    return weights;
}

/* 15 fraction bits, rounded from the outside in. */
static void quantise(const struct fir_weights *weights, int32_t q15[FIR_RADIUS_MAX + 1])
{
    double sum = 0;
    int32_t done = 0;
    for (unsigned k = weights->radius; k > 0; k--) {
        sum += weights->exact[k];
        q15[k] = (int32_t)(sum * 32768 + 0.5) - done;
        done += q15[k];
    }
    q15[0] = 32768 - 2 * done > 32767 ? 32767 : 32768 - 2 * done;
}

static int32_t multiply(int32_t a, int32_t b)
{
    return (a * b + (1 << 14)) >> 15;
}

/* Position of samples that are summed along one axis. */
struct axis_of {
    uint32_t n;  /* samples along the axis */
    size_t step; /* from one to the next in a picture of interleaved samples */
};

/* Sample i of an axis and its mirrored neighbours, from a picture of int32_t. */
static int32_t sum_q15(const int32_t *line, uint32_t i, struct axis_of axis,
                       const struct fir_weights *weights)
{
    int32_t q15[FIR_RADIUS_MAX + 1];
    quantise(weights, q15);
    int32_t sum = multiply(line[i * axis.step], q15[0]);
    for (unsigned k = 1; k <= weights->radius; k++)
        sum += multiply(line[reflect_index((int64_t)i - k, axis.n) * axis.step] +
                            line[reflect_index((int64_t)i + k, axis.n) * axis.step],
                        q15[k]);
    return sum;
}

static float sum_float(const float *line, uint32_t i, struct axis_of axis, const struct fir_weights *weights)
{
    float sum = line[i * axis.step] * (float)weights->exact[0];
    for (unsigned k = 1; k <= weights->radius; k++)
        sum += (line[reflect_index((int64_t)i - k, axis.n) * axis.step] +
                line[reflect_index((int64_t)i + k, axis.n) * axis.step]) *
               (float)weights->exact[k];
    return sum;
}

static unsigned depth_of(enum precision precision)
{
    return precision == PRECISION_16 ? 16 : 8;
}

static void set_sample(const struct pm_plane *plane, unsigned depth, size_t i, unsigned value)
{
    const size_t row = (size_t)plane->width * plane->channels;
    uint8_t *to = plane_row(plane, (uint32_t)(i / row));
    if (depth == 8)
        to[i % row] = (uint8_t)value;
    else
        ((uint16_t *)(void *)to)[i % row] = (uint16_t)value;
}

static double sample_at(const struct pm_plane *plane, unsigned depth, size_t i)
{
    const size_t row = (size_t)plane->width * plane->channels, channels = plane->channels;
    return reference_sample(plane, depth, (uint32_t)(i % row / channels), (uint32_t)(i / row),
                            (unsigned)(i % channels));
}

static void plain_integers(const struct fir_step *step, const struct pm_plane *out)
{
    const uint32_t width = step->in->width, height = step->in->height;
    const size_t channels = step->in->channels, row = width * channels, n = row * height;
    int32_t *samples = malloc(n * sizeof *samples), *sums = malloc(n * sizeof *sums);
    for (size_t i = 0; i < n; i++)
        samples[i] = (int32_t)sample_at(step->in, 8, i) << INTERMEDIATE_BITS;
    for (size_t i = 0; i < n; i++)
        sums[i] = sum_q15(samples + i % row, (uint32_t)(i / row), (struct axis_of){height, row}, &step->y);
    for (size_t i = 0; i < n; i++) {
        int32_t sum = sum_q15(sums + i / row * row + i % channels, (uint32_t)(i % row / channels),
                              (struct axis_of){width, channels}, &step->x);
        sum = (sum + (1 << (INTERMEDIATE_BITS - 1))) >> INTERMEDIATE_BITS;
        set_sample(out, 8, i, (unsigned)(sum < 0 ? 0 : sum > 255 ? 255 : sum));
    }
    free(samples);
    free(sums);
}

static void plain_floats(const struct fir_step *step, const struct pm_plane *out)
{
    const uint32_t width = step->in->width, height = step->in->height;
    const unsigned depth = depth_of(step->precision);
    const size_t channels = step->in->channels, row = width * channels, n = row * height;
    const float full = depth == 8 ? 255 : 65535;
    float *samples = malloc(n * sizeof *samples), *sums = malloc(n * sizeof *sums);
    for (size_t i = 0; i < n; i++)
        samples[i] = (float)sample_at(step->in, depth, i);
    for (size_t i = 0; i < n; i++)
        sums[i] = sum_float(samples + i % row, (uint32_t)(i / row), (struct axis_of){height, row}, &step->y);
    for (size_t i = 0; i < n; i++) {
        float sum = sum_float(sums + i / row * row + i % channels, (uint32_t)(i % row / channels),
                              (struct axis_of){width, channels}, &step->x);
        if (step->result == FIR_SHARPEN)
            sum = samples[i] + step->amount * (samples[i] - sum);
        sum = sum < 0 ? 0 : sum > full ? full : sum;
        set_sample(out, depth, i, (unsigned)(sum + 0.5f));
    }
    free(samples);
    free(sums);
}

/* One plane at every level, into rows that lie `padding` bytes further apart than they need. */
static void check(struct fir_step step, size_t padding)
{
    const struct pm_plane *in = step.in;
    const unsigned depth = depth_of(step.precision);
    unsigned seed = 1;
    struct lent lent;
    lent_init(&lent);
    struct pm_plane plain = make_plane(in->width, in->height, in->channels, depth, 0, PATTERN_DARK, &seed);
    (step.precision == PRECISION_8 ? plain_integers : plain_floats)(&step, &plain);
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        if (!simd_available((enum simd_level)level))
            continue;
        struct pm_plane out =
            make_plane(in->width, in->height, in->channels, depth, padding, PATTERN_NOISE, &seed);
        step.out = &out;
        lent.context.simd = (enum simd_level)level;
        lent.context.ops = level % 2 ? &backward_ops : NULL;
        lent.context.lanes = level % 2 ? 64 : 1;
        cr_assert_eq(fir_plane(&step, &lent.context), 0);
        cr_assert(same_samples(&plain, &out, depth), "%ux%ux%u, precision %d, radius %u %u, at level %s",
                  in->width, in->height, in->channels, (int)step.precision, step.x.radius, step.y.radius,
                  simd_name((enum simd_level)level));
        free(out.data);
    }
    free(plain.data);
    lent_free(&lent);
}

static void check_random(uint32_t width, uint32_t height, unsigned channels, enum precision precision,
                         unsigned most_radius)
{
    unsigned seed = (unsigned)rand();
    struct pm_plane in = make_plane(width, height, channels, depth_of(precision), (size_t)(rand() % 40 * 2),
                                    (enum pattern)(rand() % PATTERNS), &seed);
    const bool sharpen = precision == PRECISION_8_FINE || (precision == PRECISION_16 && rand() % 2);
    const struct fir_step step = {
        .in = &in,
        .precision = precision,
        .x = random_weights((unsigned)rand() % (most_radius + 1)),
        .y = random_weights((unsigned)rand() % (most_radius + 1)),
        .result = sharpen ? FIR_SHARPEN : FIR_SAMPLES,
        .amount = (float)(rand() % 100) / 16,
    };
    check(step, (size_t)(rand() % 40 * 2));
    free(in.data);
}

Test(fir, makes_its_reference_samples_at_random_sizes_and_radii)
{
    for (unsigned i = 0; i < 360; i++) {
        srand(i);
        check_random(1 + (uint32_t)rand() % 150, 1 + (uint32_t)rand() % 50, 1 + i / 3 % 4,
                     (enum precision)(i % 3), i % 4 ? 8 : FIR_RADIUS_MAX);
    }
}

/* Bytes are summed in pieces of 2048 samples, eight rows at a time, others in tiles of 512 or more. */
Test(fir, makes_its_reference_samples_where_pieces_and_tiles_meet)
{
    static const uint32_t samples[] = {511, 513, 1025, 2047, 2048, 2049, 2051, 2180, 4095, 4097, 6147};
    for (unsigned i = 0; i < sizeof samples / sizeof *samples * 12; i++) {
        srand(i);
        const unsigned channels = 1 + i / 3 % 4;
        check_random((samples[i / 12] + channels - 1) / channels, 1 + (uint32_t)rand() % 19, channels,
                     (enum precision)(i % 3), i % 5 ? 9 : FIR_RADIUS_MAX);
    }
}

Test(fir, makes_its_reference_samples_of_planes_within_its_radius)
{
    for (unsigned i = 0; i < 240; i++) {
        srand(i);
        check_random(1 + (uint32_t)rand() % 5, 1 + (uint32_t)rand() % 12, 1 + i / 3 % 4,
                     (enum precision)(i % 3), FIR_RADIUS_MAX);
    }
}

/* A blend of rows, weights of 15 fraction bits that add up to 1 at most: kept, and rounded to samples. */
static void check_blend(const struct fir_kernels *kernels, size_t n, unsigned taps, int level)
{
    const size_t room = n * sizeof(int16_t) + FIR_EXCESS;
    int16_t weights[8];
    const uint8_t *rows[8];
    uint8_t *memory = calloc(taps + 1, room), *mid = memory + taps * room, *out = malloc(n);
    for (unsigned k = 0; k < taps; k++) {
        int16_t *row = (int16_t *)(void *)(memory + k * room);
        for (size_t i = 0; i < n; i++)
            row[i] = (int16_t)(rand() % ((255 << INTERMEDIATE_BITS) + 1));
        rows[k] = memory + k * room;
        weights[k] = (int16_t)(rand() % (32768 / (int)taps));
    }
    kernels->blend(rows, weights, taps, n, mid);
    kernels->blend_bytes(rows, weights, taps, n, out);
    for (size_t i = 0; i < n; i++) {
        int32_t sum = 0;
        for (unsigned k = 0; k < taps; k++)
            sum += multiply(((const int16_t *)(const void *)rows[k])[i], weights[k]);
        cr_assert_eq(((const int16_t *)(const void *)mid)[i], sum, "%zu of %zu at level %d", i, n, level);
        cr_assert_eq(out[i], (sum + (1 << (INTERMEDIATE_BITS - 1))) >> INTERMEDIATE_BITS,
                     "%zu of %zu at level %d", i, n, level);
    }
    free(memory);
    free(out);
}

Test(fir, blends_rows_as_its_reference)
{
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        for (size_t n = 1; n < 300 && simd_available((enum simd_level)level); n++)
            check_blend(fir_kernels(PRECISION_8, (enum simd_level)level), n, 1 + (unsigned)n % 5, level);
    }
}
