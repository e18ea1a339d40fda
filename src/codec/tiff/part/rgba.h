/* Decodes pages by libtiff's own conversion to RGBA of 8 bits. */
#ifndef CODEC_TIFF_PART_RGBA_H
#define CODEC_TIFF_PART_RGBA_H

#include "codec/tiff/part/decode.h"

/* Fills the RGB picture, from the page that is open in libtiff. Returns 0, or -1 with `error` filled. */
int tiff_read_rgba(struct tiff_reader *self, const struct pm_plane *plane, struct context *context);

#endif
