/*
 * What colour kernels do with vectors of floats (image/vector.h) and no operator does. In the order of
 * memory, except spread.
 */
#ifndef COLOR_FLOAT_VECTOR_H
#define COLOR_FLOAT_VECTOR_H

#include "image/vector.h"

#if defined(__AVX512BW__)
typedef __m512 vector_floats;
#elif defined(__AVX2__)
typedef __m256 vector_floats;
#elif defined(__SSE4_1__)
typedef __m128 vector_floats;
#endif

static inline vf32 load_floats(const float *from)
{
    return (vf32)load(from);
}

static inline void store_floats(float *to, vf32 v)
{
    store(to, (vi32)v);
}

static inline vf32 float_of(vi32 v)
{
    return __builtin_convertvector(v, vf32);
}

/* Rounds towards zero. */
static inline vi32 whole_of(vf32 v)
{
    return __builtin_convertvector(v, vi32);
}

/* The larger of a and b, and the smaller; b if a is not a number. */
static inline vf32 larger(vf32 a, vf32 b)
{
#if defined(__SSE4_1__)
    return (vf32)VECTOR_OP(max_ps)((vector_floats)a, (vector_floats)b);
#else
    return (vf32)(((vi32)a & (a > b)) | ((vi32)b & ~(a > b)));
#endif
}

static inline vf32 smaller(vf32 a, vf32 b)
{
#if defined(__SSE4_1__)
    return (vf32)VECTOR_OP(min_ps)((vector_floats)a, (vector_floats)b);
#else
    return (vf32)(((vi32)a & (a < b)) | ((vi32)b & ~(a < b)));
#endif
}

static inline vf32 clamp_1(vf32 v)
{
    return smaller(larger(v, broadcast_float(0)), broadcast_float(1));
}

/* Where a < b, x, elsewhere y. */
static inline vi32 if_below(vf32 a, vf32 b, vi32 x, vi32 y)
{
#if defined(__AVX512BW__)
    return (vi32)_mm512_mask_blend_epi32(_mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_LT_OQ), (__m512i)y,
                                         (__m512i)x);
#else
    return (x & (a < b)) | (y & ~(a < b));
#endif
}

static inline vf32 look_up_floats(const float *table, vi32 at)
{
#if defined(__AVX512BW__)
    return (vf32)_mm512_i32gather_ps((__m512i)at, table, sizeof *table);
#elif defined(__AVX2__)
    return (vf32)_mm256_i32gather_ps(table, (__m256i)at, sizeof *table);
#else
    vf32 v;
    for (int i = 0; i < VECTOR_DWORDS; i++)
        v[i] = table[at[i]];
    return v;
#endif
}

/* Rounds to the nearest whole number, at most 2^22, and halves to the even one. */
static inline vf32 round_floats(vf32 v)
{
    const vf32 large = broadcast_float(3 << 22); /* floats of this size have no fraction */
    return v + large - large;
}

/* In each lane, its element k four times. */
static inline vf32 spread(vf32 v, int k)
{
    const vi32 bits = (vi32)v, twice = k < 2 ? unpack_low_32(bits, bits) : unpack_high_32(bits, bits);
    return (vf32)(k % 2 == 0 ? unpack_low_64(twice, twice) : unpack_high_64(twice, twice));
}

#endif
