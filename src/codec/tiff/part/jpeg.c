/*
 * Each strip or tile is a JPEG of its own, without the tables that all have in common (JPEGTables: TIFF
 * Technical Note 2). It is put together with the tables and given to pixmill's decoder, which computes only
 * the samples that are needed, of only those coefficients that they need: that took an eighth off the time of
 * photographs of quality 95, of twelve of which the results were as near to the whole ones or nearer.
 */
#include "codec/tiff/part/jpeg.h"

#include <string.h>

#include "codec/jpeg/reader.h"
#include "codec/jpeg/scale.h"
#include "image/resample.h"
#include "image/weights.h"

enum { BLOCK = 8 };

static bool suits(const struct tiff_header *level)
{
    const bool known = level->photometric == TIFF_YCBCR || level->photometric == TIFF_RGB ||
                       level->photometric == TIFF_BLACK_IS_ZERO;
    return level->compression == TIFF_JPEG && known && level->bits == 8 &&
           level->format == TIFF_UNSIGNED_INTEGER && level->samples == level->colors && !level->planar;
}

unsigned tiff_jpeg_scale(const struct tiff_reader *self)
{
    const struct tiff_header *level = &self->level;
    if (!suits(level) || self->header.cut)
        return 0;
    unsigned n = jpeg_choose_scale(level->width, level->height, jpeg_share_whole, &self->reader.request);
    const struct tiff_piece piece = tiff_piece_of(self);
    const bool one_column = !level->tiled, one_row = piece.height >= level->height;
    /* all of them must begin at a whole row and column of the smaller picture */
    while (n < BLOCK && ((!one_row && (uint64_t)piece.height * n % BLOCK != 0) ||
                         (!one_column && (uint64_t)piece.width * n % BLOCK != 0)))
        n *= 2;
    return n;
}

static uint32_t scaled(uint64_t side, unsigned n)
{
    return (uint32_t)((side * n + BLOCK - 1) / BLOCK);
}

struct shape tiff_jpeg_shape(const struct tiff_reader *self, unsigned n)
{
    return (struct shape){.width = scaled(self->level.width, n),
                          .height = scaled(self->level.height, n),
                          .format = self->reader.info.pixels};
}

/* The piece's JPEG: its own, behind a marker that says whether it is YCbCr, and the tables. */
static struct pm_blob join(const struct tiff_reader *self, uint32_t index, struct context *context)
{
    enum { SOI = 2, EOI = 2, MARKER = 16, TRANSFORM = 15 };
    static const uint8_t adobe[MARKER] = {0xFF, 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100};
    const uint64_t at = TIFFGetStrileOffset(self->tiff, index),
                   size = TIFFGetStrileByteCount(self->tiff, index);
    uint32_t ntables = 0;
    const uint8_t *tables = NULL;
    if (at > self->reader.size || size > self->reader.size - at || size < SOI)
        return (struct pm_blob){0};
    if (TIFFGetField(self->tiff, TIFFTAG_JPEGTABLES, &ntables, &tables) != 1 || ntables < SOI + EOI)
        ntables = SOI + EOI;
    uint8_t *joined = arena_alloc(context->job_arena, (size_t)size + ntables + MARKER);
    if (joined == NULL) {
        error_memory(context->error, size);
        return (struct pm_blob){0};
    }
    size_t end = SOI;
    memcpy(joined, self->reader.data + at, SOI);
    if (self->level.colors == 3) {
        memcpy(joined + end, adobe, MARKER);
        joined[end + TRANSFORM] = self->level.photometric == TIFF_YCBCR;
        end += MARKER;
    }
    if (tables != NULL) {
        memcpy(joined + end, tables + SOI, ntables - SOI - EOI);
        end += ntables - SOI - EOI;
    }
    memcpy(joined + end, self->reader.data + at + SOI, (size_t)size - SOI);
    return (struct pm_blob){joined, end + (size_t)size - SOI};
}

/* Where a piece is in the page, and how large. */
struct piece {
    uint32_t index, x, y, width, height;
    uint32_t shown_width, shown_height; /* the part of a tile that is within the page */
};

/* The last tiles of a row or column may have padding, which would show in the samples next to it. */
static bool is_padded(const struct piece *piece)
{
    return piece->shown_width < piece->width || piece->shown_height < piece->height;
}

/* Copies the decoded piece to its place, or reduces it if it was decoded at a larger size: a low last strip,
 * or a padded tile. */
static int place(const struct pm_image *decoded, const struct piece *piece, unsigned n,
                 const struct pm_plane *plane, struct context *context)
{
    struct pm_plane from = decoded->plane[0], to = *plane;
    const uint32_t x = (uint32_t)((uint64_t)piece->x * n / BLOCK),
                   y = (uint32_t)((uint64_t)piece->y * n / BLOCK);
    to.data = plane_row(plane, y) + (size_t)x * plane->channels;
    to.width = scaled(piece->shown_width, n);
    to.height = scaled(piece->shown_height, n);
    to.frame = (struct pm_frame){0, 0, (double)piece->shown_width * n / BLOCK,
                                 (double)piece->shown_height * n / BLOCK};
    if (is_padded(piece)) {
        from.width = piece->shown_width;
        from.height = piece->shown_height;
        from.frame = (struct pm_frame){0, 0, from.width, from.height};
    }
    if (from.width != to.width || from.height != to.height)
        return resize_plane(&from, NULL, BLOCK, &to, &kernel_box, context);
    for (uint32_t row = 0; row < to.height; row++)
        memcpy(plane_row(&to, row), plane_row(&from, row), (size_t)to.width * to.channels);
    return 0;
}

/* As reader_decode, which would bring the table of all codecs into this part. Returns 1 also if the JPEG has
 * another size than the piece. */
static int decode(const struct pm_blob *jpeg, const struct decode_request *request, const struct piece *piece,
                  struct pm_image *image, struct context *context)
{
    struct jpeg_decoder *decoder = arena_alloc(context->job_arena, sizeof *decoder);
    struct frame frame;
    if (decoder == NULL)
        return error_memory(context->error, sizeof *decoder);
    memset(decoder, 0, sizeof *decoder);
    decoder->low_only = true;
    decoder->reader = (struct reader){
        .data = jpeg->data, .size = jpeg->size, .request = *request, .info = codec_blank_info("jpeg")};
    int status = jpeg_open(&decoder->reader, context);
    const struct pm_info *info = &decoder->reader.info;
    if (status == 0 && (info->width != piece->width || info->height != piece->height))
        status = 1;
    if (status == 0)
        status = jpeg_frame(&decoder->reader, &frame, context);
    jpeg_close(&decoder->reader);
    if (status == 0)
        *image = frame.image;
    return status;
}

static int read_piece(struct tiff_reader *self, const struct piece *piece, unsigned n, struct pm_image *image,
                      struct context *context)
{
    const struct arena_mark mark = arena_mark(context->arena), job_mark = arena_mark(context->job_arena);
    const uint32_t width = (uint32_t)((uint64_t)piece->width * n / BLOCK),
                   height = (uint32_t)((uint64_t)piece->height * n / BLOCK);
    const bool whole = is_padded(piece);
    const struct decode_request request = {.min_width = whole       ? 0
                                                        : width > 0 ? width
                                                                    : 1,
                                           .min_height = height > 0 ? height : 1};
    const struct pm_blob jpeg = join(self, piece->index, context);
    struct pm_image decoded = {0};
    int status = 1;
    if (context_checkpoint(context) != 0)
        return -1;
    if (jpeg.data != NULL && decode(&jpeg, &request, piece, &decoded, context) == 0 && decoded.nplanes == 1 &&
        decoded.plane[0].channels == image->plane[0].channels && decoded.format.depth == BLOCK)
        status = place(&decoded, piece, n, &image->plane[0], context);
    arena_release(context->arena, mark);
    arena_release(context->job_arena, job_mark);
    return status;
}

/* libtiff tells what is wrong with a damaged piece. */
static int settle(int status, struct context *context)
{
    const enum pm_error_kind kind = context->error->kind;
    const bool of_file = kind == PM_OK || kind == PM_ERROR_CORRUPT || kind == PM_ERROR_TRUNCATED ||
                         kind == PM_ERROR_UNSUPPORTED;
    if (status == 0 || !of_file)
        return status == 0 ? 0 : -1;
    *context->error = (struct pm_error){0};
    return 1;
}

int tiff_jpeg_read(struct tiff_reader *self, unsigned n, struct pm_image *image, struct context *context)
{
    const struct tiff_header *level = &self->level;
    const uint32_t rows = tiff_piece_of(self).height, columns = tiff_piece_of(self).width;
    struct pm_frame *frame = &image->plane[0].frame;
    struct piece piece = {.width = columns};
    int status = 0;
    for (uint64_t y = 0; y < level->height && status == 0; y += rows) {
        for (uint64_t x = 0; x < level->width && status == 0; x += columns, piece.index++) {
            piece.x = (uint32_t)x;
            piece.y = (uint32_t)y;
            piece.shown_width = columns < level->width - x ? columns : (uint32_t)(level->width - x);
            piece.shown_height = rows < level->height - y ? rows : (uint32_t)(level->height - y);
            piece.height = level->tiled ? rows : piece.shown_height;
            status = read_piece(self, &piece, n, image, context);
        }
    }
    frame->extent_x = (double)level->width * n / BLOCK;
    frame->extent_y = (double)level->height * n / BLOCK;
    return settle(status, context);
}
