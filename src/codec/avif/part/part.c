/* What pixmill-avif.so exports. */
#include "codec/part.h"
#include "codec/avif/part/decode.h"
#include "codec/avif/part/encode.h"
#include "codec/avif/part/writer.h"
#include "codec/heif/reader.h"

static int avif_open(struct reader *reader, struct context *context)
{
    return heif_reader_open(reader, avif_describe, &avif_dav1d, context);
}

static const struct codec coder = {
    .reader_size = sizeof(struct heif_reader),
    .open = avif_open,
    .frame = heif_reader_frame,
    .rows = heif_reader_rows,
    .close = heif_reader_close,
    .encode = avif_encode,
    .writer = &avif_writer_functions,
};

CODEC_PART_EXPORT(coder);
