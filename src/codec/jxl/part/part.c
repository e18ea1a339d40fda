/* What pixmill-jxl.so exports. */
#include <time.h>

#include "codec/jxl/part/decode.h"
#include "codec/jxl/part/encode.h"
#include "codec/jxl/part/quiet.h"
#include "codec/jxl/part/transcode.h"
#include "codec/jxl/part/writer.h"
#include "codec/part.h"

/* In the order of the rows in jxl.c. */
static const struct transcoder transcoders[] = {{.run = jxl_wrap_jpeg}, {.run = jxl_restore_jpeg}};

static const struct codec coder = {
    .reader_size = sizeof(struct jxl_reader),
    .open = jxl_open,
    .frame = jxl_frame,
    .close = jxl_close,
    .encode = jxl_encode,
    .writer = &jxl_writer_functions,
    .transcoders = transcoders,
};

__attribute__((constructor)) static void begin(void)
{
    tzset(); /* lcms2 dates profiles, and the first date would open a file */
    jxl_quiet();
}

CODEC_PART_EXPORT(coder);
