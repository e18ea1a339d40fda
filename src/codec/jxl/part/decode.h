/* Decodes with libjxl, in the calling thread. */
#ifndef CODEC_JXL_PART_DECODE_H
#define CODEC_JXL_PART_DECODE_H

#include <jxl/decode.h>

#include "codec/jxl/jxl.h"
#include "codec/jxl/part/library.h"
#include "codec/reader.h"

struct jxl_reader {
    struct reader reader; /* first */
    struct jxl_header header;
    struct jxl_library library;
    JxlDecoder *decoder; /* NULL: not begun */
    struct pm_metadata meta;
};

int jxl_open(struct reader *reader, struct context *context);
int jxl_frame(struct reader *reader, struct frame *frame, struct context *context);
void jxl_close(struct reader *reader);

#endif
