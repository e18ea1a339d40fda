/* Inner loops of resampling; filter/resample.h says how they fit together. */
#include "filter/resample.h"
#include "base/simd.h"
#include "filter/vector.h"

enum { BLOCK = VECTOR_BYTES }; /* samples that a vertical sum works out at a time */

/* Two int16_t, the first in the low half. */
static inline vi32 broadcast_pair(const int16_t *pair)
{
    uint32_t both = (uint16_t)pair[0] | (uint32_t)(uint16_t)pair[1] << 16;
    return broadcast_32((int32_t)both);
}

/* ---- 8 bits: products of int16_t, summed in pairs to int32_t ---- */

/* Two rows at a time: their bytes are interleaved by twos (a0 a1 b0 b1 a2 a3 b2 b3), so that the even bytes
 * as 16-bit elements are the pairs (a0 b0) (a2 b2), the odd ones (a1 b1) (a3 b3). */
static inline void vertical_8_block(const uint8_t *const *rows, const int16_t *weights, uint32_t taps,
                                    unsigned shift, size_t at, int16_t *out)
{
    const int32_t half = 1 << (shift - INTERMEDIATE_BITS - 1);
    vi32 even_low = broadcast_32(half), odd_low = even_low, even_high = even_low, odd_high = even_low;
    const vi32 low_bytes = broadcast_32(0x00ff00ff);
    for (uint32_t k = 0; k < taps; k += 2) {
        vi32 w = broadcast_pair(weights + k);
        vi32 a = load(rows[k] + at), b = load(rows[k + 1] + at);
        vi32 low = unpack_low_16(a, b), high = unpack_high_16(a, b);
        even_low += multiply_pairs(low & low_bytes, w);
        odd_low += multiply_pairs((vi32)((vu16)low >> 8), w);
        even_high += multiply_pairs(high & low_bytes, w);
        odd_high += multiply_pairs((vi32)((vu16)high >> 8), w);
    }
    const int drop = (int)shift - INTERMEDIATE_BITS;
    const vi32 word = broadcast_32(0xffff);
    vi32 low = ((even_low >> drop) & word) | ((odd_low >> drop) << 16);
    vi32 high = ((even_high >> drop) & word) | ((odd_high >> drop) << 16);
    interleave_lanes(low, high, &low, &high);
    store(out + at, low);
    store(out + at + VECTOR_WORDS, high);
}

static void vertical_8(const uint8_t *const *rows, const void *table, uint32_t taps, unsigned shift, size_t n,
                       void *to)
{
    const int16_t *weights = table;
    int16_t *out = to;
    if (n < BLOCK) {
        for (size_t i = 0; i < n; i++) {
            int32_t sum = 1 << (shift - INTERMEDIATE_BITS - 1);
            for (uint32_t k = 0; k < taps; k++)
                sum += weights[k] * rows[k][i];
            out[i] = (int16_t)(sum >> (shift - INTERMEDIATE_BITS));
        }
        return;
    }
    for (size_t i = 0; i + BLOCK <= n; i += BLOCK)
        vertical_8_block(rows, weights, taps, shift, i, out);
    if (n % BLOCK != 0) /* the last block overlaps the one before */
        vertical_8_block(rows, weights, taps, shift, n - BLOCK, out);
}

/* How the samples of two pixels lie in 16 bytes, by channels: what makes pairs of horizontal neighbours of
 * them, and how many bytes are used up. */
static const struct pairing {
    uint8_t order[LANE_BYTES];
    size_t bytes;
} pairings[] = {
    [1] = {.order = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, .bytes = 16},
    [2] = {.order = {0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15}, .bytes = 16},
    [3] = {.order = {0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, 12, 13, 14, 15}, .bytes = 12},
    [4] = {.order = {0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15}, .bytes = 16},
};

/* 16 bytes of each row to one vector for every 4 of them. */
static inline void turn_16_bytes(const uint8_t *mid, size_t stride, vi32 v[4])
{
    for (size_t q = 0; q < 4; q++)
        v[q] = load_lanes(mid + q * stride, 4 * stride);
}

static void turn_8(const uint8_t *mid, size_t stride, size_t n, unsigned channels, uint8_t *turned)
{
    const struct pairing *pairing = &pairings[channels];
    for (size_t at = 0; at < n * sizeof(int16_t); at += pairing->bytes) {
        vi32 v[4];
        turn_16_bytes(mid + at, stride, v);
        for (size_t q = 0; q < 4; q++)
            v[q] = shuffle_bytes(v[q], pairing->order);
        transpose_lanes(v);
        for (size_t q = 0; q < pairing->bytes / 4; q++, turned += VECTOR_BYTES)
            store(turned, v[q]);
    }
}

/* Where the next output's samples begin. */
struct place {
    uint32_t x, channel;
};

static inline void place_next(struct place *place, unsigned channels)
{
    if (++place->channel == channels) {
        place->channel = 0;
        place->x++;
    }
}

static inline vi32 horizontal_8_sum(const uint8_t *turned, const struct weights *weights,
                                    const struct place *place, unsigned channels, int32_t half)
{
    const int16_t *w = weights->integers + (size_t)place->x * weights->taps;
    const uint8_t *from =
        turned + ((size_t)(weights->first[place->x] / 2) * channels + place->channel) * VECTOR_BYTES;
    vi32 sum = broadcast_32(half);
    for (uint32_t k = 0; k < weights->taps; k += 2, from += (size_t)channels * VECTOR_BYTES)
        sum += multiply_pairs(load(from), broadcast_pair(w + k));
    return sum;
}

/* Writes v[4], which hold 16 bytes of each row, to the rows at `at`; only `bytes` of them are wanted. */
static inline void turn_back(vi32 v[4], uint8_t *const *rows, size_t at, size_t bytes)
{
    transpose_lanes(v);
    for (size_t q = 0; q < 4; q++) {
        uint8_t rest[VECTOR_LANES][LANE_BYTES], *to[VECTOR_LANES];
        for (size_t lane = 0; lane < VECTOR_LANES; lane++)
            to[lane] = bytes >= LANE_BYTES ? rows[4 * lane + q] + at : rest[lane];
        store_lanes(to, v[q]);
        for (size_t lane = 0; bytes < LANE_BYTES && lane < VECTOR_LANES; lane++)
            memcpy(rows[4 * lane + q] + at, rest[lane], bytes);
    }
}

static void horizontal_8(const uint8_t *turned, const struct weights *weights, uint32_t width,
                         unsigned channels, uint8_t *const *out)
{
    const int drop = (int)weights->shift + INTERMEDIATE_BITS;
    const size_t n = (size_t)width * channels;
    struct place place = {0};
    for (size_t i = 0; i < n; i += LANE_BYTES) {
        vi32 v[4] = {{0}};
        for (size_t j = 0; j < LANE_BYTES && i + j < n; j++, place_next(&place, channels)) {
            vi32 sum = horizontal_8_sum(turned, weights, &place, channels, 1 << (drop - 1));
            v[j / 4] |= clamp_32(sum >> drop, 0, 255) << (int)(8 * (j % 4));
        }
        turn_back(v, out, i, n - i);
    }
}

static void horizontal_mid_8(const uint8_t *turned, const struct weights *weights, uint32_t width,
                             unsigned channels, uint8_t *const *out)
{
    enum { STEP = LANE_BYTES / sizeof(int16_t) };
    const int drop = (int)weights->shift;
    const size_t n = (size_t)width * channels;
    struct place place = {0};
    for (size_t i = 0; i < n; i += STEP) {
        vi32 v[4] = {{0}};
        for (size_t j = 0; j < STEP && i + j < n; j++, place_next(&place, channels)) {
            vi32 sum = horizontal_8_sum(turned, weights, &place, channels, 1 << (drop - 1)) >> drop;
            v[j / 2] |= j % 2 ? sum << 16 : sum & 0xffff;
        }
        turn_back(v, out, i * sizeof(int16_t), (n - i) * sizeof(int16_t));
    }
}

/* ---- 16 bits: float products, summed in the order of the taps ---- */

/* A vector's worth of samples as floats. */
typedef vf32 load_floats(const uint8_t *from);

static inline vf32 load_words(const uint8_t *from)
{
    typedef uint16_t words __attribute__((vector_size(VECTOR_BYTES / 2)));
    words v;
    memcpy(&v, from, sizeof v);
    return __builtin_convertvector(__builtin_convertvector(v, vi32), vf32);
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
    return sample_bytes == 1 ? row[i] : ((const uint16_t *)(const void *)row)[i];
}

static inline void vertical_float_block(const uint8_t *const *rows, const float *weights, uint32_t taps,
                                        size_t at, float *out, load_floats *load_at, size_t sample_bytes)
{
    vf32 sum[4] = {{0}};
    for (uint32_t k = 0; k < taps; k++) {
        vf32 w = broadcast_float(weights[k]);
        for (size_t q = 0; q < 4; q++)
            sum[q] += w * load_at(rows[k] + (at + q * VECTOR_DWORDS) * sample_bytes);
    }
    for (size_t q = 0; q < 4; q++)
        store(out + at + q * VECTOR_DWORDS, (vi32)sum[q]);
}

static inline void vertical_float(const uint8_t *const *rows, const float *weights, uint32_t taps, size_t n,
                                  float *out, load_floats *load_at, size_t sample_bytes)
{
    if (n < BLOCK) {
        for (size_t i = 0; i < n; i++) {
            float sum = 0;
            for (uint32_t k = 0; k < taps; k++)
                sum += weights[k] * one_sample(rows[k], i, sample_bytes);
            out[i] = sum;
        }
        return;
    }
    for (size_t i = 0; i + BLOCK <= n; i += BLOCK)
        vertical_float_block(rows, weights, taps, i, out, load_at, sample_bytes);
    if (n % BLOCK != 0)
        vertical_float_block(rows, weights, taps, n - BLOCK, out, load_at, sample_bytes);
}

static void vertical_16(const uint8_t *const *rows, const void *weights, uint32_t taps, unsigned shift,
                        size_t n, void *out)
{
    (void)shift;
    vertical_float(rows, weights, taps, n, out, load_words, sizeof(uint16_t));
}

static void vertical_8_fine(const uint8_t *const *rows, const void *weights, uint32_t taps, unsigned shift,
                            size_t n, void *out)
{
    (void)shift;
    vertical_float(rows, weights, taps, n, out, load_bytes, sizeof(uint8_t));
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

static inline vf32 horizontal_float_sum(const uint8_t *turned, const struct weights *weights,
                                        const struct place *place, unsigned channels)
{
    const float *w = weights->floats + (size_t)place->x * weights->taps;
    const uint8_t *from =
        turned + ((size_t)weights->first[place->x] * channels + place->channel) * VECTOR_BYTES;
    vf32 sum = {0};
    for (uint32_t k = 0; k < weights->taps; k++, from += (size_t)channels * VECTOR_BYTES)
        sum += broadcast_float(w[k]) * (vf32)load(from);
    return sum;
}

static void horizontal_16(const uint8_t *turned, const struct weights *weights, uint32_t width,
                          unsigned channels, uint8_t *const *out)
{
    enum { STEP = LANE_BYTES / sizeof(uint16_t) };
    const size_t n = (size_t)width * channels;
    struct place place = {0};
    for (size_t i = 0; i < n; i += STEP) {
        vi32 v[4] = {{0}};
        for (size_t j = 0; j < STEP && i + j < n; j++, place_next(&place, channels)) {
            vf32 sum = horizontal_float_sum(turned, weights, &place, channels) + 0.5f;
            v[j / 2] |= clamp_32(__builtin_convertvector(sum, vi32), 0, 65535) << (int)(16 * (j % 2));
        }
        turn_back(v, out, i * sizeof(uint16_t), (n - i) * sizeof(uint16_t));
    }
}

static void horizontal_mid_float(const uint8_t *turned, const struct weights *weights, uint32_t width,
                                 unsigned channels, uint8_t *const *out)
{
    enum { STEP = LANE_BYTES / sizeof(float) };
    const size_t n = (size_t)width * channels;
    struct place place = {0};
    for (size_t i = 0; i < n; i += STEP) {
        vi32 v[4] = {{0}};
        for (size_t j = 0; j < STEP && i + j < n; j++, place_next(&place, channels))
            v[j] = (vi32)horizontal_float_sum(turned, weights, &place, channels);
        turn_back(v, out, i * sizeof(float), (n - i) * sizeof(float));
    }
}

const struct resample_kernels SIMD_NAME(resample_kernels_8) = {
    .rows = VECTOR_DWORDS,
    .sample_bytes = sizeof(uint8_t),
    .mid_bytes = sizeof(int16_t),
    .vertical = vertical_8,
    .turn = turn_8,
    .horizontal = horizontal_8,
    .horizontal_mid = horizontal_mid_8,
};

/* Its results are intermediate samples only. */
const struct resample_kernels SIMD_NAME(resample_kernels_8_fine) = {
    .rows = VECTOR_DWORDS,
    .sample_bytes = sizeof(uint8_t),
    .mid_bytes = sizeof(float),
    .vertical = vertical_8_fine,
    .turn = turn_float,
    .horizontal_mid = horizontal_mid_float,
};

const struct resample_kernels SIMD_NAME(resample_kernels_16) = {
    .rows = VECTOR_DWORDS,
    .sample_bytes = sizeof(uint16_t),
    .mid_bytes = sizeof(float),
    .vertical = vertical_16,
    .turn = turn_float,
    .horizontal = horizontal_16,
    .horizontal_mid = horizontal_mid_float,
};
