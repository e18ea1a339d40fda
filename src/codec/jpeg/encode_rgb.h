/*
 * Strips of RGB pictures as planes of YCbCr, for the encoder of planes (encode_fast.h): the samples that
 * libjpeg-turbo transforms, with its conversion, its box downsampling of chroma and its edges (jccolor.c,
 * jcsample.c, jcprepct.c).
 */
#ifndef CODEC_JPEG_ENCODE_RGB_H
#define CODEC_JPEG_ENCODE_RGB_H

#include "base/context.h"
#include "image/image.h"

/* --- kernels (ycc.simd.c) -------------------------------------------------------------------------- */

enum { YCC_UNIT = 64 }; /* samples in and out come in multiples of this */

struct ycc_kernels {
    void (*to_ycc)(const uint8_t *rgb, size_t pixels, uint8_t *y, uint8_t *cb, uint8_t *cr);
    /* Means of 2 x 2 samples, `samples` of them, rounded as in libjpeg: 1 is added to the sum of four at even
     * positions, 2 at odd ones. If `first` and `second` are the same row, the result equals libjpeg's means
     * of two samples, where 0 and 1 are added: (2 s + 1) >> 2 is s >> 1. */
    void (*halve)(const uint8_t *first, const uint8_t *second, size_t samples, uint8_t *out);
};

/* --- strips (encode_rgb.c) ------------------------------------------------------------------------- */

enum { YCC_PLANES = 3 };

/* A strip is a row of MCUs. Only one strip is kept in memory, not the planes of the whole picture. */
struct rgb_strips {
    const struct ycc_kernels *kernels;
    const struct pm_plane *rgb;
    unsigned h, v;                     /* pixels per chroma sample */
    uint8_t *full[2][YCC_PLANES - 1];  /* two rows of Cb and Cr before they are halved */
    struct pm_plane plane[YCC_PLANES]; /* the current strip, its width padded to whole groups of blocks */
};

/* Max bytes of a strip for a picture of this width. */
uint64_t rgb_strips_bytes(uint32_t width);

/* For strips of 8 * v rows of an RGB plane of 8 bits, with 1 or 2 pixels per chroma sample across (h) and
 * down (v), v at most h. Returns 0, or -1 with `error` filled (memory). */
int rgb_strips_init(struct rgb_strips *strips, const struct pm_plane *rgb, unsigned h, unsigned v,
                    struct context *context);

/* Converts a strip. Planes get as many rows as it has; past the width, the last pixel is repeated before
 * chroma is halved, as in libjpeg. */
void rgb_strips_convert(struct rgb_strips *strips, uint32_t strip);

#endif
