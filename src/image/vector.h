/*
 * The widest vectors of the instruction set that a *.simd.c file is compiled for, as the compiler's vector
 * types (which add, multiply, shift and compare with the usual operators) and the few operations that have no
 * operator. Most of these work within each 128-bit lane, like the machine instructions, so that a kernel is
 * written once for all widths; pack_bytes and interleave_lanes restore memory order across lanes.
 */
#ifndef IMAGE_VECTOR_H
#define IMAGE_VECTOR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512BW__) || defined(__AVX2__) || defined(__SSE4_1__)
#include <immintrin.h>
#endif

#if defined(__AVX512BW__)
enum { VECTOR_BYTES = 64 };
#define VECTOR_OP(name) _mm512_##name
#elif defined(__AVX2__)
enum { VECTOR_BYTES = 32 };
#define VECTOR_OP(name) _mm256_##name
#elif defined(__SSE4_1__)
enum { VECTOR_BYTES = 16 };
#define VECTOR_OP(name) _mm_##name
#else
enum { VECTOR_BYTES = 16 };
#endif

enum {
    LANE_BYTES = 16,
    VECTOR_LANES = VECTOR_BYTES / LANE_BYTES,
    VECTOR_DWORDS = VECTOR_BYTES / 4, /* 32-bit elements */
    VECTOR_WORDS = VECTOR_BYTES / 2,  /* 16-bit elements */
};

typedef uint8_t vu8 __attribute__((vector_size(VECTOR_BYTES)));
typedef int16_t vi16 __attribute__((vector_size(VECTOR_BYTES)));
typedef uint16_t vu16 __attribute__((vector_size(VECTOR_BYTES)));
typedef int32_t vi32 __attribute__((vector_size(VECTOR_BYTES)));
typedef uint32_t vu32 __attribute__((vector_size(VECTOR_BYTES)));
typedef float vf32 __attribute__((vector_size(VECTOR_BYTES)));

static inline vi32 load(const void *from)
{
    vi32 v;
    memcpy(&v, from, sizeof v);
    return v;
}

static inline void store(void *to, vi32 v)
{
    memcpy(to, &v, sizeof v);
}

static inline vi32 broadcast_32(int32_t x)
{
    return (vi32){0} + x;
}

static inline vf32 broadcast_float(float x)
{
    return (vf32){0} + x; /* x + 0 is x; only the sign of -0 is lost */
}

/* Joins narrow elements that become adjacent in memory, in this order, into 32-bit elements: words of 0 ..
 * 65535, the low halves of any, or bytes. */
static inline vi32 join_words(vi32 first, vi32 second)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return first | second << 16;
#else
    return first << 16 | second;
#endif
}

static inline vi32 join_halves(vi32 first, vi32 second)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return join_words(first & 0xffff, second);
#else
    return join_words(first, second & 0xffff);
#endif
}

static inline vi32 join_bytes(vi32 first, vi32 second, vi32 third, vi32 fourth)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return first | second << 8 | third << 16 | fourth << 24;
#else
    return first << 24 | second << 16 | third << 8 | fourth;
#endif
}

/* The bytes at even addresses, or at odd ones, as 16-bit elements. */
static inline vi32 even_bytes(vi32 v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return v & broadcast_32(0x00ff00ff);
#else
    return (vi32)((vu16)v >> 8);
#endif
}

static inline vi32 odd_bytes(vi32 v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (vi32)((vu16)v >> 8);
#else
    return v & broadcast_32(0x00ff00ff);
#endif
}

/* One lane from each of the addresses from, from + step, ... */
static inline vi32 load_lanes(const uint8_t *from, size_t step)
{
#if defined(__AVX512BW__)
    __m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const void *)from));
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const void *)(from + step)), 1);
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const void *)(from + 2 * step)), 2);
    return (vi32)_mm512_inserti32x4(v, _mm_loadu_si128((const void *)(from + 3 * step)), 3);
#elif defined(__AVX2__)
    __m256i v = _mm256_castsi128_si256(_mm_loadu_si128((const void *)from));
    return (vi32)_mm256_inserti128_si256(v, _mm_loadu_si128((const void *)(from + step)), 1);
#else
    (void)step;
    return load(from);
#endif
}

/* Lane i to the address to[i]. */
static inline void store_lanes(uint8_t *const to[VECTOR_LANES], vi32 v)
{
#if defined(__AVX512BW__)
    _mm_storeu_si128((void *)to[0], _mm512_castsi512_si128((__m512i)v));
    _mm_storeu_si128((void *)to[1], _mm512_extracti32x4_epi32((__m512i)v, 1));
    _mm_storeu_si128((void *)to[2], _mm512_extracti32x4_epi32((__m512i)v, 2));
    _mm_storeu_si128((void *)to[3], _mm512_extracti32x4_epi32((__m512i)v, 3));
#elif defined(__AVX2__)
    _mm_storeu_si128((void *)to[0], _mm256_castsi256_si128((__m256i)v));
    _mm_storeu_si128((void *)to[1], _mm256_extracti128_si256((__m256i)v, 1));
#else
    store(to[0], v);
#endif
}

#if defined(VECTOR_OP)

#if defined(__AVX512BW__)
typedef __m512i vector_bits;
#elif defined(__AVX2__)
typedef __m256i vector_bits;
#else
typedef __m128i vector_bits;
#endif

/* Sums of two products each: element i is a[2i] * b[2i] + a[2i + 1] * b[2i + 1]. */
static inline vi32 multiply_pairs(vi32 a, vi32 b)
{
    return (vi32)VECTOR_OP(madd_epi16)((vector_bits)a, (vector_bits)b);
}

/* The same of bytes: element i of 16 bits is a[2i] * b[2i] + a[2i + 1] * b[2i + 1], a unsigned, b signed. */
static inline vi16 multiply_bytes(vi32 a, vi32 b)
{
    return (vi16)VECTOR_OP(maddubs_epi16)((vector_bits)a, (vector_bits)b);
}

/* (a * b + 2^14) >> 15 */
static inline vi16 multiply_q15(vi16 a, vi16 b)
{
    return (vi16)VECTOR_OP(mulhrs_epi16)((vector_bits)a, (vector_bits)b);
}

/* a * b >> 16, unsigned */
static inline vu16 multiply_high(vu16 a, vu16 b)
{
    return (vu16)VECTOR_OP(mulhi_epu16)((vector_bits)a, (vector_bits)b);
}

static inline vi32 clamp_32(vi32 v, int32_t low, int32_t high)
{
    return (vi32)VECTOR_OP(min_epi32)(VECTOR_OP(max_epi32)((vector_bits)v, (vector_bits)broadcast_32(low)),
                                      (vector_bits)broadcast_32(high));
}

/* To words, clamped: in each lane a's elements, then b's. */
static inline vi16 pack_words(vi32 a, vi32 b)
{
    return (vi16)VECTOR_OP(packs_epi32)((vector_bits)a, (vector_bits)b);
}

/* Signed words to bytes, clamped: in each lane a's, then b's. */
static inline vi32 pack_lanes(vi16 a, vi16 b)
{
    return (vi32)VECTOR_OP(packus_epi16)((vector_bits)a, (vector_bits)b);
}

/* Signed words to bytes, clamped: a's, then b's. */
static inline vi32 pack_bytes(vi16 a, vi16 b)
{
    vector_bits v = VECTOR_OP(packus_epi16)((vector_bits)a, (vector_bits)b);
#if defined(__AVX512BW__)
    v = _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), v);
#elif defined(__AVX2__)
    v = _mm256_permute4x64_epi64(v, 0xd8);
#endif
    return (vi32)v;
}

/* Interleaves the elements of a and b, of the first or the second half of each lane. */
static inline vi32 unpack_low_8(vi32 a, vi32 b)
{
    return (vi32)VECTOR_OP(unpacklo_epi8)((vector_bits)a, (vector_bits)b);
}

static inline vi32 unpack_high_8(vi32 a, vi32 b)
{
    return (vi32)VECTOR_OP(unpackhi_epi8)((vector_bits)a, (vector_bits)b);
}

static inline vi32 unpack_low_16(vi32 a, vi32 b)
{
    return (vi32)VECTOR_OP(unpacklo_epi16)((vector_bits)a, (vector_bits)b);
}

static inline vi32 unpack_high_16(vi32 a, vi32 b)
{
    return (vi32)VECTOR_OP(unpackhi_epi16)((vector_bits)a, (vector_bits)b);
}

static inline vi32 unpack_low_32(vi32 a, vi32 b)
{
    return (vi32)VECTOR_OP(unpacklo_epi32)((vector_bits)a, (vector_bits)b);
}

static inline vi32 unpack_high_32(vi32 a, vi32 b)
{
    return (vi32)VECTOR_OP(unpackhi_epi32)((vector_bits)a, (vector_bits)b);
}

static inline vi32 unpack_low_64(vi32 a, vi32 b)
{
    return (vi32)VECTOR_OP(unpacklo_epi64)((vector_bits)a, (vector_bits)b);
}

static inline vi32 unpack_high_64(vi32 a, vi32 b)
{
    return (vi32)VECTOR_OP(unpackhi_epi64)((vector_bits)a, (vector_bits)b);
}

/* The bytes of each lane in the order that `order` says, 16 indices below 16. */
static inline vi32 shuffle_bytes(vi32 v, const uint8_t order[LANE_BYTES])
{
    return (vi32)VECTOR_OP(shuffle_epi8)((vector_bits)v, (vector_bits)load_lanes(order, 0));
}

/* The bytes of each lane of `table` at the indices, below 16, in each lane of `at`. */
static inline vi32 look_up_bytes(vi32 table, vi32 at)
{
    return (vi32)VECTOR_OP(shuffle_epi8)((vector_bits)table, (vector_bits)at);
}

#else /* other machines: the same operations in plain C */

static inline vi32 multiply_pairs(vi32 a, vi32 b)
{
    const vi16 p = (vi16)a, q = (vi16)b;
    vi32 v;
    for (int i = 0; i < VECTOR_DWORDS; i++)
        v[i] = p[2 * i] * q[2 * i] + p[2 * i + 1] * q[2 * i + 1];
    return v;
}

static inline vi16 multiply_bytes(vi32 a, vi32 b)
{
    const vu8 p = (vu8)a, q = (vu8)b;
    vi16 v;
    for (int i = 0; i < VECTOR_WORDS; i++)
        v[i] = (int16_t)(p[2 * i] * (int8_t)q[2 * i] + p[2 * i + 1] * (int8_t)q[2 * i + 1]);
    return v;
}

static inline vi16 multiply_q15(vi16 a, vi16 b)
{
    vi16 v;
    for (int i = 0; i < VECTOR_WORDS; i++)
        v[i] = (int16_t)((a[i] * b[i] + (1 << 14)) >> 15);
    return v;
}

static inline vu16 multiply_high(vu16 a, vu16 b)
{
    vu16 product;
    for (int i = 0; i < VECTOR_WORDS; i++)
        product[i] = (uint16_t)((uint32_t)a[i] * b[i] >> 16);
    return product;
}

static inline vi32 clamp_32(vi32 v, int32_t low, int32_t high)
{
    for (int i = 0; i < VECTOR_DWORDS; i++)
        v[i] = v[i] < low ? low : v[i] > high ? high : v[i];
    return v;
}

static inline vi16 pack_words(vi32 a, vi32 b)
{
    vi16 v;
    for (int i = 0; i < VECTOR_DWORDS; i++) {
        v[i] = (int16_t)(a[i] < INT16_MIN ? INT16_MIN : a[i] > INT16_MAX ? INT16_MAX : a[i]);
        v[i + VECTOR_DWORDS] = (int16_t)(b[i] < INT16_MIN ? INT16_MIN : b[i] > INT16_MAX ? INT16_MAX : b[i]);
    }
    return v;
}

static inline vi32 pack_bytes(vi16 a, vi16 b)
{
    vu8 v;
    for (int i = 0; i < VECTOR_WORDS; i++) {
        v[i] = (uint8_t)(a[i] < 0 ? 0 : a[i] > 255 ? 255 : a[i]);
        v[i + VECTOR_WORDS] = (uint8_t)(b[i] < 0 ? 0 : b[i] > 255 ? 255 : b[i]);
    }
    return (vi32)v;
}

/* Of one lane. */
static inline vi32 pack_lanes(vi16 a, vi16 b)
{
    return pack_bytes(a, b);
}

static inline vi32 unpack_low_8(vi32 a, vi32 b)
{
    return (vi32)__builtin_shufflevector((vu8)a, (vu8)b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7,
                                         23);
}

static inline vi32 unpack_high_8(vi32 a, vi32 b)
{
    return (vi32)__builtin_shufflevector((vu8)a, (vu8)b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30,
                                         15, 31);
}

static inline vi32 unpack_low_16(vi32 a, vi32 b)
{
    return (vi32)__builtin_shufflevector((vi16)a, (vi16)b, 0, 8, 1, 9, 2, 10, 3, 11);
}

static inline vi32 unpack_high_16(vi32 a, vi32 b)
{
    return (vi32)__builtin_shufflevector((vi16)a, (vi16)b, 4, 12, 5, 13, 6, 14, 7, 15);
}

static inline vi32 unpack_low_32(vi32 a, vi32 b)
{
    return __builtin_shufflevector(a, b, 0, 4, 1, 5);
}

static inline vi32 unpack_high_32(vi32 a, vi32 b)
{
    return __builtin_shufflevector(a, b, 2, 6, 3, 7);
}

static inline vi32 unpack_low_64(vi32 a, vi32 b)
{
    return __builtin_shufflevector(a, b, 0, 1, 4, 5);
}

static inline vi32 unpack_high_64(vi32 a, vi32 b)
{
    return __builtin_shufflevector(a, b, 2, 3, 6, 7);
}

static inline vi32 shuffle_bytes(vi32 v, const uint8_t order[LANE_BYTES])
{
    const vu8 from = (vu8)v;
    vu8 to;
    for (int i = 0; i < LANE_BYTES; i++)
        to[i] = from[order[i]];
    return (vi32)to;
}

static inline vi32 look_up_bytes(vi32 table, vi32 at)
{
    const vu8 from = (vu8)table, index = (vu8)at;
    vu8 to;
    for (int i = 0; i < LANE_BYTES; i++)
        to[i] = from[index[i]];
    return (vi32)to;
}

#endif

/* Words of a low and a high byte each, of the first or the second half of each lane. */
static inline vi32 join_low_bytes(vi32 low, vi32 high)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return unpack_low_8(low, high);
#else
    return unpack_low_8(high, low);
#endif
}

static inline vi32 join_high_bytes(vi32 low, vi32 high)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return unpack_high_8(low, high);
#else
    return unpack_high_8(high, low);
#endif
}

/* Element i is sum[i] + a[2i] * b[2i] + a[2i + 1] * b[2i + 1]. */
static inline vi32 add_pairs(vi32 sum, vi32 a, vi32 b)
{
#if defined(__AVX512VNNI__)
    return (vi32)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
#else
    return sum + multiply_pairs(a, b);
#endif
}

/* As many 16-bit numbers as a vector has 32-bit elements. */
static inline vi32 load_words(const void *from)
{
#if defined(__AVX512BW__)
    return (vi32)_mm512_cvtepu16_epi32(_mm256_loadu_si256(from));
#elif defined(__AVX2__)
    return (vi32)_mm256_cvtepu16_epi32(_mm_loadu_si128(from));
#else
    typedef uint16_t words __attribute__((vector_size(VECTOR_BYTES / 2)));
    words v;
    memcpy(&v, from, sizeof v);
    return __builtin_convertvector(v, vi32);
#endif
}

/* Interleaves lanes: a's first, b's first, a's second, ... in two vectors. */
static inline void interleave_lanes(vi32 a, vi32 b, vi32 *first, vi32 *second)
{
#if defined(__AVX512BW__)
    const __m512i low = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    const __m512i high = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    *first = (vi32)_mm512_permutex2var_epi64((__m512i)a, low, (__m512i)b);
    *second = (vi32)_mm512_permutex2var_epi64((__m512i)a, high, (__m512i)b);
#elif defined(__AVX2__)
    *first = (vi32)_mm256_permute2x128_si256((__m256i)a, (__m256i)b, 0x20);
    *second = (vi32)_mm256_permute2x128_si256((__m256i)a, (__m256i)b, 0x31);
#else
    *first = a;
    *second = b;
#endif
}

/* Transposes the 4 x 4 elements of 32 bits that lie in each lane of v[4]. */
static inline void transpose_lanes(vi32 v[4])
{
    vi32 a = unpack_low_32(v[0], v[1]), b = unpack_low_32(v[2], v[3]);
    vi32 c = unpack_high_32(v[0], v[1]), d = unpack_high_32(v[2], v[3]);
    v[0] = unpack_low_64(a, b);
    v[1] = unpack_high_64(a, b);
    v[2] = unpack_low_64(c, d);
    v[3] = unpack_high_64(c, d);
}

#endif
