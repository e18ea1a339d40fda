#include "codec/webp/options.h"

#include <webp/encode.h>

#include "codec/options.h"

const struct param webp_option_rows[] = {
    CODEC_OPTION_QUALITY(struct webp_options, quality),
    {.name = "effort",
     .kind = PARAM_INTEGER,
     .offset = offsetof(struct webp_options, effort),
     .min = 0,
     .max = 9,
     .standard = 4,
     .argument = "0..9",
     .help = "time spent on a small result, from 0, fastest, to 9, smallest",
     .example = "6",
     .served_max = 8, /* 9 took 40 s for 400 x 400 pixels of lossless noise, 8 took 0.1 s */
     .optional = true},
    {.name = "lossless",
     .kind = PARAM_FLAG,
     .offset = offsetof(struct webp_options, lossless),
     .help = "write the pixels exactly as they are"},
    {.name = "near-lossless",
     .kind = PARAM_INTEGER,
     .offset = offsetof(struct webp_options, near_lossless),
     .min = 0,
     .max = WEBP_NEAR_LOSSLESS_OFF - 1,
     .standard = WEBP_NEAR_LOSSLESS_OFF,
     .argument = "0..99",
     .help = "lossless, but for pixels that are rounded first: 0 rounds most",
     .example = "60"},
    {.name = "alpha-quality",
     .kind = PARAM_INTEGER,
     .offset = offsetof(struct webp_options, alpha_quality),
     .min = 0,
     .max = 100,
     .standard = 100,
     .argument = "0..100",
     .help = "quality of a lossy result's alpha; 100 is lossless",
     .example = "80",
     .optional = true},
    {.name = NULL},
};

bool webp_is_lossless(const void *options)
{
    const struct webp_options *webp = options;
    return webp->lossless || webp->near_lossless < WEBP_NEAR_LOSSLESS_OFF;
}

bool webp_configure(const void *options, struct WebPConfig *config)
{
    /* libwebp has methods 0 to 6; its lossless presets have levels 0 to 9. */
    static const int methods[] = {0, 1, 2, 3, 4, 4, 5, 5, 6, 6};
    const struct webp_options *webp = options;
    if (!WebPConfigInit(config))
        return false;
    config->thread_level = 0; /* same bytes on every machine; parallelism is the backend's task */
    config->alpha_quality = webp->alpha_quality;
    if (!webp_is_lossless(options)) {
        config->quality = (float)webp->quality;
        config->method = methods[webp->effort];
        return WebPValidateConfig(config);
    }
    config->near_lossless = webp->near_lossless;
    config->exact = webp->lossless && webp->near_lossless == WEBP_NEAR_LOSSLESS_OFF;
    return WebPConfigLosslessPreset(config, webp->effort) && WebPValidateConfig(config);
}
