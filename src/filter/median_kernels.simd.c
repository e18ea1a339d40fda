/*
 * Medians of 3 x 3 and 5 x 5 samples by minima and maxima alone, without branches, so that compilers
 * vectorise. Each column is sorted once and then used by all windows that have it.
 */
#include "filter/median_kernels.h"
#include "base/simd.h"
#include "image/vector.h"

#include <string.h>

/* Puts two variables in order. */
#define ORDER(a, b)                                                                                          \
    do {                                                                                                     \
        const __typeof__(a) least = (a) < (b) ? (a) : (b);                                                   \
        (b) = (a) < (b) ? (b) : (a);                                                                         \
        (a) = least;                                                                                         \
    } while (0)

/* Sorting networks (Knuth, The Art of Computer Programming 3, 5.3.4). */
#define SORT_3(a, b, c)                                                                                      \
    do {                                                                                                     \
        ORDER(b, c);                                                                                         \
        ORDER(a, b);                                                                                         \
        ORDER(b, c);                                                                                         \
    } while (0)
#define SORT_5(a, b, c, d, e)                                                                                \
    do {                                                                                                     \
        ORDER(a, b);                                                                                         \
        ORDER(d, e);                                                                                         \
        ORDER(c, e);                                                                                         \
        ORDER(c, d);                                                                                         \
        ORDER(a, d);                                                                                         \
        ORDER(a, c);                                                                                         \
        ORDER(b, e);                                                                                         \
        ORDER(b, d);                                                                                         \
        ORDER(b, c);                                                                                         \
    } while (0)

/* The median of 9 is that of three: the largest of the columns' minima, the median of their medians, and the
 * smallest of their maxima. */
#define DEFINE_THREE(type, bits)                                                                             \
    static void three_##bits(const type *const *rows, size_t samples, unsigned channels,                     \
                             type *restrict sorted, type *restrict out)                                      \
    {                                                                                                        \
        const size_t all = samples + 2 * (size_t)channels;                                                   \
        const type *restrict above = rows[0], *restrict here = rows[1], *restrict below = rows[2];           \
        type *restrict low = sorted, *restrict middle = sorted + all, *restrict high = sorted + 2 * all;     \
        for (size_t i = 0; i < all; i++) {                                                                   \
            type a = above[i], b = here[i], c = below[i];                                                    \
            SORT_3(a, b, c);                                                                                 \
            low[i] = a;                                                                                      \
            middle[i] = b;                                                                                   \
            high[i] = c;                                                                                     \
        }                                                                                                    \
        for (size_t i = 0, k = channels, m = 2 * (size_t)channels; i < samples; i++, k++, m++) {             \
            type a = low[i], b = low[k], c = low[m], d = middle[i], e = middle[k], f = middle[m];            \
            type g = high[i], h = high[k], j = high[m];                                                      \
            ORDER(a, b);                                                                                     \
            ORDER(b, c); /* c: the largest */                                                                \
            SORT_3(d, e, f);                                                                                 \
            ORDER(h, j);                                                                                     \
            ORDER(g, h); /* g: the smallest */                                                               \
            SORT_3(c, e, g);                                                                                 \
            out[i] = e;                                                                                      \
        }                                                                                                    \
    }

DEFINE_THREE(uint8_t, 8)
DEFINE_THREE(uint16_t, 16)

#define DEFINE_SORT_COLUMNS(type, bits)                                                                      \
    static void sort_columns_##bits(const type *const *rows, size_t all, type *restrict sorted)              \
    {                                                                                                        \
        const type *restrict row0 = rows[0], *restrict row1 = rows[1], *restrict row2 = rows[2],             \
                             *restrict row3 = rows[3], *restrict row4 = rows[4];                             \
        for (size_t i = 0; i < all; i++) {                                                                   \
            type a = row0[i], b = row1[i], c = row2[i], d = row3[i], e = row4[i];                            \
            SORT_5(a, b, c, d, e);                                                                           \
            sorted[i] = a;                                                                                   \
            sorted[all + i] = b;                                                                             \
            sorted[2 * all + i] = c;                                                                         \
            sorted[3 * all + i] = d;                                                                         \
            sorted[4 * all + i] = e;                                                                         \
        }                                                                                                    \
    }

DEFINE_SORT_COLUMNS(uint8_t, 8)
DEFINE_SORT_COLUMNS(uint16_t, 16)

/* Moves the smallest to the first and the largest to the last; neither can be the median. */
#define ENDS_3(a, b, c) SORT_3(a, b, c)
#define ENDS_4(a, b, c, d)                                                                                   \
    do {                                                                                                     \
        ORDER(a, b);                                                                                         \
        ORDER(c, d);                                                                                         \
        ORDER(a, c);                                                                                         \
        ORDER(b, d);                                                                                         \
    } while (0)
#define ENDS_5(a, b, c, d, e)                                                                                \
    do {                                                                                                     \
        ORDER(a, b);                                                                                         \
        ORDER(d, e);                                                                                         \
        ORDER(a, d);                                                                                         \
        ORDER(b, e);                                                                                         \
        ORDER(a, c);                                                                                         \
        ORDER(c, e);                                                                                         \
    } while (0)
#define ENDS_6(a, b, c, d, e, f)                                                                             \
    do {                                                                                                     \
        ORDER(a, d);                                                                                         \
        ORDER(b, e);                                                                                         \
        ORDER(c, f);                                                                                         \
        ORDER(a, b);                                                                                         \
        ORDER(a, c);                                                                                         \
        ORDER(e, f);                                                                                         \
        ORDER(d, f);                                                                                         \
    } while (0)
#define ENDS_7(a, b, c, d, e, f, g)                                                                          \
    do {                                                                                                     \
        ORDER(a, e);                                                                                         \
        ORDER(b, f);                                                                                         \
        ORDER(c, g);                                                                                         \
        ORDER(a, b);                                                                                         \
        ORDER(c, d);                                                                                         \
        ORDER(a, c);                                                                                         \
        ORDER(e, f);                                                                                         \
        ORDER(d, g);                                                                                         \
        ORDER(f, g);                                                                                         \
    } while (0)
#define ENDS_8(a, b, c, d, e, f, g, h)                                                                       \
    do {                                                                                                     \
        ORDER(a, e);                                                                                         \
        ORDER(b, f);                                                                                         \
        ORDER(c, g);                                                                                         \
        ORDER(d, h);                                                                                         \
        ORDER(a, b);                                                                                         \
        ORDER(c, d);                                                                                         \
        ORDER(a, c);                                                                                         \
        ORDER(e, f);                                                                                         \
        ORDER(g, h);                                                                                         \
        ORDER(f, h);                                                                                         \
    } while (0)

/*
 * With columns sorted downwards and then rows sorted to the right, sample (i, j) has (i + 1) (j + 1) - 1
 * samples that are not larger and (5 - i) (5 - j) - 1 that are not smaller. Only 13 can be the 13th of all
 * 25, and it is the 7th of them: of any 8 of those, the smallest and the largest are not; then one more is
 * added, and so on.
 */
#define DEFINE_FIVE(type, bits)                                                                              \
    static void five_##bits(const type *const *rows, size_t samples, unsigned channels,                      \
                            type *restrict sorted, type *restrict out)                                       \
    {                                                                                                        \
        const size_t all = samples + 4 * (size_t)channels, step = channels;                                  \
        sort_columns_##bits(rows, all, sorted);                                                              \
        const type *restrict p = sorted, *restrict q = p + all, *restrict r = q + all,                       \
                             *restrict s = r + all, *restrict t = s + all;                                   \
        for (size_t i = 0; i < samples; i++) {                                                               \
            const size_t k = i + step, m = k + step, n = m + step, o = n + step;                             \
            type a0 = p[i], a1 = p[k], a2 = p[m], a3 = p[n], a4 = p[o];                                      \
            type b0 = q[i], b1 = q[k], b2 = q[m], b3 = q[n], b4 = q[o];                                      \
            type c0 = r[i], c1 = r[k], c2 = r[m], c3 = r[n], c4 = r[o];                                      \
            type d0 = s[i], d1 = s[k], d2 = s[m], d3 = s[n], d4 = s[o];                                      \
            type e0 = t[i], e1 = t[k], e2 = t[m], e3 = t[n], e4 = t[o];                                      \
            SORT_5(a0, a1, a2, a3, a4);                                                                      \
            SORT_5(b0, b1, b2, b3, b4);                                                                      \
            SORT_5(c0, c1, c2, c3, c4);                                                                      \
            SORT_5(d0, d1, d2, d3, d4);                                                                      \
            SORT_5(e0, e1, e2, e3, e4);                                                                      \
            ENDS_8(a3, b2, c1, d0, c2, a4, b3, e1);                                                          \
            ENDS_7(b2, c1, d0, c2, a4, b3, d1);                                                              \
            ENDS_6(c1, d0, c2, a4, b3, e0);                                                                  \
            ENDS_5(d0, c2, a4, b3, b4);                                                                      \
            ENDS_4(c2, a4, b3, c3);                                                                          \
            ENDS_3(a4, b3, d2);                                                                              \
            out[i] = b3;                                                                                     \
        }                                                                                                    \
    }

DEFINE_FIVE(uint8_t, 8)
DEFINE_FIVE(uint16_t, 16)

/*
 * The median is the largest value that no more than half of the samples are below: found bit by bit, by
 * counting the samples that are not below a value, for a block of windows at a time. A count fits the type of
 * a sample.
 */
#define DEFINE_SEARCH(type, bits)                                                                            \
    typedef type block_##bits __attribute__((vector_size(VECTOR_BYTES)));                                    \
    static void search_##bits(const type *const *rows, unsigned size, size_t samples, unsigned channels,     \
                              type *out)                                                                     \
    {                                                                                                        \
        enum { BLOCK = VECTOR_BYTES / sizeof(type) };                                                        \
        const type half = (type)(size * size / 2 + 1);                                                       \
        for (size_t i = 0; i < samples; i += BLOCK) {                                                        \
            block_##bits median = {0};                                                                       \
            for (unsigned bit = 1u << ((bits)-1); bit > 0; bit >>= 1) {                                      \
                const block_##bits trial = median | (type)bit;                                               \
                block_##bits count = {0};                                                                    \
                for (unsigned row = 0; row < size; row++) {                                                  \
                    const type *from = rows[row] + i;                                                        \
                    for (unsigned k = 0; k < size; k++, from += channels) {                                  \
                        block_##bits sample;                                                                 \
                        memcpy(&sample, from, sizeof sample);                                                \
                        count -= (block_##bits)(sample >= trial);                                            \
                    }                                                                                        \
                }                                                                                            \
                const block_##bits reached = (block_##bits)(count >= half);                                  \
                median = (trial & reached) | (median & ~reached);                                            \
            }                                                                                                \
            memcpy(out + i, &median, samples - i < BLOCK ? (samples - i) * sizeof(type) : sizeof median);    \
        }                                                                                                    \
    }

/* (Vectors wider than the machine's are compared sample by sample.) */
_Static_assert(VECTOR_BYTES <= (int)MEDIAN_EXCESS, "MEDIAN_EXCESS must cover a block");
DEFINE_SEARCH(uint8_t, 8)
DEFINE_SEARCH(uint16_t, 16)

const struct median_kernels SIMD_NAME(median_kernels) = {.three_8 = three_8,
                                                         .five_8 = five_8,
                                                         .three_16 = three_16,
                                                         .five_16 = five_16,
                                                         .search_8 = search_8,
                                                         .search_16 = search_16};
