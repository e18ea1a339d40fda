/* Encodes with libjxl, in the calling thread. */
#ifndef CODEC_JXL_PART_ENCODE_H
#define CODEC_JXL_PART_ENCODE_H

#include "codec/jxl/jxl.h"

int jxl_encode(const struct pm_image *image, const void *options, struct buffer *out,
               struct context *context);

#endif
