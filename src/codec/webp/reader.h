/* The functions of WebP's reader; see codec/reader.h. */
#ifndef CODEC_WEBP_READER_H
#define CODEC_WEBP_READER_H

#include "codec/reader.h"
#include "codec/webp/format.h"

/* An animation frame's parameters (RFC 9649, 2.7.1.1). */
struct webp_placement {
    uint32_t x, y, width, height;
    uint32_t milliseconds;
    bool blends;  /* blended over the canvas; else replaces it */
    bool cleared; /* its rectangle is cleared before the next frame */
};

struct webp_reader {
    struct reader reader;
    struct memory_source source;
    struct webp_header header;
    struct pm_metadata meta;
    struct webp_walk frames;    /* for an animation: at its next frame */
    uint8_t *canvas;            /* rows of header.width RGBA pixels; NULL before the first frame */
    struct webp_placement last; /* the last frame drawn */
};

int webp_open(struct reader *reader, struct context *context);
int webp_frame(struct reader *reader, struct frame *frame, struct context *context);

#endif
