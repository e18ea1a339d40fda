/* Options of the JPEG XL encoder. */
#ifndef CODEC_JXL_OPTIONS_H
#define CODEC_JXL_OPTIONS_H

#include "base/param.h"

struct jxl_options {
    int quality; /* 1 to 100 */
    int effort;  /* 0 (fastest) to 9 (smallest) */
    int depth;   /* 8, 10, 12, 16 or CODEC_BITDEPTH_AUTO: that of the picture */
    bool lossless;
};

/* The rows of that struct. */
extern const struct param jxl_option_rows[];

/* Bits of a sample for a picture whose samples have `depth` bits in memory. */
unsigned jxl_bits_to_write(const struct jxl_options *options, unsigned depth);

/* libjxl's distance for a quality: 0.1 for 100, 1 for 90, about 25 for 1. */
float jxl_distance(int quality);

/* libjxl's effort, 1 to 9. */
int jxl_effort(const struct jxl_options *options);

#endif
