/* The functions of GIF's reader; see codec/reader.h. */
#ifndef CODEC_GIF_READER_H
#define CODEC_GIF_READER_H

#include "codec/gif/gif.h"
#include "codec/reader.h"

struct GifFileType;

struct gif_reader {
    struct reader reader;
    struct memory_source source;
    struct gif_header header;
    struct pm_metadata meta;
    struct gif_walk walk;    /* at the next frame */
    struct GifFileType *gif; /* giflib's */
    size_t at;               /* what giflib reads next */
    uint8_t *canvas;         /* rows of header.width RGBA pixels; NULL before the first frame */
    uint8_t *saved;          /* the canvas before a frame that is disposed of by GIF_RESTORE, or NULL */
    uint8_t *row;            /* indices of one row of a frame */
    struct gif_frame last;   /* the last frame drawn */
    bool strange;            /* some index has no colour */
};

int gif_open(struct reader *reader, struct context *context);
int gif_frame(struct reader *reader, struct frame *frame, struct context *context);
void gif_close(struct reader *reader);

#endif
