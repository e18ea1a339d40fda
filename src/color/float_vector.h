/*
 * What colour kernels do with vectors of floats (image/vector.h) and no operator does. In the order of
 * memory.
 */
#ifndef COLOR_FLOAT_VECTOR_H
#define COLOR_FLOAT_VECTOR_H

#include "color/cubics.h"
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

/* 0 to 1, rounded to 16 bits as in lcms2: near black, where a step of 16 bits in light is many in a sample,
 * only the same rounding gives the same result. */
static inline vf32 round_to_word(vf32 x)
{
    return float_of(whole_of(x * 65535 + 0.5f)) * (1.0f / 65535);
}

static inline vf32 word(vf32 x)
{
    return round_to_word(clamp_1(x));
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

/* Numbers of 32 bits. */
static inline vf32 look_up_floats(const void *table, vi32 at)
{
#if defined(__AVX512BW__)
    return (vf32)_mm512_i32gather_ps((__m512i)at, table, sizeof(float));
#elif defined(__AVX2__)
    return (vf32)_mm256_i32gather_ps(table, (__m256i)at, sizeof(float));
#else
    vf32 v;
    for (int i = 0; i < VECTOR_DWORDS; i++)
        v[i] = ((const float *)table)[at[i]];
    return v;
#endif
}

/* Up to BYTE_PAST bytes after each are read. */
static inline vi32 look_up_bytes_at(const uint8_t *table, vi32 at)
{
#if defined(__AVX512BW__)
    return (vi32)_mm512_i32gather_epi32((__m512i)at, table, 1) & 255;
#elif defined(__AVX2__)
    return (vi32)_mm256_i32gather_epi32((const int *)(const void *)table, (__m256i)at, 1) & 255;
#else
    vi32 v;
    for (int i = 0; i < VECTOR_DWORDS; i++)
        v[i] = table[at[i]];
    return v;
#endif
}

/* The polynomials that the lowest three bits of `at` select, of x, in Horner's order. */
static inline vf32 cubic(const struct cubics *cubics, vi32 at, vf32 x)
{
    vf32 term[CUBIC_TERMS];
#if defined(__AVX512BW__)
    for (int k = 0; k < CUBIC_TERMS; k++)
        term[k] = (vf32)_mm512_permutexvar_ps((__m512i)at, _mm512_load_ps(cubics->term[k]));
#elif defined(__AVX2__)
    for (int k = 0; k < CUBIC_TERMS; k++)
        term[k] = (vf32)_mm256_permutevar8x32_ps(_mm256_load_ps(cubics->term[k]), (__m256i)at);
#else
    vi32 rows[CUBIC_TERMS];
    for (int k = 0; k < VECTOR_DWORDS; k++)
        rows[k] = load(cubics->of[at[k] & (CUBICS - 1)]);
    transpose_lanes(rows);
    for (int k = 0; k < CUBIC_TERMS; k++)
        term[k] = (vf32)rows[k];
#endif
    return ((term[3] * x + term[2]) * x + term[1]) * x + term[0];
}

/* table[at] and table[at + 1]: neighbours are loaded at once. */
static inline void look_up_neighbours(const void *table, vi32 at, vf32 *first, vf32 *second)
{
#if defined(__AVX512BW__)
    const __m512 a =
        _mm512_castpd_ps(_mm512_i32gather_pd(_mm512_castsi512_si256((__m512i)at), table, sizeof(float)));
    const __m512 b = _mm512_castpd_ps(
        _mm512_i32gather_pd(_mm512_extracti64x4_epi64((__m512i)at, 1), table, sizeof(float)));
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    *first = (vf32)_mm512_permutex2var_ps(a, even, b);
    *second = (vf32)_mm512_permutex2var_ps(a, _mm512_add_epi32(even, _mm512_set1_epi32(1)), b);
#elif defined(__AVX2__)
    const double *pairs = table;
    const __m256 a =
        _mm256_castpd_ps(_mm256_i32gather_pd(pairs, _mm256_castsi256_si128((__m256i)at), sizeof(float)));
    const __m256 b =
        _mm256_castpd_ps(_mm256_i32gather_pd(pairs, _mm256_extracti128_si256((__m256i)at, 1), sizeof(float)));
    /* The 64-bit halves of each are a0 a1, b0 b1, a2 a3, b2 b3. */
    const __m256d even = _mm256_castps_pd(_mm256_shuffle_ps(a, b, 0x88)),
                  odd = _mm256_castps_pd(_mm256_shuffle_ps(a, b, 0xdd));
    *first = (vf32)_mm256_permute4x64_pd(even, 0xd8);
    *second = (vf32)_mm256_permute4x64_pd(odd, 0xd8);
#else
    *first = look_up_floats(table, at);
    *second = look_up_floats(table, at + 1);
#endif
}

/* Rounds to the nearest whole number, at most 2^22, and halves to the even one. */
static inline vf32 round_floats(vf32 v)
{
    const vf32 large = broadcast_float(3 << 22); /* floats of this size have no fraction */
    return v + large - large;
}

/* In each lane, its element k four times. */
static inline vf32 spread(vf32 v, unsigned k)
{
#if defined(__AVX2__)
    const vector_floats x = (vector_floats)v;
    return (vf32)(k == 0   ? VECTOR_OP(permute_ps)(x, 0x00)
                  : k == 1 ? VECTOR_OP(permute_ps)(x, 0x55)
                  : k == 2 ? VECTOR_OP(permute_ps)(x, 0xaa)
                           : VECTOR_OP(permute_ps)(x, 0xff));
#else
    const vi32 bits = (vi32)v, twice = k < 2 ? unpack_low_32(bits, bits) : unpack_high_32(bits, bits);
    return (vf32)(k % 2 == 0 ? unpack_low_64(twice, twice) : unpack_high_64(twice, twice));
#endif
}

#endif
