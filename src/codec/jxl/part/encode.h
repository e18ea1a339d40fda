/* Encodes with libjxl, in the calling thread. */
#ifndef CODEC_JXL_PART_ENCODE_H
#define CODEC_JXL_PART_ENCODE_H

#include <jxl/encode.h>

#include "codec/jxl/jxl.h"

int jxl_encode(const struct pm_image *image, const void *options, struct buffer *out,
               struct context *context);

/* Appends the file of an encoder that has been given everything, piece by piece as `out` grows. Returns 0, or
 * -1 with `error` filled. */
int jxl_run_encoder(JxlEncoder *encoder, struct buffer *out, struct context *context);

#endif
