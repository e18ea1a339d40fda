/* The reader of AVIF and HEIC files, with a codec's own way to read headers and to decode; see
 * codec/reader.h. */
#ifndef CODEC_HEIF_READER_H
#define CODEC_HEIF_READER_H

#include "codec/heif/frames.h"
#include "image/row_source.h"

struct heif_reader {
    struct reader reader; /* first */
    struct memory_source source;
    const struct heif_library *library;
    struct heif_header header;
    struct pm_metadata meta;
    bool cut; /* tiles are missing */
    struct heif_grid grid;
    struct row_source rows[3]; /* of the grid's planes */
    bool animates;             /* frames of a sequence are read, not the picture */
    struct heif_frames frames;
};

int heif_reader_open(struct reader *reader, heif_describe *describe, const struct heif_library *library,
                     struct context *context);
int heif_reader_frame(struct reader *reader, struct frame *frame, struct context *context);
int heif_reader_rows(struct reader *reader, struct pm_image *image, struct row_source **rows,
                     struct context *context);
void heif_reader_close(struct reader *reader);

#endif
