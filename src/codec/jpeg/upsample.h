/*
 * Planes to interleaved RGB or CMYK, with the samples of libjpeg-turbo's upsampling and colour conversion
 * (jdsample.c, jdmainct.c, jdcolor.c): triangle filters ("fancy" upsampling) for halves in either direction,
 * repetition for all other whole ratios, and for halves of a row of one or two samples and at 1/8.
 *
 * Rows of MCUs are decoded into a window; each row of pixels is made as soon as all its samples are there.
 */
#ifndef CODEC_JPEG_UPSAMPLE_H
#define CODEC_JPEG_UPSAMPLE_H

#include "codec/jpeg/fast.h"
#include "image/rows.h"

/* --- kernels (upsample.simd.c) --------------------------------------------------------------------- */

/* `width` is a number of samples of `in`, or of pixels; `out` may not overlap an input. */
struct upsample_kernels {
    /* Twice as many columns, from at least two. */
    void (*smooth_columns)(const uint8_t *in, size_t width, uint8_t *out);
    /* A row between `near` and `far`, nearer to `near`. Sums of 4 quarters have `bias` added. */
    void (*smooth_rows)(const uint8_t *near, const uint8_t *far, size_t width, unsigned bias, uint8_t *out);
    /* Such a row with twice as many columns. */
    void (*smooth_both)(const uint8_t *near, const uint8_t *far, size_t width, uint8_t *out);
    void (*repeat)(const uint8_t *in, size_t width, unsigned times, uint8_t *out);
    void (*join_rgb)(const uint8_t *const in[3], size_t width, uint8_t *out);
    /* CMYK of files counts light, not ink: samples are inverted. */
    void (*join_cmyk)(const uint8_t *const in[4], size_t width, uint8_t *out);
    /* YCCK: its RGB, light converted from YCbCr, is the ink after inversion; black is inverted here. */
    void (*join_ycck)(const uint8_t *rgb, const uint8_t *black, size_t width, uint8_t *out);
};

/* --- a picture (upsample.c) ------------------------------------------------------------------------ */

struct upsample_component {
    const uint8_t *rows; /* row y is at y % window */
    size_t stride;
    uint32_t window, width, height; /* in samples */
    unsigned h, v;                  /* pixels per sample */
    bool smooth;
    uint8_t *full; /* an upsampled row */
};

struct upsampler {
    const struct upsample_kernels *kernels;
    const struct color_rows *colors;
    J_COLOR_SPACE space; /* of the file */
    unsigned components;
    struct upsample_component component[FAST_COMPONENTS_MAX];
    bool waits;     /* the last row of pixels of a row of MCUs needs the row of samples below */
    uint32_t step;  /* rows of pixels in a row of MCUs */
    uint32_t done;  /* rows of pixels that are made */
    uint8_t *light; /* of YCCK, a row of RGB */
    const struct pm_plane *pixels;
};

/* Can such a file's planes become pixels here? */
bool upsampler_takes(const struct jpeg_decompress_struct *cinfo);

/* Sets *upsampler up for decoder->picture, whose samples go into windows from `arena`, and decoder->image, an
 * interleaved image. Returns 0, or -1 with `error` filled (memory). */
int upsampler_init(struct upsampler *upsampler, struct jpeg_decoder *decoder, struct arena *arena);

/* Makes rows of pixels as far as samples are there, after each row of MCUs. */
void upsampler_make(struct upsampler *upsampler, const struct fast_picture *picture);

#endif
