/*
 * The reader of GIF files (reader.h). It keeps an RGBA canvas: each frame is drawn on it, and the result, as
 * shown by a viewer, is returned. Like a viewer's, the canvas starts transparent and ignores the file's
 * background colour. If the header says that no pixel is transparent, it starts grey: only damage shows it.
 */
#include "codec/gif/reader.h"

#include <gif_lib.h>
#include <string.h>

enum { RGBA = 4, CHECKPOINT_ROWS = 256, MISSING = 0x80 /* the grey of missing pixels */ };

/* giflib reads from here. */
static int read_bytes(GifFileType *gif, GifByteType *bytes, int size)
{
    struct gif_reader *own = gif->UserData;
    const size_t left = own->reader.size - own->at;
    const size_t given = (size_t)size < left ? (size_t)size : left;
    memcpy(bytes, own->reader.data + own->at, given);
    own->at += given;
    return (int)given;
}

static int refuse(int code, struct pm_error *error)
{
    if (code == D_GIF_ERR_NOT_ENOUGH_MEM)
        return error_memory(error, 0);
    if (code == D_GIF_ERR_READ_FAILED || code == D_GIF_ERR_EOF_TOO_SOON)
        return error_set_hint(error, PM_ERROR_TRUNCATED, PM_HINT_ALLOW_TRUNCATED,
                              "ends before its picture is whole");
    const char *why = GifErrorString(code);
    return error_set(error, PM_ERROR_CORRUPT, "its picture is damaged (giflib: %.80s)",
                     why != NULL ? why : "unknown error");
}

/* --- metadata --------------------------------------------------------------------------------------- */

static int read_comments(struct gif_reader *gif, struct context *context)
{
    enum { COMMENT = 0xFE };
    const unsigned max = gif->header.ncomments < TEXTS_MAX ? gif->header.ncomments : TEXTS_MAX;
    struct pm_text *texts = max > 0 ? arena_alloc(context->job_arena, max * sizeof *texts) : NULL;
    struct gif_block block;
    if (max > 0 && texts == NULL)
        return error_memory(context->error, max * sizeof *texts);
    gif_walk_from(&gif->walk, &gif->source.source, gif->header.first);
    while (gif->meta.ntexts < max && gif_walk_next(&gif->walk, &block, context->error) > 0) {
        if (block.image || block.label != COMMENT)
            continue;
        char *text = arena_alloc(context->job_arena, (size_t)block.size + 1);
        if (text == NULL)
            return error_memory(context->error, block.size);
        const size_t size =
            gif_join(gif->reader.data, gif->reader.size, block.data, (uint8_t *)text, (size_t)block.size);
        text[size] = '\0';
        texts[gif->meta.ntexts++] = (struct pm_text){"Comment", text};
    }
    gif->meta.texts = gif->meta.ntexts > 0 ? texts : NULL;
    return context->error->kind == PM_OK ? 0 : -1;
}

static int read_profile(struct gif_reader *gif, struct context *context)
{
    const struct gif_extent *icc = &gif->header.icc;
    if (icc->size == 0)
        return 0;
    uint8_t *bytes = arena_alloc(context->job_arena, (size_t)icc->size);
    if (bytes == NULL)
        return error_memory(context->error, icc->size);
    gif->meta.icc = (struct pm_blob){
        bytes, gif_join(gif->reader.data, gif->reader.size, icc->at, bytes, (size_t)icc->size)};
    return 0;
}

static int read_metadata(struct gif_reader *gif, struct context *context)
{
    enum { ASPECT_ONE = 49, ASPECT_ADD = 15, ASPECT_UNIT = 64 };
    const struct gif_header *header = &gif->header;
    const unsigned keep = gif->reader.request.keep;
    if (header->aspect != 0 && header->aspect != ASPECT_ONE) {
        gif->meta.has_density = true;
        gif->meta.density_x = ASPECT_UNIT;
        gif->meta.density_y = header->aspect + ASPECT_ADD;
    }
    if ((keep & KEEP_XMP) != 0 && header->xmp.size > 0)
        gif->meta.xmp = (struct pm_blob){gif->reader.data + header->xmp.at, (size_t)header->xmp.size};
    if (header->plain_text)
        context_warn(context, "text that GIF viewers would draw (a plain text extension) is left out");
    if (header->outside)
        context_warn(context, "has frames that reach beyond its canvas; those parts are left out");
    if (header->other > 0 && keep == KEEP_ALL)
        context_warn(context, "%u application extensions of unknown meaning are left out", header->other);
    if (header->unended)
        context_warn(context, "ends without its trailer; all pixels are there");
    if (header->cut)
        context_warn(context, "ends too early; what is missing is grey, or stays as in the frame before");
    if (read_profile(gif, context) != 0)
        return -1;
    return (keep & KEEP_TEXT) != 0 ? read_comments(gif, context) : 0;
}

/* --- open ------------------------------------------------------------------------------------------- */

int gif_open(struct reader *reader, struct context *context)
{
    struct gif_reader *gif = (struct gif_reader *)reader;
    struct gif_header *header = &gif->header;
    int code = 0;
    memory_source_init(&gif->source, reader->data, reader->size);
    if (gif_read_header(&gif->source.source, header, context->error) != 0 ||
        image_check_size(header->width, header->height, context->max_pixels, context->error) != 0)
        return -1;
    gif_tell(header, &reader->info);
    if (header->cut && !reader->request.allow_truncated)
        return error_set_hint(context->error, PM_ERROR_TRUNCATED, PM_HINT_ALLOW_TRUNCATED,
                              "ends before its picture is whole");
    if (read_metadata(gif, context) != 0)
        return -1;
    gif_walk_from(&gif->walk, &gif->source.source, header->first);
    gif->gif = DGifOpen(gif, read_bytes, &code);
    return gif->gif != NULL ? 0 : refuse(code, context->error);
}

void gif_close(struct reader *reader)
{
    struct gif_reader *gif = (struct gif_reader *)reader;
    int code;
    if (gif->gif != NULL)
        DGifCloseFile(gif->gif, &code);
}

/* --- frames ----------------------------------------------------------------------------------------- */

static int find_frame(struct gif_reader *gif, struct gif_frame *frame, struct pm_error *error)
{
    struct gif_block block;
    int status;
    do
        status = gif_walk_next(&gif->walk, &block, error);
    while (status > 0 && !block.image);
    *frame = block.frame;
    if (status == 0)
        return error_changed(error);
    return status > 0 ? 0 : -1;
}

static size_t canvas_bytes(const struct gif_reader *gif)
{
    return (size_t)gif->header.width * gif->header.height * RGBA;
}

static int make_canvas(struct gif_reader *gif, struct context *context)
{
    const size_t size = canvas_bytes(gif);
    gif->canvas = arena_alloc(context->job_arena, size);
    gif->row = arena_alloc(context->job_arena, GIF_SIDE_MAX);
    if (gif->canvas == NULL || gif->row == NULL)
        return error_memory(context->error, size);
    memset(gif->canvas, gif->header.alpha ? 0 : MISSING, size);
    /* Allocate now, because memory allocated after the first frame is released before the next. */
    struct gif_walk walk;
    struct gif_block block;
    struct pm_error none = {0};
    bool restores = false;
    gif_walk_from(&walk, &gif->source.source, gif->header.first);
    while (!restores && gif_walk_next(&walk, &block, &none) > 0)
        restores = block.image && block.frame.disposal == GIF_RESTORE;
    if (!restores || gif->header.frames == 1)
        return 0;
    gif->saved = arena_alloc(context->job_arena, size);
    return gif->saved != NULL ? 0 : error_memory(context->error, size);
}

/* The part of a frame's width or height that is within the canvas. */
static uint32_t clip(uint32_t at, uint32_t length, uint32_t canvas)
{
    if (at >= canvas)
        return 0;
    return length < canvas - at ? length : canvas - at;
}

static void dispose(struct gif_reader *gif)
{
    const struct gif_frame *last = &gif->last;
    const uint32_t width = clip(last->x, last->width, gif->header.width);
    const uint32_t height = clip(last->y, last->height, gif->header.height);
    for (uint32_t y = 0; y < height && width > 0; y++) {
        const size_t at = ((size_t)(last->y + y) * gif->header.width + last->x) * RGBA;
        if (last->disposal == GIF_CLEAR)
            memset(gif->canvas + at, 0, (size_t)width * RGBA);
        else if (last->disposal == GIF_RESTORE && gif->saved != NULL)
            memcpy(gif->canvas + at, gif->saved + at, (size_t)width * RGBA);
    }
}

/* Row `i` as stored is this row of the frame (GIF89a, appendix E). */
static uint32_t interlaced_row(uint32_t i, uint32_t height)
{
    static const uint32_t first[] = {0, 4, 2, 1}, step[] = {8, 8, 4, 2};
    for (int pass = 0; pass < 4; pass++) {
        const uint32_t rows = height > first[pass] ? (height - first[pass] + step[pass] - 1) / step[pass] : 0;
        if (i < rows)
            return first[pass] + i * step[pass];
        i -= rows;
    }
    return 0;
}

static void draw_row(struct gif_reader *gif, const struct gif_frame *frame, uint32_t y,
                     const ColorMapObject *map)
{
    enum { OPAQUE = 255 };
    const uint32_t width = clip(frame->x, frame->width, gif->header.width);
    if (frame->y + y >= gif->header.height || width == 0)
        return;
    uint8_t *out = gif->canvas + ((size_t)(frame->y + y) * gif->header.width + frame->x) * RGBA;
    for (uint32_t x = 0; x < width; x++, out += RGBA) {
        const int index = gif->row[x];
        if (index == frame->transparent)
            continue;
        gif->strange = gif->strange || index >= map->ColorCount;
        if (index >= map->ColorCount)
            continue;
        const GifColorType *color = &map->Colors[index];
        out[0] = color->Red;
        out[1] = color->Green;
        out[2] = color->Blue;
        out[3] = OPAQUE;
    }
}

/* Handles missing rows, from stored row `i` on: grey in a still picture, unchanged in an animation. */
static void fill_missing(struct gif_reader *gif, const struct gif_frame *frame, uint32_t i)
{
    enum { OPAQUE = 255 };
    const uint32_t width = clip(frame->x, frame->width, gif->header.width);
    for (; i < frame->height && gif->header.frames == 1; i++) {
        const uint32_t y = frame->y + (frame->interlaced ? interlaced_row(i, frame->height) : i);
        if (y >= gif->header.height)
            continue;
        uint8_t *out = gif->canvas + ((size_t)y * gif->header.width + frame->x) * RGBA;
        for (uint32_t x = 0; x < width; x++) {
            memset(out + (size_t)x * RGBA, MISSING, 3);
            out[(size_t)x * RGBA + 3] = OPAQUE;
        }
    }
}

/* Frees the image descriptors and palettes that giflib keeps, which would accumulate. */
static void forget_images(GifFileType *gif)
{
    GifFreeSavedImages(gif);
    gif->SavedImages = NULL;
    gif->ImageCount = 0;
}

static int draw(struct gif_reader *gif, const struct gif_frame *frame, struct context *context)
{
    GifFileType *file = gif->gif;
    GifRecordType record;
    uint32_t i = 0;
    gif->at = (size_t)frame->at;
    bool good = DGifGetRecordType(file, &record) == GIF_OK && DGifGetImageDesc(file) == GIF_OK;
    const ColorMapObject *map = file->Image.ColorMap != NULL ? file->Image.ColorMap : file->SColorMap;
    if (good && map == NULL)
        return error_set(context->error, PM_ERROR_CORRUPT, "has a frame without a palette");
    for (; good && i < frame->height; i++) {
        if (i % CHECKPOINT_ROWS == 0 && context_checkpoint(context) != 0)
            return -1;
        good = DGifGetLine(file, gif->row, (int)frame->width) == GIF_OK;
        if (!good)
            break;
        draw_row(gif, frame, frame->interlaced ? interlaced_row(i, frame->height) : i, map);
    }
    const int code = file->Error;
    forget_images(file);
    if (good)
        return 0;
    if (!gif->reader.request.allow_truncated ||
        (code != D_GIF_ERR_READ_FAILED && code != D_GIF_ERR_EOF_TOO_SOON && !gif->header.cut))
        return refuse(code, context->error);
    if (!gif->header.cut)
        context_warn(context, "ends too early; what is missing is grey, or stays as in the frame before");
    fill_missing(gif, frame, i);
    return 0;
}

static int copy_canvas(const struct gif_reader *gif, struct pm_image *image, struct context *context)
{
    const struct shape shape = {
        .width = gif->header.width, .height = gif->header.height, .format = gif->reader.info.pixels};
    if (image_alloc(image, &shape, context) != 0)
        return -1;
    for (uint32_t y = 0; y < shape.height; y++) {
        const uint8_t *in = gif->canvas + (size_t)y * shape.width * RGBA;
        uint8_t *out = plane_row(&image->plane[0], y);
        if (shape.format.alpha != PM_ALPHA_NONE)
            memcpy(out, in, (size_t)shape.width * RGBA);
        for (uint32_t x = 0; shape.format.alpha == PM_ALPHA_NONE && x < shape.width; x++)
            memcpy(out + (size_t)x * 3, in + (size_t)x * RGBA, 3);
    }
    return 0;
}

int gif_frame(struct reader *reader, struct frame *frame, struct context *context)
{
    enum { PER_SECOND = 100 };
    struct gif_reader *gif = (struct gif_reader *)reader;
    struct gif_frame place;
    const bool told = gif->strange;
    if ((gif->canvas == NULL && make_canvas(gif, context) != 0) ||
        find_frame(gif, &place, context->error) != 0)
        return -1;
    dispose(gif);
    if (place.disposal == GIF_RESTORE && gif->saved != NULL)
        memcpy(gif->saved, gif->canvas, canvas_bytes(gif));
    gif->last = place;
    if (draw(gif, &place, context) != 0 || copy_canvas(gif, &frame->image, context) != 0)
        return -1;
    if (gif->strange && !told)
        context_warn(context, "has pixels whose colours are not in its palette; they are %s",
                     gif->header.alpha         ? "transparent"
                     : gif->header.frames == 1 ? "grey"
                                               : "grey, or stay as in the frame before");
    if (gif->header.frames > 1)
        frame->time = (struct frame_time){place.delay, PER_SECOND};
    frame->image.meta = gif->meta;
    return 0;
}
