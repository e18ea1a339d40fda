/*
 * Compressed metadata that is a bomb. Deflate makes up to 1032 bytes of one, so that a chunk of a few
 * kilobytes may ask for any amount of memory or time. Such a file was built to harm: it is refused as a
 * whole, whether its metadata is wanted or not. Inflated bytes are counted here and kept nowhere.
 */
#include <string.h>

#include "codec/inflate.h"
#include "codec/png.h"

/* What follows the next NUL from `from` on; NULL when there is none. */
static const uint8_t *behind_nul(const uint8_t *from, const uint8_t *end)
{
    const uint8_t *nul = from != NULL && from < end ? memchr(from, 0, (size_t)(end - from)) : NULL;
    return nul != NULL ? nul + 1 : NULL;
}

/* The zlib stream within a chunk; empty when it has none. */
static struct pm_blob packed_part(const struct png_chunk *chunk)
{
    const uint8_t *end = chunk->data + chunk->size, *at = behind_nul(chunk->data, end);
    if (chunk->type == TYPE_ICCP || chunk->type == TYPE_ZTXT)
        at = at != NULL ? at + 1 : NULL; /* keyword NUL method */
    else if (chunk->type == TYPE_ITXT && at != NULL && at < end && *at == 1)
        at = behind_nul(behind_nul(at + 2, end), end); /* compressed? method language NUL translation NUL */
    else
        at = NULL;
    return at != NULL && at < end ? (struct pm_blob){at, (size_t)(end - at)} : (struct pm_blob){0};
}

size_t png_inflated_size(const struct png_chunk *chunk, size_t most)
{
    struct pm_blob packed = packed_part(chunk);
    if (packed.size == 0)
        return 0;
    uint8_t out[16384];
    struct inflater inflater;
    if (!inflater_begin(&inflater, INFLATE_ZLIB))
        return 0;
    inflater.next_in = packed.data;
    inflater.avail_in = (uint32_t)packed.size;
    size_t count = 0, got = sizeof out;
    bool going = true;
    while (count <= most && got == sizeof out && going) {
        inflater.next_out = out;
        inflater.avail_out = sizeof out;
        going = inflater_step(&inflater);
        got = sizeof out - inflater.avail_out;
        count += got;
    }
    return count;
}

int png_refuse_bomb(struct png_meta *meta, const struct png_chunk *chunk, struct pm_error *error)
{
    size_t size = png_inflated_size(chunk, PNG_METADATA_MAX);
    if (size > PNG_METADATA_MAX)
        return error_limit(error, PNG_METADATA_MAX, size,
                           "has %s that inflates to more than 8 MB (save it anew without metadata)",
                           chunk->type == TYPE_ICCP ? "an ICC profile" : "a text");
    if (size > PNG_INFLATE_MAX - meta->inflated)
        return error_limit(error, PNG_INFLATE_MAX, meta->inflated + size,
                           "has metadata that inflates to more than 32 MB (save it anew without metadata)");
    meta->inflated += size;
    return 0;
}
