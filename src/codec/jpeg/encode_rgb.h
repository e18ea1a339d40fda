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
    /* Means of 2 x 2 samples, `samples` of them, rounded as libjpeg does: 1 is added to sums of four at even
     * places, 2 at odd ones. With one row twice they are libjpeg's means of two samples, which has 0 and 1
     * added: (2 s + 1) >> 2 is s >> 1. */
    void (*halve)(const uint8_t *first, const uint8_t *second, size_t samples, uint8_t *out);
};

/* --- strips (encode_rgb.c) ------------------------------------------------------------------------- */

enum { YCC_PLANES = 3 };

/* A strip is a row of MCUs. Only one is kept, not planes of the picture. */
struct rgb_strips {
    const struct ycc_kernels *kernels;
    const struct pm_plane *rgb;
    unsigned h, v;                     /* pixels of a chroma sample */
    uint8_t *full[2][YCC_PLANES - 1];  /* two rows of Cb and Cr before they are halved */
    struct pm_plane plane[YCC_PLANES]; /* the current strip, in whole groups of blocks across */
};

/* Bytes that a strip of a picture of this width takes at most. */
uint64_t rgb_strips_bytes(uint32_t width);

/* For strips of 8 * v rows of an RGB plane of 8 bits, with 1 or 2 pixels per chroma sample across (h) and
 * down (v), v at most h. Returns 0, or -1 with `error` filled (memory). */
int rgb_strips_init(struct rgb_strips *strips, const struct pm_plane *rgb, unsigned h, unsigned v,
                    struct context *context);

/* Converts a strip. Planes get as many rows as it has; beyond the width the last pixel is repeated before
 * chroma is halved, as libjpeg does. */
void rgb_strips_convert(struct rgb_strips *strips, uint32_t strip);

#endif
