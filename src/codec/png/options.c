#include "codec/png/options.h"

#include "codec/options.h"

const struct param png_option_rows[] = {
    CODEC_OPTION_PROGRESSIVE(struct png_options, progressive),
    {.name = "palette",
     .kind = PARAM_INTEGER,
     .offset = offsetof(struct png_options, palette),
     .min = 2,
     .max = PALETTE_MAX,
     .standard = 0,
     .argument = "2..256",
     .omitted = "256",
     .help =
         "reduce the image to so many colours, dithered (--dither); without it, an image that has at most "
         "256 keeps them, with a palette where that is smaller",
     .example = "64"},
    OPTION_DITHER(struct png_options, dither),
    {.name = NULL},
};

struct png_options png_options_of(const struct pm_image *image, const void *options)
{
    if (options == NULL || image->meta.sealed.data != NULL)
        return (struct png_options){.dither = DITHER_DIFFUSION};
    return *(const struct png_options *)options;
}
