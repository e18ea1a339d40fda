/* Decoding one bitstream of a WebP file with libwebp. */
#ifndef CODEC_WEBP_DECODE_H
#define CODEC_WEBP_DECODE_H

#include "codec/webp/format.h"

/* How an image is decoded, and the memory needed. */
struct webp_way {
    bool planes;            /* YCC, else RGB */
    bool alpha;             /* with alpha */
    uint32_t width, height; /* smaller than the file's if libwebp scales */
};

/* Chooses from a plan's data only, so that decode_bytes and the decoder agree. */
struct webp_way webp_choose_way(const struct pm_info *info, const struct decode_request *request);

/* Max bytes of memory for decoding, including the image. */
uint64_t webp_way_bytes(const struct webp_way *way, const struct pm_info *info);

/* Decodes the bitstream data[size] into *image, whose samples are allocated in the context's arena.
 * `allow_truncated`: missing rows become grey. Returns 0, or -1 with `error` filled. */
int webp_decode_image(const uint8_t *data, size_t size, const struct webp_image *picture,
                      const struct webp_way *way, bool allow_truncated, struct pm_image *image,
                      struct context *context);

/* Decodes it as RGBA into `pixels`, rows `stride` bytes apart, at the image's size; with allow_truncated,
 * missing rows are left unchanged. */
int webp_decode_rgba(const uint8_t *data, size_t size, const struct webp_image *picture, bool allow_truncated,
                     uint8_t *pixels, size_t stride, struct context *context);

#endif
