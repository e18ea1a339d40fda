#include "codec/jxl/options.h"

#include "codec/options.h"

/* The scale of quality is that of cjxl and sharp. */
const struct param jxl_option_rows[] = {
    CODEC_OPTION_QUALITY(struct jxl_options, quality),
    CODEC_OPTION_EFFORT(struct jxl_options, effort),
    CODEC_OPTION_LOSSLESS(struct jxl_options, lossless),
    CODEC_OPTION_BITDEPTH(struct jxl_options, depth),
    {.name = NULL},
};

unsigned jxl_bits_to_write(const struct jxl_options *options, unsigned depth)
{
    return options->depth != CODEC_BITDEPTH_AUTO ? (unsigned)options->depth : depth;
}

/* As libjxl's JxlEncoderDistanceFromQuality (0.8 and later), except that 100 is not lossless. */
float jxl_distance(int quality)
{
    enum { BEND = 30 };
    const double q = quality;
    if (quality >= BEND)
        return (float)(0.1 + (100 - q) * 0.09);
    return (float)(53.0 / 3000 * q * q - 23.0 / 20 * q + 25);
}

int jxl_effort(const struct jxl_options *options)
{
    static const int efforts[] = {1, 2, 3, 4, 5, 6, 7, 7, 8, 9};
    return efforts[options->effort];
}
