/* The reader of AVIF files (reader.h). */
#include "codec/avif/reader.h"

#include <string.h>

#include "image/convert.h"

/* EXIF's item begins with the offset of its TIFF structure (ISO/IEC 23008-12, A.2.1). */
static struct pm_blob exif_of(struct pm_blob item)
{
    enum { OFFSET = 4 };
    struct bmff_cursor cursor = bmff_cursor_of(item.data, item.size);
    const uint32_t offset = bmff_get32(&cursor);
    bmff_skip(&cursor, offset);
    if (cursor.cut || cursor.at == cursor.size)
        return (struct pm_blob){0};
    struct pm_blob exif = {cursor.data + cursor.at, cursor.size - cursor.at};
    if (exif.size > 6 && memcmp(exif.data, "Exif\0", 6) == 0) /* an offset of 0, which does not count it */
        exif = (struct pm_blob){exif.data + 6, exif.size - 6};
    return exif;
}

static int read_item(const struct avif_reader *avif, const struct heif_item *item, struct pm_blob *blob,
                     struct context *context)
{
    const struct reader *reader = &avif->reader;
    const struct heif *heif = &avif->header.heif;
    struct heif_data_size whole;
    if (item == NULL)
        return 0;
    if (heif_data_size(heif, item, reader->size, &whole, context->error) != 0)
        return -1;
    if (whole.cut)
        context_warn(context, "the file ends within its metadata");
    return heif_item_data(heif, item, reader->data, reader->size, blob, context);
}

static int read_metadata(struct avif_reader *avif, struct context *context)
{
    const struct heif_picture *picture = &avif->header.picture;
    const struct reader *reader = &avif->reader;
    const unsigned keep = reader->request.keep;
    struct pm_metadata *meta = &avif->meta;
    const struct pm_blob icc = picture->color.properties.icc;
    if (icc.size > 0) { /* its header is freed before its picture is encoded */
        uint8_t *copy = arena_alloc(context->job_arena, icc.size);
        if (copy == NULL)
            return error_memory(context->error, icc.size);
        meta->icc = (struct pm_blob){memcpy(copy, icc.data, icc.size), icc.size};
    }
    if ((keep & KEEP_EXIF) != 0) {
        if (read_item(avif, picture->exif, &meta->exif, context) != 0)
            return -1;
        meta->exif = exif_of(meta->exif);
    }
    if ((keep & KEEP_XMP) != 0 && read_item(avif, picture->xmp, &meta->xmp, context) != 0)
        return -1;
    meta->has_cicp = reader->info.has_cicp;
    memcpy(meta->cicp, reader->info.cicp, sizeof meta->cicp);
    return 0;
}

static void warn_of_losses(const struct pm_info *info, struct context *context)
{
    const unsigned others = info->extra_pictures - (info->gain_map ? 1 : 0);
    if (info->frames > 1)
        context_warn(context, "%u of %u frames of an animation are left out", info->frames - 1, info->frames);
    if (info->gain_map)
        context_warn(context, "its gain map is left out: the result is the picture for SDR displays");
    if (others > 0)
        context_warn(context, "%u further %s in the file %s left out", others,
                     others == 1 ? "picture" : "pictures", others == 1 ? "is" : "are");
}

/* Is all of the picture in the file? A grid's missing tiles may be grey; a single picture can't be decoded
 * without its end. */
static int check_whole(struct avif_reader *avif, const struct heif_layer *layer, struct context *context)
{
    const struct reader *reader = &avif->reader;
    bool cut;
    if (layer->item == NULL)
        return 0;
    if (heif_check_layer(&avif->header.heif, layer, reader->size, &cut, context->error) != 0)
        return -1;
    if (!cut)
        return 0;
    if (layer->tiles.data == NULL)
        return error_set(context->error, PM_ERROR_TRUNCATED,
                         "ends before its picture is whole (fetch or copy it again)");
    if (!reader->request.allow_truncated)
        return error_set_hint(context->error, PM_ERROR_TRUNCATED, PM_HINT_ALLOW_TRUNCATED,
                              "ends before its picture is whole");
    avif->cut = true;
    return 0;
}

int avif_open(struct reader *reader, struct context *context)
{
    struct avif_reader *avif = (struct avif_reader *)reader;
    struct avif_header *header = &avif->header;
    const struct heif_picture *picture = &header->picture;
    memory_source_init(&avif->source, reader->data, reader->size);
    if (avif_read_header(&avif->source.source, header, context->error) != 0 ||
        image_check_size(picture->color.width, picture->color.height, context->max_pixels, context->error) !=
            0 ||
        check_whole(avif, &picture->color, context) != 0 || check_whole(avif, &picture->alpha, context) != 0)
        return -1;
    avif_header_tell(header, &reader->info);
    warn_of_losses(&reader->info, context);
    if (avif->cut)
        context_warn(context, "ends too early; the missing tiles are grey");
    return read_metadata(avif, context);
}

/* AV1's filters behind the prediction smooth what a reduction to half the size smooths as well: without them,
 * the reduced samples/lake.jpg, dunes.png and spheres-444.jpg were as near to their originals (quality 60).
 * min_width is 1.5 times the width of a resize. */
static bool is_filtered(const struct reader *reader)
{
    const struct decode_request *request = &reader->request;
    const struct pm_info *info = &reader->info;
    return request->min_width == 0 || request->min_height == 0 ||
           3 * (uint64_t)info->width < 4 * (uint64_t)request->min_width ||
           3 * (uint64_t)info->height < 4 * (uint64_t)request->min_height;
}

static int make_ycc(const struct avif_reader *avif, struct avif_planes *color, struct avif_planes *alpha,
                    struct pm_image *image, struct context *context)
{
    static const uint8_t black[3];
    const struct reader *reader = &avif->reader;
    const struct pm_pixel_format rgb = PIXELS(PM_COLOR_RGB, reader->info.pixels.alpha, 8);
    const struct conversion *step;
    struct convert_goal goal;
    int status = 0;
    image->width = color->plane[0].width;
    image->height = color->plane[0].height;
    image->format = reader->info.pixels;
    image->nplanes = 3;
    memcpy(image->plane, color->plane, sizeof color->plane);
    if (alpha != NULL) {
        if (avif_make_alpha(&avif->header, alpha, context) != 0)
            return -1;
        image->plane[image->nplanes++] = alpha->plane[0];
    }
    while (!reader->request.planes && status == 0 &&
           (step = convert_next(&image->format, &rgb, black, &goal)) != NULL)
        status = step->run(image, &goal, image, context);
    return status;
}

int avif_frame(struct reader *reader, struct frame *frame, struct context *context)
{
    struct avif_reader *avif = (struct avif_reader *)reader;
    const struct avif_header *header = &avif->header;
    const struct heif_picture *picture = &header->picture;
    struct pm_image *image = &frame->image;
    const struct avif_source source = {.heif = &header->heif,
                                       .data = reader->data,
                                       .size = reader->size,
                                       .filtered = is_filtered(reader),
                                       .allow_truncated = reader->request.allow_truncated};
    struct avif_planes color, alpha;
    const bool clear = picture->alpha.item != NULL;
    if (avif_decode_layer(&source, &picture->color, &header->color, false, &color, context) != 0 ||
        (clear && avif_decode_layer(&source, &picture->alpha, &header->alpha, true, &alpha, context) != 0))
        return -1;
    const int status = header->native ? make_ycc(avif, &color, clear ? &alpha : NULL, image, context)
                                      : avif_make_pixels(header, &color, clear ? &alpha : NULL,
                                                         reader->info.pixels.depth, image, context);
    image->orientation = reader->info.orientation;
    image->meta = avif->meta;
    return status;
}

void avif_close(struct reader *reader)
{
    avif_header_free(&((struct avif_reader *)reader)->header);
}
