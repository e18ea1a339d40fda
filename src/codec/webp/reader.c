/*
 * The reader of WebP files (reader.h). A still image is decoded as planned. For an animation the reader keeps
 * an RGBA canvas: each frame is drawn on it, and the result, as shown by a viewer, is returned. Like a
 * viewer's, the canvas starts transparent and ignores the file's background colour.
 */
#include "codec/webp/reader.h"

#include <string.h>

#include "codec/webp/decode.h"

enum { RGBA = 4 };

/* The chunk's data, cut at the file's end. */
static struct pm_blob blob_of(const struct webp_reader *webp, const struct webp_extent *extent)
{
    const struct reader *reader = &webp->reader;
    if (extent->size == 0 || extent->at >= reader->size)
        return (struct pm_blob){NULL, 0};
    const uint64_t left = reader->size - extent->at;
    return (struct pm_blob){reader->data + extent->at, extent->size < left ? extent->size : (size_t)left};
}

static void read_metadata(struct webp_reader *webp, struct context *context)
{
    const struct webp_header *header = &webp->header;
    const unsigned keep = webp->reader.request.keep;
    webp->meta.icc = blob_of(webp, &header->icc);
    if ((keep & KEEP_EXIF) != 0)
        webp->meta.exif = blob_of(webp, &header->exif);
    if ((keep & KEEP_XMP) != 0)
        webp->meta.xmp = blob_of(webp, &header->xmp);
    const struct webp_extent *const all[] = {&header->icc, &header->exif, &header->xmp};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i]->size > 0 && all[i]->at + all[i]->size > webp->reader.size)
            context_warn(context, "the file ends within its metadata");
    }
}

int webp_open(struct reader *reader, struct context *context)
{
    struct webp_reader *webp = (struct webp_reader *)reader;
    struct webp_header *header = &webp->header;
    memory_source_init(&webp->source, reader->data, reader->size);
    if (webp_read_header(&webp->source.source, header, context->error) != 0 ||
        image_check_size(header->width, header->height, context->max_pixels, context->error) != 0)
        return -1;
    if (header->cut && !reader->request.allow_truncated)
        return error_set_hint(context->error, PM_ERROR_TRUNCATED, PM_HINT_ALLOW_TRUNCATED,
                              "ends before its picture is whole");
    webp_header_tell(header, &reader->info);
    webp->frames = webp_walk_from(&webp->source.source, header->first_frame, header->end);
    read_metadata(webp, context);
    return 0;
}

/* The bitstream's bytes, cut at the file's end. */
static struct pm_blob bitstream_of(const struct webp_reader *webp, const struct webp_image *image)
{
    const struct reader *reader = &webp->reader;
    const uint64_t end = image->end < reader->size ? image->end : reader->size;
    return (struct pm_blob){reader->data + image->at, (size_t)(end - image->at)};
}

static int read_still(struct webp_reader *webp, struct pm_image *image, struct context *context)
{
    const struct reader *reader = &webp->reader;
    const struct webp_way way = webp_choose_way(&reader->info, &reader->request);
    const struct pm_blob bits = bitstream_of(webp, &webp->header.image);
    return webp_decode_image(bits.data, bits.size, &webp->header.image, &way, reader->request.allow_truncated,
                             image, context);
}

/* --- animations ------------------------------------------------------------------------------------ */

/* Finds the next frame's position and bitstream. Returns 1, 0 if there are no more, or -1 with `error`
 * filled. */
static int find_frame(struct webp_reader *webp, struct webp_placement *place, struct webp_image *image,
                      struct pm_error *error)
{
    struct webp_chunk frame, chunk;
    int status;
    do
        status = webp_walk_next(&webp->frames, &frame, error);
    while (status > 0 && (frame.tag != WEBP_ANMF || frame.peeked < WEBP_ANMF_HEAD));
    if (status <= 0)
        return status;
    const uint8_t *p = frame.head;
    *place = (struct webp_placement){.x = 2 * webp_get_le24(p),
                                     .y = 2 * webp_get_le24(p + 3),
                                     .width = webp_get_le24(p + 6) + 1,
                                     .height = webp_get_le24(p + 9) + 1,
                                     .milliseconds = webp_get_le24(p + 12),
                                     .blends = (p[15] & 2) == 0,
                                     .cleared = (p[15] & 1) != 0};
    const uint64_t data = frame.at + WEBP_CHUNK_HEAD;
    struct webp_walk inside = webp_walk_from(webp->frames.source, data + WEBP_ANMF_HEAD, data + frame.size);
    struct pm_error why = {0};
    *image = (struct webp_image){0};
    do
        status = webp_walk_next(&inside, &chunk, &why);
    while (status > 0 && (status = webp_image_add(image, &chunk, &why) == 0 ? 1 : -1) > 0);
    if (status == 0)
        return 1;
    if (why.kind != PM_ERROR_TRUNCATED || !webp->reader.request.allow_truncated)
        return error_copy(error, &why);
    *image = (struct webp_image){0}; /* the file ends within its header */
    return 1;
}

static uint8_t *canvas_row(const struct webp_reader *webp, const struct webp_placement *place, uint32_t y)
{
    return webp->canvas + ((size_t)(place->y + y) * webp->header.width + place->x) * RGBA;
}

/* Disposes of the previous frame. */
static void dispose(const struct webp_reader *webp)
{
    const struct webp_placement *last = &webp->last;
    for (uint32_t y = 0; last->cleared && y < last->height; y++)
        memset(canvas_row(webp, last, y), 0, (size_t)last->width * RGBA);
}

/* Blends straight alpha over straight alpha. */
static void blend_row(uint8_t *below, const uint8_t *above, uint32_t width)
{
    enum { OPAQUE = 255 };
    for (uint32_t x = 0; x < width; x++, below += RGBA, above += RGBA) {
        const unsigned a = above[3], b = below[3] * (OPAQUE - a) / OPAQUE, sum = a + b;
        if (a == OPAQUE || b == 0) {
            if (a > 0 || below[3] == 0)
                memcpy(below, above, RGBA);
            continue;
        }
        for (int c = 0; c < 3; c++)
            below[c] = (uint8_t)((above[c] * a + below[c] * b + sum / 2) / sum);
        below[3] = (uint8_t)sum;
    }
}

/* Draws the frame. A blended frame is decoded to a separate buffer first. */
static int draw(struct webp_reader *webp, const struct webp_placement *place, const struct webp_image *image,
                struct context *context)
{
    const bool allow_truncated = webp->reader.request.allow_truncated;
    const struct pm_blob bits = bitstream_of(webp, image);
    const size_t stride = (size_t)webp->header.width * RGBA, own = (size_t)place->width * RGBA;
    if (!place->blends || !image->alpha)
        return webp_decode_rgba(bits.data, bits.size, image, allow_truncated, canvas_row(webp, place, 0),
                                stride, context);
    const struct arena_mark mark = arena_mark(context->arena);
    uint8_t *pixels = context_alloc_array(context, place->height, own);
    if (pixels == NULL)
        return -1;
    memset(pixels, 0, own * place->height);
    const int status = webp_decode_rgba(bits.data, bits.size, image, allow_truncated, pixels, own, context);
    for (uint32_t y = 0; status == 0 && y < place->height; y++)
        blend_row(canvas_row(webp, place, y), pixels + y * own, place->width);
    arena_release(context->arena, mark);
    return status;
}

static int make_canvas(struct webp_reader *webp, struct context *context)
{
    const size_t size = (size_t)webp->header.width * webp->header.height * RGBA;
    webp->canvas = arena_alloc(context->job_arena, size);
    if (webp->canvas == NULL)
        return error_memory(context->error, size);
    memset(webp->canvas, 0, size);
    return 0;
}

static int copy_canvas(const struct webp_reader *webp, struct pm_image *image, struct context *context)
{
    const struct shape shape = {.width = webp->header.width,
                                .height = webp->header.height,
                                .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8)};
    if (image_alloc(image, &shape, context) != 0)
        return -1;
    const size_t row = (size_t)shape.width * RGBA;
    for (uint32_t y = 0; y < shape.height; y++)
        memcpy(plane_row(&image->plane[0], y), webp->canvas + y * row, row);
    return 0;
}

static int read_frame(struct webp_reader *webp, struct frame *frame, struct context *context)
{
    struct webp_placement place;
    struct webp_image image;
    if (webp->canvas == NULL && make_canvas(webp, context) != 0)
        return -1;
    const int found = find_frame(webp, &place, &image, context->error);
    if (found < 0)
        return -1;
    if (found == 0)
        return error_changed(context->error);
    dispose(webp);
    webp->last = place;
    if (image.width == 0 && webp->header.cut && webp->reader.request.allow_truncated)
        return copy_canvas(webp, &frame->image, context);
    if (image.width != place.width || image.height != place.height)
        return error_set(context->error, PM_ERROR_CORRUPT, "has a frame whose picture has another size");
    if (draw(webp, &place, &image, context) != 0)
        return -1;
    frame->time = (struct frame_time){place.milliseconds, 1000};
    return copy_canvas(webp, &frame->image, context);
}

int webp_frame(struct reader *reader, struct frame *frame, struct context *context)
{
    struct webp_reader *webp = (struct webp_reader *)reader;
    const int status =
        webp->header.animated ? read_frame(webp, frame, context) : read_still(webp, &frame->image, context);
    frame->image.orientation = webp->header.orientation;
    frame->image.meta = webp->meta;
    return status;
}
