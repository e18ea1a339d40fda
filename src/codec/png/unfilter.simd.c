/*
 * Reverses PNG's row filters (section 9.2), in place. Each sample depends on the one to its left, so a row is
 * a dependency chain: one pixel per step, in the low bytes of a vector register. Only Up has no such
 * dependency.
 *
 * Reads and writes are wider than pixels of 3 and 6 bytes: a write overwrites the first bytes of the next
 * pixel, which has been read before.
 */
#include <string.h>

#include "base/simd.h"
#include "codec/png/rows.h"

#if defined(__SSE4_1__)
#include <immintrin.h>
#endif

typedef uint8_t bytes __attribute__((vector_size(16)));
typedef uint16_t words __attribute__((vector_size(16)));
typedef uint32_t lanes __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

#define INLINE static inline __attribute__((always_inline))

#if defined(__SSE4_1__)
INLINE words min(words a, words b)
{
    return (words)_mm_min_epi16((__m128i)a, (__m128i)b);
}

INLINE words max(words a, words b)
{
    return (words)_mm_max_epi16((__m128i)a, (__m128i)b);
}

INLINE words mask_greater(words a, words b)
{
    return (words)_mm_cmpgt_epi16((__m128i)a, (__m128i)b);
}

INLINE bytes average_up(bytes a, bytes b)
{
    return (bytes)_mm_avg_epu8((__m128i)a, (__m128i)b);
}

INLINE words widen(bytes a)
{
    return (words)_mm_cvtepu8_epi16((__m128i)a);
}

INLINE bytes narrow(words a)
{
    return (bytes)_mm_packus_epi16((__m128i)a, (__m128i)a);
}
#else
typedef int16_t signed_words __attribute__((vector_size(16)));

INLINE words mask_greater(words a, words b)
{
    return (words)((signed_words)a > (signed_words)b);
}

INLINE words min(words a, words b)
{
    words greater = mask_greater(a, b);
    return (greater & b) | (~greater & a);
}

INLINE words max(words a, words b)
{
    words greater = mask_greater(a, b);
    return (greater & a) | (~greater & b);
}

INLINE bytes average_up(bytes a, bytes b)
{
    return (a | b) - ((a ^ b) >> 1);
}

INLINE words widen(bytes a)
{
    words wide = {a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]};
    return wide;
}

INLINE bytes narrow(words a)
{
    bytes few = {a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]};
    return few;
}
#endif

/* a + b in the low byte of each word; the high bytes stay zero. */
INLINE words add_low(words a, words b)
{
    return (words)((bytes)a + (bytes)b);
}

INLINE words subtract_low(words a, words b)
{
    return (words)((bytes)a - (bytes)b);
}

/* x plus Paeth's predictor of a (left), b (above) and c (above left), as a choice by thresholds: with t = 3c
 * - a - b and lo <= hi the two of a and b, it is hi when t <= lo, lo when t >= hi, else c: the same as
 * section 9.4's, ties included. Where both hold, lo = c = hi. `a` is used last in every step, because it is
 * the dependency of the chain. */
INLINE words add_paeth(words x, words a, words b, words c)
{
    words threshold = c + c + c - b - a, lo = min(b, a), hi = max(b, a);
    words not_hi = mask_greater(threshold, lo), not_lo = mask_greater(hi, threshold);
    words to_hi = subtract_low(hi, c) & ~not_hi, to_lo = subtract_low(lo, c) & ~not_lo;
    return add_low(add_low(x, c), to_hi | to_lo);
}

/* Loads one pixel, possibly with a few extra bytes. */
INLINE bytes load(const uint8_t *at, unsigned pixel)
{
    if (pixel == 1)
        return (bytes){*at};
    if (pixel <= 4) {
        uint32_t value = 0; /* its first bytes in memory are the pixel, in either byte order */
        memcpy(&value, at, pixel == 3 ? 4 : pixel);
        return (bytes)(lanes){value};
    }
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return (bytes)(halves){value};
}

/* Stores as many bytes as load reads. */
INLINE void store(uint8_t *at, bytes value, unsigned pixel)
{
    memcpy(at, &value, pixel == 3 ? 4 : pixel == 6 ? 8 : pixel);
}

INLINE void unfilter_sub(uint8_t *row, size_t size, unsigned pixel)
{
    bytes a = {0}, x = load(row, pixel);
    size_t i = 0;
    for (; i + pixel < size; i += pixel) {
        bytes next = load(row + i + pixel, pixel);
        a += x;
        store(row + i, a, pixel);
        x = next;
    }
    a += x;
    memcpy(row + i, &a, pixel);
}

/* SIMD averages round up and PNG rounds down, so compute with complements: ~(x + (a + b) / 2) = (~a + ~b + 1)
 * / 2 - x. */
INLINE void unfilter_average(uint8_t *row, const uint8_t *above, size_t size, unsigned pixel)
{
    bytes a = ~(bytes){0}, x = load(row, pixel);
    size_t i = 0;
    for (; i + pixel < size; i += pixel) {
        bytes next = load(row + i + pixel, pixel);
        a = average_up(a, ~load(above + i, pixel)) - x;
        store(row + i, ~a, pixel);
        x = next;
    }
    a = ~(average_up(a, ~load(above + i, pixel)) - x);
    memcpy(row + i, &a, pixel);
}

INLINE void unfilter_paeth(uint8_t *row, const uint8_t *above, size_t size, unsigned pixel)
{
    words a = {0}, c = {0}, x = widen(load(row, pixel));
    size_t i = 0;
    for (; i + pixel < size; i += pixel) {
        words next = widen(load(row + i + pixel, pixel)), b = widen(load(above + i, pixel));
        a = add_paeth(x, a, b, c);
        store(row + i, narrow(a), pixel);
        c = b;
        x = next;
    }
    bytes last = narrow(add_paeth(x, a, widen(load(above + i, pixel)), c));
    memcpy(row + i, &last, pixel);
}

static void unfilter_up(uint8_t *restrict row, const uint8_t *restrict above, size_t size)
{
    for (size_t i = 0; i < size; i++)
        row[i] = (uint8_t)(row[i] + above[i]);
}

INLINE void unfilter_row(uint8_t *row, const uint8_t *above, size_t size, enum png_filter filter,
                         unsigned pixel)
{
    switch (filter) {
    case FILTER_SUB:
        unfilter_sub(row, size, pixel);
        break;
    case FILTER_UP:
        unfilter_up(row, above, size);
        break;
    case FILTER_AVERAGE:
        unfilter_average(row, above, size, pixel);
        break;
    case FILTER_PAETH:
        unfilter_paeth(row, above, size, pixel);
        break;
    default:
        break;
    }
}

static void unfilter(uint8_t *row, const uint8_t *above, size_t size, enum png_filter filter, unsigned pixel)
{
    switch (pixel) {
    case 1:
        unfilter_row(row, above, size, filter, 1);
        break;
    case 2:
        unfilter_row(row, above, size, filter, 2);
        break;
    case 3:
        unfilter_row(row, above, size, filter, 3);
        break;
    case 4:
        unfilter_row(row, above, size, filter, 4);
        break;
    case 6:
        unfilter_row(row, above, size, filter, 6);
        break;
    default:
        unfilter_row(row, above, size, filter, 8);
        break;
    }
}

const struct png_unfilter_kernels SIMD_NAME(png_unfilter_kernels) = {.unfilter = unfilter};
