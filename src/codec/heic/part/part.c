/* What pixmill-heic.so exports. */
#include "codec/part.h"
#include "codec/heic/heic.h"
#include "codec/heic/part/decode.h"
#include "codec/heif/reader.h"

static int heic_open(struct reader *reader, struct context *context)
{
    return heif_reader_open(reader, heic_describe, &heic_libde265, context);
}

static const struct codec coder = {
    .reader_size = sizeof(struct heif_reader),
    .open = heic_open,
    .frame = heif_reader_frame,
    .rows = heif_reader_rows,
    .close = heif_reader_close,
};

CODEC_PART_EXPORT(coder);
