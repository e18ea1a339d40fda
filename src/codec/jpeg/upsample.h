/*
 * Planes to interleaved RGB or CMYK, with the same samples as libjpeg-turbo's upsampling and colour
 * conversion (jdsample.c, jdmainct.c, jdcolor.c): triangle filters ("fancy" upsampling) for a factor of two
 * in either direction; repetition for all other integer factors, at 1/8, and for a factor of two in a row of
 * one or two samples.
 *
 * Rows of MCUs are decoded into a window; each row of pixels is made as soon as all its samples are
 * available.
 */
#ifndef CODEC_JPEG_UPSAMPLE_H
#define CODEC_JPEG_UPSAMPLE_H

#include "codec/jpeg/fast.h"
#include "image/rows.h"

/* --- kernels (upsample.simd.c) --------------------------------------------------------------------- */

/* `width` counts samples of `in`, or pixels; `out` may not overlap an input. */
struct upsample_kernels {
    /* Twice as many columns; `width` is at least two. */
    void (*smooth_columns)(const uint8_t *in, size_t width, uint8_t *out);
    /* A row between `near` and `far`, closer to `near`. `bias` is added to the sums of four quarters. */
    void (*smooth_rows)(const uint8_t *near, const uint8_t *far, size_t width, unsigned bias, uint8_t *out);
    /* The same with twice as many columns. */
    void (*smooth_both)(const uint8_t *near, const uint8_t *far, size_t width, uint8_t *out);
    void (*repeat)(const uint8_t *in, size_t width, unsigned times, uint8_t *out);
    void (*join_rgb)(const uint8_t *const in[3], size_t width, uint8_t *out);
    /* CMYK in files stores light, not ink: samples are inverted. */
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
    bool waits;     /* the last row of pixels of a row of MCUs must wait for the row of samples below it */
    uint32_t step;  /* rows of pixels in a row of MCUs */
    uint32_t done;  /* rows of pixels done */
    uint8_t *light; /* for YCCK: a row of RGB */
    const struct pm_plane *pixels;
};

/* Can the planes of such a file be converted to pixels here? */
bool upsampler_takes(const struct jpeg_decompress_struct *cinfo);

/* Sets up *upsampler for decoder->picture, whose samples go into windows from `arena`, and for
 * decoder->image, an interleaved image. Returns 0, or -1 with `error` filled (memory). */
int upsampler_init(struct upsampler *upsampler, struct jpeg_decoder *decoder, struct arena *arena);

/* After each row of MCUs: makes the rows of pixels whose samples are available. */
void upsampler_make(struct upsampler *upsampler, const struct fast_picture *picture);

#endif
