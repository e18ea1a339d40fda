/* Reads an AVIF file's header: its boxes, and the sequence headers of its bitstreams, which must agree. */
#include <inttypes.h>
#include <string.h>

#include "codec/avif/avif.h"

enum { IDENTITY = 0, UNSPECIFIED = 2, BT470BG = 5 };

/* The bitstream of a layer's first tile against its av1C and ispe. */
static int check_layer(const struct heif *heif, const struct heif_layer *layer, struct av1_header *header,
                       struct pm_error *error)
{
    enum { PEEK = 1024 };
    uint8_t bytes[PEEK];
    struct av1_header config;
    const struct bmff_cursor *box = &layer->properties.config;
    if (layer->coding != HEIF_AV01)
        return error_set(error, PM_ERROR_UNSUPPORTED, "is an AVIF by name, but its picture is HEVC");
    if (layer->properties.config_type != BMFF_TYPE('a', 'v', '1', 'C') ||
        !av1_read_config(box->data, box->size, &config))
        return error_set(error, PM_ERROR_CORRUPT, "has AV1 data without a valid description (av1C)");
    const long size = heif_item_peek(heif, layer->first, bytes, sizeof bytes, error);
    if (size < 0)
        return -1;
    if (!av1_read_header(bytes, (size_t)size, header))
        return size < (long)sizeof bytes
                   ? error_set(error, PM_ERROR_TRUNCATED, "ends within its header (fetch or copy it again)")
                   : error_set(error, PM_ERROR_CORRUPT, "has AV1 data that do not begin with a header");
    if (header->profile != config.profile || header->bits != config.bits ||
        header->monochrome != config.monochrome || header->sampling_x != config.sampling_x ||
        header->sampling_y != config.sampling_y)
        return error_set(error, PM_ERROR_CORRUPT, "has AV1 data of another kind than its description (av1C)");
    if (header->width != layer->tile_width || header->height != layer->tile_height)
        return error_set(error, PM_ERROR_CORRUPT,
                         "states two sizes: %" PRIu32 "x%" PRIu32 " and, in its AV1 data, %" PRIu32
                         "x%" PRIu32,
                         layer->tile_width, layer->tile_height, header->width, header->height);
    if (layer->columns > 1 && layer->tile_width % header->sampling_x != 0)
        return error_set(error, PM_ERROR_UNSUPPORTED, "has a grid of tiles with an odd width");
    if (layer->rows > 1 && layer->tile_height % header->sampling_y != 0)
        return error_set(error, PM_ERROR_UNSUPPORTED, "has a grid of tiles with an odd height");
    return 0;
}

/* The file's colour description over the bitstream's (AVIF 1.1, 2.2; MIAF, 7.3.6.4). */
static void apply_nclx(const struct heif_properties *properties, struct av1_header *header)
{
    if (!properties->has_nclx)
        return;
    header->primaries = properties->nclx.primaries;
    header->transfer = properties->nclx.transfer;
    header->matrix = properties->nclx.matrix;
    header->full_range = properties->nclx.full_range;
}

/* The matrix as one of enum pm_matrix, or -1. */
static int native_matrix(unsigned matrix)
{
    switch (matrix) {
    case PM_MATRIX_BT709:
    case PM_MATRIX_BT2020:
        return (int)matrix;
    case UNSPECIFIED:
    case BT470BG:
    case PM_MATRIX_BT601:
        return PM_MATRIX_BT601;
    default:
        return -1;
    }
}

int avif_read_header(struct byte_source *source, struct avif_header *header, struct pm_error *error)
{
    struct heif *heif = &header->heif;
    struct heif_picture *picture = &header->picture;
    if (heif_load(heif, source, error) != 0 || heif_read_picture(heif, picture, error) != 0 ||
        check_layer(heif, &picture->color, &header->color, error) != 0)
        return -1;
    apply_nclx(&picture->color.properties, &header->color);
    if (picture->alpha.item != NULL) {
        if (check_layer(heif, &picture->alpha, &header->alpha, error) != 0)
            return -1;
        if (picture->alpha.properties.has_nclx)
            header->alpha.full_range = picture->alpha.properties.nclx.full_range;
    }
    const struct av1_header *color = &header->color;
    if (!color->monochrome && !avif_knows_matrix(color->matrix))
        return error_set(error, PM_ERROR_UNSUPPORTED, "has colours of a kind that is not read (matrix %u)",
                         color->matrix);
    if (color->matrix == IDENTITY && !color->monochrome && (color->sampling_x > 1 || color->sampling_y > 1))
        return error_set(error, PM_ERROR_CORRUPT, "has subsampled red and blue");
    header->native = !color->monochrome && color->bits == 8 && native_matrix(color->matrix) >= 0 &&
                     !picture->premultiplied;
    return 0;
}

void avif_header_free(struct avif_header *header)
{
    heif_free(&header->heif);
}

/* Describes colours by cICP, if there is no profile and the file says anything but sRGB. */
static void tell_colors(const struct avif_header *header, struct pm_info *info)
{
    enum { BT709 = 1, SRGB = 13 };
    const struct av1_header *color = &header->color;
    if (header->picture.color.properties.icc.size > 0 || color->primaries == UNSPECIFIED ||
        color->transfer == UNSPECIFIED || (color->primaries == BT709 && color->transfer == SRGB) ||
        color->primaries > UINT8_MAX || color->transfer > UINT8_MAX)
        return;
    info->has_cicp = true;
    info->cicp[0] = (uint8_t)color->primaries;
    info->cicp[1] = (uint8_t)color->transfer;
    info->cicp[2] = IDENTITY; /* as PNG has it: of R, G and B in full range */
    info->cicp[3] = 1;
}

void avif_header_tell(const struct avif_header *header, struct pm_info *info)
{
    const struct av1_header *color = &header->color;
    const enum pm_alpha alpha = header->picture.alpha.item != NULL ? PM_ALPHA_STRAIGHT : PM_ALPHA_NONE;
    heif_tell(&header->heif, &header->picture, info);
    info->depth = color->bits;
    info->coded_width = header->picture.color.width;
    info->coded_height = header->picture.color.height;
    info->pixels = (struct pm_pixel_format)PIXELS(color->monochrome ? PM_COLOR_GRAY : PM_COLOR_RGB, alpha,
                                                  color->bits > 8 ? 16 : 8);
    if (header->native)
        info->pixels = (struct pm_pixel_format){
            .color = PM_COLOR_YCC,
            .alpha = alpha,
            .depth = 8,
            .bits = 8,
            .sampling_x = color->sampling_x,
            .sampling_y = color->sampling_y,
            .unaligned = header->picture.color.properties.crop.x % color->sampling_x != 0 ||
                         header->picture.color.properties.crop.y % color->sampling_y != 0,
            .matrix = (enum pm_matrix)native_matrix(color->matrix),
            .limited_range = !color->full_range,
        };
    tell_colors(header, info);
}

int avif_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error)
{
    struct avif_header header = {0};
    const int status = avif_read_header(source, &header, error);
    if (status == 0)
        avif_header_tell(&header, info);
    avif_header_free(&header);
    return status;
}

/* dav1d's own memory is taken as 1.5 bytes a pixel beside the planes, and twice as much above 8 bits: an
 * upper bound that a test holds against what it takes. */
uint64_t avif_decode_bytes(const struct pm_info *info, const struct decode_request *request)
{
    enum { FIXED = 4 * 1024 * 1024, ALIGNMENT = 128 };
    const bool deep = info->depth > 8, gray = info->pixels.color == PM_COLOR_GRAY;
    const bool alpha = info->pixels.alpha != PM_ALPHA_NONE, ycc = info->pixels.color == PM_COLOR_YCC;
    const uint64_t width = (info->coded_width + (uint64_t)ALIGNMENT) / ALIGNMENT * ALIGNMENT,
                   height = (info->coded_height + (uint64_t)ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    const uint64_t pixels = width * height, bytes = deep ? 2 : 1;
    /* The planes, in halves of a pixel; those of other formats than YCC may be any. */
    uint64_t halves = gray ? 2 : ycc && info->pixels.sampling_x > 1 ? 4 : 6;
    if (ycc && info->pixels.sampling_y > 1)
        halves = 3;
    uint64_t total = (halves + 3 + (alpha ? 2 : 0)) * pixels * bytes / 2;
    if (!ycc || !request->planes) {
        const unsigned channels = (gray ? 1 : 3) + (alpha ? 1 : 0);
        total += pixels * bytes * (channels + (gray ? 0 : 2)); /* and chroma at full size */
    }
    return total + FIXED;
}
