/*
 * Four of PNG's rows unfiltered at once. Paeth makes a row a chain of slow steps, each waiting for the one
 * before, and most rows of photographs are Paeth's. Here four rows advance together, each one pixel behind
 * the row above it: what a lane has just made is what the lane below it needs next as `above`, so the four
 * chains take the time of one. Sub, Up and None are Paeth with some of its inputs taken as zero, so they mix
 * freely.
 *
 *     step s:   row 0    . . . s          row 0's pixel s and the pixels of the rows below that lie on the
 *               row 1    . . s            diagonal through it are made together
 *               row 2    . s
 *               row 3    s
 *
 * The corners that the diagonals miss, three pixels at each end, are done plainly.
 */
#include <string.h>

#include "base/simd.h"
#include "codec/png_rows.h"

#if defined(__SSE4_1__)
#include <immintrin.h>
#endif

typedef uint8_t bytes __attribute__((vector_size(16)));
typedef uint32_t lanes __attribute__((vector_size(16))); /* lane r: a pixel of row r */

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

/* a - b, at least 0; a + b, at most 255. */
INLINE bytes subtract(bytes a, bytes b)
{
    return (bytes)_mm_subs_epu8((__m128i)a, (__m128i)b);
}

INLINE bytes add(bytes a, bytes b)
{
    return (bytes)_mm_adds_epu8((__m128i)a, (__m128i)b);
}

INLINE bytes mask_zero(bytes a)
{
    return (bytes)_mm_cmpeq_epi8((__m128i)a, _mm_setzero_si128());
}
#else
INLINE bytes least(bytes a, bytes b)
{
    bytes less = (bytes)(a < b);
    return (less & a) | (~less & b);
}

INLINE bytes most(bytes a, bytes b)
{
    bytes less = (bytes)(a < b);
    return (less & b) | (~less & a);
}

INLINE bytes subtract(bytes a, bytes b)
{
    return most(a, b) - b;
}

INLINE bytes add(bytes a, bytes b)
{
    return a + least(b, ~a);
}

INLINE bytes mask_zero(bytes a)
{
    return (bytes)(a == 0);
}
#endif

/* x plus Paeth's predictor of a (left), b (above) and c (above left), all in bytes. The predictor is a choice
 * by how c lies between the other two: with lo <= hi the two of a and b, and u = c - lo and v = hi - c, at
 * least 0, it is hi when 2u <= v, lo when 2v <= u, else c: the same as section 9.4's, ties included. Where
 * both hold, lo = c = hi. As u + v <= 255 unless one of them is 0, a doubling may stop at 255. */
INLINE bytes add_paeth(bytes x, bytes a, bytes b, bytes c)
{
    bytes lo = least(a, b), hi = most(a, b);
    bytes u = subtract(c, lo), v = subtract(hi, c);
    bytes to_hi = (hi - c) & mask_zero(subtract(add(u, u), v));
    bytes to_lo = (lo - c) & mask_zero(subtract(add(v, v), u));
    return (x + c) + (to_hi | to_lo);
}

static uint8_t paeth(int a, int b, int c)
{
    int p = a + b - c, pa = p > a ? p - a : a - p, pb = p > b ? p - b : b - p, pc = p > c ? p - c : c - p;
    return (uint8_t)(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
}

/* Bytes [first, end) of one row. */
static void unfilter_part(uint8_t *row, const uint8_t *above, size_t first, size_t end, uint8_t filter,
                          unsigned pixel)
{
    for (size_t i = first; i < end; i++) {
        uint8_t a = i >= pixel ? row[i - pixel] : 0, b = above[i], c = i >= pixel ? above[i - pixel] : 0;
        row[i] = (uint8_t)(row[i] + (filter == FILTER_SUB     ? a
                                     : filter == FILTER_UP    ? b
                                     : filter == FILTER_PAETH ? paeth(a, b, c)
                                                              : 0));
    }
}

/* One pixel, and a byte more where it has 3. */
INLINE uint32_t load(const uint8_t *at, unsigned pixel)
{
    uint32_t value = 0;
    memcpy(&value, at, pixel == 3 ? 4 : pixel);
    return value;
}

INLINE void store(uint8_t *at, uint32_t value, unsigned pixel)
{
    memcpy(at, &value, pixel == 3 ? 4 : pixel);
}

/* The diagonal that begins at pixel s of row 0. */
INLINE bytes load_diagonal(uint8_t *const row[WAVE_ROWS], size_t s, unsigned pixel)
{
    return (bytes)(lanes){load(row[0] + s * pixel, pixel), load(row[1] + (s - 1) * pixel, pixel),
                          load(row[2] + (s - 2) * pixel, pixel), load(row[3] + (s - 3) * pixel, pixel)};
}

INLINE void store_diagonal(uint8_t *const row[WAVE_ROWS], size_t s, bytes value, unsigned pixel)
{
    lanes lane = (lanes)value;
    for (size_t r = 0; r < WAVE_ROWS; r++)
        store(row[r] + (s - r) * pixel, lane[r], pixel);
}

/* All ones in the lanes of the rows whose filter is one of `set`. */
static bytes mask_rows(const uint8_t filter[WAVE_ROWS], unsigned set)
{
    lanes mask = {0};
    for (size_t r = 0; r < WAVE_ROWS; r++)
        mask[r] = set >> filter[r] & 1 ? UINT32_MAX : 0;
    return (bytes)mask;
}

INLINE void wave_of(uint8_t *rows, const uint8_t *above, size_t size, unsigned pixel)
{
    uint8_t *const row[WAVE_ROWS] = {rows + 1, rows + size + 2, rows + 2 * size + 3, rows + 3 * size + 4};
    /* Copied, for the last pixel's spare byte falls on the next row's filter. */
    const uint8_t filter[WAVE_ROWS] = {row[0][-1], row[1][-1], row[2][-1], row[3][-1]};
    const bytes uses_a = mask_rows(filter, 1u << FILTER_SUB | 1u << FILTER_PAETH),
                uses_b = mask_rows(filter, 1u << FILTER_UP | 1u << FILTER_PAETH),
                uses_c = mask_rows(filter, 1u << FILTER_PAETH);
    const size_t width = size / pixel;
    unfilter_part(row[0], above, 0, 3 * pixel, filter[0], pixel);
    unfilter_part(row[1], row[0], 0, 2 * pixel, filter[1], pixel);
    unfilter_part(row[2], row[1], 0, pixel, filter[2], pixel);
    bytes a =
        (bytes)(lanes){load(row[0] + 2 * pixel, pixel), load(row[1] + pixel, pixel), load(row[2], pixel)};
    bytes c =
        (bytes)(lanes){load(above + 2 * pixel, pixel), load(row[0] + pixel, pixel), load(row[1], pixel)};
    bytes next = load_diagonal(row, 3, pixel);
    for (size_t s = 3; s < width; s++) {
        const uint32_t top = load(above + s * pixel, pixel);
        const bytes b = (bytes)__builtin_shufflevector((lanes){top, top, top, top}, (lanes)a, 3, 4, 5, 6);
        const bytes x = next;
        /* Storing a pixel of 3 bytes spoils the first byte of the next: it is read before. */
        next = load_diagonal(row, s + 1, pixel);
        a = add_paeth(x, a & uses_a, b & uses_b, c & uses_c);
        store_diagonal(row, s, a, pixel);
        c = b;
    }
    /* The last of those reads puts right what the last of those writes spoiled. */
    for (size_t r = 1; r < WAVE_ROWS; r++)
        store(row[r] + (width - r) * pixel, ((lanes)next)[r], pixel);
    for (size_t r = 1; r < WAVE_ROWS; r++)
        unfilter_part(row[r], row[r - 1], (width - r) * pixel, size, filter[r], pixel);
}

static void wave(uint8_t *rows, const uint8_t *above, size_t size, unsigned pixel)
{
    switch (pixel) {
    case 1:
        wave_of(rows, above, size, 1);
        break;
    case 2:
        wave_of(rows, above, size, 2);
        break;
    case 3:
        wave_of(rows, above, size, 3);
        break;
    default:
        wave_of(rows, above, size, 4);
        break;
    }
}

const struct png_wave_kernels SIMD_NAME(png_wave_kernels) = {.unfilter = wave};
