/*
 * PNG's row filters, compiled for each instruction set: png/filter.simd.c subtracts each sample's prediction,
 * png/unfilter.simd.c and png/wave.simd.c add it back. A pixel is 1, 2, 3, 4, 6 or 8 bytes; `above` is the
 * previous row, all zero for the first.
 */
#ifndef CODEC_PNG_ROWS_H
#define CODEC_PNG_ROWS_H

#include <stddef.h>
#include <stdint.h>

/* Section 9.2, table 9: the byte before each row. */
enum png_filter {
    FILTER_NONE,
    FILTER_SUB,
    FILTER_UP,
    FILTER_AVERAGE,
    FILTER_PAETH,
    FILTERS,
};

struct png_filter_kernels {
    /* out[bytes] = in minus prediction; the rows must not overlap. */
    void (*filter[FILTERS])(const uint8_t *in, const uint8_t *above, uint8_t *out, size_t bytes,
                            unsigned pixel);
    /* 16-bit samples to big-endian bytes or back; `out` may be `in`, or overlap it at a lower address. */
    void (*swap)(const uint8_t *in, uint8_t *out, size_t samples);
};

enum { UNFILTER_MARGIN = 8 }; /* bytes after the last row, and after `above`, that may be read */

struct png_unfilter_kernels {
    /* One row of `size` bytes in place. */
    void (*unfilter)(uint8_t *row, const uint8_t *above, size_t size, enum png_filter filter, unsigned pixel);
};

enum { WAVE_ROWS = 8, WAVE_FEW = 4, WAVE_PIXEL_MAX = 4 };

struct png_wave_kernels {
    /* WAVE_ROWS or WAVE_FEW rows in place, each a filter byte and `size` bytes. No row may use Average;
     * pixels have at most 4 bytes, and a row has at least as many pixels as there are rows. */
    void (*unfilter)(uint8_t *rows, const uint8_t *above, size_t size, unsigned pixel, unsigned nrows);
};

#endif
