/*
 * Pixels of the common kinds of PNG: 8 and 16 bits, grey or RGB, with or without alpha, not interlaced. The
 * whole stream is inflated in one call of libdeflate, some four times as fast as zlib, and unfiltered where
 * it lies: the image's rows are the inflated rows, the filter byte before each left standing between them.
 *
 * Whatever does not go as in a flawless file is left to libpng, which knows what to tolerate and what to say.
 */
#include <libdeflate.h>
#include <string.h>

#include "codec/png.h"
#include "codec/png_rows.h"

SIMD_TABLE(struct png_filter_kernels, png_filter_kernels)
SIMD_TABLE(struct png_unfilter_kernels, png_unfilter_kernels)
SIMD_TABLE(struct png_wave_kernels, png_wave_kernels)

enum { STRIP_ROWS = 64 };

static bool is_common(const struct png_file *file)
{
    const struct png_header *header = &file->header;
    return header->depth >= 8 && header->color_type != PNG_PALETTE && !header->interlaced &&
           !file->transparency && !file->truncated;
}

/* The zlib stream in one piece: where it lies when it is one chunk, else gathered. */
static int gather_stream(const struct png_file *file, struct pm_blob *stream, struct context *context,
                         struct pm_error *error)
{
    const uint8_t *chunk = file->data + file->first_idat;
    *stream = (struct pm_blob){chunk + 8, png_get_be32(chunk)};
    if (file->idat_chunks == 1)
        return 0;
    uint8_t *gathered = context_alloc(context, file->idat_bytes, error);
    if (gathered == NULL)
        return -1;
    *stream = (struct pm_blob){gathered, file->idat_bytes};
    for (size_t i = 0; i < file->idat_chunks; i++) {
        size_t size = png_get_be32(chunk);
        memcpy(gathered, chunk + 8, size);
        gathered += size;
        chunk += size + PNG_CHUNK_FRAME;
    }
    return 0;
}

/* Inflates exactly `size` bytes. 0; 1 when the stream is not exactly that; -1 with the error filled. */
static int inflate_stream(const struct png_file *file, uint8_t *out, size_t size, struct context *context,
                          struct pm_error *error)
{
    struct pm_blob stream;
    struct arena_mark mark = arena_mark(context->arena);
    if (gather_stream(file, &stream, context, error) != 0)
        return -1;
    struct libdeflate_decompressor *inflater = libdeflate_alloc_decompressor();
    if (inflater == NULL)
        return error_memory(error, 0);
    size_t used = 0;
    context_native_begin(context);
    enum libdeflate_result result =
        libdeflate_zlib_decompress_ex(inflater, stream.data, stream.size, out, size, &used, NULL);
    context_native_end(context);
    libdeflate_free_decompressor(inflater);
    arena_release(context->arena, mark);
    return result == LIBDEFLATE_SUCCESS && used == stream.size ? 0 : 1;
}

static bool filters_known(const uint8_t *rows, size_t stride, uint32_t height)
{
    for (uint32_t y = 0; y < height; y++) {
        if (rows[stride * y] >= FILTERS)
            return false;
    }
    return true;
}

/* Is it quicker to unfilter these rows together than one by one? Paeth alone is slow enough, and Average does
 * not fit in. */
static bool wave_pays(const uint8_t *rows, size_t stride)
{
    enum { PAETHS = 2 };
    unsigned paeths = 0;
    for (unsigned r = 0; r < WAVE_ROWS; r++) {
        if (rows[stride * r] == FILTER_AVERAGE)
            return false;
        paeths += rows[stride * r] == FILTER_PAETH;
    }
    return paeths >= PAETHS;
}

struct unfilter {
    const struct png_unfilter_kernels *row;
    const struct png_wave_kernels *wave;
    size_t size; /* bytes of a row without its filter byte */
    unsigned pixel;
    bool waves;
};

static void unfilter_strip(const struct unfilter *unfilter, uint8_t *rows, uint32_t count,
                           const uint8_t *above)
{
    const size_t stride = unfilter->size + 1;
    for (uint32_t y = 0; y < count;) {
        uint8_t *row = rows + stride * y;
        uint32_t done = 1;
        if (unfilter->waves && count - y >= WAVE_ROWS && wave_pays(row, stride)) {
            unfilter->wave->unfilter(row, above, unfilter->size, unfilter->pixel);
            done = WAVE_ROWS;
        } else {
            unfilter->row->unfilter(row + 1, above, unfilter->size, *row, unfilter->pixel);
        }
        y += done;
        above = rows + stride * (y - 1) + 1;
    }
}

/* Unfilters all rows of the plane, which lie from `rows` on with their filter bytes. */
static int unfilter_rows(uint8_t *rows, size_t row_bytes, unsigned pixel, const struct pm_plane *plane,
                         struct context *context, struct pm_error *error)
{
    const struct unfilter unfilter = {
        .row = png_unfilter_kernels(context->simd),
        .wave = png_wave_kernels(context->simd),
        .size = row_bytes,
        .pixel = pixel,
        .waves = pixel <= WAVE_PIXEL_MAX && plane->width >= WAVE_ROWS,
    };
    const size_t stride = row_bytes + 1;
    struct arena_mark mark = arena_mark(context->arena);
    uint8_t *zero = context_alloc(context, row_bytes + UNFILTER_MARGIN, error);
    if (zero == NULL)
        return -1;
    memset(zero, 0, row_bytes + UNFILTER_MARGIN);
    const uint8_t *above = zero;
    for (uint32_t y = 0; y < plane->height; y += STRIP_ROWS) {
        const uint32_t count = plane->height - y < STRIP_ROWS ? plane->height - y : STRIP_ROWS;
        if (context_checkpoint(context, error) != 0)
            return -1;
        context_native_begin(context);
        unfilter_strip(&unfilter, rows + stride * y, count, above);
        context_native_end(context);
        above = rows + stride * (y + count - 1) + 1;
    }
    arena_release(context->arena, mark);
    return 0;
}

/* 16-bit samples move to even addresses, in the machine's byte order. */
static void align_rows(uint8_t *rows, size_t row_bytes, struct pm_plane *plane, const struct context *context)
{
    const struct png_filter_kernels *kernels = png_filter_kernels(context->simd);
    for (uint32_t y = 0; y < plane->height; y++) {
        const uint8_t *row = rows + (row_bytes + 1) * y + 1;
        if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
            kernels->swap(row, rows + row_bytes * y, row_bytes / 2);
        else
            memmove(rows + row_bytes * y, row, row_bytes);
    }
    plane->data = rows;
    plane->stride = row_bytes;
}

int png_fast_decode(const struct png_file *file, struct pm_image *image, struct context *context,
                    struct pm_error *error)
{
    const struct png_header *header = &file->header;
    const uint64_t row_bytes = png_header_row_bytes(header);
    uint64_t size;
    if (!is_common(file) || __builtin_mul_overflow(row_bytes + 1, header->height, &size))
        return 1;
    if (context->max_bytes > 0 && size > context->max_bytes)
        return 1; /* libpng's way says so in image_alloc's words */
    /* A stream much longer than its pixels is odd, and gathering it would cost memory without a bound. */
    if (file->idat_bytes > size + size / 8 + 65536)
        return 1;
    struct arena_mark mark = arena_mark(context->arena);
    uint8_t *rows = context_alloc(context, size + UNFILTER_MARGIN, error);
    int status = rows != NULL ? inflate_stream(file, rows, size, context, error) : -1;
    if (status == 0 && !filters_known(rows, row_bytes + 1, header->height))
        status = 1;
    if (status != 0) {
        arena_release(context->arena, mark);
        return status;
    }
    const unsigned pixel = png_header_pixel_bits(header) / 8;
    struct pm_plane *plane = &image->plane[0];
    *plane = (struct pm_plane){
        .data = rows + 1,
        .stride = row_bytes + 1,
        .width = header->width,
        .height = header->height,
        .channels = png_header_channels(header),
        .frame = {0, 0, header->width, header->height},
    };
    image->nplanes = 1;
    if (unfilter_rows(rows, row_bytes, pixel, plane, context, error) != 0)
        return -1;
    if (header->depth == 16)
        align_rows(rows, row_bytes, plane, context);
    return 0;
}
