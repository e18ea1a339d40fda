/* The functions of TIFF's reader; see codec/reader.h. */
#ifndef CODEC_TIFF_PART_DECODE_H
#define CODEC_TIFF_PART_DECODE_H

#include <tiffio.h>

#include "codec/reader.h"
#include "codec/tiff/part/samples.h"
#include "codec/tiff/tiff.h"
#include "image/row_source.h"

struct tiff_reader {
    struct reader reader; /* first */
    struct tiff_header header;
    struct tiff_header
        level; /* how the samples are stored that are decoded: of the page, or of a smaller version of it */
    TIFF *tiff;
    uint64_t at;      /* libtiff's position in the file */
    char trouble[96]; /* libtiff's first error since the last check; empty: none */
    struct tiff_unpacker unpacker;
    uint8_t *row;           /* a row of samples as libtiff returns it */
    struct row_source rows; /* for rows.c */
};

/* Columns and rows of a strip or tile, which may be more than the page has. */
struct tiff_piece {
    uint32_t width, height;
};
struct tiff_piece tiff_piece_of(const struct tiff_reader *self);

/* Handles a strip or tile that can't be read: 0 if it may stay grey, or -1 with `error` filled. */
int tiff_miss(const struct tiff_reader *self, struct context *context);

/* Opens the page in libtiff, so that its samples can be read. Returns 0, or -1 with `error` filled. */
int tiff_begin(struct tiff_reader *self, struct context *context);

/* Makes room for a row of strips. Returns 0, or -1 with `error` filled (memory). */
int tiff_make_row(struct tiff_reader *self, struct context *context);

/* Reads row y of interleaved samples, or of sample `number` if they are planar, and unpacks it to `out`. A
 * row that can't be read is left as it is, as far as tiff_miss allows. Returns 0, or -1 with `error` filled.
 */
int tiff_read_row(struct tiff_reader *self, unsigned number, uint32_t y, uint32_t width, uint8_t *out,
                  struct context *context);

/* Warns of what is not in the picture, and fills its metadata. Returns 0, or -1 with `error` filled. */
int tiff_finish(struct tiff_reader *self, struct pm_image *image, struct context *context);

int tiff_open(struct reader *reader, struct context *context);
int tiff_frame(struct reader *reader, struct frame *frame, struct context *context);
void tiff_close(struct reader *reader);

#endif
