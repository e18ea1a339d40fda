#include "codec/jxl/part/metadata.h"

#include <brotli/decode.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "codec/heif/bmff.h"

/* Max size of compressed metadata once it is inflated: that of 256 JPEG segments. */
enum { INFLATED_MAX = 16 << 20 };

/* Inflates to the job's arena: first measures, so that no more is allocated than needed. */
static size_t inflate(struct pm_blob packed, uint8_t *out, size_t room, bool *whole)
{
    uint8_t piece[4096];
    size_t left = packed.size, total = 0;
    const uint8_t *next = packed.data;
    BrotliDecoderState *state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
    while (state != NULL && result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT && total <= INFLATED_MAX) {
        uint8_t *at = out != NULL ? out + total : piece;
        size_t space = out != NULL ? room - total : sizeof piece;
        const size_t before = space;
        result = BrotliDecoderDecompressStream(state, &left, &next, &space, &at, NULL);
        total += before - space;
        if (out != NULL && space == 0 && result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT)
            break;
    }
    BrotliDecoderDestroyInstance(state);
    *whole = result == BROTLI_DECODER_RESULT_SUCCESS;
    return total;
}

static int inflate_box(struct pm_blob *box, const char *name, struct context *context)
{
    bool whole;
    const struct pm_blob packed = *box;
    const size_t size = inflate(packed, NULL, 0, &whole);
    *box = (struct pm_blob){0};
    if (!whole || size == 0) {
        context_warn(context,
                     size > INFLATED_MAX ? "%s is left out: it is larger than 16 MiB"
                                         : "%s is left out: it is damaged",
                     name);
        return 0;
    }
    uint8_t *out = arena_alloc(context->job_arena, size);
    if (out == NULL)
        return error_memory(context->error, size);
    inflate(packed, out, size, &whole);
    *box = (struct pm_blob){out, size};
    return 0;
}

static int read_box(const struct jxl_extent *extent, const uint8_t *data, size_t size, const char *name,
                    struct pm_blob *blob, struct context *context)
{
    if (extent->size == 0)
        return 0;
    if (extent->at > size || extent->size > size - extent->at) {
        context_warn(context, "the file ends within its %s", name);
        return 0;
    }
    *blob = (struct pm_blob){data + extent->at, (size_t)extent->size};
    return extent->brotli ? inflate_box(blob, name, context) : 0;
}

int jxl_read_metadata(const struct jxl_container *container, const uint8_t *data, size_t size, unsigned keep,
                      struct pm_metadata *meta, struct context *context)
{
    if ((keep & KEEP_EXIF) != 0) {
        if (read_box(&container->exif, data, size, "EXIF", &meta->exif, context) != 0)
            return -1;
        meta->exif = bmff_exif(meta->exif);
    }
    return (keep & KEEP_XMP) != 0 ? read_box(&container->xmp, data, size, "XMP", &meta->xmp, context) : 0;
}
