#include "image/pixels.h"

unsigned pm_channels(const struct pm_pixel_format *format)
{
    const unsigned colors = format->color == PM_COLOR_GRAY ? 1 : format->color == PM_COLOR_CMYK ? 4 : 3;
    return colors + pixels_have_alpha(format);
}

bool pixels_have_alpha(const struct pm_pixel_format *format)
{
    return format->alpha == PM_ALPHA_STRAIGHT || format->alpha == PM_ALPHA_PREMULTIPLIED;
}

bool pixels_equal(const struct pm_pixel_format *a, const struct pm_pixel_format *b)
{
    return a->color == b->color && a->alpha == b->alpha && a->depth == b->depth && a->bits == b->bits &&
           a->sampling_x == b->sampling_x && a->sampling_y == b->sampling_y && a->unaligned == b->unaligned &&
           a->matrix == b->matrix && a->limited_range == b->limited_range;
}

struct pm_pixel_format pixels_with_alpha(struct pm_pixel_format format, enum pm_alpha alpha)
{
    format.alpha = alpha;
    return format;
}

struct pm_pixel_format pixels_with_depth(struct pm_pixel_format format, unsigned depth)
{
    format.depth = format.bits = depth;
    return format;
}

struct pm_pixel_format pixels_premultiplied(struct pm_pixel_format straight)
{
    straight.alpha = PM_ALPHA_PREMULTIPLIED;
    straight.depth = 16;
    return straight;
}

bool pixels_wide(const struct pm_pixel_format *format)
{
    return format->color == PM_COLOR_YCC && format->depth == 16 && format->bits == 8;
}
