/* Reads the header of an AVIF or HEIC file: its boxes and its bitstreams' headers, which must agree. */
#include <inttypes.h>
#include <string.h>

#include "codec/heif/planes.h"
#include "codec/heif/sequence.h"

enum { IDENTITY = 0, BT709 = 1, UNSPECIFIED = 2, BT470BG = 5, SRGB = 13 };

int heif_check_coding(const struct heif_layer *layer, const struct heif_coding *coding, const char *coded,
                      struct pm_error *error)
{
    if (coding->width != layer->tile_width || coding->height != layer->tile_height)
        return error_set(error, PM_ERROR_CORRUPT,
                         "states two sizes: %" PRIu32 "x%" PRIu32 " and, in its %s data, %" PRIu32
                         "x%" PRIu32,
                         layer->tile_width, layer->tile_height, coded, coding->width, coding->height);
    if (layer->columns > 1 && layer->tile_width % coding->sampling_x != 0)
        return error_set(error, PM_ERROR_UNSUPPORTED, "has a grid of tiles with an odd width");
    if (layer->rows > 1 && layer->tile_height % coding->sampling_y != 0)
        return error_set(error, PM_ERROR_UNSUPPORTED, "has a grid of tiles with an odd height");
    return 0;
}

/* The file's colour description overrides the bitstream's (AVIF 1.1, 2.2; MIAF, 7.3.6.4). */
static void apply_nclx(const struct heif_properties *properties, struct heif_coding *coding)
{
    if (!properties->has_nclx)
        return;
    coding->primaries = properties->nclx.primaries;
    coding->transfer = properties->nclx.transfer;
    coding->matrix = properties->nclx.matrix;
    coding->full_range = properties->nclx.full_range;
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

static bool same_coding(const struct heif_coding *a, const struct heif_coding *b)
{
    return a->width == b->width && a->height == b->height && a->bits == b->bits &&
           a->monochrome == b->monochrome && a->sampling_x == b->sampling_x &&
           a->sampling_y == b->sampling_y && a->primaries == b->primaries && a->transfer == b->transfer &&
           a->matrix == b->matrix && a->full_range == b->full_range;
}

/* A track of HEVC has parameter sets of its own, which must be of the still picture's kind. */
static bool is_kind_of(const struct heif_header *header, const struct heif_track *track,
                       const struct heif_layer *still, const struct heif_coding *coding,
                       heif_describe *describe)
{
    struct heif_layer layer = *still;
    struct heif_coding found;
    struct pm_error why = {0};
    if (layer.item == NULL || layer.coding != HEIF_HVC1)
        return true;
    heif_use_description(track, &layer.properties);
    if (describe(&header->heif, &layer, &found, &why) != 0)
        return false;
    apply_nclx(&still->properties, &found);
    if (still == &header->picture.alpha) { /* of its colours only the range says what alpha means */
        found.primaries = coding->primaries;
        found.transfer = coding->transfer;
        found.matrix = coding->matrix;
    }
    return same_coding(&found, coding);
}

static void check_tracks(struct heif_header *header, heif_describe *describe)
{
    struct heif_sequence *sequence = &header->heif.sequence;
    const struct heif_picture *picture = &header->picture;
    if (sequence->color.samples < 2 ||
        (sequence->fault.kind != PM_OK && sequence->fault.kind != PM_ERROR_TRUNCATED))
        return;
    if (is_kind_of(header, &sequence->color, &picture->color, &header->color, describe) &&
        is_kind_of(header, &sequence->alpha, &picture->alpha, &header->alpha, describe))
        return;
    sequence->fault = (struct pm_error){0};
    heif_refuse_frames(sequence);
}

int heif_read_header(struct byte_source *source, unsigned page, heif_describe *describe,
                     struct heif_header *header, struct pm_error *error)
{
    struct heif *heif = &header->heif;
    struct heif_picture *picture = &header->picture;
    header->page = page > 0 ? page : 1;
    if (heif_load(heif, source, error) != 0 ||
        heif_read_page(heif, page, picture, &header->pages, error) != 0 ||
        describe(heif, &picture->color, &header->color, error) != 0)
        return -1;
    heif_adopt_colors(heif, picture);
    apply_nclx(&picture->color.properties, &header->color);
    if (picture->alpha.item != NULL) {
        if (describe(heif, &picture->alpha, &header->alpha, error) != 0)
            return -1;
        if (picture->alpha.properties.has_nclx)
            header->alpha.full_range = picture->alpha.properties.nclx.full_range;
    }
    const struct heif_coding *color = &header->color;
    if (!color->monochrome && !heif_knows_matrix(color))
        return error_set(error, PM_ERROR_UNSUPPORTED, "has colours of an unsupported kind (matrix %u)",
                         color->matrix);
    if (color->matrix == IDENTITY && !color->monochrome && (color->sampling_x > 1 || color->sampling_y > 1))
        return error_set(error, PM_ERROR_CORRUPT, "has subsampled red and blue");
    if (heif_settle_sequence(heif, picture, error) != 0)
        return -1;
    check_tracks(header, describe);
    header->native = !color->monochrome && color->bits == 8 && native_matrix(color->matrix) >= 0 &&
                     !picture->premultiplied;
    return 0;
}

void heif_header_free(struct heif_header *header)
{
    heif_free(&header->heif);
}

/* Describes colours by cICP if there is no profile, and sRGB as such. */
static void tell_colors(const struct heif_header *header, struct pm_info *info)
{
    const struct heif_coding *color = &header->color;
    if (header->picture.color.properties.icc.size > 0 || color->primaries == UNSPECIFIED ||
        color->transfer == UNSPECIFIED || color->primaries > UINT8_MAX || color->transfer > UINT8_MAX)
        return;
    info->has_srgb = color->primaries == BT709 && color->transfer == SRGB;
    if (info->has_srgb)
        return;
    info->has_cicp = true;
    info->cicp[0] = (uint8_t)color->primaries;
    info->cicp[1] = (uint8_t)color->transfer;
    info->cicp[2] = IDENTITY; /* as in PNG: for R, G and B in full range */
    info->cicp[3] = 1;
}

/* The size of one tile's data. What ends with the file has no stated size: more than HEVC needs without any
 * compression. */
static uint64_t tile_bytes(const struct heif *heif, const struct heif_layer *layer,
                           const struct heif_item *tile)
{
    enum { PIXEL_BYTES_MAX = 8 };
    const uint64_t size = heif_stated_size(heif, tile),
                   max = (uint64_t)layer->tile_width * layer->tile_height * PIXEL_BYTES_MAX;
    return size < HEIF_SIZE_UNKNOWN ? size : max;
}

/* The largest row of tiles. */
static uint64_t row_bytes(const struct heif *heif, const struct heif_layer *layer)
{
    struct bmff_cursor tiles = layer->tiles;
    uint64_t max = 0;
    if (layer->item == NULL)
        return 0;
    if (layer->tiles.data == NULL)
        return tile_bytes(heif, layer, layer->item);
    for (uint64_t i = 0; i < (uint64_t)layer->rows * layer->columns; i++) {
        const struct heif_item *tile = heif_find(heif, (uint32_t)bmff_get(&tiles, layer->id_size));
        const uint64_t size = tile_bytes(heif, layer, tile);
        max = size > max ? size : max;
    }
    return max * layer->columns;
}

/* The larger layer's: they are decoded one after the other. */
static uint64_t coded_bytes(const struct heif *heif, const struct heif_picture *picture)
{
    const uint64_t color = row_bytes(heif, &picture->color), alpha = row_bytes(heif, &picture->alpha);
    return color > alpha ? color : alpha;
}

void heif_header_tell(const struct heif_header *header, struct pm_info *info)
{
    const struct heif_coding *color = &header->color;
    const struct heif_layer *layer = &header->picture.color;
    const struct heif_rectangle *crop = &layer->properties.crop;
    const enum pm_alpha alpha = header->picture.alpha.item != NULL ? PM_ALPHA_STRAIGHT : PM_ALPHA_NONE;
    heif_tell(&header->heif, &header->picture, info);
    info->page = header->page;
    info->pages = header->pages;
    info->depth = color->bits;
    info->coded_width = layer->width;
    info->coded_height = layer->height;
    info->layers_below =
        color->layers_below > header->alpha.layers_below ? color->layers_below : header->alpha.layers_below;
    info->coded_bytes = coded_bytes(&header->heif, &header->picture);
    if (layer->tiles.data != NULL) {
        info->tile_width = layer->tile_width;
        info->tile_height = layer->tile_height;
    }
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
            .unaligned = crop->x % color->sampling_x != 0 || crop->y % color->sampling_y != 0,
            .matrix = (enum pm_matrix)native_matrix(color->matrix),
            .limited_range = !color->full_range,
        };
    else if (!color->monochrome && color->matrix != IDENTITY) {
        info->stored_x = color->sampling_x;
        info->stored_y = color->sampling_y;
    }
    info->has_mastering = layer->properties.has_mastering;
    info->has_light = layer->properties.has_light;
    tell_colors(header, info);
}
