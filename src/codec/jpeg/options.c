#include "codec/jpeg/options.h"

#include "codec/options.h"

static const struct param_word subsamplings[] = {
    {"420", SUBSAMPLING_420},
    {"422", SUBSAMPLING_422},
    {"444", SUBSAMPLING_444},
    {"auto", SUBSAMPLING_AUTO},
    {NULL, 0},
};

const struct param jpeg_option_rows[] = {
    CODEC_OPTION_QUALITY(struct jpeg_options, quality),
    {.name = "subsampling",
     .kind = PARAM_WORD,
     .offset = offsetof(struct jpeg_options, subsampling),
     .words = subsamplings,
     .standard = SUBSAMPLING_AUTO,
     .argument = "420|422|444|auto",
     .help = "chroma subsampling; auto is 420 below quality 90 and 444 from there",
     .example = "444",
     .optional = true},
    {.name = NULL},
};

void jpeg_sampling(const void *options, unsigned *x, unsigned *y)
{
    enum { FULL_CHROMA = 90 };
    const struct jpeg_options *jpeg = options;
    int subsampling = jpeg->subsampling;
    if (subsampling == SUBSAMPLING_AUTO)
        subsampling = jpeg->quality < FULL_CHROMA ? SUBSAMPLING_420 : SUBSAMPLING_444;
    *x = subsampling == SUBSAMPLING_444 ? 1 : 2;
    *y = subsampling == SUBSAMPLING_420 ? 2 : 1;
}
