/*
 * Decodes every kind of PNG with libpng: palettes, depths below 8 bits, transparency keys, interlacing, and
 * whatever the fast path does not handle. libpng gets only what the pixels need, as pieces of memory: the
 * file's header, palette, transparency and IDAT chunks, whose checksums png_scan has verified; a truncated
 * IDAT chunk with its length corrected; and an IEND.
 *
 * Tolerated errors in a file's pixel data:
 *
 * - After the last pixel, anything: a zlib stream without an end or checksum, surplus data.
 * - A wrong checksum (Adler-32), and a zlib header that names a smaller window than the data uses: libpng is
 *   strict at first, to detect such files; then decoding restarts, tolerating what was refused. libpng's own
 *   option to ignore the checksum is disabled in builds of libpng 1.6.5x. Instead libpng gets the last bytes
 *   one by one: the last row is complete before the checksum is read, and an error after it is a warning.
 * - Missing pixels, if the caller allows it.
 *
 * libpng reports errors by longjmp. Each function named guarded_* sets its own return point, changes no local
 * variable that it reads after that, and calls nothing that would need cleaning up.
 */
#include <inttypes.h>
#include <png.h>
#include <stdio.h>
#include <string.h>

#include "codec/png/source.h"

enum { STRIP_ROWS = 64, PIECES_MAX = 8, PASSES = 7 };

enum {
    READ_SIZE = 8192,        /* bytes that libpng inflates per call */
    CAREFUL = 3 * READ_SIZE, /* before the end of a read with the checksum: at least one read begins there,
                                and ends before the one with the checksum begins */
    TOLERATED_MAX = 2,
};

/* How an attempt to read rows went. */
enum outcome {
    READ,    /* the rows are made */
    STARVED, /* the pixel data has ended */
    REFUSED, /* the data breaks a rule; reader->fault says which */
    STOPPED, /* the job is stopped; its error is filled */
};

struct png_libpng {
    png_structp png;
    png_infop info;
    struct pm_blob pieces[PIECES_MAX]; /* what is left to read */
    size_t npieces, piece;
    size_t joined; /* the piece that is replaced by the next fdAT's pixels when it has been read */
    struct memory_source memory;
    struct png_walk walk; /* before that fdAT */
    size_t chunks;        /* number of them from there on */
    uint8_t cut_head[PNG_CHUNK_HEAD];
    struct png_source *source;
    struct context *context; /* of the current call */
    struct pm_error *error;
    uint64_t served;      /* bytes that libpng has read */
    uint64_t single_from; /* offset from which it inflates byte by byte; UINT64_MAX: never, the checksum may
                             be correct */
    bool any_window;      /* ignore the zlib header's window size */
    unsigned ntolerated;
    char tolerated[TOLERATED_MAX][96]; /* errors that were tolerated after a restart */
    bool display;                      /* interlaced, and pixels may be missing: fill in from coarse passes */
    bool starved;                      /* pixels are missing */
    bool endless;                      /* the pixel data continues after the last pixel */
    uint32_t at;                       /* rows of the current pass that libpng has returned */
    unsigned pass;                     /* 0 to 6; not interlaced: always the last */
    enum outcome outcome;              /* of the last error */
    char fault[96];                    /* libpng's message */
    /* Bytes that may still be read for the last row and after it; libpng inflates everything that follows. */
    uint64_t surplus;
};

/* The context, for a warning about the file's pixel data. */
static struct context *faulty(const struct png_libpng *reader)
{
    reader->source->faulty = true;
    return reader->context;
}

enum { SURPLUS_MAX = 64 * 1024 };

/* Part of zlib's message. */
#define WRONG_CHECKSUM "data check"

static bool at_last_row(const struct png_libpng *reader)
{
    return reader->pass == PASSES - 1 && reader->at + 1 >= reader->source->rows.plane.height;
}

/* Limits the pixel data after the last row, which may be long, and a thousand times longer when inflated. */
static void count_surplus(struct png_libpng *reader, size_t size)
{
    reader->endless = size > reader->surplus;
    if (reader->endless)
        png_error(reader->png, "it goes on");
    reader->surplus -= size;
    if (context_checkpoint(reader->context) == 0)
        return;
    reader->outcome = STOPPED;
    png_longjmp(reader->png, 1);
}

static void next_piece(struct png_libpng *reader)
{
    const struct png_file *file = &reader->source->file;
    struct pm_blob *piece = &reader->pieces[reader->piece];
    for (; reader->piece == reader->joined && reader->chunks > 0; reader->chunks--) {
        if (piece->size > 0)
            return;
        if (!png_walk_pixels(&reader->walk, file->pixels, file->data, file->size, piece))
            *piece = (struct pm_blob){0};
    }
    if (piece->size == 0)
        reader->piece++;
}

static void read_bytes(png_structp png, png_bytep bytes, size_t size)
{
    struct png_libpng *reader = png_get_io_ptr(png);
    if (at_last_row(reader))
        count_surplus(reader, size);
    if (reader->served >= reader->single_from)
        png_set_compression_buffer_size(png, 1); /* from the next read on */
    reader->served += size;
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
            next_piece(reader);
    }
}

static _Noreturn void on_error(png_structp png, png_const_charp message)
{
    struct png_libpng *reader = png_get_error_ptr(png);
    snprintf(reader->fault, sizeof reader->fault, "%s", message);
    reader->outcome = REFUSED;
    if (strstr(message, "Not enough image data") != NULL) {
        reader->outcome = STARVED;
    } else if (strstr(message, "emory") != NULL) {
        error_memory(reader->error, 0);
        reader->outcome = STOPPED;
    }
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    const struct png_libpng *reader = png_get_error_ptr(png);
    if (reader->single_from == UINT64_MAX || strstr(message, WRONG_CHECKSUM) == NULL)
        context_warn(faulty(reader), "PNG: %s", message);
}

static void add_piece(struct png_libpng *reader, const uint8_t *data, size_t size)
{
    reader->pieces[reader->npieces++] = (struct pm_blob){data, size};
}

static void add_chunk(struct png_libpng *reader, const struct png_chunk *chunk)
{
    if (chunk->type != 0)
        add_piece(reader, chunk->data - PNG_CHUNK_HEAD, (size_t)chunk->size + PNG_CHUNK_FRAME);
}

static const uint8_t zero_crc[PNG_CHUNK_CRC]; /* png_set_crc_action makes libpng ignore it */

/* A frame's fdATs as one IDAT. */
static void join_frame(struct png_libpng *reader)
{
    const struct png_file *file = &reader->source->file;
    png_put_be32(reader->cut_head, (uint32_t)(file->idat_bytes + file->cut.size));
    png_put_be32(reader->cut_head + 4, TYPE_IDAT);
    memory_source_init(&reader->memory, file->data, file->size);
    png_walk_start(&reader->walk, &reader->memory.source);
    reader->walk.next = file->first_idat;
    reader->chunks = file->idat_chunks;
    reader->joined = reader->npieces;
    add_piece(reader, reader->cut_head, sizeof reader->cut_head);
    if (file->cut.type != 0)
        add_piece(reader, file->cut.data, file->cut.size);
    add_piece(reader, zero_crc, sizeof zero_crc);
}

static void lay_out_pieces(struct png_libpng *reader)
{
    static const uint8_t end[PNG_CHUNK_FRAME] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82};
    const struct png_file *file = &reader->source->file;
    reader->npieces = reader->piece = reader->chunks = 0;
    add_piece(reader, file->start, PNG_START);
    if (file->header.color_type == PNG_PALETTE)
        add_chunk(reader, &file->palette);
    add_chunk(reader, &file->key);
    if (file->pixels == TYPE_FDAT) {
        join_frame(reader);
        add_piece(reader, end, sizeof end);
        return;
    }
    add_piece(reader, file->data + file->first_idat, file->idat_bytes + file->idat_chunks * PNG_CHUNK_FRAME);
    if (file->cut.type != 0) {
        png_put_be32(reader->cut_head, file->cut.size);
        png_put_be32(reader->cut_head + 4, TYPE_IDAT);
        add_piece(reader, reader->cut_head, sizeof reader->cut_head);
        add_piece(reader, file->cut.data, file->cut.size);
        add_piece(reader, zero_crc, sizeof zero_crc);
    }
    add_piece(reader, end, sizeof end);
}

/* Reads up to the pixels and sets up the conversion to pixmill's format. */
static enum outcome guarded_start(struct png_libpng *reader)
{
    png_structp png = reader->png;
    if (setjmp(png_jmpbuf(png)) != 0)
        return reader->outcome;
    png_set_read_fn(png, reader, read_bytes);
    png_set_user_limits(png, PNG_CHUNK_MAX, PNG_CHUNK_MAX);
    /* png_scan has verified the checksums. */
    png_set_crc_action(png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
    png_set_compression_buffer_size(png, READ_SIZE);
    if (reader->any_window)
        png_set_option(png, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);
    png_read_info(png, reader->info);
    png_set_expand(png);
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        png_set_swap(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, reader->info);
    const struct png_source *source = reader->source;
    if (png_get_rowbytes(png, reader->info) !=
        (size_t)source->rows.plane.width * source->rows.plane.channels * (source->depth / 8))
        png_error(png, "libpng returns samples of another format than expected");
    return READ;
}

/* libpng reads the rest of the stream with the last row, so errors after the pixels appear when that row is
 * made. */
static bool all_rows_made(const struct png_libpng *reader)
{
    if (reader->source->file.header.interlaced)
        return png_get_current_pass_number(reader->png) >= PASSES;
    return png_get_current_row_number(reader->png) >= reader->source->rows.plane.height;
}

/* Warns of errors after the last pixel. In a truncated file the end of the stream is missing, too: no second
 * warning. */
static void warn_of_tail(const struct png_libpng *reader)
{
    if (reader->endless)
        context_warn(faulty(reader), "PNG: pixel data after the last pixel is left out");
    else if (reader->outcome == STARVED && reader->source->file.end != PNG_END_CUT)
        context_warn(faulty(reader), "PNG: the pixel data has no end or no checksum, but all pixels");
    else if (reader->outcome != STARVED)
        context_warn(faulty(reader), "PNG: the pixel data is broken after the last pixel (%s)",
                     reader->fault);
}

/* Makes rows of the current pass up to `end`; rows that were made before the restart are discarded. */
static enum outcome guarded_rows(struct png_libpng *reader, uint32_t end)
{
    png_structp png = reader->png;
    const struct row_source *rows = &reader->source->rows;
    if (setjmp(png_jmpbuf(png)) != 0) {
        if (reader->outcome == STOPPED || !all_rows_made(reader))
            return reader->outcome;
        warn_of_tail(reader);
        reader->at = end;
        return READ;
    }
    for (; reader->at < end; reader->at++) {
        uint8_t *row = reader->at >= rows->made ? row_source_row(rows, reader->at) : NULL;
        if (reader->display)
            png_read_row(png, NULL, row);
        else
            png_read_row(png, row, NULL);
    }
    return READ;
}

/* The same in strips. */
static enum outcome read_pass(struct png_libpng *reader, uint32_t end)
{
    enum outcome outcome = READ;
    while (reader->at < end && outcome == READ) {
        if (context_checkpoint(reader->context) != 0)
            return STOPPED;
        context_native_begin(reader->context);
        outcome = guarded_rows(reader, end - reader->at < STRIP_ROWS ? end : reader->at + STRIP_ROWS);
        context_native_end(reader->context);
    }
    return outcome;
}

/* Makes rows up to `end`; all passes of an interlaced file, whose `end` is its height. */
static enum outcome read_rows(struct png_libpng *reader, uint32_t end)
{
    enum outcome outcome = read_pass(reader, end);
    while (outcome == READ && reader->pass < PASSES - 1) {
        reader->pass++;
        reader->at = 0;
        outcome = read_pass(reader, end);
    }
    return outcome;
}

static void stop(struct png_libpng *reader)
{
    png_destroy_read_struct(&reader->png, &reader->info, NULL);
}

/* Starts at the beginning of the file. */
static enum outcome start(struct png_libpng *reader)
{
    const struct png_header *header = &reader->source->file.header;
    const uint64_t row_bytes = png_header_row_bytes(header);
    reader->at = 0;
    reader->served = 0;
    reader->pass = header->interlaced ? 0 : PASSES - 1;
    reader->endless = false;
    reader->surplus = row_bytes + row_bytes / 8 + SURPLUS_MAX;
    lay_out_pieces(reader);
    reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, on_error, on_warning);
    if (reader->png != NULL)
        reader->info = png_create_info_struct(reader->png);
    if (reader->info != NULL)
        return guarded_start(reader);
    error_memory(reader->error, 0);
    return STOPPED;
}

/* Warns of an error that was tolerated to get all pixels. */
static void warn_of_rule(const struct png_libpng *reader, const char *fault)
{
    if (strstr(fault, WRONG_CHECKSUM) != NULL)
        context_warn(faulty(reader),
                     "PNG: the checksum of the pixels (Adler-32) is wrong: they may be damaged");
    else if (strstr(fault, "too far back") != NULL)
        context_warn(faulty(reader), "PNG: the pixel data needs a larger window than its zlib header says");
    else
        context_warn(faulty(reader), "PNG: the pixel data breaks a rule of its compression (%s)", fault);
}

/* Sets up tolerating the last error. False if it can't be tolerated. */
static bool tolerate(struct png_libpng *reader)
{
    if (reader->ntolerated == TOLERATED_MAX)
        return false;
    if (reader->single_from == UINT64_MAX && strstr(reader->fault, WRONG_CHECKSUM) != NULL)
        reader->single_from = reader->served > CAREFUL ? reader->served - CAREFUL : 0;
    else if (!reader->any_window)
        reader->any_window = true;
    else
        return false;
    memcpy(reader->tolerated[reader->ntolerated++], reader->fault, sizeof reader->fault);
    return true;
}

/* Continues, or restarts and tolerates the error. */
static enum outcome read_to(struct png_libpng *reader, uint32_t end)
{
    const unsigned known = reader->ntolerated;
    enum outcome outcome = read_rows(reader, end);
    while (outcome == REFUSED && tolerate(reader)) {
        stop(reader);
        outcome = start(reader);
        if (outcome == READ)
            outcome = read_rows(reader, end);
    }
    for (unsigned i = known; outcome == READ && i < reader->ntolerated; i++)
        warn_of_rule(reader, reader->tolerated[i]);
    return outcome;
}

/* Fills with middle grey or, with alpha, transparent. */
static void clear_rows(const struct png_source *source, uint32_t first, uint32_t end)
{
    const struct pm_plane *plane = &source->rows.plane;
    for (uint32_t y = first; y < end; y++)
        memset(row_source_row(&source->rows, y), source->alpha ? 0 : 0x80,
               (size_t)plane->width * plane->channels * (source->depth / 8));
}

/* The pixels have ended early: an error, unless that is allowed and there is at least one. */
static int run_short(struct png_libpng *reader)
{
    const struct png_file *file = &reader->source->file;
    const uint32_t height = reader->source->rows.plane.height;
    const bool some = reader->at > 0 || (file->header.interlaced && reader->pass > 0);
    if (!some)
        return error_set(reader->error, PM_ERROR_TRUNCATED, "ends before its first pixel%s",
                         file->end == PNG_END_CUT ? " (fetch or copy it again)" : "");
    if (!file->allow_truncated && file->end == PNG_END_CUT)
        return error_set_hint(reader->error, PM_ERROR_TRUNCATED, PM_HINT_ALLOW_TRUNCATED,
                              "ends too early, after %zu bytes; fetch or copy it again", file->size);
    if (!file->allow_truncated)
        return error_set_hint(reader->error, PM_ERROR_TRUNCATED, PM_HINT_ALLOW_TRUNCATED,
                              "has fewer pixels than its header says");
    reader->starved = reader->source->incomplete = true;
    if (file->header.interlaced)
        context_warn(faulty(reader), "ends too early; the missing part is coarse or empty");
    else
        context_warn(faulty(reader), "ends too early; %" PRIu32 " of %" PRIu32 " rows are missing and %s",
                     height - reader->at, height, reader->source->alpha ? "transparent" : "grey");
    return 0;
}

static int settle(struct png_libpng *reader, enum outcome outcome)
{
    switch (outcome) {
    case READ:
        return 0;
    case STARVED:
        return run_short(reader);
    case REFUSED:
        /* Its checksums are correct: copying it again would not help. */
        return error_set(reader->error, PM_ERROR_CORRUPT, "has damaged pixel data (%s)", reader->fault);
    case STOPPED:
        break;
    }
    return -1;
}

int png_libpng_begin(struct png_source *source, struct context *context)
{
    struct png_libpng *reader = arena_alloc(context->job_arena, sizeof *reader);
    if (reader == NULL)
        return error_memory(context->error, sizeof *reader);
    source->libpng = reader;
    *reader = (struct png_libpng){
        .source = source,
        .context = context,
        .error = context->error,
        .single_from = UINT64_MAX,
        .display = source->file.header.interlaced && source->file.allow_truncated,
    };
    enum outcome outcome = start(reader);
    if (outcome == READ && source->rows.made > 0)
        outcome = read_to(reader, source->rows.made);
    return settle(reader, outcome);
}

int png_libpng_make(struct png_source *source, uint32_t end, struct context *context)
{
    struct png_libpng *reader = source->libpng;
    struct row_source *rows = &source->rows;
    reader->context = context;
    reader->error = context->error;
    if (source->file.header.interlaced)
        end = rows->plane.height;
    if (reader->display)
        clear_rows(source, rows->made, end);
    if (!reader->starved && settle(reader, read_to(reader, end)) != 0)
        return -1;
    if (reader->starved && !reader->display)
        clear_rows(source, reader->at > rows->made ? reader->at : rows->made, end);
    rows->made = end;
    return 0;
}

void png_libpng_end(struct png_source *source)
{
    if (source->libpng != NULL)
        stop(source->libpng);
    source->libpng = NULL;
}
