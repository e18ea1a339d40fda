/* What libjpeg writes: appended to a buffer. */
#ifndef CODEC_JPEG_OUTPUT_H
#define CODEC_JPEG_OUTPUT_H

#include "base/buffer.h"
#include "codec/jpeg/trap.h"

struct jpeg_output {
    struct jpeg_destination_mgr manager; /* first: libjpeg passes a pointer to it */
    struct buffer *out;
    size_t start; /* where the file begins in it */
};

/* Set cinfo.dest = &output.manager. Each jpeg_start_compress begins the file again at the end that `out` has
 * now. */
void jpeg_output_init(struct jpeg_output *output, struct buffer *out);

/* Counts what was written so far in out->size, for bytes that are appended without libjpeg. */
void jpeg_output_finish(j_compress_ptr cinfo);

#endif
