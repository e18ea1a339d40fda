/* Writing GIF: stills and animations. */
#ifndef CODEC_GIF_WRITER_H
#define CODEC_GIF_WRITER_H

#include "base/param.h"
#include "codec/gif/gif.h"
#include "codec/quantize.h"

/* Options of the GIF encoder. */
struct gif_options {
    int dither; /* enum dither */
};
extern const struct param gif_option_rows[];

uint64_t gif_encode_bound(const struct shape *shape, const void *options);
uint64_t gif_encode_bytes(const struct shape *shape, const void *options);
int gif_encode(const struct pm_image *image, const void *options, struct buffer *out,
               struct context *context);

extern const struct codec_writer gif_writer;

#endif
