/*
 * Samples to quantised coefficients: libjpeg's jfdctint.c, and the rounding division of its jcdctmgr.c, to
 * the last bit. Each lane of a vector is a row of another block.
 */
#include "codec/jpeg/dct.h"
#include "codec/jpeg/encode_fast.h"

typedef uint8_t half_vector __attribute__((vector_size(VECTOR_BYTES / 2)));

/* One dimension: transforms each element of the vectors independently. Removes `bits` fraction bits from
 * products; from sums too, and `more` further bits if it is not negative. */
static inline void transform(vi16 v[SIDE], int bits, int more)
{
    const vi16 t0 = add_16(v[0], v[7]), t7 = v[0] - v[7], t1 = add_16(v[1], v[6]), t6 = v[1] - v[6];
    const vi16 t2 = add_16(v[2], v[5]), t5 = v[2] - v[5], t3 = add_16(v[3], v[4]), t4 = v[3] - v[4];
    const vi16 t10 = add_16(t0, t3), t13 = t0 - t3, t11 = add_16(t1, t2), t12 = t1 - t2;
    const vi16 sum = add_16(t10, t11), difference = t10 - t11;
    const vi16 round = (vi16){0} + (int16_t)(1 << (PASS1_BITS - 1));
    v[0] = more >= 0 ? sum << more : add_16(sum, round) >> PASS1_BITS;
    v[4] = more >= 0 ? difference << more : add_16(difference, round) >> PASS1_BITS;
    v[2] = descale(product(t12, F_0_541, t13, F_0_541 + F_0_765), bits);
    v[6] = descale(product(t12, F_0_541 - F_1_847, t13, F_0_541), bits);

    const vi16 z3 = add_16(t4, t6), z4 = add_16(t5, t7);
    const struct wide y3 = product(z3, F_1_175 - F_1_961, z4, F_1_175);
    const struct wide y4 = product(z3, F_1_175, z4, F_1_175 - F_0_390);
    v[7] = descale(add(product(t4, F_0_298 - F_0_899, t7, -F_0_899), y3), bits);
    v[5] = descale(add(product(t5, F_2_053 - F_2_562, t6, -F_2_562), y4), bits);
    v[3] = descale(add(product(t5, -F_2_562, t6, F_3_072 - F_2_562), y3), bits);
    v[1] = descale(add(product(t4, -F_0_899, t7, F_1_501 - F_0_899), y4), bits);
}

static inline vu16 factors_of(const uint16_t *row)
{
    return (vu16)load_lanes((const uint8_t *)row, 0);
}

static inline vi16 quantise(vi16 row, const struct fdct_quant *quant, int first)
{
    const vi16 sign = row >> 15;
    const vu16 magnitude = (vu16)((row ^ sign) - sign) + factors_of(quant->half + first);
    const vi16 quotient = (vi16)multiply_high(multiply_high(magnitude, factors_of(quant->reciprocal + first)),
                                              factors_of(quant->scale + first));
    return (quotient ^ sign) - sign;
}

static void transform_groups(const uint8_t *const rows[SIDE], size_t x, size_t groups,
                             const struct fdct_quant *quant, int16_t *blocks)
{
    for (size_t i = 0; i < groups; i++) {
        vi16 v[SIDE];
        for (int y = 0; y < SIDE; y++) {
            half_vector samples;
            memcpy(&samples, rows[y] + x + i * sizeof samples, sizeof samples);
            v[y] = __builtin_convertvector(samples, vi16) - (int16_t)CENTER;
        }
        transpose_8(v);
        transform(v, FACTOR_BITS - PASS1_BITS, PASS1_BITS);
        transpose_8(v);
        transform(v, FACTOR_BITS + PASS1_BITS, -1);
        int16_t *block = blocks + i * VECTOR_LANES * DCTSIZE2;
        for (int y = 0; y < SIDE; y++) {
            const vi16 row = quantise(v[y], quant, y * SIDE);
            for (int lane = 0; lane < VECTOR_LANES; lane++)
                memcpy(block + lane * DCTSIZE2 + y * SIDE, (const uint8_t *)&row + lane * LANE_BYTES,
                       LANE_BYTES);
        }
    }
}

const struct fdct_kernels SIMD_NAME(fdct_kernels) = {.group = VECTOR_LANES, .transform = transform_groups};
