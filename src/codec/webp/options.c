#include "codec/webp/options.h"

#include <webp/encode.h>

#include "codec/options.h"

const struct param webp_option_rows[] = {
    CODEC_OPTION_QUALITY(struct webp_options, quality),
    CODEC_OPTION_EFFORT(struct webp_options, effort),
    CODEC_OPTION_LOSSLESS(struct webp_options, lossless),
    {.name = "near-lossless",
     .kind = PARAM_INTEGER,
     .offset = offsetof(struct webp_options, near_lossless),
     .min = 0,
     .max = WEBP_NEAR_LOSSLESS_OFF - 1,
     .standard = WEBP_NEAR_LOSSLESS_OFF,
     .argument = "0..99",
     .help = "lossless, but for pixels that are rounded first: 0 rounds most",
     .example = "60"},
    CODEC_OPTION_ALPHA_QUALITY(struct webp_options, alpha_quality, 100),
    {.name = NULL},
};

bool webp_is_lossless(const void *options)
{
    const struct webp_options *webp = options;
    return webp->lossless || webp->near_lossless < WEBP_NEAR_LOSSLESS_OFF;
}

/* libwebp has methods 0 to 6; its lossless presets have levels 0 to 9. A frame is encoded by a faster method
 * up to an effort of 4: of six animations of 16 photographs at quality 80, method 2 took 0.43 of the time of
 * method 4, and at equal SSIMULACRA2 they were 4 % larger. */
static int method_of(int effort, bool frame)
{
    static const int stills[] = {0, 1, 2, 3, 4, 4, 5, 5, 6, 6}, frames[] = {0, 1, 1, 2, 2, 4, 5, 5, 6, 6};
    return frame ? frames[effort] : stills[effort];
}

bool webp_configure(const void *options, bool frame, struct WebPConfig *config)
{
    const struct webp_options *webp = options;
    if (!WebPConfigInit(config))
        return false;
    config->thread_level = 0; /* same bytes on every machine; parallelism is the backend's task */
    config->alpha_quality = webp->alpha_quality;
    if (!webp_is_lossless(options)) {
        config->quality = (float)webp->quality;
        config->method = method_of(webp->effort, frame);
        return WebPValidateConfig(config);
    }
    config->near_lossless = webp->near_lossless;
    config->exact = webp->lossless && webp->near_lossless == WEBP_NEAR_LOSSLESS_OFF;
    return WebPConfigLosslessPreset(config, webp->effort) && WebPValidateConfig(config);
}
