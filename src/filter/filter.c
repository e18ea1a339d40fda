#include "filter/filter.h"

#include <string.h>

extern const struct filter resize_filter, blur_filter, sharpen_filter, crop_filter, rotate_filter,
    flip_filter, flop_filter, gray_filter, pad_filter, trim_filter, watermark_filter, brightness_filter,
    contrast_filter, saturation_filter, hue_filter, gamma_filter, normalize_filter, negate_filter,
    tint_filter, threshold_filter, pixelate_filter, median_filter;

/* One per line. */
/* clang-format off */
const struct pm_pixel_format filter_accepts_straight[] = {
    FILTER_INTERLEAVED(PM_ALPHA_NONE),
    FILTER_INTERLEAVED(PM_ALPHA_OPAQUE),
    FILTER_INTERLEAVED(PM_ALPHA_STRAIGHT),
    PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8),
    FILTER_PLANES(false),
    FILTER_PLANES(true),
    {.color = PM_COLOR_YCC, .alpha = PM_ALPHA_STRAIGHT, .depth = 8, .bits = 8},
    {.color = PM_COLOR_YCC, .alpha = PM_ALPHA_STRAIGHT, .depth = 8, .bits = 8, .limited_range = true},
    {.depth = 0},
};

const struct pm_pixel_format filter_accepts_premultiplied[] = {
    FILTER_INTERLEAVED(PM_ALPHA_NONE),
    FILTER_INTERLEAVED(PM_ALPHA_OPAQUE),
    FILTER_PREMULTIPLIED,
    PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8),
    FILTER_PLANES(false),
    FILTER_PLANES(true),
    {.depth = 0},
};

const struct pm_pixel_format filter_accepts_any[] = {
    FILTER_INTERLEAVED(PM_ALPHA_NONE),
    FILTER_INTERLEAVED(PM_ALPHA_OPAQUE),
    FILTER_INTERLEAVED(PM_ALPHA_STRAIGHT),
    FILTER_PREMULTIPLIED,
    PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8),
    FILTER_PLANES(false),
    FILTER_PLANES(true),
    {.depth = 0},
};

const struct pm_pixel_format filter_accepts_light[] = {
    FILTER_INTERLEAVED(PM_ALPHA_NONE),
    FILTER_INTERLEAVED(PM_ALPHA_OPAQUE),
    FILTER_INTERLEAVED(PM_ALPHA_STRAIGHT),
    PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8),
    {.depth = 0},
};

const struct filter *const filters[] = {
    &resize_filter,
    &blur_filter,
    &sharpen_filter,
    &crop_filter,
    &rotate_filter,
    &flip_filter,
    &flop_filter,
    &gray_filter,
    &pad_filter,
    &trim_filter,
    &watermark_filter,
    &brightness_filter,
    &contrast_filter,
    &saturation_filter,
    &hue_filter,
    &gamma_filter,
    &normalize_filter,
    &negate_filter,
    &tint_filter,
    &threshold_filter,
    &pixelate_filter,
    &median_filter,
    NULL,
};
/* clang-format on */

int filter_parse(const struct filter *filter, const char *argument, void *params, struct pm_error *error)
{
    memset(params, 0, FILTER_PARAMS_MAX);
    if (filter->params != NULL && params_parse(filter->params, filter->name, argument, params, error) != 0)
        return -1;
    return filter->check != NULL ? filter->check(params, error) : 0;
}

void filter_print(const struct filter *filter, const void *params, char *text, size_t size)
{
    text[0] = '\0';
    if (filter->params != NULL)
        params_print(filter->params, params, text, size);
}

void filter_complete(const struct filter *filter, const void *params, const struct filter_lent *lent,
                     void *completed)
{
    memcpy(completed, params, FILTER_PARAMS_MAX);
    if (filter->complete != NULL)
        filter->complete(completed, lent);
}

const struct pm_pixel_format *filter_accepts(const struct filter *filter, const void *params)
{
    return filter->accepts_for != NULL ? filter->accepts_for(params) : filter->accepts;
}

bool filter_paints(const struct filter *filter, const void *params)
{
    return filter->paints && (filter->turn == NULL || filter->turn(params) == 0);
}

int filter_measure(const struct filter *filter, void *completed, const struct pm_image *in,
                   struct shape *shape, struct context *context)
{
    if (filter->measure != NULL)
        return filter->measure(completed, in, shape, context);
    return filter->plan != NULL ? filter->plan(completed, shape, context->error) : 0;
}

const struct filter *filter_find(const char *name)
{
    for (const struct filter *const *filter = filters; *filter != NULL; filter++) {
        if (strcmp((*filter)->name, name) == 0)
            return *filter;
    }
    return NULL;
}
