/* Writing WebP: one image, and the file structure around its bitstreams. */
#ifndef CODEC_WEBP_ENCODE_H
#define CODEC_WEBP_ENCODE_H

#include <webp/encode.h>

#include "codec/webp/format.h"

enum {
    WEBP_TOKENS_PIXELS = 8 * 1024 * 1024
}; /* a larger lossy image is encoded without tokens, in less memory */

/* An image being encoded by libwebp. */
struct webp_picture {
    WebPPicture picture;
    WebPConfig config;
    struct context *context;
};

/* Sets up `webp` with the samples of `image`, which must stay valid until webp_picture_free. `argb`: as ARGB,
 * independent of the options. Returns 0, or -1 with `error` filled. */
int webp_picture_init(struct webp_picture *webp, const struct pm_image *image, const void *options, bool argb,
                      struct context *context);
void webp_picture_free(struct webp_picture *webp);

/* Fills `error` with libwebp's reason for failing. Returns -1. */
int webp_picture_error(const struct webp_picture *webp, struct pm_error *error);

/* Adds the metadata of `image` to the file that libwebp appended to `out` at offset `start`. */
int webp_add_metadata(struct buffer *out, size_t start, const struct pm_image *image,
                      struct context *context);

uint64_t webp_encode_bound(const struct shape *shape, const void *options);
uint64_t webp_encode_bytes(const struct shape *shape, const void *options);
int webp_encode(const struct pm_image *image, const void *options, struct buffer *out,
                struct context *context);

#endif
