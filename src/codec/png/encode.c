/*
 * Encodes pixels to a PNG file: rows are filtered into one buffer and deflated in one libdeflate call.
 *
 * One filter is used for the whole image: the one of four that compresses a small sample of its rows best. It
 * finds Sub or Paeth for photographs and None or Up for drawings, and costs less than scoring every row with
 * all filters, which gave hardly smaller files. For 29 photographs and drawings resized to 800 pixels width,
 * level 4 was 0.6 % smaller than level 3 for 3 % more time of the whole run; level 5 2.2 % for 10 %, level 6
 * 3.7 % for 26 %. What is stored in fewer bits (png/form.h) is deflated with a higher level, as it has less
 * bytes and compresses better.
 *
 * An encrypted image is noise: its rows are stored, not deflated, which is fastest and smallest.
 */
#include <libdeflate.h>
#include <string.h>

#include "codec/png/animation.h"
#include "codec/png/form.h"
#include "codec/png/passes.h"
#include "codec/png/png.h"
#include "codec/png/rows.h"
#include "codec/png/write.h"

SIMD_TABLE(struct png_filter_kernels, png_filter_kernels)

enum {
    LEVEL = 4,
    LEVEL_PACKED = 8,
    STRIP_ROWS = 64,
    SAMPLE_PLACES = 6,        /* sampled runs of rows, spread over the image */
    SAMPLE_BYTES = 12 * 1024, /* of all runs together, approximately */
    TRIED_BYTES = 64 * 1024,  /* images up to this size are deflated in both forms */
};

#define IDAT_MAX (1u << 30) /* bytes of one IDAT chunk */

struct encoder {
    const struct pm_image *image;
    const struct png_form *form;
    const struct png_filter_kernels *kernels;
    struct png_pass passes[PNG_PASSES];
    unsigned npasses;
    unsigned bits;    /* of a pixel */
    unsigned pixel;   /* bytes of a pixel, at least 1, as filters see it */
    uint8_t *rows[2]; /* rows that are gathered or in PNG's byte order, by parity of y */
    uint8_t *zero;    /* the row above the first */
    struct context *context;
    struct pm_error *error;
};

/* Row y of a pass. */
static const uint8_t *stored_row(const struct encoder *encoder, const struct png_pass *pass, uint32_t y)
{
    const struct png_form *form = encoder->form;
    const uint32_t from = pass->y + y * pass->dy;
    const uint8_t *row = form->packed != NULL ? form->packed + from * form->packed_bytes
                                              : plane_row(&encoder->image->plane[0], from);
    const bool swaps = form->depth == 16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    uint8_t *made = encoder->rows[y & 1];
    if (encoder->npasses > 1) {
        png_pass_gather(pass, row, encoder->bits, made);
        row = made;
    }
    if (!swaps)
        return row;
    encoder->kernels->swap(row, made, pass->row_bytes / 2);
    return made;
}

/* Writes filtered rows [first, end) of a pass with their filter bytes to `out`. */
static void filter_rows(const struct encoder *encoder, const struct png_pass *pass, enum png_filter filter,
                        uint32_t first, uint32_t end, uint8_t *out)
{
    const uint8_t *above = first > 0 ? stored_row(encoder, pass, first - 1) : encoder->zero;
    const unsigned pixel = encoder->pixel < pass->row_bytes ? encoder->pixel : (unsigned)pass->row_bytes;
    for (uint32_t y = first; y < end; y++) {
        const uint8_t *row = stored_row(encoder, pass, y);
        *out = (uint8_t)filter;
        encoder->kernels->filter[filter](row, above, out + 1, pass->row_bytes, pixel);
        out += pass->row_bytes + 1;
        above = row;
    }
}

/* Tries the candidate filters on sample[size]; deflates into room[bound]. */
static enum png_filter try_candidates(const struct encoder *encoder, const struct png_pass *pass,
                                      uint32_t run, uint8_t *sample, size_t size,
                                      struct libdeflate_compressor *deflater, uint8_t *room, size_t bound)
{
    static const enum png_filter candidates[] = {FILTER_SUB, FILTER_NONE, FILTER_UP, FILTER_PAETH};
    enum png_filter best = FILTER_SUB;
    size_t min = SIZE_MAX;
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
        for (uint32_t place = 0; place < SAMPLE_PLACES; place++) {
            uint32_t first = (uint32_t)((uint64_t)(pass->height - run) * place / (SAMPLE_PLACES - 1));
            filter_rows(encoder, pass, candidates[i], first, first + run,
                        sample + size / SAMPLE_PLACES * place);
        }
        size_t packed = libdeflate_zlib_compress(deflater, sample, size, room, bound);
        if (packed < min) {
            min = packed;
            best = candidates[i];
        }
    }
    return best;
}

/* Chooses the image's filter by trying all on a sample of it: of its last pass, which has half the rows. */
static int choose_filter(const struct encoder *encoder, enum png_filter *filter)
{
    const struct png_pass *pass = &encoder->passes[encoder->npasses - 1];
    const size_t stride = pass->row_bytes + 1;
    uint32_t run = (uint32_t)(SAMPLE_BYTES / SAMPLE_PLACES / stride) + 1;
    *filter = encoder->form->packed != NULL ? FILTER_NONE : FILTER_SUB;
    if (pass->height < run * SAMPLE_PLACES)
        return 0; /* too small to matter */
    struct libdeflate_compressor *deflater = libdeflate_alloc_compressor(LEVEL);
    if (deflater == NULL)
        return error_memory(encoder->error, 0);
    const size_t size = stride * run * SAMPLE_PLACES, bound = libdeflate_zlib_compress_bound(deflater, size);
    struct arena_mark mark = arena_mark(encoder->context->arena);
    uint8_t *sample = context_alloc(encoder->context, size + bound);
    if (sample != NULL)
        *filter = try_candidates(encoder, pass, run, sample, size, deflater, sample + size, bound);
    arena_release(encoder->context->arena, mark);
    libdeflate_free_compressor(deflater);
    return sample != NULL ? 0 : -1;
}

/* Splits the zlib stream of `size` bytes after out->size into chunks, as png_pixels_append says; before it is
 * free what is before the first chunk's data, and the frames of the chunks are reserved after it. */
static void frame_stream(struct buffer *out, size_t size, uint32_t *sequence)
{
    const size_t number = sequence != NULL ? PNG_SEQUENCE_BYTES : 0;
    uint8_t *stream = out->data + out->size + PNG_CHUNK_HEAD + number;
    size_t chunks = (size + IDAT_MAX - 1) / IDAT_MAX;
    for (size_t i = chunks; i-- > 0;) {
        size_t begin = i * IDAT_MAX, part = size - begin < IDAT_MAX ? size - begin : IDAT_MAX;
        uint8_t *data = stream + begin + i * (PNG_CHUNK_FRAME + number), *type = data - number - 4;
        memmove(data, stream + begin, part);
        png_put_be32(type - 4, (uint32_t)(part + number));
        png_put_be32(type, sequence != NULL ? TYPE_FDAT : TYPE_IDAT);
        if (sequence != NULL)
            png_put_be32(type + 4, *sequence + (uint32_t)i);
        png_put_be32(data + part, libdeflate_crc32(0, type, part + number + 4));
    }
    out->size += size + chunks * (PNG_CHUNK_FRAME + number);
    if (sequence != NULL)
        *sequence += (uint32_t)chunks;
}

/* Writes an uncompressed zlib stream (stored blocks). */
struct stored_stream {
    uint8_t *at;
    size_t left;  /* bytes of the whole stream still to be written */
    size_t block; /* bytes left in the current block */
    const uint8_t *summed;
    uint32_t adler;
};

enum { STORED_BLOCK = 65535 }; /* RFC 1951, section 3.2.4 */

/* Updates the checksum with each block while it is in the cache. */
static void stored_sum(struct stored_stream *stream)
{
    stream->adler = libdeflate_adler32(stream->adler, stream->summed, (size_t)(stream->at - stream->summed));
}

static void stored_put(struct stored_stream *stream, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        if (stream->block == 0) {
            stored_sum(stream);
            stream->block = stream->left < STORED_BLOCK ? stream->left : STORED_BLOCK;
            stream->at[0] = stream->block == stream->left; /* the last block */
            stream->at[1] = stream->block & 0xff;
            stream->at[2] = (uint8_t)(stream->block >> 8);
            stream->at[3] = (uint8_t)~stream->at[1];
            stream->at[4] = (uint8_t)~stream->at[2];
            stream->at += 5;
            stream->summed = stream->at;
        }
        size_t part = size < stream->block ? size : stream->block;
        memcpy(stream->at, bytes, part);
        stream->at += part;
        stream->left -= part;
        stream->block -= part;
        bytes += part;
        size -= part;
    }
}

/* For noise: stores the rows without compression. Returns the stream's size, or 0 with the error filled. */
static size_t store_rows(const struct encoder *encoder, uint8_t *out, size_t size)
{
    static const uint8_t none = FILTER_NONE;
    const struct png_pass *pass = &encoder->passes[0];
    struct stored_stream stream = {.at = out + 2, .left = size, .summed = out + 2, .adler = 1};
    out[0] = 0x78; /* deflate, 32 KiB window */
    out[1] = 0x01;
    for (uint32_t y = 0; y < pass->height; y++) {
        if (y % STRIP_ROWS == 0 && context_checkpoint(encoder->context) != 0)
            return 0;
        stored_put(&stream, &none, 1);
        stored_put(&stream, stored_row(encoder, pass, y), pass->row_bytes);
    }
    stored_sum(&stream);
    png_put_be32(stream.at, stream.adler);
    return (size_t)(stream.at + 4 - out);
}

/* Filters all rows of a pass. Returns 0, or -1 with the error filled. */
static int filter_pass(const struct encoder *encoder, const struct png_pass *pass, enum png_filter filter,
                       uint8_t *filtered)
{
    for (uint32_t y = 0; y < pass->height; y += STRIP_ROWS) {
        if (context_checkpoint(encoder->context) != 0)
            return -1;
        context_native_begin(encoder->context);
        filter_rows(encoder, pass, filter, y, pass->height - y < STRIP_ROWS ? pass->height : y + STRIP_ROWS,
                    filtered + (pass->row_bytes + 1) * y);
        context_native_end(encoder->context);
    }
    return 0;
}

/* For other images: deflates the rows. Returns the stream's size, or 0 with the error filled. */
static size_t deflate_rows(const struct encoder *encoder, uint8_t *out, size_t room, size_t size)
{
    enum png_filter filter;
    if (choose_filter(encoder, &filter) != 0)
        return 0;
    uint8_t *filtered = context_alloc(encoder->context, size), *next = filtered;
    if (filtered == NULL)
        return 0;
    for (unsigned i = 0; i < encoder->npasses; i++) {
        if (filter_pass(encoder, &encoder->passes[i], filter, next) != 0)
            return 0;
        next += png_passes_bytes(&encoder->passes[i], 1);
    }
    struct libdeflate_compressor *deflater =
        libdeflate_alloc_compressor(encoder->form->packed != NULL ? LEVEL_PACKED : LEVEL);
    if (deflater == NULL) {
        error_memory(encoder->error, 0);
        return 0;
    }
    context_native_begin(encoder->context);
    size_t packed = libdeflate_zlib_compress(deflater, filtered, size, out, room);
    context_native_end(encoder->context);
    libdeflate_free_compressor(deflater);
    if (packed == 0)
        error_set(encoder->error, PM_ERROR_INTERNAL,
                  "libdeflate does not keep to its own bound (please report this)");
    return packed;
}

static uint64_t stream_bound(uint64_t size)
{
    return libdeflate_zlib_compress_bound(NULL, size);
}

static uint64_t idats_bound(uint64_t size)
{
    uint64_t stream = stream_bound(size);
    return stream + (stream / IDAT_MAX + 1) * (PNG_CHUNK_FRAME + PNG_SEQUENCE_BYTES);
}

static int append_pixels(const struct encoder *encoder, uint32_t *sequence, struct buffer *out)
{
    const size_t size = png_passes_bytes(encoder->passes, encoder->npasses);
    const size_t bound = idats_bound(size);
    if (buffer_reserve(out, bound) != 0)
        return error_memory(encoder->error, bound);
    uint8_t *stream = out->data + out->size + PNG_CHUNK_HEAD + (sequence != NULL ? PNG_SEQUENCE_BYTES : 0);
    size_t packed = encoder->image->meta.sealed.data != NULL
                        ? store_rows(encoder, stream, size)
                        : deflate_rows(encoder, stream, stream_bound(size), size);
    if (packed == 0)
        return -1;
    frame_stream(out, packed, sequence);
    return 0;
}

/* Sets up the encoder for a form. Returns 0, or -1 with the error filled. */
static int begin(struct encoder *encoder, const struct pm_image *image, const struct png_form *form,
                 bool interlaced, struct context *context)
{
    *encoder = (struct encoder){.image = image,
                                .form = form,
                                .kernels = png_filter_kernels(context->simd),
                                .bits = png_form_bits(form),
                                .context = context,
                                .error = context->error};
    encoder->pixel = encoder->bits < 8 ? 1 : encoder->bits / 8;
    encoder->npasses = png_passes(image->width, image->height, encoder->bits, interlaced, encoder->passes);
    const size_t row_bytes = ((size_t)image->width * encoder->bits + 7) / 8;
    encoder->zero = context_alloc(context, 3 * row_bytes);
    if (encoder->zero == NULL)
        return -1;
    memset(encoder->zero, 0, row_bytes);
    encoder->rows[0] = encoder->zero + row_bytes;
    encoder->rows[1] = encoder->rows[0] + row_bytes;
    return 0;
}

/* The size of the file's PLTE, tRNS and stream in this form; 0 with the error filled. */
static size_t measure(const struct pm_image *image, const struct png_form *form, bool interlaced,
                      struct context *context)
{
    struct encoder encoder;
    const struct arena_mark mark = arena_mark(context->arena);
    size_t packed = 0;
    if (begin(&encoder, image, form, interlaced, context) == 0) {
        const size_t size = png_passes_bytes(encoder.passes, encoder.npasses), bound = stream_bound(size);
        uint8_t *stream = context_alloc(context, bound);
        packed = stream != NULL ? deflate_rows(&encoder, stream, bound, size) : 0;
    }
    arena_release(context->arena, mark);
    return packed > 0 ? packed + png_form_chunk_bytes(form) : 0;
}

/* Of a small image, a palette may be larger than what it saves. */
static int choose_form(const struct pm_image *image, const struct png_options *options,
                       struct context *context, struct png_form *form)
{
    const struct png_form plain = png_form_plain(image);
    const uint64_t bytes = (uint64_t)image->width * image->height * png_form_bits(&plain) / 8;
    if (png_form_choose(image, options, context, form) != 0)
        return -1;
    if (form->packed == NULL || options->palette > 0 || bytes > TRIED_BYTES)
        return 0;
    const size_t packed = measure(image, form, options->progressive, context),
                 other = packed > 0 ? measure(image, &plain, options->progressive, context) : 0;
    if (packed == 0 || other == 0)
        return -1;
    if (other < packed)
        *form = plain;
    return 0;
}

static int append_file(const struct pm_image *image, const struct png_options *options, struct buffer *out,
                       struct context *context)
{
    struct encoder encoder;
    struct png_form form;
    if (choose_form(image, options, context, &form) != 0 ||
        begin(&encoder, image, &form, options->progressive, context) != 0 ||
        png_head_append(out, image, &form, options->progressive, context->error) != 0 ||
        append_pixels(&encoder, NULL, out) != 0)
        return -1;
    return png_chunk_append(out, TYPE_IEND, NULL, 0, context->error);
}

int png_encode(const struct pm_image *image, const void *options, struct buffer *out, struct context *context)
{
    const struct png_options asked = png_options_of(image, options);
    const struct arena_mark mark = arena_mark(context->arena), job_mark = arena_mark(context->job_arena);
    const int status = append_file(image, &asked, out, context);
    arena_release(context->job_arena, job_mark);
    arena_release(context->arena, mark);
    return status;
}

int png_pixels_append(const struct pm_image *image, uint32_t *sequence, struct buffer *out,
                      struct context *context)
{
    const struct png_form plain = png_form_plain(image);
    const struct arena_mark mark = arena_mark(context->arena);
    struct encoder encoder;
    int status = begin(&encoder, image, &plain, false, context);
    if (status == 0)
        status = append_pixels(&encoder, sequence, out);
    arena_release(context->arena, mark);
    return status;
}

/* --- forecasts ------------------------------------------------------------------------------------- */

static unsigned shape_bits(const struct shape *shape)
{
    return pm_channels(&shape->format) * shape->format.depth;
}

/* Rows with their filter bytes, as they are or interlaced; UINT64_MAX / 4 where that is more than can be. */
static uint64_t rows_bytes(const struct shape *shape)
{
    enum { PASSES_A_ROW = 2 }; /* on average of all rows, 15 / 8 */
    const uint64_t row = ((uint64_t)shape->width * shape_bits(shape) + 7) / 8;
    uint64_t size;
    if (__builtin_mul_overflow(row + 2 * PASSES_A_ROW, (uint64_t)shape->height + PNG_PASSES, &size) ||
        size > UINT64_MAX / 4)
        return UINT64_MAX / 4;
    return size;
}

uint64_t png_encode_bound(const struct shape *shape, const void *options)
{
    enum { PALETTE_BYTES = PNG_CHUNK_FRAME + 3 * PALETTE_MAX, ALPHA_BYTES = PNG_CHUNK_FRAME + PALETTE_MAX };
    const struct png_options *asked = options;
    const uint64_t animation = 2 * PNG_CHUNK_FRAME + PNG_ACTL_BYTES + PNG_FCTL_BYTES;
    const uint64_t ends = PNG_SIGNATURE_SIZE + PNG_CHUNK_FRAME + PNG_IHDR_SIZE + PNG_CHUNK_FRAME + animation;
    const uint64_t palette = asked != NULL && asked->palette > 0 ? PALETTE_BYTES + ALPHA_BYTES : 0;
    return idats_bound(rows_bytes(shape)) + ends + palette;
}

/* The filtered rows, some rows, and what deciding on a form takes: packed rows, which are at most half as
 * many bytes, as the filtered ones then are; a small image twice. With `palette`, the tables for it. */
uint64_t png_encode_bytes(const struct shape *shape, const void *options)
{
    enum { ROWS = 4, FIXED = 4 * TRIED_BYTES };
    const struct png_options *asked = options;
    const unsigned channels = shape->format.alpha != PM_ALPHA_NONE ? 4 : 3;
    const uint64_t row = (uint64_t)shape->width * shape_bits(shape) / 8;
    const uint64_t tables = asked != NULL && asked->palette > 0 ? quantizer_bytes(shape->width, channels) : 0;
    return rows_bytes(shape) + ROWS * row + tables + FIXED;
}
