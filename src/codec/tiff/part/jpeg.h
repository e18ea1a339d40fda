/* Decodes JPEG strips and tiles, at a fraction of their size if that is asked for, by pixmill's JPEG decoder.
 */
#ifndef CODEC_TIFF_PART_JPEG_H
#define CODEC_TIFF_PART_JPEG_H

#include "codec/tiff/part/decode.h"

/* At how many eighths of their size the strips or tiles may be decoded: 1, 2, 4 or 8; 0: libtiff must decode
 * them. */
unsigned tiff_jpeg_scale(const struct tiff_reader *self);

/* The picture's shape at n/8. */
struct shape tiff_jpeg_shape(const struct tiff_reader *self, unsigned n);

/* Fills the image, of that shape. Returns 0; 1 if libtiff must decode it; or -1 with `error` filled. */
int tiff_jpeg_read(struct tiff_reader *self, unsigned n, struct pm_image *image, struct context *context);

#endif
