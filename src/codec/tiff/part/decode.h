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

int tiff_open(struct reader *reader, struct context *context);
int tiff_frame(struct reader *reader, struct frame *frame, struct context *context);
void tiff_close(struct reader *reader);

#endif
