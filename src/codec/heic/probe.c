/* Reads the HEVC part of a HEIC file's header: its parameter sets, which must match the boxes. */
#include <inttypes.h>

#include "codec/heic/heic.h"

int heic_describe(const struct heif *heif, const struct heif_layer *layer, struct heif_coding *coding,
                  struct pm_error *error)
{
    struct hevc_sps sps;
    (void)heif; /* the parameter sets are among the properties */
    if (layer->coding != HEIF_HVC1)
        return error_set(error, PM_ERROR_UNSUPPORTED, "is a HEIC by name, but its picture is AV1");
    if (layer->properties.selects_layer && layer->properties.layer > 0)
        return error_set(error, PM_ERROR_UNSUPPORTED, "needs layer %u of its HEVC data (the first is read)",
                         layer->properties.layer);
    if (hevc_read_layer(layer, &sps, error) != 0)
        return -1;
    *coding = sps.coding;
    if (heif_check_coding(layer, coding, "HEVC", error) != 0)
        return -1;
    if (sps.coded_width - coding->width > HEIC_CROP_MAX || sps.coded_height - coding->height > HEIC_CROP_MAX)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "decodes %" PRIu32 "x%" PRIu32 " pixels for %" PRIu32 "x%" PRIu32, sps.coded_width,
                         sps.coded_height, coding->width, coding->height);
    return 0;
}

int heic_probe_page(struct byte_source *source, unsigned page, struct pm_info *info, struct pm_error *error)
{
    struct heif_header header = {0};
    const int status = heif_read_header(source, page, heic_describe, &header, error);
    if (status == 0)
        heif_header_tell(&header, info);
    heif_header_free(&header);
    return status;
}

int heic_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error)
{
    return heic_probe_page(source, 1, info, error);
}
