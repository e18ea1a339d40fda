/* EXIF and XMP of a JPEG XL file, which may be compressed with Brotli. */
#ifndef CODEC_JXL_PART_METADATA_H
#define CODEC_JXL_PART_METADATA_H

#include "codec/jxl/jxl.h"

/* Reads what is asked for from the file data[size]. Parts that are damaged are left out with a warning.
 * Returns 0, or -1 with `error` filled. */
int jxl_read_metadata(const struct jxl_container *container, const uint8_t *data, size_t size, unsigned keep,
                      struct pm_metadata *meta, struct context *context);

#endif
