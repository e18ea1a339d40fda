/*
 * Unfilters four or eight PNG rows at once. With Paeth a row is a chain of slow, dependent steps, and most
 * rows of photographs use Paeth. Here rows advance together, each one pixel behind the row above it: the
 * pixel just made in a lane is the next `above` of the lane below, so all chains take the time of one. Sub,
 * Up and None are Paeth with some inputs set to zero, so they can be mixed.
 *
 *     step s:   row 0    . . . s          row 0's pixel s and the pixels of the rows below on the
 *               row 1    . . s            diagonal through it are made together
 *               row 2    . s
 *               row 3    s
 *
 * Four lanes fill a vector. Eight rows are two vectors, independent within a step. The corners at each end,
 * which the diagonals do not cover, are processed row by row.
 */
#include <string.h>

#include "base/simd.h"
#include "codec/png/rows.h"

#if defined(__SSE4_1__)
#include <immintrin.h>
#endif

typedef uint8_t bytes __attribute__((vector_size(16)));
typedef uint32_t lanes __attribute__((vector_size(16))); /* one pixel each of consecutive rows */

enum { LANES = 4 };

#define INLINE static inline __attribute__((always_inline))

#if defined(__SSE4_1__)
INLINE bytes min(bytes a, bytes b)
{
    return (bytes)_mm_min_epu8((__m128i)a, (__m128i)b);
}

INLINE bytes max(bytes a, bytes b)
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
INLINE bytes min(bytes a, bytes b)
{
    bytes less = (bytes)(a < b);
    return (less & a) | (~less & b);
}

INLINE bytes max(bytes a, bytes b)
{
    bytes less = (bytes)(a < b);
    return (less & b) | (~less & a);
}

INLINE bytes subtract(bytes a, bytes b)
{
    return max(a, b) - b;
}

INLINE bytes add(bytes a, bytes b)
{
    return a + min(b, ~a);
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
    bytes lo = min(a, b), hi = max(a, b);
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

/* Vector v of the diagonal through pixel s of row 0. */
INLINE bytes load_diagonal(uint8_t *const *row, size_t v, size_t s, unsigned pixel)
{
    row += LANES * v;
    s -= LANES * v;
    return (bytes)(lanes){load(row[0] + s * pixel, pixel), load(row[1] + (s - 1) * pixel, pixel),
                          load(row[2] + (s - 2) * pixel, pixel), load(row[3] + (s - 3) * pixel, pixel)};
}

INLINE void store_diagonal(uint8_t *const *row, size_t v, size_t s, bytes value, unsigned pixel)
{
    lanes lane = (lanes)value;
    for (size_t r = 0; r < LANES; r++)
        store(row[LANES * v + r] + (s - LANES * v - r) * pixel, lane[r], pixel);
}

/* All ones in the lanes of the rows whose filter is one of `set`. */
static bytes mask_rows(const uint8_t filter[LANES], unsigned set)
{
    lanes mask = {0};
    for (size_t r = 0; r < LANES; r++)
        mask[r] = set >> filter[r] & 1 ? UINT32_MAX : 0;
    return (bytes)mask;
}

/* The latest pixels of one vector's lanes, and their rows' filters. */
struct front {
    bytes a, c, next; /* left; above left; the next diagonal */
    bytes uses_a, uses_b, uses_c;
};

/* One step: `top` is the pixel above lane 0. */
INLINE void advance(struct front *front, lanes top, uint8_t *const *row, size_t v, size_t s, unsigned pixel)
{
    const bytes b = (bytes)__builtin_shufflevector(top, (lanes)front->a, 3, 4, 5, 6), x = front->next;
    /* Storing a 3-byte pixel overwrites the first byte of the next: read that first. */
    front->next = load_diagonal(row, v, s + 1, pixel);
    front->a = add_paeth(x, front->a & front->uses_a, b & front->uses_b, front->c & front->uses_c);
    store_diagonal(row, v, s, front->a, pixel);
    front->c = b;
}

INLINE void wave_of(uint8_t *rows, const uint8_t *above, size_t size, unsigned pixel, size_t nrows)
{
    const size_t last = nrows - 1, width = size / pixel, vectors = nrows / LANES;
    uint8_t *row[WAVE_ROWS];
    uint8_t filter[WAVE_ROWS]; /* a copy: the last pixel's extra byte overwrites the next row's filter */
    struct front front[WAVE_ROWS / LANES];
    for (size_t r = 0; r < nrows; r++) {
        row[r] = rows + (size + 1) * r + 1;
        filter[r] = row[r][-1];
    }
    for (size_t r = 0; r < last; r++)
        unfilter_part(row[r], r > 0 ? row[r - 1] : above, 0, (last - r) * pixel, filter[r], pixel);
    for (size_t v = 0; v < vectors; v++) {
        lanes a = {0}, c = {0};
        for (size_t r = 0; r < LANES; r++) {
            const size_t i = LANES * v + r;
            if (i < last) {
                a[r] = load(row[i] + (last - i - 1) * pixel, pixel);
                c[r] = load((i > 0 ? row[i - 1] : above) + (last - i - 1) * pixel, pixel);
            }
        }
        front[v] = (struct front){
            .a = (bytes)a,
            .c = (bytes)c,
            .next = load_diagonal(row, v, last, pixel),
            .uses_a = mask_rows(filter + LANES * v, 1u << FILTER_SUB | 1u << FILTER_PAETH),
            .uses_b = mask_rows(filter + LANES * v, 1u << FILTER_UP | 1u << FILTER_PAETH),
            .uses_c = mask_rows(filter + LANES * v, 1u << FILTER_PAETH),
        };
    }
    for (size_t s = last; s < width; s++) {
        const uint32_t top = load(above + s * pixel, pixel);
        const lanes first = (lanes)front[0].a;
        advance(&front[0], (lanes){top, top, top, top}, row, 0, s, pixel);
        if (vectors > 1)
            advance(&front[1], first, row, 1, s, pixel);
    }
    /* Restore the filter bytes that the last stores overwrote. */
    for (size_t r = 1; r < nrows; r++)
        store(row[r] + (width - r) * pixel, ((lanes)front[r / LANES].next)[r % LANES], pixel);
    for (size_t r = 1; r < nrows; r++)
        unfilter_part(row[r], row[r - 1], (width - r) * pixel, size, filter[r], pixel);
}

INLINE void wave_of_pixels(uint8_t *rows, const uint8_t *above, size_t size, unsigned pixel, size_t nrows)
{
    switch (pixel) {
    case 1:
        wave_of(rows, above, size, 1, nrows);
        break;
    case 2:
        wave_of(rows, above, size, 2, nrows);
        break;
    case 3:
        wave_of(rows, above, size, 3, nrows);
        break;
    default:
        wave_of(rows, above, size, 4, nrows);
        break;
    }
}

static void wave(uint8_t *rows, const uint8_t *above, size_t size, unsigned pixel, unsigned nrows)
{
    if (nrows == WAVE_FEW)
        wave_of_pixels(rows, above, size, pixel, WAVE_FEW);
    else
        wave_of_pixels(rows, above, size, pixel, WAVE_ROWS);
}

const struct png_wave_kernels SIMD_NAME(png_wave_kernels) = {.unfilter = wave};
