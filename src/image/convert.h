/*
 * Conversions between pixel formats, from one table. Callers do not name a conversion: a codec or filter
 * lists the formats that it accepts, and
 *
 *     want = convert_best(&image.format, accepts, background);
 *     while ((step = convert_next(&image.format, want, background, &goal)) != NULL)
 *         step->run(&image, &goal, &image, context);
 *
 * converts an image to the accepted format that loses least. A plan does the same with formats only:
 * goal.format is each step's result.
 */
#ifndef IMAGE_CONVERT_H
#define IMAGE_CONVERT_H

#include "image/image.h"

struct convert_goal {
    struct pm_pixel_format format; /* of the step's result; a premultiplied one may become opaque */
    uint8_t background[3];         /* colour to flatten alpha over: R, G, B */
};

/* Converts `in` to *out, which may be *in itself; orientation and metadata are copied. Samples are allocated
 * in the context's arena or shared with `in`. Integer arithmetic, rounded to nearest. Returns 0, or -1 with
 * `error` filled. */
typedef int image_conversion(const struct pm_image *in, const struct convert_goal *goal, struct pm_image *out,
                             struct context *context);

struct conversion {
    /* Is this the conversion to apply next from `have` towards `want`? */
    bool (*due)(const struct pm_pixel_format *have, const struct pm_pixel_format *want);
    /* The format after it. */
    struct pm_pixel_format (*becomes)(const struct pm_pixel_format *have, const struct pm_pixel_format *want);
    image_conversion *run;
};

/* A row of accepts[] whose sampling_x is 0 accepts YCC of any sampling and matrix, aligned or not. */
enum { CONVERT_ANY_SAMPLING = 0 };

/* Is `have` one of accepts[], which ends with depth 0? */
bool convert_accepted(const struct pm_pixel_format *have, const struct pm_pixel_format *accepts);

/* The first row of accepts[] to which these YCC planes can be converted as planes: of their alpha and matrix.
 * NULL: none. */
const struct pm_pixel_format *convert_planes_row(const struct pm_pixel_format *accepts,
                                                 const struct pm_pixel_format *planes);

/* The row of accepts[] that loses least (colour first, then alpha, then bits); among equals, the fewest
 * conversions. CMYK and chroma coarser than 4:2:0 are not converted to YCC, and grey becomes RGB if it is
 * flattened over a coloured background. NULL if no row can be reached. */
const struct pm_pixel_format *convert_best(const struct pm_pixel_format *have,
                                           const struct pm_pixel_format *accepts,
                                           const uint8_t background[3]);

/* The next conversion towards `want`, with its *goal; NULL when `have` needs none. */
const struct conversion *convert_next(const struct pm_pixel_format *have, const struct pm_pixel_format *want,
                                      const uint8_t background[3], struct convert_goal *goal);

/* The conversions themselves. */

/* Straight alpha to premultiplied, or to PM_ALPHA_OPAQUE if all pixels are opaque. */
image_conversion image_premultiply;

/* Premultiplied to straight alpha, with as many bits as are significant. Colour becomes 0 where the result's
 * alpha is 0; colour above alpha (a filter's overshoot) is clamped to the maximum. */
image_conversion image_unpremultiply;

/* Flattens grey or RGB with straight alpha over the background (grey: over its BT.601 luma). */
image_conversion image_flatten;

/* Adds an opaque alpha channel to grey or RGB. */
image_conversion image_add_alpha;

/* PM_ALPHA_OPAQUE to PM_ALPHA_NONE; samples unchanged. */
image_conversion image_drop_opaque;

/* YCC planes to the sampling of goal->format, aligned. */
image_conversion image_ycc_resample;

/* Wide YCC planes, all full size, to 8 bits. Colours outside RGB are clamped in RGB, which is more accurate
 * than clamping each plane. JFIF matrix and range only. */
image_conversion image_ycc_to_8bit;

/* YCC planes of 8 bits from the full to the limited range, or back. */
image_conversion image_ycc_range;

/* YCC planes, all full size, 8 bits or wide, to 8-bit RGB by their matrix and range; alpha is kept (8-bit
 * JFIF gives the same result as libjpeg). */
image_conversion image_ycc_to_rgb;

/* 8-bit CMYK to RGB without a profile (image/inks.h). */
image_conversion image_cmyk_to_rgb;

/* Inks that image_cmyk_to_rgb converts to this colour, or to one near it where paper can't show it. */
void image_rgb_to_inks(const uint8_t rgb[3], uint8_t cmyk[4]);

/* Grey to RGB, and RGB to grey by BT.601 luma; alpha is kept. */
image_conversion image_gray_to_rgb;
image_conversion image_to_gray;

/* 16 bits to 8: (v * 255 + 32895) >> 16, the rounded v / 257. */
image_conversion image_to_8bit;

#endif
