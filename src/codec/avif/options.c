#include "codec/avif/options.h"

#include "codec/jpeg/options.h"
#include "codec/options.h"
#include "color/hdr.h"

/* The scale of quality is that of avifenc and sharp. */
const struct param avif_option_rows[] = {
    CODEC_OPTION_QUALITY_OF(struct avif_options, quality, 60),
    OPTION_SUBSAMPLING(struct avif_options, subsampling),
    CODEC_OPTION_EFFORT(struct avif_options, effort),
    CODEC_OPTION_LOSSLESS(struct avif_options, lossless),
    CODEC_OPTION_ALPHA_QUALITY(struct avif_options, alpha_quality, 90),
    CODEC_OPTION_BITDEPTH(struct avif_options, depth),
    {.name = NULL},
};

unsigned avif_bits(const struct avif_options *options, unsigned depth, const struct pm_metadata *meta)
{
    if (options->depth != CODEC_BITDEPTH_AUTO)
        return options->depth > AVIF_BITS_MAX ? AVIF_BITS_MAX : (unsigned)options->depth;
    if (depth <= 8)
        return 8;
    const bool hdr = meta != NULL && meta->has_cicp && color_cicp_is_hdr(meta->cicp);
    return hdr && (meta->bits == 0 || meta->bits > 10) ? 12 : 10;
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
