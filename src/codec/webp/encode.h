/* Writing WebP: one image, and the file structure around its bitstreams. */
#ifndef CODEC_WEBP_ENCODE_H
#define CODEC_WEBP_ENCODE_H

#include "codec/webp/format.h"

enum {
    WEBP_TOKENS_PIXELS = 8 * 1024 * 1024
}; /* a larger lossy image is encoded without tokens, in less memory */

/* Appends a file of the picture's bitstream, without metadata; `frame`: for an animation, whose pictures are
 * encoded faster (options.h). Returns 0, or -1 with `error` filled. */
int webp_append_picture(const struct pm_image *image, const void *options, bool frame, struct buffer *out,
                        struct context *context);

/* Describes the bitstream whose first chunk begins at offset `at` of `out`. Returns 0, or -1 with `error`
 * filled. */
int webp_examine(const struct buffer *out, size_t at, struct webp_image *picture, struct pm_error *error);

/* Adds the metadata of `image` to the file that libwebp appended to `out` at offset `start`. */
int webp_add_metadata(struct buffer *out, size_t start, const struct pm_image *image,
                      struct context *context);

/* Writes the size of the file that begins at `start`. Returns 0, or -1 with `error` filled. */
int webp_close_file(const struct buffer *out, size_t start, struct pm_error *error);

uint64_t webp_encode_bound(const struct shape *shape, const void *options);
uint64_t webp_encode_bytes(const struct shape *shape, const void *options);
int webp_encode(const struct pm_image *image, const void *options, struct buffer *out,
                struct context *context);

#endif
