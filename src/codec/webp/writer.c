/*
 * Writes an animation frame by frame (writer.h). Of each frame but the first only the rectangle that changed
 * is written. It replaces what is below it; or it is drawn over that, with unchanged blocks transparent, if
 * nothing else is and there are enough of them.
 */
#include "codec/webp/writer.h"

#include <string.h>

#include "codec/webp/changes.h"
#include "codec/webp/encode.h"
#include "image/image.h"

enum {
    HEAD_SIZE = WEBP_RIFF_HEAD + WEBP_CHUNK_HEAD + WEBP_VP8X_SIZE + WEBP_CHUNK_HEAD + WEBP_ANIM_SIZE,
    FLAGS_AT = WEBP_RIFF_HEAD + WEBP_CHUNK_HEAD,
    FRAME_HEAD = WEBP_CHUNK_HEAD + WEBP_ANMF_HEAD,
    DURATION_MAX = 0xFFFFFF, /* ms */
    REPLACES = 2,            /* a frame's flag: its pixels are not blended */
    WHOLE = 8,               /* pixels of the rectangle that stands for a frame without changes */
};

struct webp_writer {
    struct writer writer;
    struct pm_image last; /* the last frame's samples, a copy; the first frame's metadata */
    struct writer_clock clock;
    size_t start;      /* of the file in `out` */
    size_t frame;      /* of the last frame's chunk in `out`; 0: none is written */
    uint32_t duration; /* of the last frame, in ms */
    bool alpha;        /* some frame has alpha */
};

/* The last frame's samples, a part with holes, and the alpha of its holes where frames have none. */
static uint64_t bytes(const struct shape *shape, unsigned frames, const void *options)
{
    enum { PIXEL = 4 };
    (void)frames;
    struct shape clear = *shape;
    clear.format.alpha = PM_ALPHA_STRAIGHT;
    return shape_bytes(shape) + (uint64_t)shape->width * shape->height * PIXEL +
           webp_encode_bytes(&clear, options) - webp_encode_bytes(shape, options);
}

/* --- the file ----------------------------------------------------------------------------------------- */

static int begin(struct writer *writer, const struct pm_image *first, struct context *context)
{
    struct webp_writer *webp = (struct webp_writer *)writer;
    struct pm_plane *plane = &webp->last.plane[0];
    const uint32_t loops = writer->animation.loops <= UINT16_MAX ? writer->animation.loops : 0;
    uint8_t head[HEAD_SIZE] = "RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0",
            *animation = head + HEAD_SIZE - WEBP_ANIM_SIZE;
    webp->last = *first;
    plane->stride = (size_t)first->width * plane->channels;
    plane->data = arena_alloc(context->job_arena, plane->stride * first->height);
    if (plane->data == NULL)
        return error_memory(context->error, plane->stride * first->height);
    head[FLAGS_AT] = WEBP_FLAG_ANIMATION;
    webp_put_le24(head + FLAGS_AT + 4, first->width - 1);
    webp_put_le24(head + FLAGS_AT + 7, first->height - 1);
    webp_put_le32(animation - WEBP_CHUNK_HEAD, WEBP_ANIM);
    webp_put_le32(animation - 4, WEBP_ANIM_SIZE);
    animation[4] = (uint8_t)loops;
    animation[5] = (uint8_t)(loops >> 8);
    webp->start = writer->out->size;
    return buffer_append(writer->out, head, sizeof head) == 0 ? 0 : error_memory(context->error, sizeof head);
}

static int end(struct writer *writer, struct context *context)
{
    struct webp_writer *webp = (struct webp_writer *)writer;
    const struct buffer *out = writer->out;
    if (webp->alpha)
        out->data[webp->start + FLAGS_AT] |= WEBP_FLAG_ALPHA;
    if (webp_add_metadata(writer->out, webp->start, &webp->last, context) != 0)
        return -1;
    return webp_close_file(writer->out, webp->start, context->error);
}

static void close(struct writer *writer)
{
    (void)writer; /* all is in the job_arena */
}

/* --- frames ------------------------------------------------------------------------------------------- */

static void store_duration(struct webp_writer *webp, uint32_t milliseconds)
{
    webp->duration = milliseconds;
    webp_put_le24(webp->writer.out->data + webp->frame + WEBP_CHUNK_HEAD + 12, milliseconds);
}

/* Appends the picture's bitstream, without the file around it. */
static int append_bits(struct webp_writer *webp, const struct pm_image *picture, struct context *context)
{
    struct buffer *out = webp->writer.out;
    struct webp_image bits;
    const size_t start = out->size;
    if (webp_append_picture(picture, webp->writer.options, true, out, context) != 0 ||
        webp_examine(out, start + WEBP_RIFF_HEAD, &bits, context->error) != 0)
        return -1;
    const bool extended = webp_get_le32(out->data + start + WEBP_RIFF_HEAD) == WEBP_VP8X;
    const size_t around = WEBP_RIFF_HEAD + (extended ? WEBP_CHUNK_HEAD + WEBP_VP8X_SIZE : 0);
    out->size -= around;
    memmove(out->data + start, out->data + start + around, out->size - start);
    webp->alpha = webp->alpha || extended || bits.alpha;
    return 0;
}

/* Writes the rectangle; `over`: drawn over what is below it. */
static int append_frame(struct webp_writer *webp, const struct pm_image *picture,
                        const struct webp_changes *place, bool over, struct context *context)
{
    struct buffer *out = webp->writer.out;
    uint8_t head[FRAME_HEAD] = {0}, *frame = head + WEBP_CHUNK_HEAD;
    webp_put_le32(head, WEBP_ANMF);
    webp_put_le24(frame, place->x / 2);
    webp_put_le24(frame + 3, place->y / 2);
    webp_put_le24(frame + 6, place->width - 1);
    webp_put_le24(frame + 9, place->height - 1);
    frame[15] = over ? 0 : REPLACES;
    webp->frame = out->size;
    if (buffer_append(out, head, sizeof head) != 0)
        return error_memory(context->error, sizeof head);
    if (append_bits(webp, picture, context) != 0)
        return -1;
    webp_put_le32(out->data + webp->frame + 4, (uint32_t)(out->size - webp->frame - WEBP_CHUNK_HEAD));
    return 0;
}

/* Holes need a plane of alpha, which costs bytes and time: fewer than this are not worth it. */
static bool has_holes(const struct webp_changes *changes)
{
    enum { SHARE = 4 };
    return changes->opaque && changes->kept > 0 && changes->kept * SHARE >= changes->blocks;
}

static int append_changes(struct webp_writer *webp, const struct pm_image *image,
                          const struct webp_changes *changes, struct context *context)
{
    const struct arena_mark mark = arena_mark(context->arena);
    const struct pm_image part = webp_part(image, changes), before = webp_part(&webp->last, changes);
    struct pm_image holes;
    int status;
    if (!has_holes(changes))
        status = append_frame(webp, &part, changes, false, context);
    else if ((status = webp_make_holes(&part, &before, &holes, context)) == 0)
        status = append_frame(webp, &holes, changes, true, context);
    arena_release(context->arena, mark);
    return status;
}

/* If nothing differs, the last frame is shown longer; where it can't be, a small part of it is written again.
 */
static int append_next(struct webp_writer *webp, const struct pm_image *image, uint32_t duration,
                       struct context *context)
{
    struct webp_changes changes = {.width = image->width, .height = image->height, .blocks = 1};
    if (webp->frame > 0) {
        context_native_begin(context);
        changes = webp_compare(image, &webp->last);
        context_native_end(context);
    }
    if (changes.width == 0 && duration <= DURATION_MAX - webp->duration) {
        store_duration(webp, webp->duration + duration);
        return 0;
    }
    if (changes.width == 0) {
        changes.width = image->width < WHOLE ? image->width : WHOLE;
        changes.height = image->height < WHOLE ? image->height : WHOLE;
    }
    if (append_changes(webp, image, &changes, context) != 0)
        return -1;
    store_duration(webp, duration);
    return 0;
}

static int add(struct writer *writer, const struct frame *frame, struct context *context)
{
    struct webp_writer *webp = (struct webp_writer *)writer;
    const struct pm_image *image = &frame->image;
    const struct pm_plane *last = &webp->last.plane[0];
    const uint64_t duration = writer_clock_add(&webp->clock, frame->time, 1000);
    if (duration > DURATION_MAX)
        return error_set(
            context->error, PM_ERROR_UNSUPPORTED,
            "has a frame of more than 4.6 hours, the longest that WebP has (choose another format)");
    if (append_next(webp, image, (uint32_t)duration, context) != 0)
        return -1;
    for (uint32_t y = 0; y < image->height; y++)
        memcpy(plane_row(last, y), plane_row(&image->plane[0], y), last->stride);
    return 0;
}

const struct codec_writer webp_writer = {.size = sizeof(struct webp_writer),
                                         .bytes = bytes,
                                         .begin = begin,
                                         .add = add,
                                         .end = end,
                                         .close = close};
