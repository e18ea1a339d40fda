/* A PNG file with its pixels as they are and other metadata. */
#ifndef CODEC_PNG_COPY_H
#define CODEC_PNG_COPY_H

#include "codec/png/scan.h"
#include "codec/transcode.h"

/* Is the last byte of the pixel chunks the last one of their stream? */
bool png_pixels_end_with_stream(const struct png_file *file);

/* Replaces out->data[start] and what follows by the chunks of `file`, which is whole, that its pixels need,
 * and the metadata of `image`; if that is smaller. */
enum transcode_status png_copy(const struct png_file *file, const struct pm_image *image, size_t start,
                               struct buffer *out, struct context *context);

#endif
