#include "codec/avif/options.h"

#include "codec/jpeg/options.h"
#include "codec/options.h"

static const struct param_word depths[] = {
    {"8", 8}, {"10", 10}, {"12", 12}, {"auto", AVIF_DEPTH_AUTO}, {NULL, 0},
};

/* The scale of quality is that of avifenc and sharp. */
const struct param avif_option_rows[] = {
    CODEC_OPTION_QUALITY_OF(struct avif_options, quality, 60),
    {.name = "subsampling",
     .kind = PARAM_WORD,
     .offset = offsetof(struct avif_options, subsampling),
     .words = subsampling_words,
     .standard = SUBSAMPLING_AUTO,
     .argument = SUBSAMPLING_ARGUMENT,
     .help = SUBSAMPLING_HELP,
     .example = "444",
     .optional = true},
    {.name = "effort",
     .kind = PARAM_INTEGER,
     .offset = offsetof(struct avif_options, effort),
     .min = 0,
     .max = 9,
     .standard = 4,
     .argument = "0..9",
     .help = "time spent on a small result, from 0, fastest, to 9, smallest",
     .example = "6",
     .served_max = 8, /* as WebP's, for a URL may not name the format; 9 is the slowest */
     .optional = true},
    {.name = "lossless",
     .kind = PARAM_FLAG,
     .offset = offsetof(struct avif_options, lossless),
     .help = "write the pixels exactly as they are"},
    {.name = "alpha-quality",
     .kind = PARAM_INTEGER,
     .offset = offsetof(struct avif_options, alpha_quality),
     .min = 0,
     .max = 100,
     .standard = 90,
     .argument = "0..100",
     .help = "quality of a lossy result's alpha; 100 is lossless",
     .example = "80",
     .optional = true},
    {.name = "bitdepth",
     .kind = PARAM_WORD,
     .offset = offsetof(struct avif_options, depth),
     .words = depths,
     .standard = AVIF_DEPTH_AUTO,
     .argument = "8|10|12|auto",
     .help = "bits of a sample; auto is 8, and 10 for a picture with more than 8",
     .example = "10",
     .optional = true},
    {.name = NULL},
};

unsigned avif_bits(const struct avif_options *options, unsigned depth)
{
    if (options->depth != AVIF_DEPTH_AUTO)
        return (unsigned)options->depth;
    return depth > 8 ? 10 : 8;
}

/* Below speed 4, libaom's result depends on the processor's instruction set. */
int avif_speed(int effort)
{
    static const int speeds[] = {9, 8, 7, 7, 6, 6, 5, 5, 5, 4};
    return speeds[effort];
}

int avif_quantizer(int quality)
{
    enum { QUANTIZER_MAX = 63, QUALITY_MAX = 100 };
    return ((QUALITY_MAX - quality) * QUANTIZER_MAX + QUALITY_MAX / 2) / QUALITY_MAX;
}
