/* Writes chunks and metadata of a PNG file. Each function appends to `out` and returns 0, or -1 with `error`
 * filled (memory). */
#ifndef CODEC_PNG_WRITE_H
#define CODEC_PNG_WRITE_H

#include "base/buffer.h"
#include "codec/png/chunks.h"
#include "codec/png/form.h"

int png_chunk_append(struct buffer *out, uint32_t type, const void *data, size_t size,
                     struct pm_error *error);

/* All of image->meta; `profile`, not NULL: as this iCCP chunk. */
int png_meta_append(struct buffer *out, const struct pm_image *image, const struct png_chunk *profile,
                    struct pm_error *error);

/* Signature, IHDR, all of image->meta, PLTE and tRNS. */
int png_head_append(struct buffer *out, const struct pm_image *image, const struct png_form *form,
                    bool interlaced, struct pm_error *error);

#endif
