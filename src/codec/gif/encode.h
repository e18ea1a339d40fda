/* Writes frames of palette indices to a file with giflib. */
#ifndef CODEC_GIF_ENCODE_H
#define CODEC_GIF_ENCODE_H

#include "codec/gif/gif.h"
#include "codec/quantize.h"

struct GifFileType;

/* A frame, of the canvas's width and height. */
struct gif_indexed {
    uint8_t *indices;
    struct palette palette;
    int transparent;              /* index of pixels that are not drawn, or GIF_OPAQUE */
    uint32_t x, y, width, height; /* the part that is written */
    unsigned delay;               /* in 1/100 s */
    enum gif_disposal disposal;
};

struct gif_output {
    struct GifFileType *gif; /* NULL: not open */
    struct buffer *out;
    uint32_t width, height;
    struct palette first; /* of the whole file */
};

/* Writes the header: the first frame's palette becomes the file's. `loops`: as in struct pm_info; -1: a still
 * image. Returns 0, or -1 with `error` filled. */
int gif_output_begin(struct gif_output *output, struct buffer *out, const struct pm_image *image,
                     const struct palette *palette, long loops, struct context *context);
int gif_output_frame(struct gif_output *output, const struct gif_indexed *frame, struct context *context);
int gif_output_end(struct gif_output *output, struct context *context);

/* Frees giflib's memory. */
void gif_output_close(struct gif_output *output);

#endif
