/*
 * Pixels of every kind of PNG, by libpng: palettes, depths below 8 bits, transparency keys, interlacing, and
 * whatever the fast path is wary of. png_scan has checked the structure already, so libpng is shown nothing
 * but what the pixels need. It reads from a few pieces of memory: the file itself or, for a file that ends
 * early, its whole chunks, the rest of the cut one in a frame of its right length, and an IEND.
 *
 * libpng reports errors by longjmp. Each function named guarded_* sets its own return point, changes no local
 * variable after that, and calls nothing that would need cleaning up.
 */
#include <png.h>
#include <string.h>

#include "codec/png.h"

enum { STRIP_ROWS = 64, PIECES_MAX = 5 };

struct png_libpng {
    png_structp png;
    png_infop info;
    struct pm_blob pieces[PIECES_MAX]; /* what is left to read */
    size_t npieces, piece;
    uint8_t cut_frame[8];
    const struct png_file *file;
    const struct png_source *source;
    struct context *context; /* of the call in hand */
    struct pm_error *error;
    bool ended; /* the pixel data ended early, which is allowed */
    /* Bytes that may be read while the last row is made and behind it; libpng inflates all that follows. */
    uint64_t surplus;
    bool last_pass, at_last_row;
};

enum { SURPLUS_MAX = 64 * 1024 };

/* Pixel data may go on for long behind the last row, and a thousand times as long when inflated. */
static void count_surplus(struct png_libpng *reader, size_t size)
{
    if (size > reader->surplus)
        png_error(reader->png, "the pixel data goes on behind the last pixel");
    reader->surplus -= size;
    if (context_checkpoint(reader->context, reader->error) != 0)
        png_longjmp(reader->png, 1);
}

static void read_bytes(png_structp png, png_bytep bytes, size_t size)
{
    struct png_libpng *reader = png_get_io_ptr(png);
    if (reader->at_last_row)
        count_surplus(reader, size);
    while (size > 0) {
        if (reader->piece == reader->npieces)
            png_error(png, "Not enough image data");
        struct pm_blob *piece = &reader->pieces[reader->piece];
        size_t part = size < piece->size ? size : piece->size;
        if (part > 0)
            memcpy(bytes, piece->data, part);
        piece->data += part;
        piece->size -= part;
        bytes += part;
        size -= part;
        if (piece->size == 0)
            reader->piece++;
    }
}

static _Noreturn void on_error(png_structp png, png_const_charp message)
{
    struct png_libpng *reader = png_get_error_ptr(png);
    if (strstr(message, "Not enough image data") != NULL) {
        reader->ended = reader->file->truncated;
        if (!reader->ended)
            error_set(reader->error, PM_ERROR_TRUNCATED,
                      "has fewer pixels than its header says (fetch or copy it again)");
    } else if (strstr(message, "emory") != NULL) {
        error_memory(reader->error, 0);
    } else {
        error_set(reader->error, PM_ERROR_CORRUPT, "is damaged: %s (fetch or copy it again)", message);
    }
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    const struct png_libpng *reader = png_get_error_ptr(png);
    context_warn(reader->context, "PNG: %s", message);
}

static void lay_out_pieces(struct png_libpng *reader)
{
    static const uint8_t zero_crc[4] = {0};
    static const uint8_t end[PNG_CHUNK_FRAME] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82};
    const struct png_file *file = reader->file;
    if (!file->truncated) {
        reader->pieces[reader->npieces++] = (struct pm_blob){file->data, file->size};
        return;
    }
    reader->pieces[reader->npieces++] = (struct pm_blob){file->data, file->whole};
    if (file->cut.type == TYPE_IDAT) {
        /* The checksum is unknown, and png_set_crc_action keeps libpng from looking at it. */
        png_put_be32(reader->cut_frame, file->cut.size);
        png_put_be32(reader->cut_frame + 4, TYPE_IDAT);
        reader->pieces[reader->npieces++] = (struct pm_blob){reader->cut_frame, sizeof reader->cut_frame};
        reader->pieces[reader->npieces++] = (struct pm_blob){file->cut.data, file->cut.size};
        reader->pieces[reader->npieces++] = (struct pm_blob){zero_crc, sizeof zero_crc};
    }
    reader->pieces[reader->npieces++] = (struct pm_blob){end, sizeof end};
}

/* Reads up to the pixels and asks for them as pixmill keeps them. */
static int guarded_start(struct png_libpng *reader)
{
    png_structp png = reader->png;
    if (setjmp(png_jmpbuf(png)) != 0) /* what on_error said stands; it says nothing of an allowed early end */
        return error_set(reader->error, PM_ERROR_TRUNCATED,
                         "ends before its first pixel (fetch or copy it again)");
    png_set_read_fn(png, reader, read_bytes);
    png_set_user_limits(png, PNG_CHUNK_MAX, PNG_CHUNK_MAX);
    /* png_scan has seen to the checksums. */
    png_set_crc_action(png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    if (!reader->file->transparency)
        png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, (png_const_bytep) "tRNS", 1);
    png_read_info(png, reader->info);
    png_set_expand(png);
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        png_set_swap(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, reader->info);
    const struct png_source *source = reader->source;
    if (png_get_rowbytes(png, reader->info) !=
        (size_t)source->rows.plane.width * source->rows.plane.channels * (source->depth / 8))
        png_error(png, "libpng makes other samples of it than were expected");
    return 0;
}

/* Rows [first, end), which are thrown away when they were made before. In an interlaced file that ends early,
 * what is missing repeats its neighbours. */
static int guarded_rows(struct png_libpng *reader, uint32_t first, uint32_t end, bool wanted)
{
    png_structp png = reader->png;
    if (setjmp(png_jmpbuf(png)) != 0)
        return reader->ended ? 0 : -1;
    for (uint32_t y = first; y < end; y++) {
        uint8_t *row = wanted ? row_source_row(&reader->source->rows, y) : NULL;
        reader->at_last_row = reader->last_pass && y == reader->source->rows.plane.height - 1;
        if (reader->file->truncated)
            png_read_row(png, NULL, row);
        else
            png_read_row(png, row, NULL);
    }
    return 0;
}

/* What stands behind the last row: checksum and surplus data. */
static int guarded_finish(struct png_libpng *reader)
{
    png_structp png = reader->png;
    reader->at_last_row = false;
    if (setjmp(png_jmpbuf(png)) != 0)
        return reader->ended ? 0 : -1;
    png_read_end(png, NULL);
    return 0;
}

/* The same in strips, unless the file has ended. */
static int read_rows(struct png_libpng *reader, uint32_t first, uint32_t end, bool wanted)
{
    for (uint32_t y = first; y < end && !reader->ended; y += STRIP_ROWS) {
        if (context_checkpoint(reader->context, reader->error) != 0)
            return -1;
        context_native_begin(reader->context);
        int status = guarded_rows(reader, y, end - y < STRIP_ROWS ? end : y + STRIP_ROWS, wanted);
        context_native_end(reader->context);
        if (status != 0)
            return -1;
    }
    return 0;
}

/* What a file that ends early leaves open: middle grey, or nothing at all where there is alpha. */
static void clear_rows(const struct png_source *source, uint32_t first, uint32_t end)
{
    const struct pm_plane *plane = &source->rows.plane;
    for (uint32_t y = first; y < end; y++)
        memset(row_source_row(&source->rows, y), source->alpha ? 0 : 0x80,
               (size_t)plane->width * plane->channels * (source->depth / 8));
}

int png_libpng_begin(struct png_source *source, struct context *context, struct pm_error *error)
{
    struct png_libpng *reader = arena_alloc(context->job_arena, sizeof *reader);
    if (reader == NULL)
        return error_memory(error, sizeof *reader);
    source->libpng = reader;
    *reader =
        (struct png_libpng){.file = &source->file, .source = source, .context = context, .error = error};
    lay_out_pieces(reader);
    reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, on_error, on_warning);
    if (reader->png != NULL)
        reader->info = png_create_info_struct(reader->png);
    if (reader->info == NULL)
        return error_memory(error, 0);
    if (guarded_start(reader) != 0)
        return -1;
    const uint64_t row_bytes = png_header_row_bytes(&source->file.header);
    reader->surplus = row_bytes + row_bytes / 8 + SURPLUS_MAX;
    reader->last_pass = !source->file.header.interlaced;
    return read_rows(reader, 0, source->rows.made, false);
}

int png_libpng_make(struct png_source *source, uint32_t end, struct context *context, struct pm_error *error)
{
    enum { PASSES = 7 };
    struct png_libpng *reader = source->libpng;
    struct row_source *rows = &source->rows;
    const bool interlaced = source->file.header.interlaced;
    reader->context = context;
    reader->error = error;
    if (interlaced)
        end = rows->plane.height;
    if (source->file.truncated)
        clear_rows(source, rows->made, end);
    for (unsigned pass = interlaced ? 0 : PASSES - 1; pass < PASSES; pass++) {
        reader->last_pass = pass == PASSES - 1;
        if (read_rows(reader, rows->made, end, true) != 0)
            return -1;
    }
    rows->made = end;
    return end < rows->plane.height || reader->ended ? 0 : guarded_finish(reader);
}

void png_libpng_end(struct png_source *source)
{
    if (source->libpng != NULL)
        png_destroy_read_struct(&source->libpng->png, &source->libpng->info, NULL);
    source->libpng = NULL;
}
