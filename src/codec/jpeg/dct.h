/*
 * Shared by the forward and inverse transforms of 8 x 8 samples: the factors of C. Loeffler, A. Ligtenberg
 * and G. Moschytz (Proc. ICASSP 1989, 988-991) in libjpeg's integers, and sums of products of 16-bit words.
 */
#ifndef CODEC_JPEG_DCT_H
#define CODEC_JPEG_DCT_H

#include "codec/jpeg/jpeg.h"
#include "image/vector.h"

enum { FACTOR_BITS = 13, PASS1_BITS = 2, SIDE = DCTSIZE, CENTER = CENTERJSAMPLE };

/* Factors, times 2^13: 0.298631336 and so on. */
enum {
    F_0_211 = 1730,
    F_0_298 = 2446,
    F_0_390 = 3196,
    F_0_509 = 4176,
    F_0_541 = 4433,
    F_0_601 = 4926,
    F_0_720 = 5906,
    F_0_765 = 6270,
    F_0_850 = 6967,
    F_0_899 = 7373,
    F_1_061 = 8697,
    F_1_175 = 9633,
    F_1_272 = 10426,
    F_1_451 = 11893,
    F_1_501 = 12299,
    F_1_847 = 15137,
    F_1_961 = 16069,
    F_2_053 = 16819,
    F_2_172 = 17799,
    F_2_562 = 20995,
    F_3_072 = 25172,
    F_3_624 = 29692,
};

/* 32 bits for each word of a vector: `low` for the first half of each lane, `high` for the second. */
struct wide {
    vi32 low, high;
};

/* Sums and products wrap around like the machine instructions: no intact image exceeds the range, damaged
 * ones may. */
static inline vi32 add_32(vi32 a, vi32 b)
{
    return (vi32)((vu32)a + (vu32)b);
}

static inline vi32 subtract_32(vi32 a, vi32 b)
{
    return (vi32)((vu32)a - (vu32)b);
}

static inline vi16 add_16(vi16 a, vi16 b)
{
    return (vi16)((vu16)a + (vu16)b);
}

static inline struct wide add(struct wide a, struct wide b)
{
    return (struct wide){add_32(a.low, b.low), add_32(a.high, b.high)};
}

static inline struct wide subtract(struct wide a, struct wide b)
{
    return (struct wide){subtract_32(a.low, b.low), subtract_32(a.high, b.high)};
}

/* a * factor_a + b * factor_b */
static inline struct wide product(vi16 a, int factor_a, vi16 b, int factor_b)
{
    const vi32 factors = join_halves(broadcast_32(factor_a), broadcast_32(factor_b));
    return (struct wide){multiply_pairs(unpack_low_16((vi32)a, (vi32)b), factors),
                         multiply_pairs(unpack_high_16((vi32)a, (vi32)b), factors)};
}

/* a * 2^bits, bits < 16 */
static inline struct wide widen(vi16 a, int bits)
{
    const vi32 zero = broadcast_32(0);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const vi32 low = unpack_low_16(zero, (vi32)a), high = unpack_high_16(zero, (vi32)a);
#else
    const vi32 low = unpack_low_16((vi32)a, zero), high = unpack_high_16((vi32)a, zero);
#endif
    return (struct wide){low >> (16 - bits), high >> (16 - bits)};
}

/* a / 2^bits, rounded */
static inline vi32 descale_32(vi32 a, int bits)
{
    return add_32(a, broadcast_32(1 << (bits - 1))) >> bits;
}

static inline vi16 descale(struct wide a, int bits)
{
    return pack_words(descale_32(a.low, bits), descale_32(a.high, bits));
}

/* The 8 x 8 words of each lane. */
static inline void transpose_8(vi16 v[SIDE])
{
    vi32 a[SIDE], b[SIDE];
    for (int i = 0; i < SIDE / 2; i++) {
        a[2 * i] = unpack_low_16((vi32)v[2 * i], (vi32)v[2 * i + 1]);
        a[2 * i + 1] = unpack_high_16((vi32)v[2 * i], (vi32)v[2 * i + 1]);
    }
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 2; k++) {
            b[4 * i + 2 * k] = unpack_low_32(a[4 * i + k], a[4 * i + k + 2]);
            b[4 * i + 2 * k + 1] = unpack_high_32(a[4 * i + k], a[4 * i + k + 2]);
        }
    }
    for (int k = 0; k < 4; k++) {
        v[2 * k] = (vi16)unpack_low_64(b[k], b[k + 4]);
        v[2 * k + 1] = (vi16)unpack_high_64(b[k], b[k + 4]);
    }
}

#endif
