/* Encodes with libjxl, in the calling thread. */
#ifndef CODEC_JXL_PART_ENCODE_H
#define CODEC_JXL_PART_ENCODE_H

#include <jxl/encode.h>

#include "codec/jxl/jxl.h"
#include "codec/jxl/options.h"
#include "codec/jxl/part/library.h"
#include "codec/writer.h"

/* libjxl's unit of time in animations that pixmill writes. */
enum { JXL_TICKS_PER_SECOND = 1000 };

struct jxl_encoding {
    const struct pm_image *image; /* for begin: size, format and metadata */
    const struct jxl_options *options;
    JxlEncoder *encoder; /* NULL: not begun */
    JxlEncoderFrameSettings *settings;
    struct jxl_library library;
};

int jxl_encode(const struct pm_image *image, const void *options, struct buffer *out,
               struct context *context);

/* For several frames; each returns 0, or -1 with `error` filled. */

/* Gives libjxl everything except pixels. `animation` NULL: a still image.
 * JxlEncoderDestroy(encoding->encoder) frees all, also after an error. The struct must stay where it is. */
int jxl_encoding_begin(struct jxl_encoding *encoding, const struct pm_image *image, const void *options,
                       const struct animation *animation, struct context *context);

/* Lends libjxl the image's rows, or a copy of them without gaps in the context's arena, until it has encoded
 * them. */
int jxl_encoding_add(const struct jxl_encoding *encoding, const struct pm_image *image,
                     struct context *context);

/* Appends what libjxl has encoded, piece by piece as `out` grows. */
int jxl_append_output(JxlEncoder *encoder, struct buffer *out, struct context *context);

/* The same, of an encoder that has been given everything. */
int jxl_run_encoder(JxlEncoder *encoder, struct buffer *out, struct context *context);

/* Fills the error with libjxl's. Returns -1. */
int jxl_refuse(const struct jxl_encoding *encoding, struct pm_error *error);

#endif
