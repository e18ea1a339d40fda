/*
 * Writes an animation frame by frame. The first frame is the still picture. Of each other frame only the
 * rectangle that differs from the one before is written: it replaces what is below, which also makes pixels
 * transparent again; or it is composed over it, with unchanged pixels transparent, if all others are opaque
 * and that is smaller.
 */
#include "codec/png/writer.h"

#include <string.h>

#include "codec/png/animation.h"
#include "codec/png/png.h"
#include "codec/png/write.h"

struct png_writer {
    struct writer writer;
    struct pm_image last; /* the last frame's samples, a copy */
    uint32_t sequence;    /* the next chunk's number */
    bool any;             /* a frame was written */
};

static size_t pixel_bytes(const struct pm_image *image)
{
    return image->plane[0].channels * image->format.depth / 8;
}

/* --- timing ------------------------------------------------------------------------------------------ */

static uint64_t divisor(uint64_t a, uint64_t b)
{
    return b == 0 ? a : divisor(b, a % b);
}

/* As a fraction of 16-bit numbers: exact where possible, else in the finest of a few units. */
static void set_time(struct png_frame *frame, struct frame_time time)
{
    static const uint16_t units[] = {10000, 1000, 100, 10, 1};
    if (time.per_second == 0)
        time = (struct frame_time){0, 1};
    const uint64_t common = divisor(time.ticks, time.per_second);
    uint64_t ticks = time.ticks / common, per_second = time.per_second / common;
    for (size_t i = 0; (ticks > UINT16_MAX || per_second > UINT16_MAX) && i < sizeof units / sizeof *units;
         i++) {
        ticks = ((uint64_t)time.ticks * units[i] + time.per_second / 2) / time.per_second;
        per_second = units[i];
    }
    frame->ticks = ticks < UINT16_MAX ? (uint16_t)ticks : UINT16_MAX;
    frame->per_second = (uint16_t)per_second;
}

/* --- what differs ------------------------------------------------------------------------------------ */

/* Results of comparing a frame with the last one. */
struct difference {
    uint32_t left, right, top, bottom; /* right and bottom: past the end; top == bottom: nothing differs */
    bool opaque;                       /* all pixels that differ are opaque */
    bool holes;                        /* some pixels within are equal */
};

static bool is_opaque(const uint8_t *pixel, size_t bytes, unsigned depth)
{
    return pixel[bytes - 1] == UINT8_MAX && (depth == 8 || pixel[bytes - 2] == UINT8_MAX);
}

static struct difference compare(const struct pm_image *image, const struct pm_image *last)
{
    const size_t bytes = pixel_bytes(image);
    struct difference found = {.left = image->width, .opaque = image->format.alpha != PM_ALPHA_NONE};
    uint64_t count = 0;
    for (uint32_t y = 0; y < image->height; y++) {
        const uint8_t *now = plane_row(&image->plane[0], y), *was = plane_row(&last->plane[0], y);
        if (memcmp(now, was, image->width * bytes) == 0)
            continue;
        found.top = found.bottom == 0 ? y : found.top;
        found.bottom = y + 1;
        for (uint32_t x = 0; x < image->width; x++) {
            if (memcmp(now + x * bytes, was + x * bytes, bytes) == 0)
                continue;
            found.left = x < found.left ? x : found.left;
            found.right = x + 1 > found.right ? x + 1 : found.right;
            found.opaque = found.opaque && is_opaque(now + x * bytes, bytes, image->format.depth);
            count++;
        }
    }
    found.holes =
        count < (uint64_t)(found.right - found.left * (found.right > 0)) * (found.bottom - found.top);
    return found;
}

/* The rectangle as an image on the same samples. */
static struct pm_image part_of(const struct pm_image *image, const struct png_frame *frame)
{
    struct pm_image part = *image;
    struct pm_plane *plane = &part.plane[0];
    part.width = plane->width = frame->width;
    part.height = plane->height = frame->height;
    plane->data += frame->y * plane->stride + frame->x * pixel_bytes(image);
    return part;
}

/* A copy of the rectangle in which pixels that are as in the last frame are transparent. */
static int make_holes(const struct pm_image *part, const struct pm_image *before, struct pm_image *out,
                      struct context *context)
{
    const size_t bytes = pixel_bytes(part), row = part->width * bytes;
    const struct shape shape = {.width = part->width, .height = part->height, .format = part->format};
    if (image_alloc(out, &shape, context) != 0)
        return -1;
    for (uint32_t y = 0; y < part->height; y++) {
        const uint8_t *now = plane_row(&part->plane[0], y), *was = plane_row(&before->plane[0], y);
        uint8_t *to = plane_row(&out->plane[0], y);
        memcpy(to, now, row);
        for (uint32_t x = 0; x < part->width; x++) {
            if (memcmp(now + x * bytes, was + x * bytes, bytes) == 0)
                memset(to + x * bytes, 0, bytes);
        }
    }
    return 0;
}

/* --- frames ------------------------------------------------------------------------------------------ */

static int append_frame(struct png_writer *png, const struct png_frame *frame, const struct pm_image *part,
                        struct context *context)
{
    uint8_t data[PNG_FCTL_BYTES];
    png_frame_store(frame, png->sequence++, data);
    if (png_chunk_append(png->writer.out, TYPE_FCTL, data, sizeof data, context->error) != 0)
        return -1;
    return png_pixels_append(part, png->any ? &png->sequence : NULL, png->writer.out, context);
}

static int append_first(struct png_writer *png, struct png_frame *frame, const struct pm_image *image,
                        struct context *context)
{
    uint8_t control[PNG_ACTL_BYTES];
    png_put_be32(control, png->writer.animation.frames);
    png_put_be32(control + 4, png->writer.animation.loops);
    if (png_chunk_append(png->writer.out, TYPE_ACTL, control, sizeof control, context->error) != 0)
        return -1;
    frame->width = image->width;
    frame->height = image->height;
    return append_frame(png, frame, image, context);
}

/* Writes the frame in a second way after the first, which begins at `start`, and keeps the smaller one. */
static int try_over(struct png_writer *png, struct png_frame *frame, const struct pm_image *part,
                    size_t start, uint32_t sequence, struct context *context)
{
    struct buffer *out = png->writer.out;
    const size_t middle = out->size, first = middle - start;
    const uint32_t after = png->sequence;
    const struct pm_image before = part_of(&png->last, frame);
    struct pm_image holes;
    frame->blend = PNG_OVER;
    png->sequence = sequence;
    if (make_holes(part, &before, &holes, context) != 0 || append_frame(png, frame, &holes, context) != 0)
        return -1;
    const size_t second = out->size - middle;
    if (second < first) {
        memmove(out->data + start, out->data + middle, second);
        out->size = start + second;
    } else {
        out->size = middle;
        png->sequence = after;
    }
    return 0;
}

/* If nothing differs, one pixel is written. */
static int append_next(struct png_writer *png, struct png_frame *frame, const struct pm_image *image,
                       struct context *context)
{
    const struct arena_mark mark = arena_mark(context->arena);
    const size_t start = png->writer.out->size;
    const uint32_t sequence = png->sequence;
    context_native_begin(context);
    const struct difference found = compare(image, &png->last);
    context_native_end(context);
    const bool any = found.bottom > found.top;
    frame->x = any ? found.left : 0;
    frame->y = any ? found.top : 0;
    frame->width = any ? found.right - found.left : 1;
    frame->height = any ? found.bottom - found.top : 1;
    const struct pm_image part = part_of(image, frame);
    int status = append_frame(png, frame, &part, context);
    if (status == 0 && any && found.opaque && found.holes)
        status = try_over(png, frame, &part, start, sequence, context);
    arena_release(context->arena, mark);
    return status;
}

/* --- the writer -------------------------------------------------------------------------------------- */

static int begin(struct writer *writer, const struct pm_image *first, struct context *context)
{
    struct png_writer *png = (struct png_writer *)writer;
    struct pm_plane *plane = &png->last.plane[0];
    png->last = *first;
    plane->stride = first->width * pixel_bytes(first);
    plane->data = arena_alloc(context->job_arena, plane->stride * first->height);
    if (plane->data == NULL)
        return error_memory(context->error, plane->stride * first->height);
    /* Frames would need one palette for all. */
    const struct png_options *options = writer->options;
    const struct png_form plain = png_form_plain(first);
    if (options != NULL && (options->palette > 0 || options->progressive))
        context_warn(context, "an animated PNG is written without a palette and without interlacing");
    return png_head_append(writer->out, first, &plain, false, context->error);
}

static int add(struct writer *writer, const struct frame *frame, struct context *context)
{
    struct png_writer *png = (struct png_writer *)writer;
    const struct pm_image *image = &frame->image;
    struct png_frame next = {.disposal = PNG_KEEP, .blend = PNG_SOURCE};
    set_time(&next, frame->time);
    const int status =
        png->any ? append_next(png, &next, image, context) : append_first(png, &next, image, context);
    if (status != 0)
        return -1;
    png->any = true;
    for (uint32_t y = 0; y < image->height; y++)
        memcpy(plane_row(&png->last.plane[0], y), plane_row(&image->plane[0], y), png->last.plane[0].stride);
    return 0;
}

static int end(struct writer *writer, struct context *context)
{
    return png_chunk_append(writer->out, TYPE_IEND, NULL, 0, context->error);
}

static void close(struct writer *writer)
{
    (void)writer; /* all is in the job_arena */
}

/* The last frame's samples, a frame with holes, and a frame written in a second way. */
static uint64_t bytes(const struct shape *shape, unsigned frames, const void *options)
{
    (void)frames;
    return 2 * shape_bytes(shape) + png_encode_bound(shape, options);
}

const struct codec_writer png_writer = {.size = sizeof(struct png_writer),
                                        .bytes = bytes,
                                        .begin = begin,
                                        .add = add,
                                        .end = end,
                                        .close = close};
