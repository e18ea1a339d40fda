/* Writes AVIF's boxes around encoded bitstreams. */
#ifndef CODEC_AVIF_PART_BOXES_H
#define CODEC_AVIF_PART_BOXES_H

#include "codec/avif/avif.h"

/* The bitstreams of a picture. */
struct avif_bitstreams {
    struct pm_blob color, alpha; /* alpha.data NULL: none */
};

/* Appends the whole file: the bitstreams with the picture's size, orientation and metadata. `nclx` describes
 * the colours. Returns 0, or -1 with `error` filled. */
int avif_write_file(const struct pm_image *image, const struct avif_bitstreams *bits,
                    const struct heif_nclx *nclx, struct buffer *out, struct context *context);

#endif
