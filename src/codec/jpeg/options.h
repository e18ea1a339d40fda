/* Options of the JPEG encoder. */
#ifndef CODEC_JPEG_OPTIONS_H
#define CODEC_JPEG_OPTIONS_H

#include "base/param.h"

enum subsampling { SUBSAMPLING_AUTO, SUBSAMPLING_420, SUBSAMPLING_422, SUBSAMPLING_444 };

/* The row of the option `subsampling` of every format that has it; an int in `type`. */
extern const struct param_word subsampling_words[];
#define OPTION_SUBSAMPLING(type, field)                                                                      \
    {                                                                                                        \
        .name = "subsampling", .kind = PARAM_WORD, .offset = offsetof(type, field),                          \
        .words = subsampling_words, .standard = SUBSAMPLING_AUTO, .argument = "420|422|444|auto",            \
        .help = "chroma subsampling; auto is 420 below quality 90 and 444 from there", .example = "444",     \
        .optional = true                                                                                     \
    }

struct jpeg_options {
    int quality;     /* 1 to 100 */
    int subsampling; /* enum subsampling; AUTO: 4:2:0 below quality 90, 4:4:4 from there */
    bool progressive;
};

/* The rows of that struct. */
extern const struct param jpeg_option_rows[];

/* Sets *x and *y to the pixels per chroma sample across and down, 1 or 2, for that option and a quality. */
void subsampling_factors(int subsampling, int quality, unsigned *x, unsigned *y);

/* The same for the result of these options, a struct jpeg_options. */
void jpeg_sampling(const void *options, unsigned *x, unsigned *y);

#endif
