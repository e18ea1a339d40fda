/*
 * Inner loops of resampling 16 bits, floats, or 8 bits with a finer result, by products of floats that are
 * summed in the order of the taps; image/resample.h says how they fit together.
 */
#include "base/simd.h"
#include "image/resample.h"
#include "image/turn.h"

/* A vector's worth of samples as floats. */
typedef vf32 load_floats(const uint8_t *from);

static inline vf32 load_samples(const uint8_t *from)
{
    return __builtin_convertvector(load_words(from), vf32);
}

static inline vf32 load_bytes(const uint8_t *from)
{
    typedef uint8_t bytes __attribute__((vector_size(VECTOR_BYTES / 4)));
    bytes v;
    memcpy(&v, from, sizeof v);
    return __builtin_convertvector(__builtin_convertvector(v, vi32), vf32);
}

static inline float one_sample(const uint8_t *row, size_t i, size_t sample_bytes)
{
    if (sample_bytes == sizeof(float))
        return ((const float *)(const void *)row)[i];
    return sample_bytes == 1 ? row[i] : ((const uint16_t *)(const void *)row)[i];
}

/* Position of a vertical sum of floats within its rows, and the function that loads samples. */
struct float_rows {
    const uint8_t *const *rows;
    uint32_t taps;
    load_floats *load_at;
    size_t sample_bytes;
};

static inline void vertical_float_block(struct float_rows in, const float *weights, size_t at, float *out)
{
    vf32 sum[4] = {{0}};
    for (uint32_t k = 0; k < in.taps; k++) {
        const vf32 w = broadcast_float(weights[k]);
        for (size_t q = 0; q < 4; q++)
            sum[q] += w * in.load_at(in.rows[k] + (at + q * VECTOR_DWORDS) * in.sample_bytes);
    }
    for (size_t q = 0; q < 4; q++)
        store(out + at + q * VECTOR_DWORDS, (vi32)sum[q]);
}

static inline void vertical_two_float_block(struct float_rows in, const float *const weights[2], size_t at,
                                            float *const out[2])
{
    vf32 first[4] = {{0}}, second[4] = {{0}};
    for (uint32_t k = 0; k < in.taps; k++) {
        const vf32 w = broadcast_float(weights[0][k]), v = broadcast_float(weights[1][k]);
        for (size_t q = 0; q < 4; q++) {
            const vf32 samples = in.load_at(in.rows[k] + (at + q * VECTOR_DWORDS) * in.sample_bytes);
            first[q] += w * samples;
            second[q] += v * samples;
        }
    }
    for (size_t q = 0; q < 4; q++) {
        store(out[0] + at + q * VECTOR_DWORDS, (vi32)first[q]);
        store(out[1] + at + q * VECTOR_DWORDS, (vi32)second[q]);
    }
}

static inline void vertical_float_narrow(struct float_rows in, const float *weights, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++) {
        float sum = 0;
        for (uint32_t k = 0; k < in.taps; k++)
            sum += weights[k] * one_sample(in.rows[k], i, in.sample_bytes);
        out[i] = sum;
    }
}

static inline void vertical_float(struct float_rows in, const float *weights, size_t n, float *out)
{
    if (n < BLOCK) {
        vertical_float_narrow(in, weights, n, out);
        return;
    }
    for (size_t i = 0; i + BLOCK <= n; i += BLOCK)
        vertical_float_block(in, weights, i, out);
    if (n % BLOCK != 0)
        vertical_float_block(in, weights, n - BLOCK, out);
}

static inline void vertical_two_float(struct float_rows in, const void *const tables[2], size_t n,
                                      void *const to[2])
{
    const float *const weights[2] = {tables[0], tables[1]};
    float *const out[2] = {to[0], to[1]};
    if (n < BLOCK) {
        vertical_float_narrow(in, weights[0], n, out[0]);
        vertical_float_narrow(in, weights[1], n, out[1]);
        return;
    }
    for (size_t i = 0; i + BLOCK <= n; i += BLOCK)
        vertical_two_float_block(in, weights, i, out);
    if (n % BLOCK != 0)
        vertical_two_float_block(in, weights, n - BLOCK, out);
}

static void vertical_16(const uint8_t *const *rows, const void *weights, uint32_t taps, unsigned shift,
                        size_t n, void *out)
{
    (void)shift;
    vertical_float((struct float_rows){rows, taps, load_samples, sizeof(uint16_t)}, weights, n, out);
}

static void vertical_two_16(const uint8_t *const *rows, const void *const weights[2], uint32_t taps,
                            unsigned shift, size_t n, void *const out[2])
{
    (void)shift;
    vertical_two_float((struct float_rows){rows, taps, load_samples, sizeof(uint16_t)}, weights, n, out);
}

static void vertical_8_fine(const uint8_t *const *rows, const void *weights, uint32_t taps, unsigned shift,
                            size_t n, void *out)
{
    (void)shift;
    vertical_float((struct float_rows){rows, taps, load_bytes, sizeof(uint8_t)}, weights, n, out);
}

static void vertical_two_8_fine(const uint8_t *const *rows, const void *const weights[2], uint32_t taps,
                                unsigned shift, size_t n, void *const out[2])
{
    (void)shift;
    vertical_two_float((struct float_rows){rows, taps, load_bytes, sizeof(uint8_t)}, weights, n, out);
}

static inline vf32 load_light(const uint8_t *from)
{
    return (vf32)load(from);
}

static void vertical_of_floats(const uint8_t *const *rows, const void *weights, uint32_t taps, unsigned shift,
                               size_t n, void *out)
{
    (void)shift;
    vertical_float((struct float_rows){rows, taps, load_light, sizeof(float)}, weights, n, out);
}

static void vertical_two_of_floats(const uint8_t *const *rows, const void *const weights[2], uint32_t taps,
                                   unsigned shift, size_t n, void *const out[2])
{
    (void)shift;
    vertical_two_float((struct float_rows){rows, taps, load_light, sizeof(float)}, weights, n, out);
}

enum { SCATTER_ROWS = SCATTER_ROWS_MAX / 2 };

/* VECTORS vectors of each row from sample i on. */
static inline void scatter_block(const uint8_t *const *rows, size_t i, const float *weights, uint32_t outputs,
                                 uint8_t *const *sums)
{
    enum { VECTORS = 2 };
    vf32 x[SCATTER_ROWS][VECTORS];
    for (size_t k = 0; k < SCATTER_ROWS; k++) {
        for (size_t q = 0; q < VECTORS; q++)
            x[k][q] = load_light(rows[k] + (i + q * VECTOR_DWORDS) * sizeof(float));
    }
    for (uint32_t o = 0; o < outputs; o++, weights += SCATTER_ROWS) {
        uint8_t *at = sums[o] + i * sizeof(float);
        for (size_t q = 0; q < VECTORS; q++, at += VECTOR_BYTES) {
            vf32 sum = (vf32)load(at);
            for (size_t k = 0; k < SCATTER_ROWS; k++)
                sum += broadcast_float(weights[k]) * x[k][q];
            store(at, (vi32)sum);
        }
    }
}

static void scatter(const uint8_t *const *rows, size_t n, const void *weights, uint32_t outputs,
                    uint8_t *const *sums)
{
    for (size_t i = 0; i < n; i += 2 * VECTOR_DWORDS)
        scatter_block(rows, i, weights, outputs, sums);
}

static void turn_float(const uint8_t *mid, size_t stride, size_t n, unsigned channels, uint8_t *turned)
{
    (void)channels;
    for (size_t at = 0; at < n * sizeof(float); at += LANE_BYTES) {
        vi32 v[4];
        turn_16_bytes(mid + at, stride, v);
        transpose_lanes(v);
        for (size_t q = 0; q < 4; q++, turned += VECTOR_BYTES)
            store(turned, v[q]);
    }
}

static inline void sum_pixels_float_of(const uint8_t *turned, const struct weights *weights, uint32_t x,
                                       uint32_t n, unsigned channels, vi32 *columns)
{
    for (; n > 0; n--, x++, columns += channels) {
        const float *w = weights->floats + (size_t)x * weights->taps;
        const uint8_t *from = turned + (size_t)weights->first[x] * channels * VECTOR_BYTES;
        vf32 sum[CHANNELS_MAX] = {{0}};
        for (uint32_t k = 0; k < weights->taps; k++) {
            const vf32 weight = broadcast_float(w[k]);
            for (unsigned c = 0; c < channels; c++, from += VECTOR_BYTES)
                sum[c] += weight * (vf32)load(from);
        }
        for (unsigned c = 0; c < channels; c++)
            columns[c] = (vi32)sum[c];
    }
}

static inline void sum_pixels_float(const uint8_t *turned, const struct weights *weights, uint32_t x,
                                    uint32_t n, unsigned channels, vi32 *columns)
{
    switch (channels) {
    case 1:
        sum_pixels_float_of(turned, weights, x, n, 1, columns);
        return;
    case 2:
        sum_pixels_float_of(turned, weights, x, n, 2, columns);
        return;
    case 3:
        sum_pixels_float_of(turned, weights, x, n, 3, columns);
        return;
    default:
        sum_pixels_float_of(turned, weights, x, n, 4, columns);
    }
}

static inline vi32 round_word(vi32 sum)
{
    return clamp_32(__builtin_convertvector((vf32)sum + 0.5f, vi32), 0, 65535);
}

static void horizontal_16(const uint8_t *turned, const struct weights *weights, uint32_t width,
                          unsigned channels, uint8_t *const *out)
{
    enum { STEP = LANE_BYTES / sizeof(uint16_t) };
    vi32 columns[COLUMNS] = {{0}};
    for (uint32_t x = 0; x < width; x += CHUNK) {
        const uint32_t n = width - x < CHUNK ? width - x : CHUNK;
        sum_pixels_float(turned, weights, x, n, channels, columns);
        for (size_t i = 0; i < n * channels; i += STEP) {
            vi32 v[4];
            for (size_t q = 0; q < 4; q++)
                v[q] = join_words(round_word(columns[i + 2 * q]), round_word(columns[i + 2 * q + 1]));
            turn_back(v, out, (x * channels + i) * sizeof(uint16_t), (n * channels - i) * sizeof(uint16_t));
        }
    }
}

static void horizontal_mid_float(const uint8_t *turned, const struct weights *weights, uint32_t width,
                                 unsigned channels, uint8_t *const *out)
{
    enum { STEP = LANE_BYTES / sizeof(float) };
    vi32 columns[COLUMNS] = {{0}};
    for (uint32_t x = 0; x < width; x += CHUNK) {
        const uint32_t n = width - x < CHUNK ? width - x : CHUNK;
        sum_pixels_float(turned, weights, x, n, channels, columns);
        for (size_t i = 0; i < n * channels; i += STEP)
            turn_back(columns + i, out, (x * channels + i) * sizeof(float),
                      (n * channels - i) * sizeof(float));
    }
}

/* Makes intermediate samples only. */
const struct resample_kernels SIMD_NAME(resample_kernels_8_fine) = {
    .rows = VECTOR_DWORDS,
    .groups = 1,
    .sample_bytes = sizeof(uint8_t),
    .mid_bytes = sizeof(float),
    .vertical = vertical_8_fine,
    .vertical_two = vertical_two_8_fine,
    .turn = turn_float,
    .horizontal_mid = horizontal_mid_float,
};

const struct resample_kernels SIMD_NAME(resample_kernels_16) = {
    .rows = VECTOR_DWORDS,
    .groups = 1,
    .sample_bytes = sizeof(uint16_t),
    .mid_bytes = sizeof(float),
    .vertical = vertical_16,
    .vertical_two = vertical_two_16,
    .turn = turn_float,
    .horizontal = horizontal_16,
    .horizontal_mid = horizontal_mid_float,
};

const struct resample_kernels SIMD_NAME(resample_kernels_float) = {
    .rows = VECTOR_DWORDS,
    .groups = 1,
    .sample_bytes = sizeof(float),
    .mid_bytes = sizeof(float),
    .vertical = vertical_of_floats,
    .vertical_two = vertical_two_of_floats,
    .scatter = scatter,
    .scatter_rows = SCATTER_ROWS,
    .turn = turn_float,
    .horizontal = horizontal_mid_float,
    .horizontal_mid = horizontal_mid_float,
};
