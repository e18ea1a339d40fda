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

/* Exported, but in none of dav1d's headers (PRIVATE.md); NULL: gone. */
extern void dav1d_set_cpu_flags_mask(unsigned mask) __attribute__((weak));

/* With AVX-512 instead of AVX2, 21 photographs of quality 95 take 1.3 times as long by dav1d 1.0.0
 * (4:4:4: 1.2; on an Intel Xeon); samples are the same. */
__attribute__((constructor)) static void begin(void)
{
#if defined(__x86_64__) || defined(__i386__)
    enum { AVX512 = 1 << 4 }; /* of dav1d's flags */
    if (dav1d_set_cpu_flags_mask != NULL)
        dav1d_set_cpu_flags_mask(~(unsigned)AVX512);
#endif
}

CODEC_PART_EXPORT(coder);
