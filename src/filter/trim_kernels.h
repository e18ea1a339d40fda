/* The inner loops of trim.c, compiled for each instruction set (trim_kernels.simd.c). */
#ifndef FILTER_TRIM_KERNELS_H
#define FILTER_TRIM_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Pixels are compared in blocks of at most this many. */
enum { TRIM_BLOCK = 32, TRIM_CHANNELS_MAX = 4 };

/* The background colour with its tolerance. */
struct trim_background {
    unsigned channels;
    /* Without alpha: the smallest and largest sample that is background, repeated for a block of pixels; for
     * 16 bits in the first TRIM_BLOCK * channels of `wide`, for 8 bits in `narrow`. */
    uint8_t narrow[2][TRIM_BLOCK * TRIM_CHANNELS_MAX];
    uint16_t wide[2][TRIM_BLOCK * TRIM_CHANNELS_MAX];
    /* With alpha: colour times alpha, and alpha, and the largest distance of each. */
    uint32_t product[TRIM_CHANNELS_MAX], product_distance;
    uint32_t alpha, alpha_distance;
};

/* Is any of `pixels` pixels, at most TRIM_BLOCK, not background? By depth; _alpha: 2 or 4 channels, the last
 * of which is alpha. */
struct trim_kernels {
    bool (*differs_8)(const uint8_t *in, size_t pixels, const struct trim_background *background);
    bool (*differs_16)(const uint16_t *in, size_t pixels, const struct trim_background *background);
    bool (*differs_8_alpha)(const uint8_t *in, size_t pixels, const struct trim_background *background);
    bool (*differs_16_alpha)(const uint16_t *in, size_t pixels, const struct trim_background *background);
};

#endif
