/* Options of the WebP encoder. */
#ifndef CODEC_WEBP_OPTIONS_H
#define CODEC_WEBP_OPTIONS_H

#include "base/param.h"

enum { WEBP_NEAR_LOSSLESS_OFF = 100 };

struct webp_options {
    int quality; /* 1 to 100; for lossy images */
    bool lossless;
    int near_lossless; /* 0 (most change) to 99; OFF: not given. Implies lossless. */
    int alpha_quality; /* 0 to 100 (lossless); for the alpha of lossy images */
    int effort;        /* 0 (fastest) to 9 (smallest) */
};

/* The rows of that struct. */
extern const struct param webp_option_rows[];

/* Do the options request a lossless bitstream? */
bool webp_is_lossless(const void *options);

struct WebPConfig;

/* Fills libwebp's parameters, for a still or for a frame of an animation; false if the library's version
 * differs from the one compiled for. */
bool webp_configure(const void *options, bool frame, struct WebPConfig *config);

#endif
