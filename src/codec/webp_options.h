/* What the WebP encoder can be asked. */
#ifndef CODEC_WEBP_OPTIONS_H
#define CODEC_WEBP_OPTIONS_H

#include "base/param.h"

enum { WEBP_NEAR_LOSSLESS_OFF = 100 };

struct webp_options {
    int quality; /* 1 to 100; of a lossy picture */
    bool lossless;
    int near_lossless; /* 0, most changed, to 99; OFF: not asked for. Means lossless otherwise. */
    int alpha_quality; /* 0 to 100, which is lossless; of a lossy picture's alpha */
    int effort;        /* 0, fastest, to 9, smallest */
};

/* The rows of that struct. */
extern const struct param webp_option_rows[];

/* Is the bitstream to be a lossless one? */
bool webp_is_lossless(const void *options);

struct WebPConfig;

/* Fills libwebp's parameters; false when the library is another than was compiled for. */
bool webp_configure(const void *options, struct WebPConfig *config);

#endif
