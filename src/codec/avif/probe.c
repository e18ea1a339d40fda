/* Reads the AV1 part of an AVIF file's header: the sequence headers of its bitstreams, which must match the
 * boxes. */
#include "codec/avif/avif.h"

/* A layered bitstream's header has the size of its highest layer: `layer` may be a lower one. */
static int choose_layer(const struct heif_layer *layer, const struct av1_header *header,
                        struct heif_coding *coding, struct pm_error *error)
{
    const struct heif_properties *properties = &layer->properties;
    const unsigned point = properties->operating_point;
    if (point > 0 && point >= header->points)
        return error_set(error, PM_ERROR_CORRUPT, "has no operating point %u (a1op)", point);
    coding->layers_below = properties->selects_layer ? properties->layer : header->layers_below[point];
    if (coding->layers_below >= AV1_LAYERS_MAX)
        return error_set(error, PM_ERROR_CORRUPT, "has no layer %u (lsel)", properties->layer);
    if ((point > 0 || properties->selects_layer) && layer->tile_width <= coding->width &&
        layer->tile_height <= coding->height) {
        coding->width = layer->tile_width;
        coding->height = layer->tile_height;
    }
    return 0;
}

/* Checks the bitstream of a layer's first tile against its av1C and ispe. */
int avif_describe(const struct heif *heif, const struct heif_layer *layer, struct heif_coding *coding,
                  struct pm_error *error)
{
    enum { PEEK = 1024 };
    uint8_t bytes[PEEK];
    struct av1_header header, config;
    const struct bmff_cursor *box = &layer->properties.config;
    if (layer->coding != HEIF_AV01)
        return error_set(error, PM_ERROR_UNSUPPORTED, "is an AVIF by name, but its picture is HEVC");
    if (layer->properties.config_type != BMFF_TYPE('a', 'v', '1', 'C') ||
        !av1_read_config(box->data, box->size, &config))
        return error_set(error, PM_ERROR_CORRUPT, "has AV1 data without a valid description (av1C)");
    const long size = heif_item_peek(heif, layer->first, bytes, sizeof bytes, error);
    if (size < 0)
        return -1;
    if (!av1_read_header(bytes, (size_t)size, &header))
        return size < (long)sizeof bytes
                   ? error_set(error, PM_ERROR_TRUNCATED, "ends within its header (fetch or copy it again)")
                   : error_set(error, PM_ERROR_CORRUPT, "has AV1 data that do not begin with a header");
    *coding = header.coding;
    /* Subsampling in av1C may differ: encoders of 2019 wrote 4:4:4 for 4:2:2, and other readers ignore it. */
    if (header.profile != config.profile || coding->bits != config.coding.bits ||
        coding->monochrome != config.coding.monochrome)
        return error_set(error, PM_ERROR_CORRUPT, "has AV1 data of another kind than its description (av1C)");
    return choose_layer(layer, &header, coding, error) != 0 ? -1
                                                            : heif_check_coding(layer, coding, "AV1", error);
}

int avif_probe_page(struct byte_source *source, unsigned page, struct pm_info *info, struct pm_error *error)
{
    struct heif_header header = {0};
    const int status = heif_read_header(source, page, avif_describe, &header, error);
    if (status == 0)
        heif_header_tell(&header, info);
    heif_header_free(&header);
    return status;
}

int avif_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error)
{
    return avif_probe_page(source, 1, info, error);
}

/* dav1d's own memory, in addition to the planes: 1.5 bytes per pixel, twice as much above 8 bits: an upper
 * bound, compared with its real use by a test. */
uint64_t avif_decode_bytes(const struct pm_info *info, const struct decode_request *request)
{
    return heif_decode_bytes(info, request, &(struct heif_cost){.halves = 3, .fixed = 4 << 20}) +
           (request->animation ? heif_sequence_bytes(info) : 0);
}
