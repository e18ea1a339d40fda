/*
 * gray: keeps luma, drops colour. A JPEG's Y plane is used directly; RGB is converted with libjpeg's integer
 * formula (ITU-R BT.601), so both agree. Alpha is kept. transform converts the colours of a file with an ICC
 * profile to sRGB first: the profile is none of greys.
 */
#include "filter/filter.h"
#include "image/convert.h"

static const struct pm_pixel_format accepts[] = {
    FILTER_INTERLEAVED(PM_ALPHA_NONE),
    FILTER_INTERLEAVED(PM_ALPHA_OPAQUE),
    FILTER_INTERLEAVED(PM_ALPHA_STRAIGHT),
    FILTER_PLANES(false),
    {.depth = 0},
};

static struct pm_pixel_format gray_of(struct pm_pixel_format format)
{
    return (struct pm_pixel_format)PIXELS(PM_COLOR_GRAY, format.alpha, format.depth);
}

static int gray_plan(const void *params, struct shape *shape, struct pm_error *error)
{
    (void)params, (void)error;
    shape->format = gray_of(shape->format);
    return 0;
}

static int gray_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                      struct pm_image *out, struct context *context)
{
    (void)params, (void)planned;
    if (in->format.color == PM_COLOR_YCC) {
        struct pm_image luma = *in;
        luma.format = gray_of(in->format);
        luma.nplanes = 1;
        *out = luma;
        return 0;
    }
    if (in->format.color == PM_COLOR_GRAY) {
        *out = *in;
        return 0;
    }
    return image_to_gray(in, NULL, out, context);
}

const struct filter gray_filter = {
    .name = "gray",
    .help = "drop the colour, keep the luma (of Rec. 601; with an ICC profile, of its colours in sRGB)",
    .accepts = accepts,
    .drops_color = true,
    .plan = gray_plan,
    .apply = gray_apply,
};
