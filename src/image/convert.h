/*
 * From one pixel format to another, by one table of conversions. Nobody asks for one by name: a codec says in
 * which formats it takes pictures, a filter likewise, and
 *
 *     want = convert_best(&image.format, accepts, background);
 *     while ((step = convert_next(&image.format, want, background, &goal)) != NULL)
 *         step->run(&image, &goal, &image, context, error);
 *
 * brings a picture into the one of them that loses least. A plan goes the same way with formats alone:
 * goal.format is what each step leaves.
 */
#ifndef IMAGE_CONVERT_H
#define IMAGE_CONVERT_H

#include "image/image.h"

struct convert_goal {
    struct pm_pixel_format format; /* of the step's result; if premultiplied, it may turn out opaque */
    uint8_t background[3];         /* what alpha is laid over: R, G, B */
};

/* One conversion. It takes its picture from `in`, carries orientation and metadata over, and makes *out,
 * which may be *in itself; samples come from the context's arena or are shared with `in`. Integer arithmetic,
 * rounded to the nearest. Returns 0, or -1 with `error` filled. */
typedef int image_conversion(const struct pm_image *in, const struct convert_goal *goal, struct pm_image *out,
                             struct context *context, struct pm_error *error);

struct conversion {
    /* Is it due, on the way from one format to another? */
    bool (*due)(const struct pm_pixel_format *have, const struct pm_pixel_format *want);
    /* What it leaves. */
    struct pm_pixel_format (*becomes)(const struct pm_pixel_format *have, const struct pm_pixel_format *want);
    image_conversion *run;
};

/* A row of accepts[] whose sampling_x is 0 takes YCC of any sampling and matrix, aligned or not. */
enum { CONVERT_ANY_SAMPLING = 0 };

/* Is `have` one of accepts[], which ends in a depth of 0? */
bool convert_accepted(const struct pm_pixel_format *have, const struct pm_pixel_format *accepts);

/* Does accepts[] have a row of YCC with such alpha? */
bool convert_accepts_planes(const struct pm_pixel_format *accepts, enum pm_alpha alpha);

/* The row of accepts[] that loses least, first colour, then alpha, then bits, and of several the nearest.
 * Inks and chroma coarser than 4:2:0 are not coded as YCC anew, and grey becomes RGB where a coloured
 * background shows through its alpha. NULL when there is no way to any of them. */
const struct pm_pixel_format *convert_best(const struct pm_pixel_format *have,
                                           const struct pm_pixel_format *accepts,
                                           const uint8_t background[3]);

/* The next conversion on the way to `want`, and *goal for it; NULL when there is nothing to do. */
const struct conversion *convert_next(const struct pm_pixel_format *have, const struct pm_pixel_format *want,
                                      const uint8_t background[3], struct convert_goal *goal);

/* The conversions themselves. */

/* Straight alpha to premultiplied, or, where all of it is opaque, to PM_ALPHA_OPAQUE. */
image_conversion image_premultiply;

/* And back, to as many bits as are significant. Colour under an alpha of 0 in the result becomes 0; colour
 * above alpha, which a filter's overshoot leaves, becomes the brightest. */
image_conversion image_unpremultiply;

/* Lays grey or RGB with straight alpha over the background (grey over its BT.601 luma). */
image_conversion image_flatten;

/* An opaque alpha for grey or RGB without. */
image_conversion image_add_alpha;

/* PM_ALPHA_OPAQUE to PM_ALPHA_NONE: the samples are the same. */
image_conversion image_drop_opaque;

/* YCC planes to those that goal->format has: its sampling, aligned. */
image_conversion image_ycc_resample;

/* Wide YCC planes of equal, full size to 8 bits. A colour outside RGB becomes what clamped RGB is; each plane
 * clamped by itself would be further off. JFIF's matrix and range only. */
image_conversion image_ycc_to_8bit;

/* YCC planes of 8 bits from the full to the limited range, or back. */
image_conversion image_ycc_range;

/* YCC planes of equal, full size, 8 bits or wide, by their matrix and range to RGB of 8 bits, alpha kept
 * (JFIF's from 8 bits are libjpeg's). */
image_conversion image_ycc_to_rgb;

/* 8-bit CMYK to RGB without a profile: r = (255 - c) * (255 - k) / 255, rounded. */
image_conversion image_cmyk_to_rgb;

/* Grey to RGB, and RGB to grey by BT.601 luma; alpha is kept. */
image_conversion image_gray_to_rgb;
image_conversion image_to_gray;

/* 16 bits to 8: (v * 255 + 32895) >> 16, the rounded v / 257. */
image_conversion image_to_8bit;

#endif
