/* The metadata of an encrypted image as bytes: the entries of SEALED.md. Orientation is always present, the
 * rest if the image has it. */
#ifndef CODEC_SEALED_METADATA_H
#define CODEC_SEALED_METADATA_H

#include "image/image.h"

/* Bytes that seal_meta_write will write. `name`: the name to which the image is bound; size 0: none. */
uint64_t seal_meta_bytes(const struct pm_image *image, struct pm_blob name);

void seal_meta_write(const struct pm_image *image, struct pm_blob name, uint8_t *bytes);

/* Fills image->meta, image->orientation and *name; blobs and texts point into `bytes`, which must outlive
 * them, the list of texts comes from the context's job_arena. Returns 0, or -1 with `error` filled. */
int seal_meta_read(const uint8_t *bytes, size_t size, struct pm_image *image, struct pm_blob *name,
                   struct context *context);

#endif
