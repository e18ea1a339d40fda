#include "filter/region.h"

#include <inttypes.h>
#include <string.h>

/* clang-format off */
const struct pm_pixel_format region_accepts[] = {
    FILTER_INTERLEAVED(PM_ALPHA_NONE),
    FILTER_INTERLEAVED(PM_ALPHA_OPAQUE),
    FILTER_PREMULTIPLIED,
    PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8),
    {.depth = 0},
};
/* clang-format on */

int region_parse(const char *text, size_t length, void *field, struct pm_error *error)
{
    struct rectangle region;
    if (!rectangle_read(text, length, &region) || !region.placed)
        return error_set(error, PM_ERROR_USAGE, "the region %.*s is not a rectangle (WIDTHxHEIGHT+X+Y)",
                         (int)(length < 40 ? length : 40), text);
    *(struct rectangle *)field = region;
    return 0;
}

void region_print(const void *field, char *text, size_t size)
{
    const struct rectangle *region = field;
    text[0] = '\0';
    if (region->width > 0)
        rectangle_print(region, text, size);
}

int region_check(const struct rectangle *region, const struct shape *shape, const char *name,
                 struct pm_error *error)
{
    if (shape->at_most || (region->x < shape->width && region->y < shape->height))
        return 0;
    return error_set(error, PM_ERROR_USAGE,
                     "the region %" PRIu32 "x%" PRIu32 "+%" PRIu32 "+%" PRIu32
                     " of %s is outside the picture, which is %" PRIu32 "x%" PRIu32
                     " at that step (nothing would be hidden)",
                     region->width, region->height, region->x, region->y, name, shape->width, shape->height);
}

struct pm_image region_of(const struct pm_image *image, const struct rectangle *region)
{
    struct pm_image part = *image;
    struct pm_plane *plane = &part.plane[0];
    if (region->width == 0)
        return part;
    const uint32_t right = image->width - region->x, below = image->height - region->y;
    part.width = plane->width = region->width < right ? region->width : right;
    part.height = plane->height = region->height < below ? region->height : below;
    plane->data =
        plane_row(plane, region->y) + (size_t)region->x * plane->channels * (image->format.depth / 8);
    plane->frame = (struct pm_frame){.extent_x = part.width, .extent_y = part.height};
    return part;
}

static void copy_row(const void *in, void *out, uint32_t width, const void *pixel_bytes)
{
    memcpy(out, in, width * *(const size_t *)pixel_bytes);
}

/* Rows of the part: with an alpha channel that `made` lacks, opaque. */
struct replacement {
    size_t made, pixel; /* bytes of a pixel */
};

static void replace_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct replacement *bytes = argument;
    const uint8_t *from = in;
    uint8_t *to = out;
    for (uint32_t x = 0; x < width; x++, from += bytes->made, to += bytes->pixel) {
        memcpy(to, from, bytes->made);
        memset(to + bytes->made, UINT8_MAX, bytes->pixel - bytes->made);
    }
}

int region_replace(const struct pm_image *in, const struct rectangle *region, const struct pm_image *made,
                   struct pm_image *out, struct context *context)
{
    const size_t sample = in->format.depth / 8, pixel = in->plane[0].channels * sample;
    const struct replacement bytes = {.made = made->plane[0].channels * sample, .pixel = pixel};
    if (image_alloc_like(out, in, in->format, context) != 0 ||
        plane_map_rows(&in->plane[0], &out->plane[0], copy_row, &pixel, context) != 0)
        return -1;
    const struct pm_image part = region_of(out, region);
    return plane_map_rows(&made->plane[0], &part.plane[0], replace_row, &bytes, context);
}
