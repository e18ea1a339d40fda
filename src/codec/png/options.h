/* Options of the PNG encoder. */
#ifndef CODEC_PNG_OPTIONS_H
#define CODEC_PNG_OPTIONS_H

#include "codec/quantize.h"

struct png_options {
    int palette; /* max colours, which are chosen and dithered; 0: the image's own */
    int dither;  /* enum dither */
    bool progressive;
};

extern const struct param png_option_rows[];

/* The options of an image: none of an encrypted one, whose noise is stored as it is. `options` NULL: the
 * defaults. */
struct png_options png_options_of(const struct pm_image *image, const void *options);

#endif
