/* What the JPEG encoder can be asked. */
#ifndef CODEC_JPEG_OPTIONS_H
#define CODEC_JPEG_OPTIONS_H

#include "base/param.h"

enum subsampling { SUBSAMPLING_AUTO, SUBSAMPLING_420, SUBSAMPLING_422, SUBSAMPLING_444 };

/* What the option `subsampling` of every format has. */
extern const struct param_word subsampling_words[];
#define SUBSAMPLING_ARGUMENT "420|422|444|auto"
#define SUBSAMPLING_HELP "chroma subsampling; auto is 420 below quality 90 and 444 from there"

struct jpeg_options {
    int quality;     /* 1 to 100 */
    int subsampling; /* enum subsampling; AUTO: 4:2:0 below quality 90, 4:4:4 from there */
};

/* The rows of that struct. */
extern const struct param jpeg_option_rows[];

/* Pixels a chroma sample across and down, 1 or 2, for that option and a quality. */
void subsampling_factors(int subsampling, int quality, unsigned *x, unsigned *y);

/* Pixels a chroma sample across and down, 1 or 2, of what is written under these options. */
void jpeg_sampling(const void *options, unsigned *x, unsigned *y);

#endif
