/* The inner loops of watermark.c, compiled for each instruction set (watermark_kernels.simd.c). */
#ifndef FILTER_WATERMARK_KERNELS_H
#define FILTER_WATERMARK_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Lays a row of the mark over a row of the image. For each colour sample of the mark `color` holds it times
 * alpha, and `keep` holds 65535 - alpha. All results are exact, rounded to nearest.
 */
struct watermark_kernels {
    /* An image without alpha: `samples` samples. */
    void (*over_8)(uint8_t *out, const uint16_t *color, const uint16_t *keep, size_t samples);
    void (*over_16)(uint16_t *out, const uint16_t *color, const uint16_t *keep, size_t samples);
    /* An image with straight alpha: `colors` samples and alpha in each pixel. */
    void (*over_alpha_8)(uint8_t *out, const uint16_t *color, const uint16_t *keep, size_t pixels,
                         unsigned colors);
    void (*over_alpha_16)(uint16_t *out, const uint16_t *color, const uint16_t *keep, size_t pixels,
                          unsigned colors);
};

#endif
