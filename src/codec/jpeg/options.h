/* What the JPEG encoder can be asked. */
#ifndef CODEC_JPEG_OPTIONS_H
#define CODEC_JPEG_OPTIONS_H

#include "base/param.h"

enum subsampling { SUBSAMPLING_AUTO, SUBSAMPLING_420, SUBSAMPLING_422, SUBSAMPLING_444 };

struct jpeg_options {
    int quality;     /* 1 to 100 */
    int subsampling; /* enum subsampling; AUTO: 4:2:0 below quality 90, 4:4:4 from there */
};

/* The rows of that struct. */
extern const struct param jpeg_option_rows[];

/* Pixels a chroma sample across and down, 1 or 2, of what is written under these options. */
void jpeg_sampling(const void *options, unsigned *x, unsigned *y);

#endif
