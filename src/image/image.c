/*
 * Shapes, planes and images. Sizes are computed in 64 bits and checked before allocating, because width and
 * height come from a file.
 */
#include "image/image.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>

enum { ROW_ALIGNMENT = 64 };

static uint64_t stride_of(uint32_t width, unsigned channels, unsigned depth)
{
    const uint64_t row = (uint64_t)width * channels * (depth / 8);
    return (row + ROW_ALIGNMENT - 1) / ROW_ALIGNMENT * ROW_ALIGNMENT;
}

uint64_t shape_bytes(const struct shape *shape)
{
    const bool planes = shape->format.color == PM_COLOR_YCC;
    const unsigned channels = pm_channels(&shape->format);
    const uint64_t rows = (uint64_t)shape->height * (planes ? channels : 1);
    uint64_t bytes;
    if (__builtin_mul_overflow(stride_of(shape->width, planes ? 1 : channels, shape->format.depth), rows,
                               &bytes))
        return UINT64_MAX;
    return bytes;
}

struct shape image_shape(const struct pm_image *image)
{
    return (struct shape){.width = image->width, .height = image->height, .format = image->format};
}

struct pm_plane plane_planned(const struct shape *planned, unsigned i)
{
    const bool chroma = planned->format.color == PM_COLOR_YCC && (i == 1 || i == 2);
    const double extent_x = (double)planned->width / (chroma ? planned->format.sampling_x : 1);
    const double extent_y = (double)planned->height / (chroma ? planned->format.sampling_y : 1);
    return (struct pm_plane){
        .width = (uint32_t)ceil(extent_x),
        .height = (uint32_t)ceil(extent_y),
        .frame = {.extent_x = extent_x, .extent_y = extent_y},
    };
}

void image_set_sampling(struct pm_image *image)
{
    if (image->format.color != PM_COLOR_YCC)
        return;
    const struct pm_frame *luma = &image->plane[0].frame, *chroma = &image->plane[1].frame;
    image->format.sampling_x = (unsigned)fmax(luma->extent_x / chroma->extent_x + 0.5, 1);
    image->format.sampling_y = (unsigned)fmax(luma->extent_y / chroma->extent_y + 0.5, 1);
    image->format.unaligned = false;
    const struct shape shape = image_shape(image);
    for (unsigned i = 0; i < image->nplanes; i++) {
        const struct pm_plane aligned = plane_planned(&shape, i);
        if (!plane_same_frame(&image->plane[i], &aligned))
            image->format.unaligned = true;
    }
}

int plane_alloc(struct pm_plane *plane, uint32_t width, uint32_t height, unsigned channels, unsigned depth,
                struct context *context)
{
    assert(width > 0 && height > 0 && channels >= 1 && channels <= 4 &&
           (depth == 8 || depth == 16 || depth == 32));
    const uint64_t stride = stride_of(width, channels, depth);
    uint64_t size;
    if (__builtin_mul_overflow(stride, height, &size) || size > SIZE_MAX)
        return error_memory(context->error, UINT64_MAX);
    if (context->max_bytes > 0 && size > context->max_bytes)
        return error_limit_hint(context->error, context->max_bytes, size, PM_HINT_MAX_MEMORY,
                                "a picture of %" PRIu32 "x%" PRIu32 " takes %" PRIu64
                                " bytes, more than the %" PRIu64 " allowed",
                                width, height, size, context->max_bytes);
    uint8_t *data = context_alloc(context, (size_t)size);
    if (data == NULL)
        return -1;
    *plane = (struct pm_plane){
        .data = data,
        .stride = (size_t)stride,
        .width = width,
        .height = height,
        .channels = channels,
        .frame = {.extent_x = width, .extent_y = height},
    };
    return 0;
}

int plane_alloc_planned(struct pm_plane *plane, unsigned i, const struct shape *planned, unsigned channels,
                        unsigned depth, struct context *context)
{
    const struct pm_plane aligned = plane_planned(planned, i);
    if (plane_alloc(plane, aligned.width, aligned.height, channels, depth, context) != 0)
        return -1;
    plane->frame = aligned.frame;
    return 0;
}

int image_alloc(struct pm_image *image, const struct shape *shape, struct context *context)
{
    assert(shape->format.color != PM_COLOR_YCC);
    if (image_check_size(shape->width, shape->height, context->max_pixels, context->error) != 0)
        return -1;
    struct pm_plane plane;
    if (plane_alloc(&plane, shape->width, shape->height, pm_channels(&shape->format), shape->format.depth,
                    context) != 0)
        return -1;
    *image = (struct pm_image){
        .width = shape->width,
        .height = shape->height,
        .format = shape->format,
        .orientation = 1,
        .nplanes = 1,
        .plane = {plane},
    };
    return 0;
}

int image_alloc_like(struct pm_image *out, const struct pm_image *in, struct pm_pixel_format format,
                     struct context *context)
{
    assert(format.color != PM_COLOR_YCC);
    struct pm_plane plane;
    if (plane_alloc(&plane, in->plane[0].width, in->plane[0].height, pm_channels(&format), format.depth,
                    context) != 0)
        return -1;
    plane.frame = in->plane[0].frame;
    *out = (struct pm_image){
        .width = in->width,
        .height = in->height,
        .format = format,
        .orientation = in->orientation,
        .nplanes = 1,
        .plane = {plane},
        .meta = in->meta,
    };
    return 0;
}

int image_check_size(uint32_t width, uint32_t height, uint64_t max_pixels, struct pm_error *error)
{
    const uint64_t pixels = (uint64_t)width * height;
    const uint32_t side = width > height ? width : height;
    if (side > IMAGE_SIDE_MAX)
        return error_limit(error, IMAGE_SIDE_MAX, side,
                           "%" PRIu32 " x %" PRIu32
                           " pixels are over the limit of %d on a side (crop or split it)",
                           width, height, IMAGE_SIDE_MAX);
    if (max_pixels != 0 && pixels > max_pixels)
        return error_limit_hint(error, max_pixels, pixels, PM_HINT_MAX_PIXELS,
                                "%" PRIu32 " x %" PRIu32 " pixels are over the limit of %" PRIu64, width,
                                height, max_pixels);
    return 0;
}

bool plane_is_full(const struct pm_plane *plane)
{
    return plane->frame.x0 == 0 && plane->frame.y0 == 0 && plane->frame.extent_x == plane->width &&
           plane->frame.extent_y == plane->height;
}

bool plane_same_frame(const struct pm_plane *a, const struct pm_plane *b)
{
    return a->width == b->width && a->height == b->height && a->frame.x0 == b->frame.x0 &&
           a->frame.y0 == b->frame.y0 && a->frame.extent_x == b->frame.extent_x &&
           a->frame.extent_y == b->frame.extent_y;
}

struct row_map {
    const struct pm_plane *in, *out;
    row_function *row;
    const void *argument;
    unsigned bands;
};

static int map_band(void *argument, unsigned band, struct arena *scratch)
{
    (void)scratch;
    const struct row_map *map = argument;
    uint32_t first, end;
    context_band_rows(map->out->height, map->bands, band, &first, &end);
    for (uint32_t y = first; y < end; y++)
        map->row(plane_row(map->in, y), plane_row(map->out, y), map->out->width, map->argument);
    return 0;
}

int plane_map_rows(const struct pm_plane *in, const struct pm_plane *out, row_function *row,
                   const void *argument, struct context *context)
{
    enum { ROWS_MIN = 16 };
    assert(in->width == out->width && in->height == out->height);
    struct row_map map = {
        .in = in,
        .out = out,
        .row = row,
        .argument = argument,
        .bands = context_band_count(context, out->height, ROWS_MIN),
    };
    return context_for_bands(context, map.bands, map_band, &map);
}
