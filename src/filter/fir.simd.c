/*
 * Inner loops of symmetric filters; see filter/fir.h. Intermediate int16_t samples have 6 fraction bits, so
 * that the sum of a pair still fits before the multiplication; each product is rounded to those 6 bits, with
 * a total error far below one level.
 */
#include "filter/fir.h"
#include "base/simd.h"
#include "image/vector.h"

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

/* Each of these makes two vectors per step, to load each weight once. */
enum { BLOCK_BYTES = 2 * VECTOR_BYTES };
_Static_assert((int)BLOCK_BYTES <= (int)FIR_EXCESS, "FIR_EXCESS must cover a block");

static void vertical_8(const uint8_t *const *rows, const void *table, unsigned radius, size_t n, uint8_t *mid)
{
    const int32_t *weights = table;
    for (size_t at = 0; at < n * sizeof(int16_t); at += BLOCK_BYTES) {
        const size_t next = at + VECTOR_BYTES;
        vi16 w = (vi16)broadcast_32(weights[0]);
        vi16 sum = multiply_q15(load_16(rows[radius] + at), w);
        vi16 sum_next = multiply_q15(load_16(rows[radius] + next), w);
        for (unsigned k = 1; k <= radius; k++) {
            const uint8_t *above = rows[radius - k], *below = rows[radius + k];
            w = (vi16)broadcast_32(weights[k]);
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
    const int32_t *weights = table;
    for (size_t at = 0; at < n * sizeof(int16_t); at += BLOCK_BYTES) {
        const uint8_t *left = from + at, *right = left;
        vi16 w = (vi16)broadcast_32(weights[0]);
        vi16 sum = multiply_q15(load_16(left), w);
        vi16 sum_next = multiply_q15(load_16(left + VECTOR_BYTES), w);
        for (unsigned k = 1; k <= radius; k++) {
            left -= channels * sizeof(int16_t);
            right += channels * sizeof(int16_t);
            w = (vi16)broadcast_32(weights[k]);
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

/* Rows of bytes, summed as in vertical_8: a pair's bytes are interleaved, and one multiply-add by 64 and 64
 * adds them with 6 fraction bits. */
enum { BYTES_AT_ONCE = 2 * VECTOR_BYTES };

static inline void vertical_bytes_block(const uint8_t *const *rows, size_t at, const int32_t *weights,
                                        unsigned radius, int16_t *mid)
{
    const vi32 one = broadcast_32(0x01010101 << INTERMEDIATE_BITS), zero = {0};
    vi16 low[2], high[2], w = (vi16)broadcast_32(weights[0]);
    for (size_t v = 0; v < 2; v++) {
        vi32 centre = load(rows[radius] + at + v * VECTOR_BYTES);
        low[v] = multiply_q15(multiply_bytes(unpack_low_8(centre, zero), one), w);
        high[v] = multiply_q15(multiply_bytes(unpack_high_8(centre, zero), one), w);
    }
    for (unsigned k = 1; k <= radius; k++) {
        const uint8_t *above = rows[radius - k] + at, *below = rows[radius + k] + at;
        w = (vi16)broadcast_32(weights[k]);
        for (size_t v = 0; v < 2; v++) {
            vi32 a = load(above + v * VECTOR_BYTES), b = load(below + v * VECTOR_BYTES);
            low[v] += multiply_q15(multiply_bytes(unpack_low_8(a, b), one), w);
            high[v] += multiply_q15(multiply_bytes(unpack_high_8(a, b), one), w);
        }
    }
    for (size_t v = 0; v < 2; v++, mid += VECTOR_BYTES) {
        vi32 first, second;
        interleave_lanes((vi32)low[v], (vi32)high[v], &first, &second);
        store(mid, first);
        store(mid + VECTOR_WORDS, second);
    }
}

static void vertical_bytes_8(const uint8_t *const *rows, size_t at, const void *table, unsigned radius,
                             size_t n, int16_t *out)
{
    const int32_t *weights = table;
    if (n < BYTES_AT_ONCE) {
        for (size_t i = 0; i < n; i++) {
            int sum = ((rows[radius][at + i] << INTERMEDIATE_BITS) * (int16_t)weights[0] + (1 << 14)) >> 15;
            for (unsigned k = 1; k <= radius; k++) {
                int pair = (rows[radius - k][at + i] + rows[radius + k][at + i]) << INTERMEDIATE_BITS;
                sum += (pair * (int16_t)weights[k] + (1 << 14)) >> 15;
            }
            out[i] = (int16_t)sum;
        }
        return;
    }
    for (size_t i = 0; i + BYTES_AT_ONCE <= n; i += BYTES_AT_ONCE)
        vertical_bytes_block(rows, at + i, weights, radius, out + i);
    if (n % BYTES_AT_ONCE != 0) { /* the last block overlaps the one before */
        const size_t last = n - BYTES_AT_ONCE;
        vertical_bytes_block(rows, at + last, weights, radius, out + last);
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

/* Four vectors of sums make two of bytes. */
_Static_assert(4 * VECTOR_BYTES <= (int)FIR_SUMS_EXCESS, "FIR_SUMS_EXCESS must cover a block of sums");
static inline void horizontal_bytes_block(const int16_t *from, const int32_t *weights, unsigned radius,
                                          unsigned channels, vi32 bytes[2])
{
    vi16 sum[4], w = (vi16)broadcast_32(weights[0]);
    for (size_t v = 0; v < 4; v++)
        sum[v] = multiply_q15((vi16)load(from + v * VECTOR_WORDS), w);
    const int16_t *left = from - channels, *right = from + channels;
    for (unsigned k = 1; k <= radius; k++, left -= channels, right += channels) {
        w = (vi16)broadcast_32(weights[k]);
        for (size_t v = 0; v < 4; v++)
            sum[v] +=
                multiply_q15((vi16)load(left + v * VECTOR_WORDS) + (vi16)load(right + v * VECTOR_WORDS), w);
    }
    bytes[0] = pack_bytes(round_16(sum[0]), round_16(sum[1]));
    bytes[1] = pack_bytes(round_16(sum[2]), round_16(sum[3]));
}

static void horizontal_bytes_8(const int16_t *from, const void *weights, unsigned radius, unsigned channels,
                               size_t n, uint8_t *out)
{
    vi32 bytes[2];
    size_t i = 0;
    for (; i + sizeof bytes <= n; i += sizeof bytes) {
        horizontal_bytes_block(from + i, weights, radius, channels, bytes);
        store(out + i, bytes[0]);
        store(out + i + VECTOR_BYTES, bytes[1]);
    }
    if (i < n) {
        horizontal_bytes_block(from + i, weights, radius, channels, bytes);
        memcpy(out + i, bytes, n - i);
    }
}

static inline vi16 blend_at(const uint8_t *const *rows, const int16_t *weights, unsigned taps, size_t at)
{
    vi16 sum = {0};
    for (unsigned k = 0; k < taps; k++)
        sum += multiply_q15(load_16(rows[k] + at), broadcast_16(weights[k]));
    return sum;
}

static void blend_bytes_8(const uint8_t *const *rows, const void *weights, unsigned taps, size_t n,
                          uint8_t *out)
{
    for (size_t i = 0; i < n; i += VECTOR_BYTES) {
        const size_t at = i * sizeof(int16_t);
        vi32 bytes = pack_bytes(round_16(blend_at(rows, weights, taps, at)),
                                round_16(blend_at(rows, weights, taps, at + VECTOR_BYTES)));
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

static void copy_floats(const uint8_t *in, size_t n, uint8_t *out)
{
    memcpy(out, in, n * sizeof(float));
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

/* As many samples as a vector has floats. */
typedef uint8_t some_bytes __attribute__((vector_size(VECTOR_DWORDS)));
typedef uint16_t some_words __attribute__((vector_size(2 * VECTOR_DWORDS)));

/* Rounds to nearest and clamps to 0 .. full; clamps before converting, so that the conversion never
 * overflows. */
static inline vi32 round_to(vf32 v, float full)
{
    const vf32 max = broadcast_float(full);
    const vi32 over = v > max;
    v = (vf32)((vi32)v & (v >= 0));
    v = (vf32)((over & (vi32)max) | (~over & (vi32)v));
    return __builtin_convertvector(v + 0.5f, vi32);
}

static inline some_bytes load_some_bytes(const uint8_t *from, size_t n)
{
    some_bytes v = {0};
    if (n >= VECTOR_DWORDS)
        memcpy(&v, from, sizeof v);
    else
        memcpy(&v, from, n);
    return v;
}

static inline some_words load_some_words(const uint8_t *from, size_t n)
{
    some_words v = {0};
    if (n >= VECTOR_DWORDS)
        memcpy(&v, from, sizeof v);
    else
        memcpy(&v, from, n * sizeof(uint16_t));
    return v;
}

static inline void store_some_bytes(uint8_t *to, vi32 v, size_t n)
{
    const some_bytes bytes = __builtin_convertvector(v, some_bytes);
    if (n >= VECTOR_DWORDS)
        memcpy(to, &bytes, sizeof bytes);
    else
        memcpy(to, &bytes, n);
}

static inline void store_some_words(uint8_t *to, vi32 v, size_t n)
{
    const some_words words = __builtin_convertvector(v, some_words);
    if (n >= VECTOR_DWORDS)
        memcpy(to, &words, sizeof words);
    else
        memcpy(to, &words, n * sizeof(uint16_t));
}

static void narrow_8_fine(const uint8_t *mid, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n; i += VECTOR_DWORDS, mid += VECTOR_BYTES)
        store_some_bytes(out + i, round_to(load_float(mid), 255), n - i);
}

static void narrow_16(const uint8_t *mid, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n; i += VECTOR_DWORDS, mid += VECTOR_BYTES)
        store_some_words(out + i * sizeof(uint16_t), round_to(load_float(mid), 65535), n - i);
}

static inline vf32 sharpened(vf32 in, vf32 smooth, float amount)
{
    return in + amount * (in - smooth);
}

static void sharpen_8_fine(const uint8_t *mid, const uint8_t *in, float amount, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n; i += VECTOR_DWORDS, mid += VECTOR_BYTES) {
        vf32 samples =
            __builtin_convertvector(__builtin_convertvector(load_some_bytes(in + i, n - i), vi32), vf32);
        store_some_bytes(out + i, round_to(sharpened(samples, load_float(mid), amount), 255), n - i);
    }
}

static void sharpen_16(const uint8_t *mid, const uint8_t *in, float amount, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n; i += VECTOR_DWORDS, mid += VECTOR_BYTES) {
        const size_t at = i * sizeof(uint16_t);
        vf32 samples =
            __builtin_convertvector(__builtin_convertvector(load_some_words(in + at, n - i), vi32), vf32);
        store_some_words(out + at, round_to(sharpened(samples, load_float(mid), amount), 65535), n - i);
    }
}

const struct fir_kernels SIMD_NAME(fir_kernels_8) = {
    .mid_bytes = sizeof(int16_t),
    .sample_bytes = sizeof(uint8_t),
    .widen = widen_8,
    .vertical = vertical_8,
    .horizontal = horizontal_8,
    .vertical_bytes = vertical_bytes_8,
    .horizontal_bytes = horizontal_bytes_8,
    .blend = blend_8,
    .blend_bytes = blend_bytes_8,
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

/* Rounds nothing. */
const struct fir_kernels SIMD_NAME(fir_kernels_float) = {
    .mid_bytes = sizeof(float),
    .sample_bytes = sizeof(float),
    .widen = copy_floats,
    .vertical = vertical_float,
    .horizontal = horizontal_float,
    .blend = blend_float,
    .narrow = copy_floats,
};
