/*
 * brightness, contrast, gamma and negate: each sample by a function of itself. The first two are the filter
 * functions of the same names in CSS (Filter Effects Module Level 1, 10.1): linear functions of the samples
 * as the file holds them, not of light.
 */
#include "color/curve.h"
#include "filter/tables.h"

struct params {
    double amount;
};

#define ROWS(lowest, highest)                                                                                \
    {                                                                                                        \
        {.name = "amount",                                                                                   \
         .kind = PARAM_NUMBER,                                                                               \
         .offset = offsetof(struct params, amount),                                                          \
         .min = (lowest),                                                                                    \
         .max = (highest)},                                                                                  \
            {.name = NULL},                                                                                  \
    }

static const struct param linear_rows[] = ROWS(0, 100), gamma_rows[] = ROWS(0.1, 10);

static double brighter(double sample, const void *params)
{
    return sample * ((const struct params *)params)->amount;
}

static double steeper(double sample, const void *params)
{
    return (sample - 0.5) * ((const struct params *)params)->amount + 0.5;
}

static double powered(double sample, const void *params)
{
    const double gamma = ((const struct params *)params)->amount;
    return gamma == 1 ? sample : color_power(sample, 1 / gamma);
}

static double negated(double sample, const void *params)
{
    (void)params;
    return 1 - sample;
}

static int brightness_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                            struct pm_image *out, struct context *context)
{
    (void)planned;
    return tone_map(brighter, params, in, out, context);
}

static int contrast_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                          struct pm_image *out, struct context *context)
{
    (void)planned;
    return tone_map(steeper, params, in, out, context);
}

static int gamma_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                       struct pm_image *out, struct context *context)
{
    (void)planned;
    return tone_map(powered, params, in, out, context);
}

static int negate_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                        struct pm_image *out, struct context *context)
{
    (void)planned;
    return tone_map(negated, params, in, out, context);
}

const struct filter brightness_filter = {
    .name = "brightness",
    .argument = "FACTOR",
    .help = "multiply red, green and blue, as CSS's brightness(): 0 is black, 1 changes nothing, up to 100",
    .example = "1.2",
    .accepts = tables_accept,
    .params = linear_rows,
    .apply = brightness_apply,
};

const struct filter contrast_filter = {
    .name = "contrast",
    .argument = "FACTOR",
    .help =
        "multiply the distance from middle grey, as CSS's contrast(): 0 is grey, 1 changes nothing, up to "
        "100",
    .example = "1.2",
    .accepts = tables_accept,
    .params = linear_rows,
    .apply = contrast_apply,
};

const struct filter gamma_filter = {
    .name = "gamma",
    .argument = "GAMMA",
    .help = "raise samples to the power of 1/GAMMA (0.1 to 10; above 1 is brighter), as ImageMagick's -gamma",
    .example = "1.4",
    .accepts = tables_accept,
    .params = gamma_rows,
    .apply = gamma_apply,
};

/* clang-format off */
static const struct pm_pixel_format negate_accepts[] = {
    FILTER_INTERLEAVED(PM_ALPHA_NONE),
    FILTER_INTERLEAVED(PM_ALPHA_OPAQUE),
    FILTER_INTERLEAVED(PM_ALPHA_STRAIGHT),
    PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8),
    {.depth = 0},
};
/* clang-format on */

const struct filter negate_filter = {
    .name = "negate",
    .help = "the negative: each sample, or in CMYK each amount of ink, becomes its opposite; alpha is kept",
    .accepts = negate_accepts,
    .apply = negate_apply,
};
