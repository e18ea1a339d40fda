/*
 * Inner loops of symmetric filters; filter/fir.h says how they fit together. Intermediate int16_t samples
 * have 6 fraction bits, so that a pair still fits when it is added up before the multiplication; each product
 * is rounded to those 6 bits, and in all that stays far below a level.
 */
#include "filter/fir.h"
#include "base/simd.h"
#include "filter/vector.h"

/* ---- int16_t ---- */

static inline vi16 load_16(const uint8_t *from)
{
    return (vi16)load(from);
}

static inline vi16 broadcast_16(int16_t x)
{
    return (vi16){0} + x;
}

static void widen_8(const uint8_t *in, size_t n, uint8_t *mid)
{
    int16_t *out = (int16_t *)(void *)mid;
    for (size_t i = 0; i < n; i++)
        out[i] = (int16_t)(in[i] << INTERMEDIATE_BITS);
}

/* Each of these makes two vectors at a time, for the weight to be fetched once. */
enum { BLOCK_BYTES = 2 * VECTOR_BYTES };

static void vertical_8(const uint8_t *const *rows, const void *table, unsigned radius, size_t n, uint8_t *mid)
{
    const int16_t *weights = table;
    for (size_t at = 0; at < n * sizeof(int16_t); at += BLOCK_BYTES) {
        const size_t next = at + VECTOR_BYTES;
        vi16 w = broadcast_16(weights[0]);
        vi16 sum = multiply_q15(load_16(rows[radius] + at), w);
        vi16 sum_next = multiply_q15(load_16(rows[radius] + next), w);
        for (unsigned k = 1; k <= radius; k++) {
            const uint8_t *above = rows[radius - k], *below = rows[radius + k];
            w = broadcast_16(weights[k]);
            sum += multiply_q15(load_16(above + at) + load_16(below + at), w);
            sum_next += multiply_q15(load_16(above + next) + load_16(below + next), w);
        }
        store(mid + at, (vi32)sum);
        store(mid + next, (vi32)sum_next);
    }
}

static void horizontal_8(const uint8_t *from, const void *table, unsigned radius, unsigned channels, size_t n,
                         uint8_t *mid)
{
    const int16_t *weights = table;
    for (size_t at = 0; at < n * sizeof(int16_t); at += BLOCK_BYTES) {
        const uint8_t *left = from + at, *right = left;
        vi16 w = broadcast_16(weights[0]);
        vi16 sum = multiply_q15(load_16(left), w);
        vi16 sum_next = multiply_q15(load_16(left + VECTOR_BYTES), w);
        for (unsigned k = 1; k <= radius; k++) {
            left -= channels * sizeof(int16_t);
            right += channels * sizeof(int16_t);
            w = broadcast_16(weights[k]);
            sum += multiply_q15(load_16(left) + load_16(right), w);
            sum_next += multiply_q15(load_16(left + VECTOR_BYTES) + load_16(right + VECTOR_BYTES), w);
        }
        store(mid + at, (vi32)sum);
        store(mid + at + VECTOR_BYTES, (vi32)sum_next);
    }
}

static void blend_8(const uint8_t *const *rows, const void *table, unsigned taps, size_t n, uint8_t *mid)
{
    const int16_t *weights = table;
    for (size_t at = 0; at < n * sizeof(int16_t); at += BLOCK_BYTES) {
        const size_t next = at + VECTOR_BYTES;
        vi16 sum = {0}, sum_next = {0};
        for (unsigned k = 0; k < taps; k++) {
            vi16 w = broadcast_16(weights[k]);
            sum += multiply_q15(load_16(rows[k] + at), w);
            sum_next += multiply_q15(load_16(rows[k] + next), w);
        }
        store(mid + at, (vi32)sum);
        store(mid + next, (vi32)sum_next);
    }
}

static inline vi16 round_16(vi16 v)
{
    return (v + (1 << (INTERMEDIATE_BITS - 1))) >> INTERMEDIATE_BITS;
}

static void narrow_8(const uint8_t *mid, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n; i += VECTOR_BYTES, mid += 2 * VECTOR_BYTES) {
        vi32 bytes = pack_bytes(round_16(load_16(mid)), round_16(load_16(mid + VECTOR_BYTES)));
        if (n - i >= VECTOR_BYTES)
            store(out + i, bytes);
        else
            memcpy(out + i, &bytes, n - i);
    }
}

/* ---- float ---- */

static inline vf32 load_float(const uint8_t *from)
{
    return (vf32)load(from);
}

static void widen_8_fine(const uint8_t *in, size_t n, uint8_t *mid)
{
    float *out = (float *)(void *)mid;
    for (size_t i = 0; i < n; i++)
        out[i] = in[i];
}

static void widen_16(const uint8_t *from, size_t n, uint8_t *mid)
{
    const uint16_t *in = (const uint16_t *)(const void *)from;
    float *out = (float *)(void *)mid;
    for (size_t i = 0; i < n; i++)
        out[i] = in[i];
}

static void vertical_float(const uint8_t *const *rows, const void *table, unsigned radius, size_t n,
                           uint8_t *mid)
{
    const float *weights = table;
    for (size_t at = 0; at < n * sizeof(float); at += VECTOR_BYTES) {
        vf32 sum = load_float(rows[radius] + at) * weights[0];
        for (unsigned k = 1; k <= radius; k++)
            sum += (load_float(rows[radius - k] + at) + load_float(rows[radius + k] + at)) * weights[k];
        store(mid + at, (vi32)sum);
    }
}

static void horizontal_float(const uint8_t *from, const void *table, unsigned radius, unsigned channels,
                             size_t n, uint8_t *mid)
{
    const float *weights = table;
    for (size_t at = 0; at < n * sizeof(float); at += VECTOR_BYTES) {
        const uint8_t *left = from + at, *right = left;
        vf32 sum = load_float(left) * weights[0];
        for (unsigned k = 1; k <= radius; k++) {
            left -= channels * sizeof(float);
            right += channels * sizeof(float);
            sum += (load_float(left) + load_float(right)) * weights[k];
        }
        store(mid + at, (vi32)sum);
    }
}

static void blend_float(const uint8_t *const *rows, const void *table, unsigned taps, size_t n, uint8_t *mid)
{
    const float *weights = table;
    for (size_t at = 0; at < n * sizeof(float); at += VECTOR_BYTES) {
        vf32 sum = load_float(rows[0] + at) * weights[0];
        for (unsigned k = 1; k < taps; k++)
            sum += load_float(rows[k] + at) * weights[k];
        store(mid + at, (vi32)sum);
    }
}

/* Rounds to the nearest of 0 .. full; the comparisons come first, so that the conversion never overflows. */
static inline int round_to(float v, float full)
{
    v = v < 0 ? 0 : v;
    v = v > full ? full : v;
    return (int)(v + 0.5f);
}

static void narrow_8_fine(const uint8_t *mid, size_t n, uint8_t *out)
{
    const float *in = (const float *)(const void *)mid;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)round_to(in[i], 255);
}

static void narrow_16(const uint8_t *mid, size_t n, uint8_t *to)
{
    const float *in = (const float *)(const void *)mid;
    uint16_t *out = (uint16_t *)(void *)to;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint16_t)round_to(in[i], 65535);
}

static void sharpen_8_fine(const uint8_t *mid, const uint8_t *in, float amount, size_t n, uint8_t *out)
{
    const float *smooth = (const float *)(const void *)mid;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)round_to(in[i] + amount * (in[i] - smooth[i]), 255);
}

static void sharpen_16(const uint8_t *mid, const uint8_t *from, float amount, size_t n, uint8_t *to)
{
    const float *smooth = (const float *)(const void *)mid;
    const uint16_t *in = (const uint16_t *)(const void *)from;
    uint16_t *out = (uint16_t *)(void *)to;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint16_t)round_to(in[i] + amount * (in[i] - smooth[i]), 65535);
}

const struct fir_kernels SIMD_NAME(fir_kernels_8) = {
    .mid_bytes = sizeof(int16_t),
    .sample_bytes = sizeof(uint8_t),
    .widen = widen_8,
    .vertical = vertical_8,
    .horizontal = horizontal_8,
    .blend = blend_8,
    .narrow = narrow_8,
};

const struct fir_kernels SIMD_NAME(fir_kernels_8_fine) = {
    .mid_bytes = sizeof(float),
    .sample_bytes = sizeof(uint8_t),
    .widen = widen_8_fine,
    .vertical = vertical_float,
    .horizontal = horizontal_float,
    .blend = blend_float,
    .narrow = narrow_8_fine,
    .sharpen = sharpen_8_fine,
};

const struct fir_kernels SIMD_NAME(fir_kernels_16) = {
    .mid_bytes = sizeof(float),
    .sample_bytes = sizeof(uint16_t),
    .widen = widen_16,
    .vertical = vertical_float,
    .horizontal = horizontal_float,
    .blend = blend_float,
    .narrow = narrow_16,
    .sharpen = sharpen_16,
};
