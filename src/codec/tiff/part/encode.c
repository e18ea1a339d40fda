/* Little-endian files of strips, with the directory at the end. */
#include "codec/tiff/part/encode.h"

#include <stdio.h>
#include <string.h>
#include <tiffio.h>

#include "codec/tiff/exif.h"
#include "image/image.h"

enum { DPI_72 = 2835 /* pixels a metre */ };

/* The file that libtiff writes: the part of the buffer after `start`. */
struct target {
    struct buffer *out;
    size_t start;
    uint64_t at;
    bool no_memory;
    char trouble[96];
};

static tmsize_t target_read(thandle_t handle, void *bytes, tmsize_t size)
{
    struct target *target = handle;
    const uint64_t there = target->out->size - target->start;
    const uint64_t left = target->at < there ? there - target->at : 0;
    if ((uint64_t)size > left)
        size = (tmsize_t)left;
    if (size > 0)
        memcpy(bytes, target->out->data + target->start + target->at, (size_t)size);
    target->at += (uint64_t)size;
    return size;
}

/* Within the written bytes or at their end, never beyond. */
static tmsize_t target_write(thandle_t handle, void *bytes, tmsize_t size)
{
    struct target *target = handle;
    struct buffer *out = target->out;
    const uint64_t end = target->start + target->at + (uint64_t)size;
    if (end > out->capacity && buffer_reserve(out, (size_t)(end - out->size)) != 0) {
        target->no_memory = true;
        return -1;
    }
    const size_t at = target->start + (size_t)target->at;
    if (at > out->size)
        memset(out->data + out->size, 0, at - out->size);
    memcpy(out->data + at, bytes, (size_t)size);
    target->at += (uint64_t)size;
    if (end > out->size)
        out->size = (size_t)end;
    return size;
}

static toff_t target_size(thandle_t handle)
{
    const struct target *target = handle;
    return target->out->size - target->start;
}

static toff_t target_seek(thandle_t handle, toff_t offset, int whence)
{
    struct target *target = handle;
    target->at = (whence == SEEK_CUR ? target->at : whence == SEEK_END ? target_size(handle) : 0) + offset;
    return target->at;
}

static int target_close(thandle_t handle)
{
    (void)handle;
    return 0;
}

static int note_trouble(TIFF *tiff, void *user, const char *module, const char *format, va_list arguments)
{
    struct target *target = user;
    (void)tiff, (void)module;
    if (target->trouble[0] == '\0')
        vsnprintf(target->trouble, sizeof target->trouble, format, arguments);
    return 1;
}

static TIFF *open_library(struct target *target)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (options == NULL)
        return NULL;
    TIFFOpenOptionsSetErrorHandlerExtR(options, note_trouble, target);
    TIFFOpenOptionsSetWarningHandlerExtR(options, note_trouble, target);
    TIFF *tiff = TIFFClientOpenExt("image", "wl", target, target_read, target_write, target_seek,
                                   target_close, target_size, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

static void set_fields(TIFF *tiff, const struct pm_image *image, const struct tiff_options *options)
{
    static const uint16_t compressions[] = {COMPRESSION_ADOBE_DEFLATE, COMPRESSION_LZW, COMPRESSION_NONE};
    enum { DEFLATE_LEVEL = 6, PREDICTOR_LEFT = 2 };
    const struct pm_plane *plane = &image->plane[0];
    const uint16_t photometric = image->format.color == PM_COLOR_GRAY   ? PHOTOMETRIC_MINISBLACK
                                 : image->format.color == PM_COLOR_CMYK ? PHOTOMETRIC_SEPARATED
                                                                        : PHOTOMETRIC_RGB;
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, image->width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, image->height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, image->format.depth);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, plane->channels);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, photometric);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_ORIENTATION, image->orientation);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, compressions[options->compression]);
    if (options->compression != TIFF_OPTION_NONE)
        TIFFSetField(tiff, TIFFTAG_PREDICTOR, PREDICTOR_LEFT);
    if (options->compression == TIFF_OPTION_DEFLATE)
        TIFFSetField(tiff, TIFFTAG_ZIPQUALITY, DEFLATE_LEVEL);
    if (image->format.alpha == PM_ALPHA_STRAIGHT) {
        const uint16_t extra = EXTRASAMPLE_UNASSALPHA;
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &extra);
    }
}

static void set_metadata(TIFF *tiff, const struct pm_image *image, struct context *context)
{
    const struct pm_metadata *meta = &image->meta;
    if (meta->icc.data != NULL)
        TIFFSetField(tiff, TIFFTAG_ICCPROFILE, (uint32_t)meta->icc.size, meta->icc.data);
    if (meta->xmp.data != NULL)
        TIFFSetField(tiff, TIFFTAG_XMLPACKET, (uint32_t)meta->xmp.size, meta->xmp.data);
    if (meta->ntexts > 0)
        context_warn(context, "text is left out: pixmill does not write it to TIFF");
    if (!meta->has_density)
        return;
    const double unit = meta->density_unit == 1 ? 0.01 : 1;
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, meta->density_unit == 1 ? RESUNIT_CENTIMETER : RESUNIT_NONE);
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, meta->density_x * unit);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, meta->density_y * unit);
}

static void set_text(void *user, unsigned tag, const char *text, size_t size)
{
    char copy[4096];
    const size_t length = size < sizeof copy ? size : sizeof copy - 1;
    memcpy(copy, text, length);
    copy[length] = '\0';
    TIFFSetField(user, tag, copy);
}

/* The page's own directory has EXIF's texts; the Exif and GPS directories are written before it. */
static int write_exif(TIFF *tiff, struct target *target, const struct pm_image *image,
                      struct context *context)
{
    struct tiff_exif_parts parts;
    const struct pm_blob exif = image->meta.exif;
    const uint64_t end = target_size(target), base = end + end % 2;
    if (exif.data == NULL)
        return 0;
    if (tiff_exif_split(exif, (uint32_t)base, &parts, context->error) != 0)
        return -1;
    const unsigned others = tiff_exif_texts(exif, set_text, tiff);
    if (others > 0)
        context_warn(context, "%u EXIF tags that are no text are left out of a TIFF's own directory", others);
    target->at = base;
    const bool written =
        parts.bytes.size == 0 || target_write(target, parts.bytes.data, (tmsize_t)parts.bytes.size) >= 0;
    buffer_free(&parts.bytes);
    if (!written)
        return error_memory(context->error, exif.size);
    if (parts.exif != 0)
        TIFFSetField(tiff, TIFFTAG_EXIFIFD, (uint64_t)parts.exif);
    if (parts.gps != 0)
        TIFFSetField(tiff, TIFFTAG_GPSIFD, (uint64_t)parts.gps);
    return 0;
}

/* Its values are bytes, or, to older libtiff, numbers of 32 bits. */
static int set_iptc(TIFF *tiff, const struct pm_image *image, struct context *context)
{
    const struct pm_blob iptc = image->meta.iptc;
    const TIFFField *field = TIFFFieldWithTag(tiff, TIFFTAG_RICHTIFFIPTC);
    const bool numbers = field != NULL && TIFFFieldDataType(field) == TIFF_LONG;
    const size_t padded_size = (iptc.size + 3) / 4 * 4;
    if (iptc.data == NULL)
        return 0;
    uint8_t *padded = context_alloc(context, padded_size);
    if (padded == NULL)
        return -1;
    memset(padded, 0, padded_size);
    memcpy(padded, iptc.data, iptc.size);
    TIFFSetField(tiff, TIFFTAG_RICHTIFFIPTC, (uint32_t)(numbers ? padded_size / 4 : iptc.size), padded);
    return 0;
}

static int write_strips(TIFF *tiff, const struct pm_image *image, struct context *context)
{
    const struct pm_plane *plane = &image->plane[0];
    const size_t row = (size_t)plane->width * plane->channels * (image->format.depth / 8);
    const uint32_t rows = tiff_strip_rows(row);
    uint8_t *strip = context_alloc(context, row * rows); /* libtiff changes it: predictor, byte order */
    if (strip == NULL)
        return -1;
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, rows);
    for (uint32_t y = 0; y < plane->height; y += rows) {
        const uint32_t count = rows < plane->height - y ? rows : plane->height - y;
        if (context_checkpoint(context) != 0)
            return -1;
        for (uint32_t i = 0; i < count; i++)
            memcpy(strip + i * row, plane_row(plane, y + i), row);
        if (TIFFWriteEncodedStrip(tiff, y / rows, strip, (tmsize_t)(row * count)) < 0)
            return error_set(context->error, PM_ERROR_INTERNAL, "libtiff failed to write");
    }
    return 0;
}

int tiff_encode(const struct pm_image *image, const void *options, struct buffer *out,
                struct context *context)
{
    struct target target = {.out = out, .start = out->size};
    const struct shape shape = image_shape(image);
    const struct pm_metadata *meta = &image->meta;
    const uint64_t bound = tiff_encode_bound(&shape, options) + meta->icc.size + meta->xmp.size +
                           2 * meta->exif.size + meta->iptc.size;
    if (out->capacity - out->size < bound && out->grow == NULL && buffer_reserve(out, (size_t)bound) != 0)
        return error_memory(context->error, (size_t)bound);
    TIFF *tiff = open_library(&target);
    if (tiff == NULL)
        return error_memory(context->error, 0);
    set_fields(tiff, image, options);
    set_metadata(tiff, image, context);
    const struct arena_mark mark = arena_mark(context->arena);
    int status = set_iptc(tiff, image, context);
    if (status == 0)
        status = write_strips(tiff, image, context);
    if (status == 0)
        status = write_exif(tiff, &target, image, context);
    arena_release(context->arena, mark);
    if (status == 0 && TIFFWriteDirectory(tiff) != 1)
        status = error_set(context->error, PM_ERROR_INTERNAL, "libtiff failed to write");
    TIFFClose(tiff);
    if (status == 0 && target.trouble[0] != '\0')
        status =
            error_set(context->error, PM_ERROR_INTERNAL, "libtiff failed to write: %.95s", target.trouble);
    return target.no_memory ? error_memory(context->error, 0) : status;
}
