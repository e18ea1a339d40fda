/* The functions of TIFF's reader; see codec/reader.h. */
#ifndef CODEC_TIFF_PART_DECODE_H
#define CODEC_TIFF_PART_DECODE_H

#include <tiffio.h>

#include "codec/reader.h"
#include "codec/tiff/tiff.h"

struct tiff_reader {
    struct reader reader; /* first */
    struct tiff_header header;
    struct tiff_header
        level; /* how the samples are stored that are decoded: of the page, or of a smaller version of it */
    TIFF *tiff;
    uint64_t at;      /* libtiff's position in the file */
    char trouble[96]; /* libtiff's first error since the last check; empty: none */
};

/* Columns and rows of a strip or tile, which may be more than the page has. */
struct tiff_piece {
    uint32_t width, height;
};
struct tiff_piece tiff_piece_of(const struct tiff_reader *self);

/* Handles a strip or tile that can't be read: 0 if it may stay grey, or -1 with `error` filled. */
int tiff_miss(const struct tiff_reader *self, struct context *context);

int tiff_open(struct reader *reader, struct context *context);
int tiff_frame(struct reader *reader, struct frame *frame, struct context *context);
void tiff_close(struct reader *reader);

#endif
