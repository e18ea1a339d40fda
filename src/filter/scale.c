#include "filter/scale.h"

struct shape scale_shape(const struct shape *in, uint32_t width, uint32_t height)
{
    struct shape out = *in;
    out.width = width;
    out.height = height;
    if (in->format.alpha == PM_ALPHA_STRAIGHT && (in->at_most || width != in->width || height != in->height))
        out.format = pixels_premultiplied(in->format);
    return out;
}

uint64_t scale_scratch_bytes(const struct kernel *kernel, const struct shape *in, const struct shape *out)
{
    return weights_bytes(kernel, in->width, out->width) + weights_bytes(kernel, in->height, out->height);
}

/* Resizes the only plane, through a reading. */
static int scale_reading(const struct kernel *kernel, const struct alpha_reading *reading,
                         const struct pm_image *in, const struct shape *planned, struct pm_image *out,
                         struct context *context)
{
    struct pm_plane plane;
    out->format = alpha_reading_format(reading, in->format);
    if (plane_alloc_planned(&plane, 0, planned, pm_channels(&out->format), out->format.depth, context) != 0 ||
        resize_plane(&in->plane[0], reading, out->format.depth, &plane, kernel, context) != 0)
        return -1;
    out->plane[0] = plane;
    return 0;
}

/* For straight alpha: premultiplies each row while reading, which avoids a copy of twice the size, or drops
 * an opaque alpha channel. */
static int scale_alpha(const struct kernel *kernel, const struct pm_image *in, const struct shape *planned,
                       struct pm_image *out, struct context *context)
{
    struct alpha_reading reading;
    return alpha_reading_init(&reading, in, context) == 0
               ? scale_reading(kernel, &reading, in, planned, out, context)
               : -1;
}

int scale_image(const struct kernel *kernel, const struct pm_image *in, const struct shape *planned,
                struct pm_image *out, struct context *context)
{
    if (image_check_size(planned->width, planned->height, context->max_pixels, context->error) != 0)
        return -1;
    const bool widens =
        pixels_wide(&planned->format) && in->format.color == PM_COLOR_YCC && in->format.depth == 8;
    *out = *in;
    out->width = planned->width;
    out->height = planned->height;
    if (widens)
        out->format.depth = planned->format.depth;
    for (unsigned i = 0; i < in->nplanes; i++) {
        struct arena_mark mark = arena_mark(context->arena);
        struct pm_plane plane;
        if (plane_alloc_planned(&plane, i, planned, in->plane[i].channels, out->format.depth, context) != 0)
            return -1;
        if (plane_same_frame(&in->plane[i], &plane) && !widens) {
            arena_release(context->arena, mark); /* size unchanged: share the samples */
            continue;
        }
        if (in->format.alpha == PM_ALPHA_STRAIGHT) {
            arena_release(context->arena, mark);
            return scale_alpha(kernel, in, planned, out, context);
        }
        int status = widens ? resize_plane_wide(&in->plane[i], &in->plane[0], &plane, kernel, context)
                            : resize_plane(&in->plane[i], NULL, in->format.depth, &plane, kernel, context);
        if (status != 0)
            return -1;
        out->plane[i] = plane;
    }
    image_set_sampling(out);
    return 0;
}

int scale_light(const struct kernel *kernel, const struct light *light, const struct pm_image *in,
                const struct shape *planned, struct pm_image *out, struct context *context)
{
    struct alpha_reading reading;
    if (image_check_size(planned->width, planned->height, context->max_pixels, context->error) != 0)
        return -1;
    alpha_reading_suppose(&reading, in->plane[0].channels, in->format.depth, false, context);
    if (in->format.alpha == PM_ALPHA_STRAIGHT && alpha_reading_init(&reading, in, context) != 0)
        return -1;
    reading.light = light;
    *out = *in;
    out->width = planned->width;
    out->height = planned->height;
    return scale_reading(kernel, &reading, in, planned, out, context);
}
