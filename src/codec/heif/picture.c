/* The primary picture of a file: its layers of colour and alpha, and what comes with it. */
#include <inttypes.h>
#include <string.h>

#include "codec/heif/heif.h"
#include "color/profile_name.h"

/* ImageGrid (ISO/IEC 23008-12, 6.6.2.3.2). */
static int read_grid(const struct heif *heif, struct heif_layer *layer, struct pm_error *error)
{
    enum { GRID_MAX = 12, LARGE = 1 };
    uint8_t bytes[GRID_MAX];
    const long size = heif_item_peek(heif, layer->item, bytes, sizeof bytes, error);
    if (size < 0)
        return -1;
    struct bmff_cursor cursor = bmff_cursor_of(bytes, (size_t)size);
    bmff_skip(&cursor, 1);
    const unsigned side = (bmff_get(&cursor, 1) & LARGE) != 0 ? 4 : 2;
    layer->rows = (uint32_t)bmff_get(&cursor, 1) + 1;
    layer->columns = (uint32_t)bmff_get(&cursor, 1) + 1;
    const uint32_t width = (uint32_t)bmff_get(&cursor, side), height = (uint32_t)bmff_get(&cursor, side);
    if (cursor.cut)
        return error_set(error, PM_ERROR_TRUNCATED, "ends within its header (fetch or copy it again)");
    if (width != layer->width || height != layer->height)
        return error_set(error, PM_ERROR_CORRUPT,
                         "states two sizes: %" PRIu32 "x%" PRIu32 " and, of its grid, %" PRIu32 "x%" PRIu32,
                         layer->width, layer->height, width, height);
    return 0;
}

/* Finds the dimg reference of a derived picture: what it is made from. */
static bool find_inputs(const struct heif *heif, const struct heif_item *item,
                        struct heif_reference *reference)
{
    struct heif_references references = heif_references(heif);
    bool found = false;
    while (!found && heif_next_reference(&references, reference))
        found = reference->type == BMFF_TYPE('d', 'i', 'm', 'g') && reference->from == item->id;
    return found;
}

static void inherit(const struct heif_properties *from, struct heif_properties *properties)
{
    properties->config = from->config;
    properties->config_type = from->config_type;
    properties->operating_point = from->operating_point;
    properties->selects_layer = from->selects_layer;
    properties->layer = from->layer;
    if (!properties->has_nclx && from->has_nclx) {
        properties->nclx = from->nclx;
        properties->has_nclx = true;
    }
    if (properties->icc.size == 0)
        properties->icc = from->icc;
}

/* Finds the grid's tiles, and checks with the first one's size that they cover the picture and none is
 * outside. */
static int read_tiles(const struct heif *heif, struct heif_layer *layer, struct pm_error *error)
{
    struct heif_reference reference = {0};
    struct heif_properties tile;
    const bool found = find_inputs(heif, layer->item, &reference);
    if (!found || reference.count != (uint64_t)layer->rows * layer->columns)
        return error_set(error, PM_ERROR_CORRUPT, "has a grid of %" PRIu32 " tiles and names %u",
                         layer->rows * layer->columns, found ? reference.count : 0);
    layer->tiles = reference.to;
    layer->id_size = reference.id_size;
    struct bmff_cursor first = layer->tiles;
    layer->first = heif_find(heif, (uint32_t)bmff_get(&first, layer->id_size));
    if (layer->first == NULL || heif_read_properties(heif, layer->first, &tile, error) != 0)
        return error_set(error, PM_ERROR_CORRUPT, "its grid has tiles that are not in the file");
    layer->tile_width = tile.width;
    layer->tile_height = tile.height;
    inherit(&tile, &layer->properties);
    const uint64_t across = (uint64_t)tile.width * layer->columns, down = (uint64_t)tile.height * layer->rows;
    if (across < layer->width || down < layer->height || across - tile.width >= layer->width ||
        down - tile.height >= layer->height)
        return error_set(error, PM_ERROR_CORRUPT, "its grid's tiles do not cover the picture");
    return 0;
}

/* An identity derivation (ISO/IEC 23008-12, 6.6.2.1) is another picture with properties of its own. Takes
 * that picture's place; left as it is, and refused later, if that is itself cropped or rotated, or is
 * derived so. */
static int resolve_identity(const struct heif *heif, struct heif_layer *layer, struct pm_error *error)
{
    struct heif_reference reference = {0};
    struct heif_properties input;
    if (layer->item->type != HEIF_IDEN || !find_inputs(heif, layer->item, &reference) || reference.count != 1)
        return 0;
    const struct heif_item *item = heif_find(heif, (uint32_t)bmff_get(&reference.to, reference.id_size));
    if (item == NULL || item->type == HEIF_IDEN)
        return 0;
    if (heif_read_properties(heif, item, &input, error) != 0)
        return -1;
    if (input.width != layer->width || input.height != layer->height || input.orientation != 1 ||
        input.crop.width != input.width || input.crop.height != input.height)
        return 0;
    inherit(&input, &layer->properties);
    layer->item = layer->first = item;
    return 0;
}

static int read_layer(const struct heif *heif, const struct heif_item *item, struct heif_layer *layer,
                      struct pm_error *error)
{
    *layer = (struct heif_layer){.item = item, .first = item, .columns = 1, .rows = 1};
    if (heif_read_properties(heif, item, &layer->properties, error) != 0)
        return -1;
    layer->width = layer->tile_width = layer->properties.width;
    layer->height = layer->tile_height = layer->properties.height;
    if (layer->width == 0 || layer->height == 0)
        return error_set(error, PM_ERROR_CORRUPT, "has a picture or alpha without a size (ispe)");
    if (resolve_identity(heif, layer, error) != 0)
        return -1;
    if (layer->item->type == HEIF_GRID &&
        (read_grid(heif, layer, error) != 0 || read_tiles(heif, layer, error) != 0))
        return -1;
    layer->coding = layer->first->type;
    if (layer->coding == HEIF_AV01 || layer->coding == HEIF_HVC1)
        return 0;
    return error_set(error, PM_ERROR_UNSUPPORTED, "holds a picture of the kind '%s' (av01 and hvc1 are read)",
                     bmff_name_of(layer->coding).text);
}

bool heif_is_alpha(const char *type)
{
    static const char *const types[] = {"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
                                        "urn:mpeg:hevc:2015:auxid:1", "urn:mpeg:avc:2015:auxid:1"};
    for (size_t i = 0; type != NULL && i < sizeof types / sizeof *types; i++) {
        if (strcmp(type, types[i]) == 0)
            return true;
    }
    return false;
}

static bool names(struct heif_reference *reference, uint32_t id)
{
    for (unsigned i = 0; i < reference->count; i++) {
        if (bmff_get(&reference->to, reference->id_size) == id)
            return true;
    }
    return false;
}

/* Handles an auxiliary picture of the primary one. Its kind is in its properties. */
static int read_auxiliary(const struct heif *heif, struct heif_item *item, struct heif_picture *picture,
                          struct pm_error *error)
{
    struct pm_error unread = {0};
    struct heif_properties properties;
    if (heif_read_properties(heif, item, &properties, &unread) != 0)
        return 0;
    if (properties.auxiliary != NULL && strstr(properties.auxiliary, "hdrgainmap") != NULL)
        picture->gain_map = true;
    if (!heif_is_alpha(properties.auxiliary) || picture->alpha.item != NULL)
        return 0;
    if (read_layer(heif, item, &picture->alpha, error) != 0)
        return -1;
    const struct heif_layer *alpha = &picture->alpha, *color = &picture->color;
    if (alpha->width != color->width || alpha->height != color->height)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "has alpha of another size: %" PRIu32 "x%" PRIu32 " for %" PRIu32 "x%" PRIu32
                         " pixels",
                         alpha->width, alpha->height, color->width, color->height);
    picture->alpha.properties.crop = color->properties.crop; /* alpha has no crop of its own */
    return 0;
}

/* Marks items that are not pictures of their own. */
static void note_references(const struct heif *heif, const struct heif_reference *reference)
{
    struct heif_reference tiles = *reference;
    struct heif_item *item;
    if (reference->type == BMFF_TYPE('t', 'h', 'm', 'b') ||
        reference->type == BMFF_TYPE('a', 'u', 'x', 'l')) {
        /* an auxiliary picture belongs to another picture, but counts as a further one unless it is alpha */
        if ((item = heif_find(heif, reference->from)) != NULL) {
            item->noted |= reference->type == BMFF_TYPE('t', 'h', 'm', 'b');
            item->auxiliary |= reference->type == BMFF_TYPE('a', 'u', 'x', 'l');
        }
    } else if (reference->type == BMFF_TYPE('d', 'i', 'm', 'g')) {
        for (unsigned i = 0; i < reference->count; i++) {
            if ((item = heif_find(heif, (uint32_t)bmff_get(&tiles.to, tiles.id_size))) != NULL)
                item->noted = true;
        }
    }
}

static int read_references(const struct heif *heif, struct heif_picture *picture, struct pm_error *error)
{
    struct heif_references references = heif_references(heif);
    struct heif_reference reference;
    while (heif_next_reference(&references, &reference)) {
        note_references(heif, &reference);
        struct heif_item *from = heif_find(heif, reference.from);
        const bool prem = reference.type == BMFF_TYPE('p', 'r', 'e', 'm');
        if (from == NULL || (prem ? reference.from != heif->primary : !names(&reference, heif->primary)))
            continue;
        if (reference.type == BMFF_TYPE('a', 'u', 'x', 'l')) {
            if (read_auxiliary(heif, from, picture, error) != 0)
                return -1;
        } else if (prem) {
            picture->premultiplied = true;
        } else if (reference.type == BMFF_TYPE('c', 'd', 's', 'c')) {
            if (from->type == HEIF_EXIF && picture->exif == NULL)
                picture->exif = from;
            if (from->is_xmp && picture->xmp == NULL)
                picture->xmp = from;
        }
    }
    picture->premultiplied = picture->premultiplied && picture->alpha.item != NULL;
    return references.cursor.cut ? error_set(error, PM_ERROR_CORRUPT, "its box iref is damaged") : 0;
}

/* Counts pictures that will be missing from the result. */
static void count_extra(const struct heif *heif, struct heif_picture *picture)
{
    for (uint32_t i = 0; i < heif->nitems; i++) {
        const struct heif_item *item = &heif->items[i];
        const bool map = item->type == BMFF_TYPE('t', 'm', 'a', 'p');
        const bool pixels = item->type == HEIF_AV01 || item->type == HEIF_HVC1 || item->type == HEIF_GRID;
        if (map)
            picture->gain_map = true;
        if (item->id == heif->primary || item == picture->alpha.item || item->noted)
            continue;
        picture->extra_pictures += map || pixels;
    }
    if (picture->gain_map && picture->extra_pictures == 0)
        picture->extra_pictures = 1;
}

int heif_read_picture(struct heif *heif, struct heif_picture *picture, struct pm_error *error)
{
    const struct heif_item *primary = heif_find(heif, heif->primary);
    *picture = (struct heif_picture){0};
    if (primary == NULL)
        return error_set(error, PM_ERROR_CORRUPT, "holds no picture");
    if (read_layer(heif, primary, &picture->color, error) != 0 || read_references(heif, picture, error) != 0)
        return -1;
    count_extra(heif, picture);
    return 0;
}

/* Is it a picture of its own besides the primary one? Known after heif_read_picture. */
static bool is_page(const struct heif *heif, const struct heif_item *item)
{
    const bool pixels = item->type == HEIF_AV01 || item->type == HEIF_HVC1 || item->type == HEIF_GRID;
    return pixels && !item->hidden && !item->noted && !item->auxiliary && item->id != heif->primary;
}

int heif_read_page(struct heif *heif, unsigned page, struct heif_picture *picture, unsigned *pages,
                   struct pm_error *error)
{
    const struct heif_item *wanted = NULL;
    if (heif_read_picture(heif, picture, error) != 0)
        return -1;
    *pages = 1;
    for (uint32_t i = 0; i < heif->nitems; i++) {
        if (is_page(heif, &heif->items[i]) && ++*pages == page)
            wanted = &heif->items[i];
    }
    if (page <= 1)
        return 0;
    if (wanted == NULL)
        return error_set(error, PM_ERROR_UNSUPPORTED, "has no page %u (its last page is %u)", page, *pages);
    heif->primary = wanted->id;
    heif->sequence = (struct heif_sequence){0}; /* of the primary picture */
    heif->frames = 0;
    return heif_read_picture(heif, picture, error);
}

/* HEVC tiles are decoded with these parameters; AV1 repeats its own in the data. */
static bool same_config(const struct bmff_cursor *a, const struct bmff_cursor *b)
{
    return a->data == b->data || (a->size == b->size && a->data != NULL && b->data != NULL &&
                                  memcmp(a->data, b->data, a->size) == 0);
}

const struct heif_item *heif_next_tile(const struct heif *heif, const struct heif_layer *layer,
                                       struct bmff_cursor *tiles, struct pm_error *error)
{
    struct heif_properties properties;
    if (layer->tiles.data == NULL)
        return layer->item;
    const struct heif_item *tile = heif_find(heif, (uint32_t)bmff_get(tiles, layer->id_size));
    if (tile != NULL && tile->type == layer->coding &&
        heif_read_properties(heif, tile, &properties, error) == 0 && properties.width == layer->tile_width &&
        properties.height == layer->tile_height && same_config(&properties.config, &layer->properties.config))
        return tile;
    error_set(error, PM_ERROR_CORRUPT, "its grid has tiles of several kinds or sizes");
    return NULL;
}

int heif_check_layer(const struct heif *heif, const struct heif_layer *layer, uint64_t size, bool *cut,
                     struct pm_error *error)
{
    enum { PIXEL_BYTES_MAX = 2 };
    struct bmff_cursor tiles = layer->tiles;
    const uint64_t pixels = (uint64_t)layer->rows * layer->columns * layer->tile_width * layer->tile_height;
    uint64_t bytes = 0;
    *cut = false;
    for (uint64_t i = 0; i < (uint64_t)layer->rows * layer->columns; i++) {
        struct heif_data_size found;
        const struct heif_item *tile = heif_next_tile(heif, layer, &tiles, error);
        if (tile == NULL || heif_data_size(heif, tile, size, &found, error) != 0)
            return -1;
        *cut |= found.cut;
        bytes += found.bytes;
        /* Equal tiles may share their bytes: libavif writes them once. */
        if (bytes > size && bytes > PIXEL_BYTES_MAX * pixels)
            return error_set(error, PM_ERROR_CORRUPT, "has tiles with more bytes than the file");
    }
    return 0;
}

size_t heif_stated_size(const struct heif *heif, const struct heif_item *item)
{
    struct pm_error unread = {0};
    struct heif_extents extents;
    uint64_t at, length, sum = 0;
    if (item == NULL || heif_extents_begin(heif, item, &extents, &unread) != 0)
        return 0;
    while (heif_extents_next(&extents, &at, &length, &unread) > 0)
        sum = length < HEIF_SIZE_UNKNOWN - sum ? sum + length : HEIF_SIZE_UNKNOWN;
    return (size_t)sum;
}

void heif_tell(const struct heif *heif, const struct heif_picture *picture, struct pm_info *info)
{
    const struct heif_properties *properties = &picture->color.properties;
    info->width = properties->crop.width;
    info->height = properties->crop.height;
    info->orientation = properties->orientation;
    info->icc_size = properties->icc.size;
    profile_name(properties->icc.data, properties->icc.size, info->icc_name, sizeof info->icc_name);
    info->exif_size = heif_stated_size(heif, picture->exif);
    info->xmp_size = heif_stated_size(heif, picture->xmp);
    info->extra_pictures = picture->extra_pictures + heif->sequence.others;
    info->gain_map = picture->gain_map;
    info->frames = heif->frames > 1 ? heif->frames : 1;
    if (heif->sequence.color.samples > 1) {
        info->animated = true;
        info->frames = heif->sequence.frames > 0 ? heif->sequence.frames : 1;
        info->loops = heif->sequence.color.loops;
    }
}
