/* The functions of AVIF's reader; see codec/reader.h. */
#ifndef CODEC_AVIF_READER_H
#define CODEC_AVIF_READER_H

#include "codec/avif/avif.h"

struct avif_reader {
    struct reader reader;
    struct memory_source source;
    struct avif_header header;
    struct pm_metadata meta;
    bool cut; /* tiles are missing */
};

int avif_open(struct reader *reader, struct context *context);
int avif_frame(struct reader *reader, struct frame *frame, struct context *context);
void avif_close(struct reader *reader);

#endif
