/* What pixmill-jxl.so exports. */
#include <time.h>

#include "codec/part.h"
#include "codec/jxl/part/decode.h"
#include "codec/jxl/part/encode.h"
#include "codec/jxl/part/quiet.h"

static const struct codec coder = {
    .reader_size = sizeof(struct jxl_reader),
    .open = jxl_open,
    .frame = jxl_frame,
    .close = jxl_close,
    .encode = jxl_encode,
};

__attribute__((constructor)) static void begin(void)
{
    tzset(); /* lcms2 dates profiles, and the first date would open a file */
    jxl_quiet();
}

CODEC_PART_EXPORT(coder);
