/* What pixmill-tiff.so exports. */
#include "codec/part.h"
#include "codec/tiff/part/decode.h"
#include "codec/tiff/part/encode.h"

static const struct codec coder = {
    .reader_size = sizeof(struct tiff_reader),
    .open = tiff_open,
    .frame = tiff_frame,
    .close = tiff_close,
    .encode = tiff_encode,
};

CODEC_PART_EXPORT(coder);
