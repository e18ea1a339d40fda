#include "codec/jpeg/options.h"

#include "codec/options.h"

const struct param_word subsampling_words[] = {
    {"420", SUBSAMPLING_420},
    {"422", SUBSAMPLING_422},
    {"444", SUBSAMPLING_444},
    {"auto", SUBSAMPLING_AUTO},
    {NULL, 0},
};

const struct param jpeg_option_rows[] = {
    CODEC_OPTION_QUALITY(struct jpeg_options, quality),
    OPTION_SUBSAMPLING(struct jpeg_options, subsampling),
    CODEC_OPTION_PROGRESSIVE(struct jpeg_options, progressive),
    {.name = NULL},
};

void subsampling_factors(int subsampling, int quality, unsigned *x, unsigned *y)
{
    enum { FULL_CHROMA = 90 };
    if (subsampling == SUBSAMPLING_AUTO)
        subsampling = quality < FULL_CHROMA ? SUBSAMPLING_420 : SUBSAMPLING_444;
    *x = subsampling == SUBSAMPLING_444 ? 1 : 2;
    *y = subsampling == SUBSAMPLING_420 ? 2 : 1;
}

void jpeg_sampling(const void *options, unsigned *x, unsigned *y)
{
    const struct jpeg_options *jpeg = options;
    subsampling_factors(jpeg->subsampling, jpeg->quality, x, y);
}
