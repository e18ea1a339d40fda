/*
 * Inverse transforms of 8 x 8 coefficients to 8 x 8, 4 x 4, 2 x 2 and 1 x 1 samples: the algorithm of C.
 * Loeffler, A. Ligtenberg and G. Moschytz (Proc. ICASSP 1989, 988-991) in the integers of libjpeg's
 * jidctint.c and jidctred.c, with equal samples. Factors have 13 fraction bits, values between the two passes
 * have 2. Each lane of a vector is a row of a different block.
 *
 * For coefficients larger than any image has, sums and products wrap around as in libjpeg-turbo's SIMD for
 * x86, except for one shortcut there: such a block is refused (is_large), and libjpeg decodes the image.
 */
#include "codec/jpeg/dct.h"
#include "codec/jpeg/fast.h"

/* Row `row` of the blocks from `block` on, one in each lane, `step` blocks apart. */
static inline vi16 load_row(const int16_t *block, size_t step, const int16_t *quant, int row)
{
    const vi16 coefficients =
        (vi16)load_lanes((const uint8_t *)(block + row * SIDE), step * DCTSIZE2 * sizeof *block);
    return (vi16)((vu16)coefficients * (vu16)load_lanes((const uint8_t *)(quant + row * SIDE), 0));
}

/* Adds to `large` what must stay 0: of the first row, what 14 bits do not hold. */
static inline vi16 is_large(vi16 large, vi16 row)
{
    return large | (add_16(row, (vi16)broadcast_32(0x20002000)) & (vi16)broadcast_32((int)0xC000C000));
}

static inline bool is_zero(vi16 v)
{
    uint64_t words[VECTOR_BYTES / sizeof(uint64_t)], all = 0;
    memcpy(words, &v, sizeof words);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        all |= words[i];
    return all == 0;
}

/* One dimension: the vectors' elements are transformed, each for itself. */
static inline void transform_8(vi16 v[SIDE], int bits)
{
    const struct wide even_2 = product(v[2], F_0_541, v[6], F_0_541 - F_1_847);
    const struct wide even_3 = product(v[2], F_0_541 + F_0_765, v[6], F_0_541);
    const struct wide even_0 = widen(add_16(v[0], v[4]), FACTOR_BITS),
                      even_1 = widen((vi16)((vu16)v[0] - (vu16)v[4]), FACTOR_BITS);
    const struct wide a0 = add(even_0, even_3), a3 = subtract(even_0, even_3);
    const struct wide a1 = add(even_1, even_2), a2 = subtract(even_1, even_2);

    const vi16 z3 = add_16(v[7], v[3]), z4 = add_16(v[5], v[1]);
    const struct wide y3 = product(z3, F_1_175 - F_1_961, z4, F_1_175);
    const struct wide y4 = product(z3, F_1_175, z4, F_1_175 - F_0_390);
    const struct wide b0 = add(product(v[7], F_0_298 - F_0_899, v[1], -F_0_899), y3);
    const struct wide b1 = add(product(v[5], F_2_053 - F_2_562, v[3], -F_2_562), y4);
    const struct wide b2 = add(product(v[5], -F_2_562, v[3], F_3_072 - F_2_562), y3);
    const struct wide b3 = add(product(v[7], -F_0_899, v[1], F_1_501 - F_0_899), y4);

    v[0] = descale(add(a0, b3), bits);
    v[7] = descale(subtract(a0, b3), bits);
    v[1] = descale(add(a1, b2), bits);
    v[6] = descale(subtract(a1, b2), bits);
    v[2] = descale(add(a2, b1), bits);
    v[5] = descale(subtract(a2, b1), bits);
    v[3] = descale(add(a3, b0), bits);
    v[4] = descale(subtract(a3, b0), bits);
}

/* The first half of a vector's bytes to one row, the second to the next. */
static inline void store_two_rows(uint8_t *out, size_t stride, vi32 v)
{
    memcpy(out, &v, VECTOR_BYTES / 2);
    memcpy(out + stride, (const uint8_t *)&v + VECTOR_BYTES / 2, VECTOR_BYTES / 2);
}

enum { GROUP_8 = VECTOR_LANES, GROUP = 4 * VECTOR_LANES }; /* blocks that are transformed at once */

static inline vi16 group_to_8(const int16_t *blocks, const int16_t *quant, uint8_t *out, size_t stride)
{
    vi16 v[SIDE];
    for (int row = 0; row < SIDE; row++)
        v[row] = load_row(blocks, 1, quant, row);
    const vi16 large = is_large((vi16)broadcast_32(0), v[0]);
    transform_8(v, FACTOR_BITS - PASS1_BITS);
    transpose_8(v);
    transform_8(v, FACTOR_BITS + PASS1_BITS + 3);
    transpose_8(v);
    for (int row = 0; row < SIDE; row += 2)
        store_two_rows(out + (size_t)row * stride, stride, pack_bytes(v[row] + CENTER, v[row + 1] + CENTER));
    return large;
}

/* In the second pass nothing comes of column 4, nor in the first of row 4. Of one block a lane, whose rows of
 * four samples it returns. */
static inline vi32 lanes_to_4(const int16_t *blocks, const int16_t *quant, vi16 *large)
{
    enum { BITS_1 = FACTOR_BITS - PASS1_BITS + 1, BITS_2 = FACTOR_BITS + PASS1_BITS + 3 + 1 };
    vi16 v[SIDE];
    for (int row = 0; row < SIDE; row++)
        v[row] = load_row(blocks, 4, quant, row);
    *large = is_large(*large, v[0]);
    const struct wide odd_2 =
        add(product(v[1], F_2_562, v[3], F_0_899), product(v[5], -F_0_601, v[7], -F_0_509));
    const struct wide odd_0 =
        add(product(v[1], F_1_061, v[3], -F_2_172), product(v[5], F_1_451, v[7], -F_0_211));
    const struct wide even_0 = widen(v[0], FACTOR_BITS + 1), even_2 = product(v[2], F_1_847, v[6], -F_0_765);
    const struct wide a0 = add(even_0, even_2), a2 = subtract(even_0, even_2);
    const vi32 r0 = (vi32)descale(add(a0, odd_2), BITS_1), r3 = (vi32)descale(subtract(a0, odd_2), BITS_1);
    const vi32 r1 = (vi32)descale(add(a2, odd_0), BITS_1), r2 = (vi32)descale(subtract(a2, odd_0), BITS_1);

    /* Columns of four, two in a lane. */
    const vi32 low_01 = unpack_low_16(r0, r1), low_23 = unpack_low_16(r2, r3);
    const vi32 high_01 = unpack_high_16(r0, r1), high_23 = unpack_high_16(r2, r3);
    const vi16 c01 = (vi16)unpack_low_32(low_01, low_23), c23 = (vi16)unpack_high_32(low_01, low_23);
    const vi16 c45 = (vi16)unpack_low_32(high_01, high_23), c67 = (vi16)unpack_high_32(high_01, high_23);
    const vi32 o2 =
        add_32(product(c01, F_2_562, c23, F_0_899).high, product(c45, -F_0_601, c67, -F_0_509).high);
    const vi32 o0 =
        add_32(product(c01, F_1_061, c23, -F_2_172).high, product(c45, F_1_451, c67, -F_0_211).high);
    const vi32 e0 = widen(c01, FACTOR_BITS + 1).low, e2 = product(c23, F_1_847, c67, -F_0_765).low;
    const vi32 s0 = add_32(e0, e2), s2 = subtract_32(e0, e2);
    const vi32 zero_two =
        (vi32)pack_words(descale_32(add_32(s0, o2), BITS_2), descale_32(subtract_32(s2, o0), BITS_2));
    const vi32 one_three =
        (vi32)pack_words(descale_32(add_32(s2, o0), BITS_2), descale_32(subtract_32(s0, o2), BITS_2));
    const vi32 first = unpack_low_16(zero_two, one_three), second = unpack_high_16(zero_two, one_three);
    const vi16 top = (vi16)unpack_low_32(first, second) + CENTER;
    const vi16 bottom = (vi16)unpack_high_32(first, second) + CENTER;
    return pack_lanes(top, bottom);
}

static inline vi16 group_to_4(const int16_t *blocks, const int16_t *quant, uint8_t *out, size_t stride)
{
    vi16 large = (vi16)broadcast_32(0);
    vi32 rows[4];
    for (int i = 0; i < 4; i++)
        rows[i] = lanes_to_4(blocks + i * DCTSIZE2, quant, &large);
    transpose_lanes(rows);
    for (int row = 0; row < 4; row++)
        store(out + (size_t)row * stride, rows[row]);
    return large;
}

/* Sums the elements of each lane of the four vectors; the sum of vector i becomes element i. */
static inline vi32 sum_elements(vi32 v[4])
{
    transpose_lanes(v);
    return add_32(add_32(v[0], v[1]), add_32(v[2], v[3]));
}

/* Only the columns and rows 0, 1, 3, 5 and 7 are of use. */
static inline vi16 group_to_2(const int16_t *blocks, const int16_t *quant, uint8_t *out, size_t stride)
{
    enum { BITS_1 = FACTOR_BITS - PASS1_BITS + 2, BITS_2 = FACTOR_BITS + PASS1_BITS + 3 + 2 };
    static const int16_t odd_factors[SIDE] = {0, F_3_624, 0, -F_1_272, 0, F_0_850, 0, -F_0_720};
    const vi32 factors = load_lanes((const uint8_t *)odd_factors, 0);
    vi16 large = (vi16)broadcast_32(0);
    vi32 even[2][4], odd[2][4], words[2];
    for (int i = 0; i < 4; i++) {
        const int16_t *block = blocks + i * DCTSIZE2;
        const vi16 v0 = load_row(block, 4, quant, 0), v1 = load_row(block, 4, quant, 1);
        const vi16 v3 = load_row(block, 4, quant, 3), v5 = load_row(block, 4, quant, 5);
        const vi16 v7 = load_row(block, 4, quant, 7);
        large = is_large(large, v0);
        const struct wide sum = add(product(v1, F_3_624, v3, -F_1_272), product(v5, F_0_850, v7, -F_0_720));
        const struct wide start = widen(v0, FACTOR_BITS + 2);
        const struct wide rows[2] = {add(start, sum), subtract(start, sum)};
        for (int row = 0; row < 2; row++) {
            const vi32 low = descale_32(rows[row].low, BITS_1), high = descale_32(rows[row].high, BITS_1);
            even[row][i] = low;
            odd[row][i] = multiply_pairs((vi32)pack_words(low, high), factors);
        }
    }
    for (int row = 0; row < 2; row++) {
        const vi32 sum = sum_elements(odd[row]);
        transpose_lanes(even[row]);
        const vi32 start = (vi32)((vu32)even[row][0] << (FACTOR_BITS + 2));
        const vi32 left = clamp_32(descale_32(add_32(start, sum), BITS_2) + CENTER, 0, MAXJSAMPLE);
        const vi32 right = clamp_32(descale_32(subtract_32(start, sum), BITS_2) + CENTER, 0, MAXJSAMPLE);
        words[row] = join_words(left, right);
    }
    store_two_rows(out, stride, pack_bytes((vi16)words[0], (vi16)words[1]));
    return large;
}

/* The remaining blocks after whole groups: a group padded with blocks of 0. `side` samples per block. */
static inline vi16 part_of_group(vi16 (*group)(const int16_t *, const int16_t *, uint8_t *, size_t),
                                 size_t side, size_t blocks_in_group, const int16_t *blocks,
                                 const int16_t *quant, size_t count, uint8_t *out, size_t stride)
{
    int16_t padded[GROUP * DCTSIZE2];
    uint8_t samples[SIDE * SIDE * GROUP_8 < 16 * GROUP ? 16 * GROUP : SIDE * SIDE * GROUP_8];
    const size_t row = blocks_in_group * side;
    memcpy(padded, blocks, count * DCTSIZE2 * sizeof *blocks);
    memset(padded + count * DCTSIZE2, 0, (blocks_in_group - count) * DCTSIZE2 * sizeof *blocks);
    const vi16 large = group(padded, quant, samples, row);
    for (size_t y = 0; y < side; y++)
        memcpy(out + y * stride, samples + y * row, count * side);
    return large;
}

static inline bool all_groups(vi16 (*group)(const int16_t *, const int16_t *, uint8_t *, size_t), size_t side,
                              size_t blocks_in_group, const int16_t *blocks, const int16_t *quant,
                              size_t count, uint8_t *out, size_t stride)
{
    vi16 large = (vi16)broadcast_32(0);
    size_t i = 0;
    for (; i + blocks_in_group <= count; i += blocks_in_group)
        large |= group(blocks + i * DCTSIZE2, quant, out + i * side, stride);
    if (i < count)
        large |= part_of_group(group, side, blocks_in_group, blocks + i * DCTSIZE2, quant, count - i,
                               out + i * side, stride);
    return is_zero(large);
}

static bool to_8(const int16_t *blocks, const int16_t *quant, size_t count, uint8_t *out, size_t stride)
{
    return all_groups(group_to_8, 8, GROUP_8, blocks, quant, count, out, stride);
}

static bool to_4(const int16_t *blocks, const int16_t *quant, size_t count, uint8_t *out, size_t stride)
{
    return all_groups(group_to_4, 4, GROUP, blocks, quant, count, out, stride);
}

static bool to_2(const int16_t *blocks, const int16_t *quant, size_t count, uint8_t *out, size_t stride)
{
    return all_groups(group_to_2, 2, GROUP, blocks, quant, count, out, stride);
}

static bool to_1(const int16_t *dc, const int16_t *quant, size_t count, uint8_t *out, size_t stride)
{
    (void)stride; /* one row */
    const int factor = quant[0];
    int large = 0;
    for (size_t i = 0; i < count; i++) {
        const int level = (dc[i] * factor + 4) >> 3;
        const int sample = level + CENTER;
        large |= (level + 512) & ~1023; /* libjpeg's table has no more */
        out[i] = (uint8_t)(sample < 0 ? 0 : sample > MAXJSAMPLE ? MAXJSAMPLE : sample);
    }
    return large == 0;
}

const struct idct_kernels SIMD_NAME(idct_kernels) = {.to_8 = to_8, .to_4 = to_4, .to_2 = to_2, .to_1 = to_1};
