/* What pixmill-tiff.so exports. */
#include "codec/part.h"
#include "codec/tiff/part/decode.h"
#include "codec/tiff/part/encode.h"
#include "codec/tiff/part/rows.h"

static const struct codec coder = {
    .reader_size = sizeof(struct tiff_reader),
    .open = tiff_open,
    .frame = tiff_frame,
    .rows = tiff_rows,
    .close = tiff_close,
    .encode = tiff_encode,
};

CODEC_PART_EXPORT(coder);
