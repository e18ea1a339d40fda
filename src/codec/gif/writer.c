/*
 * Writes stills and animations. In an animation, only pixels that differ from the previous frame are written.
 * If a pixel becomes transparent, the previous frame must be cleared, so each frame is held until the next
 * one is known.
 */
#include "codec/gif/writer.h"

#include <string.h>

#include "codec/gif/encode.h"
#include "codec/writer.h"

enum { ALPHA_VISIBLE = 128, OPAQUE = 255, PER_SECOND = 100 };

struct gif_writer {
    struct writer writer;
    struct gif_output output;
    struct quantizer *quantizer;
    struct gif_indexed held; /* the last frame added; without indices before the first */
    uint8_t *spare;          /* indices for the next one */
    struct pm_image last;    /* the last frame's samples, a copy in RGBA or RGB as they came */
    struct pm_image first;   /* for the file's metadata */
    bool partial;            /* some alpha was neither full nor none */
    struct writer_clock clock;
};

/* --- one frame -------------------------------------------------------------------------------------- */

static bool is_visible(const uint8_t *pixel, unsigned channels)
{
    return channels < 4 || pixel[3] >= ALPHA_VISIBLE;
}

/* Results of marking pixels. */
struct marks {
    bool skipped; /* some pixel is not drawn */
    bool clears;  /* some pixel was visible in `last` and is not now */
    bool partial; /* some alpha is neither full nor none */
};

/* Marks the pixels to draw: the visible ones that differ from `last` (NULL: all). */
static struct marks mark_pixels(const struct pm_image *image, const struct pm_image *last, uint8_t *drawn)
{
    const unsigned channels = image->plane[0].channels;
    struct marks marks = {0};
    for (uint32_t y = 0; y < image->height; y++) {
        const uint8_t *now = plane_row(&image->plane[0], y);
        const uint8_t *was = last != NULL ? plane_row(&last->plane[0], y) : NULL;
        for (uint32_t x = 0; x < image->width; x++, now += channels, drawn++) {
            const bool visible = is_visible(now, channels);
            const bool before = was != NULL && is_visible(was, channels);
            *drawn = visible && !(before && memcmp(now, was, 3) == 0) ? QUANTIZER_DRAWN : QUANTIZER_SKIPPED;
            marks.skipped = marks.skipped || *drawn == QUANTIZER_SKIPPED;
            marks.clears = marks.clears || (before && !visible);
            marks.partial = marks.partial || (channels == 4 && now[3] != 0 && now[3] != OPAQUE);
            was = was != NULL ? was + channels : NULL;
        }
    }
    return marks;
}

/* The smallest rectangle with all drawn pixels; without any, the first pixel. */
static void find_rectangle(const struct pm_image *image, const uint8_t *drawn, struct gif_indexed *frame)
{
    uint32_t left = image->width, right = 0, top = image->height, bottom = 0;
    for (uint32_t y = 0; y < image->height; y++, drawn += image->width) {
        const uint8_t *first = memchr(drawn, QUANTIZER_DRAWN, image->width);
        if (first == NULL)
            continue;
        const uint32_t from = (uint32_t)(first - drawn);
        uint32_t to = image->width;
        while (drawn[to - 1] != QUANTIZER_DRAWN)
            to--;
        left = from < left ? from : left;
        right = to > right ? to : right;
        top = y < top ? y : top;
        bottom = y + 1;
    }
    frame->x = bottom > 0 ? left : 0;
    frame->y = bottom > 0 ? top : 0;
    frame->width = bottom > 0 ? right - left : 1;
    frame->height = bottom > 0 ? bottom - top : 1;
}

/* Chooses colours for the marked pixels, and replaces the marks by indices. */
static void index_pixels(struct quantizer *quantizer, const struct pm_image *image, bool skipped,
                         const void *options, struct gif_indexed *frame)
{
    const struct gif_options *asked = options;
    struct palette *palette = &frame->palette;
    quantizer_choose(quantizer, image, frame->indices, PALETTE_MAX - skipped, palette);
    frame->transparent = GIF_OPAQUE;
    if (skipped)
        frame->transparent = (int)palette->count;
    quantizer_map(quantizer, image, frame->indices, palette, (enum dither)asked->dither,
                  (uint8_t)palette->count);
    if (skipped)
        palette->count++; /* its colour is never seen */
}

static void warn_of_alpha(struct context *context)
{
    context_warn(context, "partial transparency becomes full or none: a GIF has no other");
}

/* --- a still image ---------------------------------------------------------------------------------- */

static int encode_still(const struct pm_image *image, const void *options, struct gif_output *output,
                        struct buffer *out, struct context *context)
{
    struct gif_indexed frame = {.width = image->width, .height = image->height, .disposal = GIF_KEEP};
    struct quantizer *quantizer = quantizer_new(image->width, 3, context);
    frame.indices = context_alloc_array(context, image->height, image->width);
    if (quantizer == NULL || frame.indices == NULL || context_checkpoint(context) != 0)
        return -1;
    context_native_begin(context);
    const struct marks marks = mark_pixels(image, NULL, frame.indices);
    index_pixels(quantizer, image, marks.skipped, options, &frame);
    context_native_end(context);
    if (marks.partial)
        warn_of_alpha(context);
    if (gif_output_begin(output, out, image, &frame.palette, -1, context) != 0 ||
        gif_output_frame(output, &frame, context) != 0)
        return -1;
    return gif_output_end(output, context);
}

int gif_encode(const struct pm_image *image, const void *options, struct buffer *out, struct context *context)
{
    struct gif_output output = {0};
    const struct arena_mark mark = arena_mark(context->arena), job_mark = arena_mark(context->job_arena);
    const size_t start = out->size;
    const int status = encode_still(image, options, &output, out, context);
    gif_output_close(&output);
    arena_release(context->arena, mark);
    arena_release(context->job_arena, job_mark);
    if (status != 0)
        out->size = start;
    return status;
}

/* --- an animation ----------------------------------------------------------------------------------- */

static int begin(struct writer *writer, const struct pm_image *first, struct context *context)
{
    struct gif_writer *gif = (struct gif_writer *)writer;
    const size_t pixels = (size_t)first->width * first->height;
    const size_t samples = pixels * first->plane[0].channels;
    gif->first = *first;
    gif->quantizer = quantizer_new(first->width, 3, context);
    gif->held.indices = NULL;
    gif->spare = arena_alloc(context->job_arena, 2 * pixels);
    uint8_t *last = arena_alloc(context->job_arena, samples);
    if (gif->quantizer == NULL || gif->spare == NULL || last == NULL)
        return error_memory(context->error, 2 * pixels + samples);
    gif->last = *first;
    gif->last.plane[0].data = last;
    gif->last.plane[0].stride = (size_t)first->width * first->plane[0].channels;
    return 0;
}

/* Writes the previous frame, now that it is known whether it must be cleared. */
static int write_held(struct gif_writer *gif, bool cleared, struct context *context)
{
    struct gif_indexed *held = &gif->held;
    if (cleared) {
        held->disposal = GIF_CLEAR;
        held->x = held->y = 0;
        held->width = gif->last.width;
        held->height = gif->last.height;
    }
    if (gif->output.gif == NULL &&
        gif_output_begin(&gif->output, gif->writer.out, &gif->first, &held->palette,
                         (long)gif->writer.animation.loops, context) != 0)
        return -1;
    return gif_output_frame(&gif->output, held, context);
}

static int add(struct writer *writer, const struct frame *frame, struct context *context)
{
    struct gif_writer *gif = (struct gif_writer *)writer;
    const struct pm_image *image = &frame->image, *last = gif->held.indices != NULL ? &gif->last : NULL;
    const size_t pixels = (size_t)image->width * image->height;
    struct gif_indexed next = {.indices = gif->spare, .disposal = GIF_KEEP};
    context_native_begin(context);
    struct marks marks = mark_pixels(image, last, next.indices);
    const bool clears = marks.clears;
    if (clears)
        marks = mark_pixels(image, NULL, next.indices);
    find_rectangle(image, next.indices, &next);
    index_pixels(gif->quantizer, image, marks.skipped, writer->options, &next);
    context_native_end(context);
    if (marks.partial && !gif->partial)
        warn_of_alpha(context);
    gif->partial = gif->partial || marks.partial;
    if (last != NULL && write_held(gif, clears, context) != 0)
        return -1;
    uint8_t *both = gif->held.indices == NULL ? gif->spare + pixels : gif->held.indices;
    const uint64_t delay = writer_clock_add(&gif->clock, frame->time, PER_SECOND);
    next.delay = delay < UINT16_MAX ? (unsigned)delay : UINT16_MAX;
    gif->held = next;
    gif->spare = both;
    for (uint32_t y = 0; y < image->height; y++)
        memcpy(plane_row(&gif->last.plane[0], y), plane_row(&image->plane[0], y), gif->last.plane[0].stride);
    return 0;
}

static int end(struct writer *writer, struct context *context)
{
    struct gif_writer *gif = (struct gif_writer *)writer;
    return write_held(gif, false, context) == 0 ? gif_output_end(&gif->output, context) : -1;
}

static void close(struct writer *writer)
{
    gif_output_close(&((struct gif_writer *)writer)->output);
}

/* The last frame's samples, and two frames of indices. */
static uint64_t bytes(const struct shape *shape, unsigned frames, const void *options)
{
    (void)frames;
    (void)options;
    return (uint64_t)shape->width * shape->height * 6;
}

const struct codec_writer gif_writer = {.size = sizeof(struct gif_writer),
                                        .bytes = bytes,
                                        .begin = begin,
                                        .add = add,
                                        .end = end,
                                        .close = close};

/* --- options and bounds ------------------------------------------------------------------------------ */

/* LZW's codes have at most 12 bits a pixel, and each sub-block of 255 bytes has one of length. */
uint64_t gif_encode_bound(const struct shape *shape, const void *options)
{
    enum { SIXTEENTHS = 26, FIXED = 4096 };
    (void)options;
    return (uint64_t)shape->width * shape->height * SIXTEENTHS / 16 + FIXED;
}

uint64_t gif_encode_bytes(const struct shape *shape, const void *options)
{
    enum { LIBRARY = 128 * 1024 };
    (void)options;
    return (uint64_t)shape->width * shape->height + quantizer_bytes(shape->width, 3) + LIBRARY;
}
