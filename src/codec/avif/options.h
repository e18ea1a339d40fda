/* Options of the AVIF encoder. */
#ifndef CODEC_AVIF_OPTIONS_H
#define CODEC_AVIF_OPTIONS_H

#include "base/param.h"
#include "pixmill/image.h"

enum { AVIF_BITS_MAX = 12 };

struct avif_options {
    int quality;       /* 1 to 100, of colours */
    int alpha_quality; /* 0 to 100 (lossless) */
    int effort;        /* 0 (fastest) to 9 (smallest) */
    int subsampling;   /* enum subsampling */
    int depth;         /* 8, 10, 12, 16 (12) or CODEC_BITDEPTH_AUTO */
    bool lossless;
};

/* The rows of that struct. */
extern const struct param avif_option_rows[];

/* Bits of a sample for a picture whose samples have `depth` bits in memory. AUTO: 8 or 10; 12 for HDR of more
 * than 10 bits, which viewers brighten so much that 10 could show steps. `meta` NULL: not yet known, 8 or 10
 * then. */
unsigned avif_bits(const struct avif_options *options, unsigned depth, const struct pm_metadata *meta);

/* libaom's speed for an effort, and its quantizer, 0 to 63, for a quality. */
int avif_speed(int effort);
int avif_quantizer(int quality);

#endif
