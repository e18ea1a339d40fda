/* Pixel formats; pixmill/image.h defines them. */
#ifndef IMAGE_PIXELS_H
#define IMAGE_PIXELS_H

#include "pixmill/image.h"

/* Pixel formats, as initializers: one plane of interleaved samples, and planes of a JPEG's YCbCr. */
#define PIXELS(model, transparency, bits_a_sample)                                                           \
    {                                                                                                        \
        .color = (model), .alpha = (transparency), .depth = (bits_a_sample), .bits = (bits_a_sample),        \
        .sampling_x = 1, .sampling_y = 1                                                                     \
    }
/* Eight formats: grey and RGB, 8 and 16 bits, without alpha and with straight alpha. */
#define PIXELS_GRAY_RGB                                                                                      \
    PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8), PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 16),                       \
        PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 8), PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 16),           \
        PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8), PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 16),                     \
        PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8), PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 16)
#define PIXELS_YCC(pixels_x, pixels_y)                                                                       \
    {                                                                                                        \
        .color = PM_COLOR_YCC, .depth = 8, .bits = 8, .sampling_x = (pixels_x), .sampling_y = (pixels_y),    \
        .matrix = PM_MATRIX_BT601                                                                            \
    }

/* Are all fields equal? */
bool pixels_equal(const struct pm_pixel_format *a, const struct pm_pixel_format *b);

/* The same format with one field changed. */
struct pm_pixel_format pixels_with_alpha(struct pm_pixel_format format, enum pm_alpha alpha);
struct pm_pixel_format pixels_with_depth(struct pm_pixel_format format, unsigned depth);

/* The format after premultiplying: 16 bits, as many significant as before. */
struct pm_pixel_format pixels_premultiplied(struct pm_pixel_format straight);

/* Does it have an alpha channel or plane? */
bool pixels_have_alpha(const struct pm_pixel_format *format);

/*
 * Wide samples: a YCC plane of 16 bits of which 8 are significant holds (v + 256) * 64, rounded, for the
 * value v of an 8-bit sample. RGB computed from them is rounded only once, and overshoot below 0 or above 255
 * is preserved: a Cb above 255 may still belong to a colour within RGB. Filters need no special case: their
 * weights sum to 1, so wide samples give wide samples.
 */
enum { WIDE_BITS = 6, WIDE_ZERO = 256 << WIDE_BITS };
bool pixels_wide(const struct pm_pixel_format *format);

#endif
