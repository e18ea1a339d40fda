/* The BMP codec's row and its reader; codec/bmp/bmp.h lists the other files. */
#include "codec/bmp/bmp.h"

#include <string.h>

#include "codec/reader.h"
#include "image/row_source.h"

enum { CHECKPOINT_ROWS = 256 };

extern const struct codec codec_png;

struct bmp_reader {
    struct reader reader; /* first */
    struct bmp_header header;
    struct bmp_converter converter;
    struct row_source rows;
    struct pm_metadata meta;
    struct pm_blob data;          /* from the first pixel to the file's end */
    struct bmp_row_start *starts; /* of rows of run lengths */
    uint64_t there;               /* stored rows that the file holds */
};

static bool bmp_sniff(const uint8_t *head, size_t size)
{
    enum { HEADER_MIN = 12, HEADER_MAX = 124 };
    return size >= 16 && head[0] == 'B' && head[1] == 'M' && head[14] >= HEADER_MIN &&
           head[14] <= HEADER_MAX && head[15] == 0;
}

static void tell(const struct bmp_header *header, struct pm_info *info)
{
    unsigned depth = header->bits <= 8 ? header->bits : 8;
    info->width = header->width;
    info->height = header->height;
    info->pixels = bmp_pixels(header);
    info->depth = info->pixels.depth == 16 ? 16 : depth;
    info->palette = header->bits <= 8 && !header->gray;
    info->icc_size = header->icc_size;
    info->icc_at = header->icc_at;
    info->gamma = header->calibrated ? header->gamma : 0;
    info->has_chromaticities = header->calibrated;
}

static int bmp_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error)
{
    uint8_t head[BMP_HEAD_MAX];
    struct bmp_header header;
    const long size = source->read_at(source, 0, head, sizeof head);
    if (size < 0)
        return error_set(error, PM_ERROR_IO, "can't be read");
    if (bmp_read_header(head, (size_t)size, &header, error) != 0)
        return -1;
    tell(&header, info);
    return 0;
}

static uint64_t bmp_decode_bytes(const struct pm_info *info, const struct decode_request *request)
{
    const uint32_t rows =
        request->window > 0 && request->window < info->height ? request->window : info->height;
    const struct shape shape = {.width = info->width, .height = rows, .format = info->pixels};
    return shape_bytes(&shape) + (uint64_t)info->height * sizeof(struct bmp_row_start);
}

static void read_metadata(struct bmp_reader *bmp, struct context *context)
{
    const struct bmp_header *header = &bmp->header;
    struct pm_metadata *meta = &bmp->meta;
    meta->has_density = header->density_x > 0;
    meta->density_x = header->density_x;
    meta->density_y = header->density_y;
    meta->density_unit = 1;
    if (header->calibrated) {
        meta->has_gamma = meta->has_chromaticities = true;
        meta->gamma = header->gamma;
        memcpy(meta->chromaticities, header->chromaticities, sizeof meta->chromaticities);
    }
    if (header->linked_profile)
        context_warn(context, "the ICC profile is in another file and is left out; colours may change");
    if (header->icc_size == 0)
        return;
    if (header->icc_at < bmp->reader.size && header->icc_size <= bmp->reader.size - header->icc_at)
        meta->icc = (struct pm_blob){bmp->reader.data + header->icc_at, header->icc_size};
    else
        context_warn(context, "the file ends within its ICC profile, which is left out");
}

/* Number of stored rows; the last may lack its padding. */
static uint64_t count_raw_rows(const struct bmp_reader *bmp)
{
    const struct bmp_header *header = &bmp->header;
    const uint64_t stride = bmp_stride(header), size = bmp->data.size;
    const uint64_t rows = size / stride + (size % stride >= bmp_row_bytes(header));
    return rows < header->height ? rows : header->height;
}

static int index_runs(struct bmp_reader *bmp, struct context *context)
{
    const struct bmp_header *header = &bmp->header;
    const size_t bytes = header->height * sizeof *bmp->starts;
    bool clipped;
    bmp->starts = arena_alloc(context->job_arena, bytes);
    if (bmp->starts == NULL)
        return error_memory(context->error, bytes);
    bmp->there = bmp_index_runs(header, bmp->data.data, bmp->data.size, bmp->starts, &clipped);
    if (clipped)
        context_warn(context, "has runs of pixels beyond the end of a row, which are left out");
    return 0;
}

/* Finds the stored rows, before memory for pixels is allocated. */
static int find_rows(struct bmp_reader *bmp, struct context *context)
{
    const struct reader *reader = &bmp->reader;
    const size_t at = bmp->header.pixels < reader->size ? bmp->header.pixels : reader->size;
    bmp->data = (struct pm_blob){reader->data + at, reader->size - at};
    if (bmp->header.coding == BMP_RAW)
        bmp->there = count_raw_rows(bmp);
    else if (index_runs(bmp, context) != 0)
        return -1;
    if (bmp->there < bmp->header.height && !reader->request.allow_truncated)
        return error_set_hint(context->error, PM_ERROR_TRUNCATED, PM_HINT_ALLOW_TRUNCATED,
                              "ends before its picture is whole");
    return 0;
}

/* --- row by row ------------------------------------------------------------------------------------- */

static int rows_begin(struct row_source *source, uint32_t window, struct context *context)
{
    const struct bmp_reader *bmp = source->decoder;
    return row_source_alloc(source, window, bmp->reader.info.pixels.depth, context);
}

/* Fills a row with opaque grey. */
static void fill_missing(const struct pm_plane *plane, const struct pm_pixel_format *pixels, uint8_t *row)
{
    const size_t bytes = pixels->depth / 8;
    memset(row, 0x80, (size_t)plane->width * plane->channels * bytes);
    for (uint32_t x = 0; pixels->alpha != PM_ALPHA_NONE && x < plane->width; x++)
        memset(row + ((size_t)x * plane->channels + plane->channels - 1) * bytes, 0xFF, bytes);
}

static void warn_of_pixels(const struct bmp_reader *bmp, struct context *context)
{
    const struct bmp_header *header = &bmp->header;
    if (header->bits <= 8 && bmp->converter.used > header->colors)
        context_warn(context, "has pixels whose colours are not in its palette; they are black");
    if (bmp->there < header->height)
        context_warn(context, "ends too early; the missing rows are grey");
}

static int rows_make(struct row_source *source, uint32_t end, struct context *context)
{
    struct bmp_reader *bmp = source->decoder;
    const struct bmp_header *header = &bmp->header;
    const uint64_t stride = bmp_stride(header);
    for (; source->made < end; source->made++) {
        const uint32_t y = source->made, stored = header->top_down ? y : header->height - 1 - y;
        uint8_t *row = row_source_row(source, y);
        if (y % CHECKPOINT_ROWS == 0 && context_checkpoint(context) != 0)
            return -1;
        if (stored >= bmp->there)
            fill_missing(&source->plane, &bmp->reader.info.pixels, row);
        else if (header->coding == BMP_RAW)
            bmp_convert_row(&bmp->converter, bmp->data.data + stored * stride, row);
        else
            bmp_decode_run_row(&bmp->converter, bmp->data.data, bmp->data.size, stored, &bmp->starts[stored],
                               row);
    }
    if (source->made == header->height)
        warn_of_pixels(bmp, context);
    return 0;
}

static void rows_end(struct row_source *source)
{
    (void)source; /* the rows are in the arena */
}

/* --- the reader ------------------------------------------------------------------------------------- */

static int bmp_open(struct reader *reader, struct context *context)
{
    struct bmp_reader *bmp = (struct bmp_reader *)reader;
    const struct bmp_header *header = &bmp->header;
    const size_t size = reader->size < BMP_HEAD_MAX ? reader->size : BMP_HEAD_MAX;
    if (bmp_read_header(reader->data, size, &bmp->header, context->error) != 0)
        return -1;
    tell(header, &reader->info);
    if (image_check_size(header->width, header->height, context->max_pixels, context->error) != 0)
        return -1;
    if (find_rows(bmp, context) != 0)
        return -1;
    read_metadata(bmp, context);
    bmp_converter_init(&bmp->converter, header);
    bmp->rows = (struct row_source){
        .plane = {.width = header->width,
                  .height = header->height,
                  .channels = bmp->converter.channels,
                  .frame = {0, 0, header->width, header->height}},
        .decoder = bmp,
        .begin = rows_begin,
        .make = rows_make,
        .end = rows_end,
    };
    return 0;
}

static void set_image(const struct bmp_reader *bmp, struct pm_image *image)
{
    *image = (struct pm_image){.width = bmp->header.width,
                               .height = bmp->header.height,
                               .format = bmp->reader.info.pixels,
                               .orientation = 1,
                               .meta = bmp->meta};
}

static int bmp_rows(struct reader *reader, struct pm_image *image, struct row_source **rows,
                    struct context *context)
{
    struct bmp_reader *bmp = (struct bmp_reader *)reader;
    (void)context;
    set_image(bmp, image);
    *rows = &bmp->rows;
    return 0;
}

static int bmp_frame(struct reader *reader, struct frame *frame, struct context *context)
{
    struct bmp_reader *bmp = (struct bmp_reader *)reader;
    struct row_source *rows = &bmp->rows;
    rows->made = 0;
    if (rows_begin(rows, bmp->header.height, context) != 0 ||
        rows_make(rows, bmp->header.height, context) != 0)
        return -1;
    set_image(bmp, &frame->image);
    frame->image.nplanes = 1;
    frame->image.plane[0] = rows->plane;
    return 0;
}

/* Four pixels of RLE8. */
static const uint8_t runs_sample[] = {'B', 'M', 0, 0, 0, 0, 0, 0,  0,   0,   62, 0, 0, 0, 40, 0, 0,
                                      0,   4,   0, 0, 0, 1, 0, 0,  0,   1,   0,  8, 0, 1, 0,  0, 0,
                                      0,   0,   0, 0, 0, 0, 0, 0,  0,   0,   0,  0, 2, 0, 0,  0, 0,
                                      0,   0,   0, 0, 0, 0, 0, 80, 160, 240, 0,  4, 1, 0, 1};

static const struct pm_blob samples[] = {{runs_sample, sizeof runs_sample}, {0}};

const struct codec codec_bmp = {
    .name = "bmp",
    .mime = "image/bmp",
    .suffix = "bmp",
    .suffixes = (const char *const[]){"bmp", "dib", NULL},
    .help =
        "BMP: read, never written (--format=same writes PNG): 1 to 32 bits, palettes, colour masks, alpha if "
        "there is a mask of it, run lengths",
    .samples = samples,
    .sniff = bmp_sniff,
    .probe = bmp_probe,
    .decode_bytes = bmp_decode_bytes,
    .reader_size = sizeof(struct bmp_reader),
    .open = bmp_open,
    .frame = bmp_frame,
    .rows = bmp_rows,
    .written_as = &codec_png,
};
