/*
 * Inner loops of resampling 8 bits, as samples or as light, by sums of integers; image/resample.h says how
 * they fit together.
 */
#include "image/resample.h"
#include "base/simd.h"
#include "image/turn.h"

_Static_assert((int)INTERMEDIATE_BITS == (int)WIDE_BITS,
               "a wide sample is an intermediate sample with an offset");

static inline vi32 broadcast_pair(const int16_t *pair)
{
    int32_t both;
    memcpy(&both, pair, sizeof both);
    return broadcast_32(both);
}

/* ---- 8 bits: products of int16_t, summed in pairs to int32_t ---- */

/* Two rows' samples in pairs. Their bytes are interleaved by twos (a0 a1 b0 b1 a2 a3 b2 b3), so that the even
 * bytes as 16-bit elements are the pairs (a0 b0) (a2 b2), the odd ones (a1 b1) (a3 b3). */
struct quarters {
    vi32 even_low, odd_low, even_high, odd_high;
};

static inline struct quarters pair_rows(const uint8_t *above, const uint8_t *below)
{
    const vi32 a = load(above), b = load(below);
    const vi32 low = unpack_low_16(a, b), high = unpack_high_16(a, b);
    return (struct quarters){
        .even_low = even_bytes(low),
        .odd_low = odd_bytes(low),
        .even_high = even_bytes(high),
        .odd_high = odd_bytes(high),
    };
}

static inline struct quarters add_weighted(struct quarters sum, struct quarters pairs, vi32 w)
{
    return (struct quarters){
        .even_low = add_pairs(sum.even_low, pairs.even_low, w),
        .odd_low = add_pairs(sum.odd_low, pairs.odd_low, w),
        .even_high = add_pairs(sum.even_high, pairs.even_high, w),
        .odd_high = add_pairs(sum.odd_high, pairs.odd_high, w),
    };
}

static inline struct quarters half_of(unsigned shift)
{
    const vi32 half = broadcast_32(1 << (shift - INTERMEDIATE_BITS - 1));
    return (struct quarters){half, half, half, half};
}

static inline void store_sums(struct quarters sum, unsigned shift, int16_t *out)
{
    const int drop = (int)shift - INTERMEDIATE_BITS;
    vi32 low = join_halves(sum.even_low >> drop, sum.odd_low >> drop);
    vi32 high = join_halves(sum.even_high >> drop, sum.odd_high >> drop);
    interleave_lanes(low, high, &low, &high);
    store(out, low);
    store(out + VECTOR_WORDS, high);
}

static inline void vertical_8_block(const uint8_t *const *rows, const int16_t *weights, uint32_t taps,
                                    unsigned shift, size_t at, int16_t *out)
{
    struct quarters sum = half_of(shift);
    for (uint32_t k = 0; k < taps; k += 2)
        sum = add_weighted(sum, pair_rows(rows[k] + at, rows[k + 1] + at), broadcast_pair(weights + k));
    store_sums(sum, shift, out + at);
}

static inline void vertical_two_8_block(const uint8_t *const *rows, const int16_t *const weights[2],
                                        uint32_t taps, unsigned shift, size_t at, int16_t *const out[2])
{
    struct quarters first = half_of(shift), second = first;
    for (uint32_t k = 0; k < taps; k += 2) {
        struct quarters pairs = pair_rows(rows[k] + at, rows[k + 1] + at);
        first = add_weighted(first, pairs, broadcast_pair(weights[0] + k));
        second = add_weighted(second, pairs, broadcast_pair(weights[1] + k));
    }
    store_sums(first, shift, out[0] + at);
    store_sums(second, shift, out[1] + at);
}

static void vertical_8_narrow(const uint8_t *const *rows, const int16_t *weights, uint32_t taps,
                              unsigned shift, size_t n, int16_t *out)
{
    for (size_t i = 0; i < n; i++) {
        int32_t sum = 1 << (shift - INTERMEDIATE_BITS - 1);
        for (uint32_t k = 0; k < taps; k++)
            sum += weights[k] * rows[k][i];
        out[i] = (int16_t)(sum >> (shift - INTERMEDIATE_BITS));
    }
}

static void vertical_8(const uint8_t *const *rows, const void *weights, uint32_t taps, unsigned shift,
                       size_t n, void *out)
{
    if (n < BLOCK) {
        vertical_8_narrow(rows, weights, taps, shift, n, out);
        return;
    }
    for (size_t i = 0; i + BLOCK <= n; i += BLOCK)
        vertical_8_block(rows, weights, taps, shift, i, out);
    if (n % BLOCK != 0) /* the last block overlaps the one before */
        vertical_8_block(rows, weights, taps, shift, n - BLOCK, out);
}

static void vertical_two_8(const uint8_t *const *rows, const void *const tables[2], uint32_t taps,
                           unsigned shift, size_t n, void *const to[2])
{
    const int16_t *const weights[2] = {tables[0], tables[1]};
    int16_t *const out[2] = {to[0], to[1]};
    if (n < BLOCK) {
        vertical_8_narrow(rows, weights[0], taps, shift, n, out[0]);
        vertical_8_narrow(rows, weights[1], taps, shift, n, out[1]);
        return;
    }
    for (size_t i = 0; i + BLOCK <= n; i += BLOCK)
        vertical_two_8_block(rows, weights, taps, shift, i, out);
    if (n % BLOCK != 0)
        vertical_two_8_block(rows, weights, taps, shift, n - BLOCK, out);
}

/* ---- light: 15 bits, in pairs ---- */

_Static_assert(READ_UNIT % VECTOR_BYTES == 0, "a unit must be whole vectors");

/* The polynomials of color/light.h, each byte of a table in every lane. */
struct light_vectors {
    vi32 base_low, base_high, slope_low, slope_high, bend;
};

static inline struct light_vectors load_segments(const struct light_segments *segments)
{
    return (struct light_vectors){
        .base_low = load_lanes(segments->base_low, 0),
        .base_high = load_lanes(segments->base_high, 0),
        .slope_low = load_lanes(segments->slope_low, 0),
        .slope_high = load_lanes(segments->slope_high, 0),
        .bend = load_lanes(segments->bend, 0),
    };
}

static inline vi16 polynomial(vi32 base, vi32 slope, vi32 bend, vi32 fraction)
{
    const vi16 t = (vi16)fraction;
    return (vi16)base + multiply_q15((vi16)slope + multiply_q15((vi16)bend, t), t);
}

/* The light of the samples in the first half of each lane, and in the second. */
static inline void read_light(const struct light_vectors *tables, vi32 samples, vi32 *low, vi32 *high)
{
    const vi32 zero = {0}, segment = (vi32)((vu16)samples >> 4) & broadcast_32(0x0f0f0f0f);
    const vi32 fraction = (vi32)((vu16)samples << 3) & broadcast_32(0x78787878); /* of 16, in 7 bits */
    const vi32 base_low = look_up_bytes(tables->base_low, segment),
               base_high = look_up_bytes(tables->base_high, segment),
               slope_low = look_up_bytes(tables->slope_low, segment),
               slope_high = look_up_bytes(tables->slope_high, segment),
               bend = look_up_bytes(tables->bend, segment);
    *low = (vi32)polynomial(join_low_bytes(base_low, base_high), join_low_bytes(slope_low, slope_high),
                            join_low_bytes(bend, zero), join_low_bytes(zero, fraction));
    *high = (vi32)polynomial(join_high_bytes(base_low, base_high), join_high_bytes(slope_low, slope_high),
                             join_high_bytes(bend, zero), join_high_bytes(zero, fraction));
}

static inline void read_pairs_block(const struct light_vectors *tables, const uint8_t *above,
                                    const uint8_t *below, uint8_t *out)
{
    const vi32 a = load(above), b = load(below);
    vi32 pairs[4];
    read_light(tables, unpack_low_8(a, b), &pairs[0], &pairs[1]);
    read_light(tables, unpack_high_8(a, b), &pairs[2], &pairs[3]);
    for (size_t q = 0; q < 4; q++)
        store(out + q * VECTOR_BYTES, pairs[q]);
}

static void read_pairs(const struct light_segments *segments, const uint8_t *above, const uint8_t *below,
                       size_t n, uint8_t *out)
{
    const struct light_vectors tables = load_segments(segments);
    size_t i = 0;
    for (; i + VECTOR_BYTES <= n; i += VECTOR_BYTES)
        read_pairs_block(&tables, above + i, below + i, out + 4 * i);
    if (i < n) {
        uint8_t rest[2][VECTOR_BYTES] = {{0}};
        memcpy(rest[0], above + i, n - i);
        memcpy(rest[1], below + i, n - i);
        read_pairs_block(&tables, rest[0], rest[1], out + 4 * i);
    }
}

/* Four vectors of pairs to four of sums. */
struct light_sums {
    vi32 at[4];
};

static inline void add_light(struct light_sums *sum, const uint8_t *pairs, vi32 w)
{
    for (size_t q = 0; q < 4; q++)
        sum->at[q] = add_pairs(sum->at[q], load(pairs + q * VECTOR_BYTES), w);
}

static inline struct light_sums half_light(unsigned shift)
{
    const vi32 half = broadcast_32(1 << shift);
    return (struct light_sums){{half, half, half, half}};
}

/* Half of the light, so that a kernel's overshoot fits. */
static inline void store_light(struct light_sums sum, unsigned shift, int16_t *out)
{
    const int drop = (int)shift + 1;
    vi32 low = (vi32)pack_words(sum.at[0] >> drop, sum.at[1] >> drop);
    vi32 high = (vi32)pack_words(sum.at[2] >> drop, sum.at[3] >> drop);
    interleave_lanes(low, high, &low, &high);
    store(out, low);
    store(out + VECTOR_WORDS, high);
}

static void vertical_light(const uint8_t *const *rows, const void *table, uint32_t taps, unsigned shift,
                           size_t n, void *to)
{
    const int16_t *weights = table;
    int16_t *out = to;
    for (size_t i = 0; i < n; i += VECTOR_BYTES) {
        struct light_sums sum = half_light(shift);
        for (uint32_t k = 0; k < taps; k += 2)
            add_light(&sum, rows[k] + 4 * i, broadcast_pair(weights + k));
        store_light(sum, shift, out + i);
    }
}

static void vertical_two_light(const uint8_t *const *rows, const void *const tables[2], uint32_t taps,
                               unsigned shift, size_t n, void *const to[2])
{
    const int16_t *const weights[2] = {tables[0], tables[1]};
    int16_t *const out[2] = {to[0], to[1]};
    for (size_t i = 0; i < n; i += VECTOR_BYTES) {
        struct light_sums first = half_light(shift), second = first;
        for (uint32_t k = 0; k < taps; k += 2) {
            add_light(&first, rows[k] + 4 * i, broadcast_pair(weights[0] + k));
            add_light(&second, rows[k] + 4 * i, broadcast_pair(weights[1] + k));
        }
        store_light(first, shift, out[0] + i);
        store_light(second, shift, out[1] + i);
    }
}

/* Where vectors are so wide that sums are loaded and stored more slowly than added to, more rows at once. */
enum { SCATTER_ROWS = VECTOR_BYTES == 64 ? SCATTER_ROWS_MAX : SCATTER_ROWS_MAX / 2 };

static void scatter_light(const uint8_t *const *rows, size_t n, const void *table, uint32_t outputs,
                          uint8_t *const *sums)
{
    enum { PAIRS = SCATTER_ROWS / 2 };
    for (size_t i = 0; i < n; i += VECTOR_BYTES) {
        const int16_t *weights = table;
        vi32 x[PAIRS][4];
        for (size_t k = 0; k < PAIRS; k++) {
            for (size_t q = 0; q < 4; q++)
                x[k][q] = load(rows[k] + 4 * i + q * VECTOR_BYTES);
        }
        for (uint32_t o = 0; o < outputs; o++, weights += SCATTER_ROWS) {
            uint8_t *at = sums[o] + 4 * i;
            vi32 w[PAIRS];
            for (size_t k = 0; k < PAIRS; k++)
                w[k] = broadcast_pair(weights + 2 * k);
            for (size_t q = 0; q < 4; q++, at += VECTOR_BYTES) {
                vi32 sum = load(at);
                for (size_t k = 0; k < PAIRS; k++)
                    sum = add_pairs(sum, x[k][q], w[k]);
                store(at, sum);
            }
        }
    }
}

static void finish_light(const uint8_t *sums, unsigned shift, size_t n, void *to)
{
    int16_t *out = to;
    for (size_t i = 0; i < n; i += VECTOR_BYTES) {
        struct light_sums sum = half_light(shift);
        for (size_t q = 0; q < 4; q++)
            sum.at[q] += load(sums + 4 * i + q * VECTOR_BYTES);
        store_light(sum, shift, out + i);
    }
}

/* By number of channels: the byte shuffle that pairs horizontally adjacent samples within 16 bytes, and how
 * many bytes it consumes. */
static const struct pairing {
    uint8_t order[LANE_BYTES];
    size_t bytes;
} pairings[] = {
    [1] = {.order = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, .bytes = 16},
    [2] = {.order = {0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15}, .bytes = 16},
    [3] = {.order = {0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, 12, 13, 14, 15}, .bytes = 12},
    [4] = {.order = {0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15}, .bytes = 16},
};

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

/* Fills the columns of `n` pixels from `x` on. */
static inline void sum_pixels_8_of(const uint8_t *turned, const struct weights *weights, uint32_t x,
                                   uint32_t n, unsigned channels, int drop, vi32 *columns)
{
    for (; n > 0; n--, x++, columns += channels) {
        const int16_t *w = weights->integers + (size_t)x * weights->taps;
        const uint8_t *from = turned + (size_t)(weights->first[x] / 2) * channels * VECTOR_BYTES;
        vi32 sum[CHANNELS_MAX];
        for (unsigned c = 0; c < channels; c++)
            sum[c] = broadcast_32(1 << (drop - 1));
        for (uint32_t k = 0; k < weights->taps; k += 2) {
            const vi32 pair = broadcast_pair(w + k);
            for (unsigned c = 0; c < channels; c++, from += VECTOR_BYTES)
                sum[c] = add_pairs(sum[c], load(from), pair);
        }
        for (unsigned c = 0; c < channels; c++)
            columns[c] = sum[c] >> drop;
    }
}

/* Separate loops per number of channels keep the sums in registers. */
static inline void sum_pixels_8(const uint8_t *turned, const struct weights *weights, uint32_t x, uint32_t n,
                                unsigned channels, int drop, vi32 *columns)
{
    switch (channels) {
    case 1:
        sum_pixels_8_of(turned, weights, x, n, 1, drop, columns);
        return;
    case 2:
        sum_pixels_8_of(turned, weights, x, n, 2, drop, columns);
        return;
    case 3:
        sum_pixels_8_of(turned, weights, x, n, 3, drop, columns);
        return;
    default:
        sum_pixels_8_of(turned, weights, x, n, 4, drop, columns);
    }
}

static void horizontal_8(const uint8_t *turned, const struct weights *weights, uint32_t width,
                         unsigned channels, uint8_t *const *out)
{
    const int drop = (int)weights->shift + INTERMEDIATE_BITS;
    vi32 columns[COLUMNS] = {{0}};
    for (uint32_t x = 0; x < width; x += CHUNK) {
        const uint32_t n = width - x < CHUNK ? width - x : CHUNK;
        sum_pixels_8(turned, weights, x, n, channels, drop, columns);
        for (size_t i = 0; i < n * channels; i += LANE_BYTES) {
            vi32 v[4];
            for (size_t q = 0; q < 4; q++) {
                const vi32 *c = columns + i + 4 * q;
                v[q] = join_bytes(clamp_32(c[0], 0, 255), clamp_32(c[1], 0, 255), clamp_32(c[2], 0, 255),
                                  clamp_32(c[3], 0, 255));
            }
            turn_back(v, out, x * channels + i, n * channels - i);
        }
    }
}

static void horizontal_mid_8(const uint8_t *turned, const struct weights *weights, uint32_t width,
                             unsigned channels, uint8_t *const *out)
{
    enum { STEP = LANE_BYTES / sizeof(int16_t) };
    vi32 columns[COLUMNS] = {{0}};
    for (uint32_t x = 0; x < width; x += CHUNK) {
        const uint32_t n = width - x < CHUNK ? width - x : CHUNK;
        sum_pixels_8(turned, weights, x, n, channels, (int)weights->shift, columns);
        for (size_t i = 0; i < n * channels; i += STEP) {
            vi32 v[4];
            for (size_t q = 0; q < 4; q++)
                v[q] = join_halves(columns[i + 2 * q], columns[i + 2 * q + 1]);
            turn_back(v, out, (x * channels + i) * sizeof(int16_t), (n * channels - i) * sizeof(int16_t));
        }
    }
}

static void horizontal_wide_8(const uint8_t *turned, const struct weights *weights, uint32_t width,
                              unsigned channels, uint8_t *const *out)
{
    enum { STEP = LANE_BYTES / sizeof(uint16_t) };
    vi32 columns[COLUMNS] = {{0}};
    for (uint32_t x = 0; x < width; x += CHUNK) {
        const uint32_t n = width - x < CHUNK ? width - x : CHUNK;
        sum_pixels_8(turned, weights, x, n, channels, (int)weights->shift, columns);
        for (size_t i = 0; i < n * channels; i += STEP) {
            vi32 v[4];
            for (size_t q = 0; q < 4; q++)
                v[q] = join_words(clamp_32(columns[i + 2 * q] + WIDE_ZERO, 0, 65535),
                                  clamp_32(columns[i + 2 * q + 1] + WIDE_ZERO, 0, 65535));
            turn_back(v, out, (x * channels + i) * sizeof(uint16_t), (n * channels - i) * sizeof(uint16_t));
        }
    }
}

/* Of sums of light, 15 bits. */
static void horizontal_light(const uint8_t *turned, const struct weights *weights, uint32_t width,
                             unsigned channels, uint8_t *const *out)
{
    enum { STEP = LANE_BYTES / sizeof(uint16_t) };
    vi32 columns[COLUMNS] = {{0}};
    for (uint32_t x = 0; x < width; x += CHUNK) {
        const uint32_t n = width - x < CHUNK ? width - x : CHUNK;
        sum_pixels_8(turned, weights, x, n, channels, (int)weights->shift - 1, columns);
        for (size_t i = 0; i < n * channels; i += STEP) {
            vi32 v[4];
            for (size_t q = 0; q < 4; q++)
                v[q] = join_words(clamp_32(columns[i + 2 * q], 0, LIGHT_ONE),
                                  clamp_32(columns[i + 2 * q + 1], 0, LIGHT_ONE));
            turn_back(v, out, (x * channels + i) * sizeof(uint16_t), (n * channels - i) * sizeof(uint16_t));
        }
    }
}

const struct resample_kernels SIMD_NAME(resample_kernels_8) = {
    .rows = VECTOR_DWORDS,
    .groups = 1,
    .sample_bytes = sizeof(uint8_t),
    .mid_bytes = sizeof(int16_t),
    .vertical = vertical_8,
    .vertical_two = vertical_two_8,
    .turn = turn_8,
    .horizontal = horizontal_8,
    .horizontal_mid = horizontal_mid_8,
    .horizontal_wide = horizontal_wide_8,
};

const struct resample_kernels SIMD_NAME(resample_kernels_light) = {
    .rows = VECTOR_DWORDS,
    .groups = 2,
    .sample_bytes = sizeof(int16_t),
    .mid_bytes = sizeof(int16_t),
    .read_pairs = read_pairs,
    .vertical = vertical_light,
    .vertical_two = vertical_two_light,
    .scatter = scatter_light,
    .scatter_rows = SCATTER_ROWS,
    .finish = finish_light,
    .turn = turn_8,
    .horizontal = horizontal_light,
};
