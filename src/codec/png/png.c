/*
 * PNG: the codec's table row. A file is scanned once (png/scan.c); then its pixels are decoded row by row
 * (png/source.c), all at once or on demand.
 */
#include "codec/png/png.h"

#include <inttypes.h>
#include <string.h>

#include "codec/png/copy.h"
#include "codec/png/frames.h"
#include "codec/png/options.h"
#include "codec/png/source.h"
#include "codec/png/writer.h"
#include "codec/reader.h"

/* Accepts a damaged signature too, so that the error says "damaged PNG", not "unknown format". */
static bool png_sniff(const uint8_t *head, size_t size)
{
    enum { ALIKE = 6 };
    unsigned alike = 0;
    for (size_t i = 0; i < PNG_SIGNATURE_SIZE && i < size; i++)
        alike += head[i] == png_signature[i];
    return alike >= ALIKE || (size < PNG_SIGNATURE_SIZE && size >= 4 && alike == size);
}

/* The window with filter bytes, or the image; a strip; and inflated metadata. */
static uint64_t png_decode_bytes(const struct pm_info *info, const struct decode_request *request)
{
    enum { ROWS = 80, FIXED = 512 * 1024 };
    uint64_t row = (uint64_t)info->width * pm_channels(&info->pixels) * (info->depth == 16 ? 2 : 1) + 64,
             picture;
    uint64_t rows = request->window > 0 && request->window < info->height ? request->window : info->height;
    if (__builtin_mul_overflow(row, rows + ROWS, &picture) || picture > UINT64_MAX / 4)
        picture = UINT64_MAX / 4;
    uint64_t profile = (uint64_t)info->icc_size * 1032 + 1024; /* deflate's max ratio */
    uint64_t metadata = request->keep != 0 || profile > PNG_METADATA_MAX ? PNG_METADATA_MAX : profile;
    return picture + metadata + FIXED + (request->animation ? png_frames_bytes(info) : 0);
}

static bool png_has_rows(const struct pm_info *info, const struct decode_request *request)
{
    return !info->interlaced && !request->animation;
}

struct png_reader {
    struct reader reader;
    struct png_source source;
    struct pm_image image;    /* everything but the pixels */
    struct png_frames frames; /* for an animation */
    bool animates;            /* frames are read, not the still picture */
};

static void tell_header(const struct png_reader *png, struct pm_info *info)
{
    const struct pm_image *image = &png->image;
    png_header_tell(&png->source.file.header, png->source.file.transparency, info);
    png_animation_tell(&png->source.file.animation, info);
    info->orientation = image->orientation;
    info->encrypted = image->meta.sealed.data != NULL;
}

/* Warns of what of an animation is not in the result, or refuses a faulty one. */
static int open_animation(struct png_reader *png, struct context *context)
{
    const struct png_file *file = &png->source.file;
    const struct png_animation *animation = &file->animation;
    const bool moves = png_animation_moves(animation), missing = animation->fault.kind == PM_ERROR_TRUNCATED;
    if (!moves && (animation->announced == 0 ? animation->any : animation->fault.kind != PM_OK))
        context_warn(context, "PNG: an animation that %s is left out",
                     animation->announced == 0 ? "has no header (acTL)" : animation->fault.message);
    png->animates = moves && png->reader.request.animation;
    if (!moves)
        return 0;
    if (!png->animates && animation->apart)
        context_warn(context, "PNG: %" PRIu32 " frame%s of an animation %s left out", animation->announced,
                     animation->announced == 1 ? "" : "s", animation->announced == 1 ? "is" : "are");
    if (!png->animates && animation->fault.kind != PM_OK)
        context_warn(context, "PNG: its animation, which is left out, %s", animation->fault.message);
    if (!png->animates)
        return 0;
    if (animation->fault.kind != PM_OK && !(missing && file->allow_truncated && animation->frames > 0))
        return error_copy(context->error, &animation->fault);
    if (missing)
        context_warn(context, "ends too early; %" PRIu32 " of %" PRIu32 " frames are missing",
                     animation->announced - animation->frames, animation->announced);
    if (animation->surplus)
        context_warn(context, "PNG: more frames than the %" PRIu32 " announced are left out",
                     animation->announced);
    if (animation->apart)
        context_warn(context, "PNG: the picture for programs that show no animation is left out");
    png_frames_init(&png->frames, file);
    return 0;
}

/* Reads everything but the pixels. */
static int png_open(struct reader *reader, struct context *context)
{
    struct png_reader *png = (struct png_reader *)reader;
    struct png_file *file = &png->source.file;
    struct pm_image *image = &png->image;
    struct png_meta meta;
    png_meta_init(&meta, &image->meta, reader->request.keep, context);
    if (png_scan(reader->data, reader->size, file, &meta) != 0 ||
        image_check_size(file->header.width, file->header.height, context->max_pixels, context->error) != 0)
        return -1;
    const struct shape shape = png_header_shape(&file->header, file->transparency);
    image->width = shape.width;
    image->height = shape.height;
    image->format = shape.format;
    image->orientation = meta.orientation > 0 ? meta.orientation : 1;
    file->allow_truncated = reader->request.allow_truncated;
    png_source_init(&png->source);
    tell_header(png, &reader->info);
    return open_animation(png, context);
}

static int png_frame(struct reader *reader, struct frame *frame, struct context *context)
{
    struct png_reader *png = (struct png_reader *)reader;
    struct row_source *rows = &png->source.rows;
    struct pm_image *image = &frame->image;
    if (png->animates) {
        const int made = png_frames_next(&png->frames, image, &frame->time, context);
        image->orientation = png->image.orientation;
        image->meta = png->image.meta;
        return made;
    }
    *image = png->image;
    int status = rows->begin(rows, image->height, context);
    if (status == 0)
        status = rows->make(rows, image->height, context);
    rows->end(rows);
    image->nplanes = 1;
    image->plane[0] = rows->plane;
    return status;
}

static int png_rows(struct reader *reader, struct pm_image *image, struct row_source **rows,
                    struct context *context)
{
    struct png_reader *png = (struct png_reader *)reader;
    (void)context, (void)context->error;
    *image = png->image;
    *rows = &png->source.rows;
    return 0;
}

static void png_close(struct reader *reader)
{
    png_libpng_end(&((struct png_reader *)reader)->source);
}

/* With `palette`, colours of 8 bits only. */
static const struct pm_pixel_format *png_accepts(const void *options)
{
    static const struct pm_pixel_format accepts[] = {
        PIXELS_GRAY_RGB,
        {.depth = 0},
    };
    static const struct pm_pixel_format colors[] = {
        PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8),
        PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8),
        {.depth = 0},
    };
    const struct png_options *asked = options;
    return asked != NULL && asked->palette > 0 ? colors : accepts;
}

static const char *const suffixes[] = {"png", NULL};

/* Only a file in which nothing is wrong. */
static enum transcode_status copy_file(const struct transcode_job *job, const struct pm_image *image,
                                       size_t start, struct buffer *out, struct context *context)
{
    const struct png_reader *png = (const struct png_reader *)job->reader;
    const struct png_source *source = &png->source;
    if (source->file.end != PNG_END_WHOLE || source->incomplete || source->faulty)
        return TRANSCODE_NO;
    /* libpng does not look for what is after the pixels. */
    if (source->fast == NULL && !png_pixels_end_with_stream(&source->file))
        return TRANSCODE_NO;
    return png_copy(&source->file, image, start, out, context);
}

extern const struct codec codec_png;

static const struct transcoder transcoders[] = {
    {.from = &codec_png, .to = &codec_png, .copy = copy_file, .lossless = true},
    {.from = NULL},
};

const struct codec codec_png = {
    .name = "png",
    .mime = "image/png",
    .suffix = "png",
    .suffixes = suffixes,
    .help =
        "Portable Network Graphics: every colour type, 1 to 16 bits, lossless, animations (APNG); written as grey "
        "or true colour of 8 or 16 bits, with or without alpha; and, where no pixel changes by it and the file "
        "is smaller, as grey of 1, 2 or 4 bits or with a palette",
    .sniff = png_sniff,
    .probe = png_probe,
    .inspect = png_inspect,
    .decode_bytes = png_decode_bytes,
    .reader_size = sizeof(struct png_reader),
    .open = png_open,
    .frame = png_frame,
    .rows = png_rows,
    .has_rows = png_has_rows,
    .close = png_close,
    .animated = true,
    .accepts = png_accepts,
    .side_max = PNG_CHUNK_MAX,
    .color_chunks = true,
    .encode_bound = png_encode_bound,
    .encode_bytes = png_encode_bytes,
    .options = png_option_rows,
    .encode = png_encode,
    .writer = &png_writer,
    .transcoders = transcoders,
};
