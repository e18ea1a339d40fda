#include "codec/png/frames.h"

#include <libdeflate.h>
#include <string.h>

#include "codec/png/source.h"

void png_frames_init(struct png_frames *frames, const struct png_file *file)
{
    *frames = (struct png_frames){.file = file,
                                  .format = png_header_shape(&file->header, file->transparency).format};
    if (file->animation.alpha)
        frames->format.alpha = PM_ALPHA_STRAIGHT;
    memory_source_init(&frames->memory, file->data, file->size);
    png_walk_start(&frames->walk, &frames->memory.source);
}

static size_t pixel_bytes(const struct png_frames *frames)
{
    return pm_channels(&frames->format) * frames->format.depth / 8;
}

static size_t canvas_stride(const struct png_frames *frames)
{
    return frames->file->header.width * pixel_bytes(frames);
}

static size_t canvas_bytes(const struct png_frames *frames)
{
    return frames->file->header.height * canvas_stride(frames);
}

static uint8_t *canvas_row(const struct png_frames *frames, const struct png_frame *frame, uint32_t y)
{
    return frames->canvas + (frame->y + y) * canvas_stride(frames) + frame->x * pixel_bytes(frames);
}

static int make_canvas(struct png_frames *frames, struct context *context)
{
    const size_t size = canvas_bytes(frames);
    const bool restores = frames->file->animation.restores;
    frames->canvas = arena_alloc(context->job_arena, size);
    frames->saved = restores ? arena_alloc(context->job_arena, size) : NULL;
    if (frames->canvas == NULL || (restores && frames->saved == NULL))
        return error_memory(context->error, size);
    memset(frames->canvas, 0, size);
    return 0;
}

/* --- where a frame is -------------------------------------------------------------------------------- */

static bool next_chunk(const struct png_frames *frames, struct png_walk *walk, struct png_chunk *chunk)
{
    struct pm_error none = {0}; /* reading memory can't fail */
    return walk->next < frames->file->end_at && png_walk_next(walk, chunk, &none) == PNG_WALK_CHUNK;
}

/* After the last frame: an fdAT that the file's end cuts. */
static void add_end(const struct png_file *file, struct png_file *picture)
{
    picture->end = file->end;
    if (file->end != PNG_END_CUT || file->size < file->end_at + PNG_CHUNK_HEAD + PNG_SEQUENCE_BYTES ||
        png_get_be32(file->data + file->end_at + 4) != TYPE_FDAT)
        return;
    const uint64_t data = file->end_at + PNG_CHUNK_HEAD + PNG_SEQUENCE_BYTES;
    const uint32_t size = png_get_be32(file->data + file->end_at) - PNG_SEQUENCE_BYTES;
    const size_t left = file->size - (size_t)data;
    picture->cut = (struct png_chunk){
        .type = TYPE_FDAT, .size = left < size ? (uint32_t)left : size, .data = file->data + data};
}

/* The fdATs from `walk` to the next fcTL. */
static void add_data(const struct png_frames *frames, struct png_walk walk, struct png_file *picture)
{
    struct png_chunk chunk;
    for (uint64_t at = walk.next; next_chunk(frames, &walk, &chunk); at = walk.next) {
        if (chunk.type == TYPE_FCTL)
            return;
        if (chunk.type != TYPE_FDAT)
            continue;
        picture->first_idat = picture->idat_chunks == 0 ? at : picture->first_idat;
        picture->idat_chunks++;
        picture->idat_bytes += chunk.size - PNG_SEQUENCE_BYTES;
    }
    add_end(frames->file, picture);
}

/* Finds the next frame. *picture: its pixels, as of a file of their own, whose beginning is written to
 * `start`. */
static int find_frame(struct png_frames *frames, struct png_frame *frame, struct png_file *picture,
                      uint8_t start[PNG_START], struct pm_error *error)
{
    const struct png_file *file = frames->file;
    struct png_chunk chunk;
    do {
        if (!next_chunk(frames, &frames->walk, &chunk))
            return error_changed(error);
    } while (chunk.type != TYPE_FCTL);
    *frame = png_frame_parse(file->data + chunk.offset);
    *picture = *file;
    picture->end = picture->cut.type != 0 ? PNG_END_CUT : PNG_END_WHOLE;
    if (frames->made == 0 && !file->animation.apart)
        return 0;
    picture->end = PNG_END_WHOLE;
    picture->cut = (struct png_chunk){0};
    picture->header.width = frame->width;
    picture->header.height = frame->height;
    picture->pixels = TYPE_FDAT;
    picture->idat_chunks = 0;
    picture->idat_bytes = 0;
    picture->start = start;
    memcpy(start, file->start, PNG_START);
    png_put_be32(start + PNG_SIGNATURE_SIZE + PNG_CHUNK_HEAD, frame->width);
    png_put_be32(start + PNG_SIGNATURE_SIZE + PNG_CHUNK_HEAD + 4, frame->height);
    png_put_be32(start + PNG_START - PNG_CHUNK_CRC,
                 libdeflate_crc32(0, start + PNG_SIGNATURE_SIZE + 4, 4 + PNG_IHDR_SIZE));
    add_data(frames, frames->walk, picture);
    if (picture->idat_bytes + picture->cut.size > PNG_CHUNK_MAX)
        return error_limit(error, PNG_CHUNK_MAX, picture->idat_bytes, "has a frame of more than 2 GB");
    return 0;
}

/* --- drawing ----------------------------------------------------------------------------------------- */

/* Of what the previous frame has drawn. The first frame has nothing to restore but an empty canvas. */
static void dispose(const struct png_frames *frames)
{
    const struct png_frame *last = &frames->last;
    const size_t row = last->width * pixel_bytes(frames);
    const bool restores = last->disposal == PNG_RESTORE && frames->made > 1;
    for (uint32_t y = 0; last->disposal != PNG_KEEP && frames->made > 0 && y < last->height; y++) {
        uint8_t *canvas = canvas_row(frames, last, y);
        if (restores)
            memcpy(canvas, frames->saved + (canvas - frames->canvas), row);
        else if (frames->format.alpha != PM_ALPHA_NONE)
            memset(canvas, 0, row);
    }
}

static inline uint32_t sample_at(const uint8_t *pixel, unsigned i, unsigned bytes)
{
    uint16_t wide;
    if (bytes == 1)
        return pixel[i];
    memcpy(&wide, pixel + 2 * (size_t)i, sizeof wide);
    return wide;
}

static inline void put_sample(uint8_t *pixel, unsigned i, unsigned bytes, uint32_t value)
{
    const uint16_t wide = (uint16_t)value;
    if (bytes == 1)
        pixel[i] = (uint8_t)value;
    else
        memcpy(pixel + 2 * (size_t)i, &wide, sizeof wide);
}

/* Straight alpha over straight alpha (13.16), exact but for one rounding. */
static inline void blend_row(uint8_t *below, const uint8_t *above, uint32_t width, unsigned channels,
                             unsigned bytes)
{
    const uint64_t opaque = bytes == 1 ? UINT8_MAX : UINT16_MAX;
    const unsigned alpha = channels - 1;
    const size_t pixel = (size_t)channels * bytes;
    for (uint32_t x = 0; x < width; x++, below += pixel, above += pixel) {
        const uint64_t a = sample_at(above, alpha, bytes), b = sample_at(below, alpha, bytes);
        if (a == opaque || b == 0) {
            memcpy(below, above, pixel);
            continue;
        }
        const uint64_t weight = a * opaque, rest = b * (opaque - a), sum = weight + rest;
        for (unsigned c = 0; c < alpha && a > 0; c++)
            put_sample(below, c, bytes,
                       (uint32_t)((sample_at(above, c, bytes) * weight + sample_at(below, c, bytes) * rest +
                                   sum / 2) /
                                  sum));
        put_sample(below, alpha, bytes, (uint32_t)((sum + opaque / 2) / opaque));
    }
}

/* Copies, and makes the pixels opaque. */
static void widen_row(uint8_t *canvas, const uint8_t *row, uint32_t width, size_t from, size_t to)
{
    for (uint32_t x = 0; x < width; x++) {
        memcpy(canvas + x * to, row + x * from, from);
        memset(canvas + x * to + from, 0xff, to - from);
    }
}

static void draw_rows(const struct png_frames *frames, const struct png_frame *frame,
                      const struct pm_plane *plane, unsigned depth)
{
    const size_t to = pixel_bytes(frames), from = plane->channels * depth / 8;
    const bool alpha = frames->format.alpha != PM_ALPHA_NONE;
    for (uint32_t y = 0; y < frame->height; y++) {
        uint8_t *canvas = canvas_row(frames, frame, y);
        const uint8_t *row = plane_row(plane, y);
        if (from < to)
            widen_row(canvas, row, frame->width, from, to);
        else if (!alpha || frame->blend == PNG_SOURCE)
            memcpy(canvas, row, frame->width * to);
        else if (depth == 8)
            blend_row(canvas, row, frame->width, plane->channels, 1);
        else
            blend_row(canvas, row, frame->width, plane->channels, 2);
    }
}

/* Decodes the frame's pixels and draws them. */
static int draw(const struct png_frames *frames, const struct png_frame *frame,
                const struct png_file *picture, struct context *context)
{
    const struct arena_mark mark = arena_mark(context->arena);
    struct png_source source = {.file = *picture};
    struct row_source *rows = &source.rows;
    png_source_init(&source);
    source.warned = picture->animation.fault.kind != PM_OK; /* of missing frames */
    int status = rows->begin(rows, frame->height, context);
    if (status == 0)
        status = rows->make(rows, frame->height, context);
    rows->end(rows);
    if (status != 0 && picture->allow_truncated && picture->end == PNG_END_CUT &&
        context->error->kind == PM_ERROR_TRUNCATED)
        *context->error = (struct pm_error){0}; /* not one row: the canvas stays */
    else if (status == 0)
        draw_rows(frames, frame, &rows->plane, source.depth);
    arena_release(context->arena, mark);
    return context->error->kind == PM_OK ? 0 : -1;
}

static int copy_canvas(const struct png_frames *frames, struct pm_image *image, struct context *context)
{
    const struct shape shape = {
        .width = frames->file->header.width, .height = frames->file->header.height, .format = frames->format};
    const size_t row = canvas_stride(frames);
    if (image_alloc(image, &shape, context) != 0)
        return -1;
    for (uint32_t y = 0; y < shape.height; y++)
        memcpy(plane_row(&image->plane[0], y), frames->canvas + y * row, row);
    return 0;
}

int png_frames_next(struct png_frames *frames, struct pm_image *image, struct frame_time *time,
                    struct context *context)
{
    enum { PER_SECOND = 100 }; /* where a frame does not say (11.3.6.2) */
    uint8_t start[PNG_START];
    struct png_frame frame;
    struct png_file picture;
    if ((frames->canvas == NULL && make_canvas(frames, context) != 0) ||
        find_frame(frames, &frame, &picture, start, context->error) != 0)
        return -1;
    dispose(frames);
    if (frame.disposal == PNG_RESTORE && frames->saved != NULL)
        memcpy(frames->saved, frames->canvas, canvas_bytes(frames));
    frames->last = frame;
    frames->made++;
    *time = (struct frame_time){frame.ticks, frame.per_second > 0 ? frame.per_second : PER_SECOND};
    return draw(frames, &frame, &picture, context) == 0 ? copy_canvas(frames, image, context) : -1;
}

/* The canvas, its copy for frames that restore, and a copy as the image. */
uint64_t png_frames_bytes(const struct pm_info *info)
{
    enum { COPIES = 3, ROW_PADDING = 64 };
    const uint64_t pixel = pm_channels(&info->pixels) * (info->depth == 16 ? 2 : 1);
    return COPIES * pixel * info->width * info->height + (uint64_t)ROW_PADDING * info->height;
}
