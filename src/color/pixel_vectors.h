/* Pixels of three or four samples as vectors, one for each channel, and back. */
#ifndef COLOR_PIXEL_VECTORS_H
#define COLOR_PIXEL_VECTORS_H

#include "image/vector.h"

enum {
    PIXEL_READ_PAST = 4, /* bytes that load_pixels_8 may read after the last pixel */
    LANE_PIXELS = LANE_BYTES / 4,
};

/* VECTOR_DWORDS pixels of 3 or 4 bytes, each in an element: see sample_8. */
static inline vi32 load_pixels_8(const uint8_t *from, unsigned bytes)
{
    static const uint8_t order[LANE_BYTES] = {0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11};
    return bytes == 4 ? load(from) : shuffle_bytes(load_lanes(from, 3 * LANE_PIXELS), order);
}

static inline vi32 sample_8(vi32 pixels, unsigned channel)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return pixels >> (int)(8 * channel) & 255;
#else
    return pixels >> (int)(24 - 8 * channel) & 255;
#endif
}

/* Words as 32-bit elements, of the first or the second half of each lane. */
static inline vi32 widen_low(vi32 words)
{
    const vi32 zero = broadcast_32(0);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return unpack_low_16(words, zero);
#else
    return unpack_low_16(zero, words);
#endif
}

static inline vi32 widen_high(vi32 words)
{
    const vi32 zero = broadcast_32(0);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return unpack_high_16(words, zero);
#else
    return unpack_high_16(zero, words);
#endif
}

/* VECTOR_DWORDS pixels of 3 or 4 words; the fourth channel of three is undefined. */
static inline void load_pixels_16(const uint16_t *from, unsigned words, vi32 samples[4])
{
    /* Each lane is four pixels: the first two, and the last two, whose channels are brought together. */
    static const uint8_t first_of_3[LANE_BYTES] = {0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, 0, 1, 0, 1},
                         last_of_3[LANE_BYTES] = {4, 5, 10, 11, 6, 7, 12, 13, 8, 9, 14, 15, 0, 1, 0, 1},
                         of_4[LANE_BYTES] = {0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15};
    const uint8_t *const bytes = (const uint8_t *)from;
    const size_t step = (size_t)2 * words * LANE_PIXELS;
    const vi32 a = shuffle_bytes(load_lanes(bytes, step), words == 3 ? first_of_3 : of_4),
               b = shuffle_bytes(load_lanes(bytes + step - LANE_BYTES, step), words == 3 ? last_of_3 : of_4),
               low = unpack_low_32(a, b), high = unpack_high_32(a, b);
    samples[0] = widen_low(low);
    samples[1] = widen_high(low);
    samples[2] = widen_low(high);
    samples[3] = widen_high(high);
}

/* The first 12 bytes of each lane, without gaps. */
static inline void store_12(uint8_t *to, vi32 v)
{
#if defined(__AVX512BW__)
    const __m512i order = _mm512_setr_epi32(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0, 0, 0, 0);
    _mm512_mask_storeu_epi32(to, 0xfff, _mm512_permutexvar_epi32(order, (__m512i)v));
#elif defined(__AVX2__)
    const __m256i whole = _mm256_permutevar8x32_epi32((__m256i)v, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 0, 0));
    _mm_storeu_si128((void *)to, _mm256_castsi256_si128(whole));
    _mm_storeu_si64(to + LANE_BYTES, _mm256_extracti128_si256(whole, 1));
#else
    memcpy(to, &v, 12);
#endif
}

/* Samples of 0 to 255. */
static inline void store_pixels_8(uint8_t *to, unsigned bytes, const vi32 samples[4])
{
    static const uint8_t order[LANE_BYTES] = {0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15};
    const vi32 pixels = join_bytes(samples[0], samples[1], samples[2], samples[3]);
    if (bytes == 4)
        store(to, pixels);
    else
        store_12(to, shuffle_bytes(pixels, order));
}

/* Samples of 0 to 65535. */
static inline void store_pixels_16(uint16_t *to, unsigned words, const vi32 samples[4])
{
    static const uint8_t order[LANE_BYTES] = {0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 6, 7, 14, 15};
    const vi32 left = join_words(samples[0], samples[1]), right = join_words(samples[2], samples[3]);
    vi32 first, second;
    interleave_lanes(unpack_low_32(left, right), unpack_high_32(left, right), &first, &second);
    if (words == 4) {
        store(to, first);
        store(to + VECTOR_WORDS, second);
    } else {
        store_12((uint8_t *)to, shuffle_bytes(first, order));
        store_12((uint8_t *)to + (size_t)12 * VECTOR_LANES, shuffle_bytes(second, order));
    }
}

#endif
