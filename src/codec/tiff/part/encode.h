/* Writes a TIFF; see codec/codec.h. */
#ifndef CODEC_TIFF_PART_ENCODE_H
#define CODEC_TIFF_PART_ENCODE_H

#include "codec/tiff/tiff.h"

int tiff_encode(const struct pm_image *image, const void *options, struct buffer *out,
                struct context *context);

#endif
