/*
 * PNG's row filters, backwards (section 9.2), in place. Each sample needs the one to its left, so a row is a
 * chain: one pixel a step, in the low bytes of a vector register. Up alone is free of it.
 *
 * The longest chain is Paeth's, and most rows of photographs are Paeth's. Its latency is hidden by a
 * wavefront: four rows advance together, each one pixel behind the row above it, so that what a lane has just
 * made is what the lane below it needs next as `above`. All filters but Average are Paeth's with some of its
 * inputs taken as zero, so any mix of filters fits into one wavefront; it pays when enough of the rows are
 * slow ones.
 *
 * Reads and writes are wider than pixels of 3 and 6 bytes: a write spoils the first bytes of the next pixel,
 * whose original has been read before.
 */
#include <stdbool.h>
#include <string.h>

#include "base/simd.h"
#include "codec/png_rows.h"

#if defined(__SSE4_1__)
#include <immintrin.h>
#endif

typedef uint8_t bytes __attribute__((vector_size(16)));
typedef uint32_t lanes __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

enum { WAVE = 4 };

#define INLINE static inline __attribute__((always_inline))

#if defined(__SSE4_1__)
INLINE bytes least(bytes a, bytes b)
{
    return (bytes)_mm_min_epu8((__m128i)a, (__m128i)b);
}

INLINE bytes most(bytes a, bytes b)
{
    return (bytes)_mm_max_epu8((__m128i)a, (__m128i)b);
}

/* a - b, at least 0. */
INLINE bytes above_by(bytes a, bytes b)
{
    return (bytes)_mm_subs_epu8((__m128i)a, (__m128i)b);
}

/* 2 a, at most 255. */
INLINE bytes twice(bytes a)
{
    return (bytes)_mm_adds_epu8((__m128i)a, (__m128i)a);
}

/* (a + b + 1) / 2 */
INLINE bytes average_up(bytes a, bytes b)
{
    return (bytes)_mm_avg_epu8((__m128i)a, (__m128i)b);
}

INLINE bytes choose(bytes mask, bytes yes, bytes no)
{
    return (bytes)_mm_blendv_epi8((__m128i)no, (__m128i)yes, (__m128i)mask);
}
#else
INLINE bytes choose(bytes mask, bytes yes, bytes no)
{
    return (mask & yes) | (~mask & no);
}

INLINE bytes least(bytes a, bytes b)
{
    return choose((bytes)(a < b), a, b);
}

INLINE bytes most(bytes a, bytes b)
{
    return choose((bytes)(a < b), b, a);
}

INLINE bytes above_by(bytes a, bytes b)
{
    return most(a, b) - b;
}

INLINE bytes twice(bytes a)
{
    return choose((bytes)(a > 127), ~(bytes){0}, a + a);
}

INLINE bytes average_up(bytes a, bytes b)
{
    return (a | b) - ((a ^ b) >> 1);
}
#endif

/* Paeth's predictor of a (left), b (above), c (above left), as a choice by how c lies between the other two:
 * the same as section 9.4's, ties included, and all in bytes. With lo <= hi the two of a and b, and u = c -
 * lo and v = hi - c, at least 0, it is hi when 2u <= v, lo when u >= 2v, else c. As u + v <= 255 unless one
 * of them is 0, a doubling may stop at 255. */
INLINE bytes paeth(bytes a, bytes b, bytes c)
{
    const bytes zero = {0};
    bytes lo = least(a, b), hi = most(a, b);
    bytes u = above_by(c, lo), v = above_by(hi, c);
    bytes is_hi = (bytes)(above_by(twice(u), v) == zero), is_lo = (bytes)(above_by(twice(v), u) == zero);
    return choose(is_hi, hi, choose(is_lo, lo, c));
}

/* (a + b) / 2: rounding up is what machines have, so it is asked of the complements. */
INLINE bytes average(bytes a, bytes b)
{
    return ~average_up(~a, ~b);
}

INLINE bytes predict(enum png_filter filter, bytes a, bytes b, bytes c)
{
    switch (filter) {
    case FILTER_SUB:
        return a;
    case FILTER_AVERAGE:
        return average(a, b);
    case FILTER_PAETH:
        return paeth(a, b, c);
    default:
        return (bytes){0};
    }
}

/* One pixel, and perhaps a few bytes more. */
INLINE bytes load(const uint8_t *at, unsigned pixel)
{
    if (pixel == 1)
        return (bytes){*at};
    if (pixel == 2) {
        uint16_t value;
        memcpy(&value, at, sizeof value);
        return (bytes)(lanes){value};
    }
    if (pixel <= 4) {
        uint32_t value;
        memcpy(&value, at, sizeof value);
        return (bytes)(lanes){value};
    }
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return (bytes)(halves){value};
}

/* As many bytes as load reads. */
INLINE void store(uint8_t *at, bytes value, unsigned pixel)
{
    memcpy(at, &value, pixel == 3 ? 4 : pixel == 6 ? 8 : pixel);
}

INLINE void unfilter_chain(uint8_t *row, const uint8_t *above, size_t size, enum png_filter filter,
                           unsigned pixel)
{
    bytes a = {0}, c = {0}, x = load(row, pixel);
    size_t i = 0;
    for (; i + pixel < size; i += pixel) {
        bytes next = load(row + i + pixel, pixel), b = load(above + i, pixel);
        a = x + predict(filter, a, b, c);
        store(row + i, a, pixel);
        c = b;
        x = next;
    }
    a = x + predict(filter, a, load(above + i, pixel), c);
    memcpy(row + i, &a, pixel);
}

static void unfilter_up(uint8_t *restrict row, const uint8_t *restrict above, size_t size)
{
    for (size_t i = 0; i < size; i++)
        row[i] = (uint8_t)(row[i] + above[i]);
}

/* The chain with its filter and pixel size known to the compiler. */
INLINE void unfilter_row(uint8_t *row, const uint8_t *above, size_t size, enum png_filter filter,
                         unsigned pixel)
{
    switch (filter) {
    case FILTER_SUB:
        unfilter_chain(row, above, size, FILTER_SUB, pixel);
        break;
    case FILTER_UP:
        unfilter_up(row, above, size);
        break;
    case FILTER_AVERAGE:
        unfilter_chain(row, above, size, FILTER_AVERAGE, pixel);
        break;
    case FILTER_PAETH:
        unfilter_chain(row, above, size, FILTER_PAETH, pixel);
        break;
    default:
        break;
    }
}

INLINE void unfilter_rows(uint8_t *rows, size_t count, size_t size, const uint8_t *above, unsigned pixel)
{
    for (size_t y = 0; y < count; y++) {
        uint8_t *row = rows + y * (size + 1) + 1;
        unfilter_row(row, above, size, row[-1], pixel);
        above = row;
    }
}

static void unfilter(uint8_t *rows, size_t count, size_t size, const uint8_t *above, unsigned pixel)
{
    switch (pixel) {
    case 1:
        unfilter_rows(rows, count, size, above, 1);
        break;
    case 2:
        unfilter_rows(rows, count, size, above, 2);
        break;
    case 3:
        unfilter_rows(rows, count, size, above, 3);
        break;
    case 4:
        unfilter_rows(rows, count, size, above, 4);
        break;
    case 6:
        unfilter_rows(rows, count, size, above, 6);
        break;
    default:
        unfilter_rows(rows, count, size, above, 8);
        break;
    }
}

const struct png_unfilter_kernels SIMD_NAME(png_unfilter_kernels) = {.unfilter = unfilter};
