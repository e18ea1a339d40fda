/*
 * Of each frame but the first, libjxl is given the smallest rectangle that has all pixels that differ from
 * the frame before; it replaces what is there. The last frame's header says that it is the last, so each
 * frame is encoded when the next one has come.
 */
#include "codec/jxl/part/writer.h"

#include <string.h>

#include "codec/jxl/part/encode.h"
#include "image/image.h"

enum { REFERENCE = 1 /* number under which each frame is kept for the next one */ };

struct rectangle {
    uint32_t left, top, right, bottom; /* right and bottom: past the end */
};

struct jxl_writer {
    struct writer writer;
    struct jxl_encoding encoding;
    struct writer_clock clock;
    struct pm_image last; /* the frame to encode next, a copy; width 0: none */
    struct rectangle changed;
    uint32_t ticks;
};

static size_t pixel_bytes(const struct pm_image *image)
{
    return image->plane[0].channels * (image->format.depth / 8);
}

/* A pixel at least: JPEG XL has no frames without any. */
static struct rectangle compare(const struct pm_image *image, const struct pm_image *last)
{
    const size_t bytes = pixel_bytes(image);
    struct rectangle found = {.left = image->width, .top = image->height};
    for (uint32_t y = 0; y < image->height; y++) {
        const uint8_t *now = plane_row(&image->plane[0], y), *was = plane_row(&last->plane[0], y);
        uint32_t left = 0, right = image->width;
        while (left < right && memcmp(now + left * bytes, was + left * bytes, bytes) == 0)
            left++;
        while (right > left && memcmp(now + (right - 1) * bytes, was + (right - 1) * bytes, bytes) == 0)
            right--;
        if (left == right)
            continue;
        found.top = y < found.top ? y : found.top;
        found.bottom = y + 1;
        found.left = left < found.left ? left : found.left;
        found.right = right > found.right ? right : found.right;
    }
    return found.bottom > 0 ? found : (struct rectangle){0, 0, 1, 1};
}

/* The rectangle as an image on the same samples. */
static struct pm_image part_of(const struct pm_image *image, const struct rectangle *rectangle)
{
    struct pm_image part = *image;
    struct pm_plane *plane = &part.plane[0];
    part.width = plane->width = rectangle->right - rectangle->left;
    part.height = plane->height = rectangle->bottom - rectangle->top;
    plane->data += rectangle->top * plane->stride + rectangle->left * pixel_bytes(image);
    return part;
}

static int give_last(struct jxl_writer *jxl, struct context *context)
{
    const struct rectangle *changed = &jxl->changed;
    const struct pm_image part = part_of(&jxl->last, changed);
    JxlFrameHeader header;
    JxlEncoderInitFrameHeader(&header);
    header.duration = jxl->ticks;
    header.layer_info.have_crop = part.width < jxl->last.width || part.height < jxl->last.height;
    header.layer_info.crop_x0 = (int32_t)changed->left;
    header.layer_info.crop_y0 = (int32_t)changed->top;
    header.layer_info.xsize = part.width;
    header.layer_info.ysize = part.height;
    header.layer_info.blend_info.source = REFERENCE;
    header.layer_info.save_as_reference = REFERENCE;
    jxl->encoding.library.context = context;
    if (JxlEncoderSetFrameHeader(jxl->encoding.settings, &header) != JXL_ENC_SUCCESS)
        return jxl_refuse(&jxl->encoding, context->error);
    return jxl_encoding_add(&jxl->encoding, &part, context);
}

/* --- the writer's functions -------------------------------------------------------------------------- */

static int begin(struct writer *writer, const struct pm_image *first, struct context *context)
{
    struct jxl_writer *jxl = (struct jxl_writer *)writer;
    return jxl_encoding_begin(&jxl->encoding, first, writer->options, &writer->animation, context);
}

static int keep(struct jxl_writer *jxl, const struct pm_image *image, struct context *context)
{
    const struct shape shape = image_shape(image);
    const size_t row = image->width * pixel_bytes(image);
    if (jxl->last.width == 0) {
        struct context lasting = *context;
        lasting.arena = context->job_arena;
        if (image_alloc(&jxl->last, &shape, &lasting) != 0)
            return -1;
    }
    for (uint32_t y = 0; y < image->height; y++)
        memcpy(plane_row(&jxl->last.plane[0], y), plane_row(&image->plane[0], y), row);
    return 0;
}

static int add(struct writer *writer, const struct frame *frame, struct context *context)
{
    struct jxl_writer *jxl = (struct jxl_writer *)writer;
    const struct pm_image *image = &frame->image;
    struct rectangle changed = {0, 0, image->width, image->height};
    const struct arena_mark mark = arena_mark(context->arena);
    int status = 0;
    if (jxl->last.width > 0) {
        changed = compare(image, &jxl->last);
        status = give_last(jxl, context);
        if (status == 0)
            status = jxl_append_output(jxl->encoding.encoder, writer->out, context);
    }
    arena_release(context->arena, mark);
    if (status != 0 || keep(jxl, image, context) != 0)
        return -1;
    const uint64_t ticks = writer_clock_add(&jxl->clock, frame->time, JXL_TICKS_PER_SECOND);
    jxl->ticks = ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
    jxl->changed = changed;
    return 0;
}

static int end(struct writer *writer, struct context *context)
{
    struct jxl_writer *jxl = (struct jxl_writer *)writer;
    const struct arena_mark mark = arena_mark(context->arena);
    int status = give_last(jxl, context);
    if (status == 0)
        status = jxl_run_encoder(jxl->encoding.encoder, writer->out, context);
    arena_release(context->arena, mark);
    return status;
}

static void close(struct writer *writer)
{
    JxlEncoderDestroy(((struct jxl_writer *)writer)->encoding.encoder);
}

const struct codec_writer jxl_writer_functions = {
    .size = sizeof(struct jxl_writer), .begin = begin, .add = add, .end = end, .close = close};
