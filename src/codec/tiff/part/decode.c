#include "codec/tiff/part/decode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "codec/tiff/exif.h"
#include "codec/tiff/left_out.h"
#include "codec/tiff/part/jpeg.h"
#include "codec/tiff/part/lab.h"
#include "codec/tiff/part/rgba.h"
#include "codec/tiff/part/samples.h"
#include "image/image.h"

enum { CHECKPOINT_ROWS = 64 };

/* --- libtiff's file: the bytes in memory ------------------------------------------------------------ */

static tmsize_t file_read(thandle_t handle, void *bytes, tmsize_t size)
{
    struct tiff_reader *self = handle;
    const uint64_t left = self->at < self->reader.size ? self->reader.size - self->at : 0;
    if ((uint64_t)size > left)
        size = (tmsize_t)left;
    if (size > 0)
        memcpy(bytes, self->reader.data + self->at, (size_t)size);
    self->at += (uint64_t)size;
    return size;
}

static tmsize_t file_write(thandle_t handle, void *bytes, tmsize_t size)
{
    (void)handle, (void)bytes, (void)size;
    return -1;
}

static toff_t file_seek(thandle_t handle, toff_t offset, int whence)
{
    struct tiff_reader *self = handle;
    self->at = (whence == SEEK_CUR ? self->at : whence == SEEK_END ? self->reader.size : 0) + offset;
    return self->at;
}

static int file_close(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t file_size(thandle_t handle)
{
    return ((const struct tiff_reader *)handle)->reader.size;
}

/* libtiff only reads mapped memory, but its interface takes non-const pointers. */
static int file_map(thandle_t handle, void **base, toff_t *size)
{
    const struct tiff_reader *self = handle;
    *base = (void *)(uintptr_t)self->reader.data;
    *size = self->reader.size;
    return 1;
}

static void file_unmap(thandle_t handle, void *base, toff_t size)
{
    (void)handle, (void)base, (void)size;
}

/* Its messages go to this process's standard error by default. */
static int note_error(TIFF *tiff, void *user, const char *module, const char *format, va_list arguments)
{
    struct tiff_reader *self = user;
    (void)tiff, (void)module;
    if (self->trouble[0] != '\0')
        return 1;
    vsnprintf(self->trouble, sizeof self->trouble, format, arguments);
    self->trouble[strcspn(self->trouble, "\r\n")] = '\0'; /* some have two lines */
    return 1;
}

/* Ignore warnings, e.g. about unknown tags; missing or damaged pixels are errors. */
static int ignore_warning(TIFF *tiff, void *user, const char *module, const char *format, va_list arguments)
{
    (void)tiff, (void)user, (void)module, (void)format, (void)arguments;
    return 1;
}

static TIFF *open_library(struct tiff_reader *self, uint64_t memory)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (options == NULL)
        return NULL;
    TIFFOpenOptionsSetErrorHandlerExtR(options, note_error, self);
    TIFFOpenOptionsSetWarningHandlerExtR(options, ignore_warning, self);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)memory);
    /* h: do not read a directory yet. */
    TIFF *tiff = TIFFClientOpenExt("image", "rh", self, file_read, file_write, file_seek, file_close,
                                   file_size, file_map, file_unmap, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

static int tell_damage(const struct tiff_reader *self, struct pm_error *error)
{
    return error_set(error, PM_ERROR_CORRUPT, "is damaged: %.95s",
                     self->trouble[0] != '\0' ? self->trouble : "libtiff can't read it");
}

int tiff_open(struct reader *reader, struct context *context)
{
    struct tiff_reader *self = (struct tiff_reader *)reader;
    struct memory_source memory;
    memory_source_init(&memory, reader->data, reader->size);
    if (tiff_read_header(&memory.source, reader->request.page, &self->header, context->error) != 0 ||
        tiff_read_level(&memory.source, &self->header, &reader->request, &self->level, context->error) != 0)
        return -1;
    tiff_header_tell(&self->header, &reader->info);
    return image_check_size(reader->info.width, reader->info.height, context->max_pixels, context->error);
}

void tiff_close(struct reader *reader)
{
    struct tiff_reader *self = (struct tiff_reader *)reader;
    if (self->tiff != NULL)
        TIFFClose(self->tiff);
}

/* Are samples where pixmill looks for them? Of a field of an unusual type libtiff may take nothing. */
static bool is_same_layout(TIFF *tiff, const struct tiff_header *header)
{
    uint32_t width = 0, height = 0;
    uint16_t planar = 0;
    if ((TIFFIsTiled(tiff) != 0) != header->tiled)
        return false;
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &width);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &height);
    if (header->tiled && (width != header->tile_width || height != header->tile_height))
        return false;
    if (header->by_library)
        return true;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planar);
    const uint64_t bits = (uint64_t)(header->planar ? 1 : header->samples) * header->bits;
    const uint64_t row = ((header->tiled ? width : header->width) * bits + 7) / 8;
    const tmsize_t there = header->tiled ? TIFFTileRowSize(tiff) : TIFFScanlineSize(tiff);
    return header->planar == (planar == PLANARCONFIG_SEPARATE && header->samples > 1) && there > 0 &&
           (uint64_t)there >= row;
}

static int damaged_header(struct pm_error *error)
{
    return error_set(error, PM_ERROR_CORRUPT, "has a damaged header");
}

/* Opens the page in libtiff, and compares libtiff's header fields with the header that the plan is based
 * on. */
static int open_page(struct tiff_reader *self, struct context *context)
{
    const struct tiff_header *header = &self->level;
    struct pm_error *error = context->error;
    uint32_t width = 0, height = 0;
    uint16_t bits = 0, samples = 0, compression = 0;
    enum { FIXED = 32 << 20, A_PIXEL = 16 };
    self->tiff = open_library(self, FIXED + (uint64_t)header->width * header->height * A_PIXEL);
    if (self->tiff == NULL)
        return error_memory(error, 0);
    if (TIFFSetSubDirectory(self->tiff, header->ifd) != 1)
        return tell_damage(self, error);
    if (tiff_is_log(header))
        TIFFSetField(self->tiff, TIFFTAG_SGILOGDATAFMT, SGILOGDATAFMT_FLOAT);
    TIFFGetField(self->tiff, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(self->tiff, TIFFTAG_IMAGELENGTH, &height);
    TIFFGetFieldDefaulted(self->tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(self->tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
    TIFFGetFieldDefaulted(self->tiff, TIFFTAG_COMPRESSION, &compression);
    const bool other_samples =
        bits != header->bits || samples != header->samples; /* which libtiff may mend */
    if (width != header->width || height != header->height || (other_samples && !header->by_library) ||
        compression != header->compression)
        return damaged_header(error);
    if (!TIFFIsCODECConfigured(compression))
        return error_set(error, PM_ERROR_UNSUPPORTED, "has compression %u, which this libtiff does not read",
                         (unsigned)compression);
    if (header->photometric == TIFF_YCBCR && !header->by_library)
        TIFFSetField(self->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    return is_same_layout(self->tiff, header) ? 0 : damaged_header(error);
}

/* Old writers stored 8 bits of 16. */
static int find_palette(struct tiff_reader *self, struct pm_error *error)
{
    struct tiff_unpacker *unpacker = &self->unpacker;
    uint16_t *map[3];
    if (self->level.photometric != TIFF_PALETTE)
        return 0;
    if (TIFFGetField(self->tiff, TIFFTAG_COLORMAP, &map[0], &map[1], &map[2]) != 1)
        return error_set(error, PM_ERROR_CORRUPT, "has no palette (its header is damaged)");
    for (unsigned c = 0; c < 3; c++) {
        unpacker->palette[c] = map[c];
        for (unsigned i = 0; i < 1u << self->level.bits; i++)
            unpacker->wide = unpacker->wide || map[c][i] > UINT8_MAX;
    }
    return 0;
}

int tiff_begin(struct tiff_reader *self, struct context *context)
{
    self->unpacker = (struct tiff_unpacker){.header = &self->level};
    if (open_page(self, context) != 0)
        return -1;
    return self->level.by_library ? 0 : find_palette(self, context->error);
}

struct tiff_piece tiff_piece_of(const struct tiff_reader *self)
{
    const struct tiff_header *level = &self->level;
    uint32_t rows = 0;
    if (level->tiled)
        return (struct tiff_piece){level->tile_width, level->tile_height};
    TIFFGetFieldDefaulted(self->tiff, TIFFTAG_ROWSPERSTRIP, &rows);
    return (struct tiff_piece){level->width, rows > 0 && rows < level->height ? rows : level->height};
}

int tiff_miss(const struct tiff_reader *self, struct context *context)
{
    if (!self->header.cut)
        return tell_damage(self, context->error);
    if (self->reader.request.allow_truncated)
        return 0;
    return error_set_hint(context->error, PM_ERROR_TRUNCATED, PM_HINT_ALLOW_TRUNCATED,
                          "ends too early (fetch or copy it again)");
}

int tiff_make_row(struct tiff_reader *self, struct context *context)
{
    const tmsize_t size = TIFFScanlineSize(self->tiff);
    self->row = size > 0 ? arena_alloc(context->job_arena, (size_t)size) : NULL;
    if (self->row == NULL)
        return error_memory(context->error, (size_t)size);
    memset(self->row, 0, (size_t)size); /* of a damaged file libtiff may leave some */
    return 0;
}

int tiff_read_row(struct tiff_reader *self, unsigned number, uint32_t y, uint32_t width, uint8_t *out,
                  struct context *context)
{
    if (TIFFReadScanline(self->tiff, self->row, y, (uint16_t)number) != 1)
        return tiff_miss(self, context);
    tiff_unpack(&self->unpacker, self->row, number, 0, width, out);
    return 0;
}

/* Reads strips row by row, one sample's plane after the other. */
static int read_strips(struct tiff_reader *self, const struct pm_plane *plane, struct context *context)
{
    const unsigned planes = self->level.planar ? self->level.samples : 1;
    if (tiff_make_row(self, context) != 0)
        return -1;
    for (unsigned number = 0; number < planes; number++) {
        for (uint32_t y = 0; y < plane->height; y++) {
            if (y % CHECKPOINT_ROWS == 0 && context_checkpoint(context) != 0)
                return -1;
            if (tiff_read_row(self, number, y, plane->width, plane_row(plane, y), context) != 0)
                return -1;
        }
    }
    return 0;
}

static int read_tiles(struct tiff_reader *self, const struct pm_plane *plane, struct context *context)
{
    const struct tiff_header *header = &self->level;
    const unsigned planes = header->planar ? header->samples : 1;
    const tmsize_t size = TIFFTileSize(self->tiff);
    const tmsize_t stride = TIFFTileRowSize(self->tiff);
    if (size <= 0 || size > TIFF_TILE_BYTES_MAX * 2)
        return error_set(context->error, PM_ERROR_LIMIT, "has tiles that are too large");
    uint8_t *tile = arena_alloc(context->job_arena, (size_t)size);
    if (tile == NULL)
        return error_memory(context->error, (size_t)size);
    memset(tile, 0, (size_t)size);
    for (unsigned number = 0; number < planes; number++) {
        for (uint64_t y = 0; y < plane->height; y += header->tile_height) {
            if (context_checkpoint(context) != 0)
                return -1;
            for (uint64_t x = 0; x < plane->width; x += header->tile_width) {
                const uint64_t columns = plane->width - x, rows = plane->height - y;
                const uint32_t count =
                    (uint32_t)(columns < header->tile_width ? columns : header->tile_width);
                if (TIFFReadTile(self->tiff, tile, (uint32_t)x, (uint32_t)y, 0, (uint16_t)number) < 0) {
                    if (tiff_miss(self, context) != 0)
                        return -1;
                    continue;
                }
                for (uint64_t i = 0; i < header->tile_height && i < rows; i++)
                    tiff_unpack(&self->unpacker, tile + (size_t)i * (size_t)stride, number, (uint32_t)x,
                                count, plane_row(plane, (uint32_t)(y + i)));
            }
        }
    }
    return 0;
}

static struct pm_blob blob_of(const struct reader *reader, const struct tiff_extent *extent)
{
    if (extent->size == 0 || extent->at > reader->size || extent->size > reader->size - extent->at)
        return (struct pm_blob){0};
    return (struct pm_blob){reader->data + extent->at, (size_t)extent->size};
}

static void take_metadata(const struct tiff_reader *self, struct pm_image *image)
{
    const struct tiff_header *header = &self->header;
    const unsigned keep = self->reader.request.keep;
    struct pm_metadata *meta = &image->meta;
    image->orientation = header->orientation;
    meta->icc = blob_of(&self->reader, &header->icc);
    if ((keep & KEEP_XMP) != 0)
        meta->xmp = blob_of(&self->reader, &header->xmp);
    if ((keep & KEEP_IPTC) != 0)
        meta->iptc = blob_of(&self->reader, &header->iptc);
    meta->has_density = header->has_density;
    meta->density_x = header->density_x;
    meta->density_y = header->density_y;
    meta->density_unit = header->density_metre;
    meta->has_chromaticities = header->has_chromaticities;
    memcpy(meta->chromaticities, header->chromaticities, sizeof meta->chromaticities);
}

static int take_exif(const struct tiff_reader *self, const struct tiff_file *file, struct pm_image *image,
                     struct context *context)
{
    const struct tiff_header *header = &self->header;
    if ((self->reader.request.keep & KEEP_EXIF) == 0 || header->exif_size == 0)
        return 0;
    uint8_t *bytes = arena_alloc(context->job_arena, header->exif_size);
    if (bytes == NULL)
        return error_memory(context->error, header->exif_size);
    const size_t size = tiff_exif_gather(file, header->ifd, bytes, header->exif_size);
    image->meta.exif = size > 0 ? (struct pm_blob){bytes, size} : (struct pm_blob){0};
    return 0;
}

static void warn_of_losses(const struct tiff_reader *self, struct context *context)
{
    const struct tiff_header *header = &self->header;
    if (header->cut)
        context_warn(context, "ends too early; the missing rows are grey");
    if (header->pages > 1)
        context_warn(context, "page %u of %u is read; the other pages are left out", header->page,
                     header->pages);
    if (header->loses_profile)
        context_warn(context, "its ICC profile is left out: the picture is converted to RGB without it");
    if (header->alpha != 0 && header->colors == 4)
        context_warn(context, "its alpha is left out: CMYK has none in pixmill");
}

static int convert_lab(const struct tiff_reader *self, const struct pm_image *image, struct context *context)
{
    const struct pm_plane *plane = &image->plane[0];
    const bool icc = self->level.photometric == TIFF_ICCLAB;
    for (uint32_t y = 0; y < plane->height; y++) {
        if (y % CHECKPOINT_ROWS == 0 && context_checkpoint(context) != 0)
            return -1;
        tiff_lab_to_rgb(plane_row(plane, y), plane->width, plane->channels, image->format.depth, icc);
    }
    return 0;
}

/* What rows show that are not in the file. Of a whole file all rows are written, or it is refused. */
static void fill_grey(const struct tiff_reader *self, const struct pm_image *image)
{
    const struct pm_plane *plane = &image->plane[0];
    if (!self->header.cut)
        return;
    memset(plane->data, 0x80, plane->stride * plane->height);
    for (uint32_t y = 0; tiff_is_lab(&self->level) && y < plane->height; y++)
        tiff_lab_grey(plane_row(plane, y), plane->width, plane->channels, image->format.depth,
                      self->level.photometric == TIFF_ICCLAB);
}

static int decode(struct tiff_reader *self, const struct pm_image *image, struct context *context)
{
    const struct pm_plane *plane = &image->plane[0];
    if (self->level.by_library)
        return tiff_read_rgba(self, plane, context);
    if ((self->level.tiled ? read_tiles : read_strips)(self, plane, context) != 0)
        return -1;
    for (uint32_t y = 0;
         self->level.premultiplied && image->format.alpha == PM_ALPHA_STRAIGHT && y < plane->height; y++)
        tiff_unmultiply(plane_row(plane, y), plane->width, plane->channels, image->format.depth);
    return tiff_is_lab(&self->level) ? convert_lab(self, image, context) : 0;
}

/* Decodes JPEGs by pixmill's decoder, which may give fewer samples than are stored. Returns 0, 1 if the
 * samples are not such, or -1 with `error` filled. */
static int decode_jpeg(struct tiff_reader *self, struct pm_image *image, struct context *context)
{
    const unsigned n = tiff_jpeg_scale(self);
    const struct arena_mark mark = arena_mark(context->arena);
    if (n == 0)
        return 1;
    const struct shape shape = tiff_jpeg_shape(self, n);
    if (image_alloc(image, &shape, context) != 0)
        return -1;
    const int status = tiff_jpeg_read(self, n, image, context);
    if (status != 0)
        arena_release(context->arena, mark);
    return status;
}

static int decode_whole(struct tiff_reader *self, struct pm_image *image, struct context *context)
{
    const struct shape shape = {
        .width = self->level.width, .height = self->level.height, .format = self->reader.info.pixels};
    if (image_alloc(image, &shape, context) != 0)
        return -1;
    fill_grey(self, image);
    return decode(self, image, context);
}

int tiff_finish(struct tiff_reader *self, struct pm_image *image, struct context *context)
{
    const struct reader *reader = &self->reader;
    struct memory_source memory;
    struct tiff_file file;
    memory_source_init(&memory, reader->data, reader->size);
    if (tiff_file_open(&file, &memory.source, context->error) != 0)
        return -1;
    warn_of_losses(self, context);
    tiff_warn_of_tags(&file, &self->header, (reader->request.keep & KEEP_ALL) == KEEP_ALL, context);
    take_metadata(self, image);
    return take_exif(self, &file, image, context);
}

int tiff_frame(struct reader *reader, struct frame *frame, struct context *context)
{
    struct tiff_reader *self = (struct tiff_reader *)reader;
    if (self->header.cut && tiff_miss(self, context) != 0)
        return -1;
    if (tiff_begin(self, context) != 0)
        return -1;
    int status = decode_jpeg(self, &frame->image, context);
    if (status > 0)
        status = decode_whole(self, &frame->image, context);
    return status == 0 ? tiff_finish(self, &frame->image, context) : -1;
}
