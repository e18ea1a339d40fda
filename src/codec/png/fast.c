/*
 * Decodes the common kinds of PNG: 8 and 16 bits, grey or RGB, with or without alpha, not interlaced. A strip
 * of rows, small enough for the cache, is inflated and unfiltered in place. 8-bit rows are decoded directly
 * in the window, with each row's filter byte left before it; 16-bit rows are byte-swapped into it, to even
 * addresses.
 *
 * Anything unusual or damaged is left to libpng, which handles it or reports the error.
 */
#include <string.h>

#include "codec/png/inflate.h"
#include "codec/png/rows.h"
#include "codec/png/source.h"

SIMD_TABLE(struct png_filter_kernels, png_filter_kernels)
SIMD_TABLE(struct png_unfilter_kernels, png_unfilter_kernels)
SIMD_TABLE(struct png_wave_kernels, png_wave_kernels)

/* A strip, the rows above it in the window and their sums fit in the L2 cache. It is inflated at once: each
 * call of ISA-L's inflater copies its window of 32 KiB twice. */
enum { STRIP_BYTES = 256 * 1024, STRIP_ROWS = 64 };

static bool is_common(const struct png_file *file)
{
    const struct png_header *header = &file->header;
    return header->depth >= 8 && header->color_type != PNG_PALETTE && !header->interlaced &&
           !file->transparency && file->cut.type == 0;
}

static bool filters_known(const uint8_t *rows, size_t stride, uint32_t height)
{
    for (uint32_t y = 0; y < height; y++) {
        if (rows[stride * y] >= FILTERS)
            return false;
    }
    return true;
}

/* Is it faster to unfilter `count` rows together than one by one? Only with Paeth rows; not possible with
 * Average. */
static bool wave_pays(const uint8_t *rows, size_t stride, unsigned count)
{
    enum { PAETHS = 2 };
    unsigned paeths = 0;
    for (unsigned r = 0; r < count; r++) {
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
    uint32_t wave_max; /* rows of the largest wave, or 0 */
};

static void unfilter_strip(const struct unfilter *unfilter, uint8_t *rows, uint32_t count,
                           const uint8_t *above)
{
    const size_t stride = unfilter->size + 1;
    for (uint32_t y = 0; y < count;) {
        uint8_t *row = rows + stride * y;
        const uint32_t max = count - y < unfilter->wave_max ? count - y : unfilter->wave_max;
        uint32_t done = 1;
        if (max >= WAVE_ROWS && wave_pays(row, stride, WAVE_ROWS))
            done = WAVE_ROWS;
        else if (max >= WAVE_FEW && wave_pays(row, stride, WAVE_FEW))
            done = WAVE_FEW;
        if (done > 1)
            unfilter->wave->unfilter(row, above, unfilter->size, unfilter->pixel, done);
        else
            unfilter->row->unfilter(row + 1, above, unfilter->size, *row, unfilter->pixel);
        y += done;
        above = rows + stride * (y - 1) + 1;
    }
}

struct png_fast {
    struct png_inflate stream;
    struct unfilter unfilter;
    uint8_t *lines;      /* rows with their filter bytes: row y is line y % nlines */
    uint32_t nlines;     /* more than a strip (to include the line above it), or all rows */
    uint32_t strip_rows; /* a multiple of WAVE_ROWS, as is nlines unless it is all rows */
    uint8_t *zero;       /* the line above the first */
};

static uint32_t round_up(uint32_t rows)
{
    return rows + (WAVE_ROWS - rows % WAVE_ROWS) % WAVE_ROWS;
}

static uint32_t choose_strip(size_t stride)
{
    size_t count = STRIP_BYTES / stride / WAVE_ROWS * WAVE_ROWS;
    return count < WAVE_ROWS ? WAVE_ROWS : count > STRIP_ROWS ? STRIP_ROWS : (uint32_t)count;
}

/* The number of lines to allocate. */
static uint32_t choose_lines(uint32_t rows, uint32_t strip_rows, uint32_t height)
{
    uint64_t count = (uint64_t)rows + strip_rows + WAVE_ROWS;
    return count < height ? round_up((uint32_t)count) : height;
}

/* Allocates the window, whose size is set, and the lines. */
static int take_memory(struct png_fast *fast, struct row_source *rows, const struct png_header *header,
                       struct context *context)
{
    const size_t row_bytes = fast->unfilter.size, stride = row_bytes + 1;
    fast->zero = context_alloc(context, row_bytes + UNFILTER_MARGIN);
    fast->lines = context_alloc(context, stride * fast->nlines + UNFILTER_MARGIN);
    if (fast->zero == NULL || fast->lines == NULL)
        return -1;
    memset(fast->zero, 0, row_bytes + UNFILTER_MARGIN);
    rows->plane.data = fast->lines + 1;
    rows->plane.stride = stride;
    if (header->depth == 8)
        return 0;
    rows->plane.data = context_alloc(context, row_bytes * rows->window);
    rows->plane.stride = row_bytes;
    return rows->plane.data != NULL ? 0 : -1;
}

int png_fast_begin(struct png_source *source, uint32_t window, struct context *context)
{
    const struct png_header *header = &source->file.header;
    const uint64_t row_bytes = png_header_row_bytes(header);
    struct row_source *rows = &source->rows;
    uint64_t size;
    if (!is_common(&source->file) || __builtin_mul_overflow(row_bytes + 1, header->height, &size))
        return 1;
    const uint32_t strip_rows = choose_strip(row_bytes + 1);
    const uint32_t nlines = choose_lines(header->depth == 8 ? window : 0, strip_rows, header->height);
    rows->window = header->depth == 8 ? nlines : choose_lines(window, 0, header->height);
    const uint64_t max = context->max_bytes > 0 ? context->max_bytes : SIZE_MAX / 2;
    if ((row_bytes + 1) * rows->window > max)
        return 1; /* libpng's path then fails in plane_alloc, with its message */
    struct png_fast *fast = source->fast = context_alloc(context, sizeof *fast);
    if (fast == NULL)
        return -1;
    const unsigned pixel = png_header_pixel_bits(header) / 8;
    fast->unfilter = (struct unfilter){
        .row = png_unfilter_kernels(context->simd),
        .wave = png_wave_kernels(context->simd),
        .size = row_bytes,
        .pixel = pixel,
        .wave_max = pixel > WAVE_PIXEL_MAX      ? 0
                    : header->width < WAVE_ROWS ? header->width
                                                : WAVE_ROWS,
    };
    fast->nlines = nlines;
    fast->strip_rows = strip_rows;
    if (!png_inflate_begin(&fast->stream, &source->file, size))
        return 1;
    return take_memory(fast, rows, header, context);
}

/* Swaps the 16-bit samples of `count` lines from row y on into the window, in native byte order. */
static void swap_lines(const struct png_source *source, const uint8_t *line, uint32_t y, uint32_t count,
                       const struct context *context)
{
    const struct png_filter_kernels *kernels = png_filter_kernels(context->simd);
    const size_t row_bytes = source->fast->unfilter.size;
    for (uint32_t i = 0; i < count; i++, line += row_bytes + 1) {
        uint8_t *out = row_source_row(&source->rows, y + i);
        if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
            kernels->swap(line + 1, out, row_bytes / 2);
        else
            memcpy(out, line + 1, row_bytes);
    }
}

/* Makes rows [y, y + count), whose lines don't wrap around. Returns false if the data is damaged. */
static bool make_strip(const struct png_source *source, uint32_t y, uint32_t count,
                       const struct context *context)
{
    struct png_fast *fast = source->fast;
    const size_t stride = fast->unfilter.size + 1;
    uint8_t *lines = fast->lines + stride * (y % fast->nlines);
    const uint8_t *above = y > 0 ? fast->lines + stride * ((y - 1) % fast->nlines) + 1 : fast->zero;
    if (!png_inflate_read(&fast->stream, lines, stride * count) || !filters_known(lines, stride, count))
        return false;
    unfilter_strip(&fast->unfilter, lines, count, above);
    if (source->file.header.depth == 16)
        swap_lines(source, lines, y, count, context);
    return true;
}

int png_fast_make(struct png_source *source, uint32_t end, struct context *context)
{
    struct row_source *rows = &source->rows;
    const struct png_fast *fast = source->fast;
    const uint32_t height = rows->plane.height;
    /* Round up to whole waves; there is room. */
    end = end < height - height % WAVE_ROWS ? round_up(end) : height;
    while (rows->made < end) {
        const uint32_t y = rows->made, max = fast->nlines - y % fast->nlines;
        uint32_t count = end - y < fast->strip_rows ? end - y : fast->strip_rows;
        count = count < max ? count : max;
        if (context_checkpoint(context) != 0)
            return -1;
        context_native_begin(context);
        bool good = make_strip(source, y, count, context) &&
                    (y + count < height || png_inflate_finish(&source->fast->stream));
        context_native_end(context);
        if (!good)
            return 1;
        rows->made += count;
    }
    return 0;
}
