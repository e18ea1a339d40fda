/* The inner loops of orient.c, compiled for each instruction set (orient_kernels.simd.c). */
#ifndef FILTER_ORIENT_KERNELS_H
#define FILTER_ORIENT_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* Pixels are 1, 2, 3, 4, 6 or 8 bytes: 1 to 4 channels of 8 or 16 bits. */
struct orient_kernels {
    /* Mirrors one row, left to right. */
    void (*mirror)(const uint8_t *in, uint8_t *out, size_t width, unsigned pixel_bytes);
    /* Pixel x of the result's row y is pixel y of the input's row x, for `height` rows of `width` pixels.
     * Strides are bytes from row to row and may be negative. */
    void (*transpose)(const uint8_t *in, ptrdiff_t in_stride, uint8_t *out, ptrdiff_t out_stride,
                      size_t width, size_t height, unsigned pixel_bytes);
};

#endif
