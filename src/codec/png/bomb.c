/*
 * Inflates compressed metadata within limits. Deflate expands up to 1032 times, so that a small chunk can
 * require any amount of memory or time. A file with such a chunk is hostile: it is rejected if the chunk is
 * needed. A first pass counts the bytes without storing them, so that exactly the needed memory is allocated.
 */
#include <libdeflate.h>

#include "codec/inflate.h"
#include "codec/png/meta.h"

size_t png_inflated_size(struct pm_blob packed, size_t max, bool *whole)
{
    uint8_t out[16384];
    struct inflater inflater;
    *whole = false;
    if (packed.size == 0 || !inflater_begin(&inflater, INFLATE_ZLIB))
        return 0;
    inflater.next_in = packed.data;
    inflater.avail_in = (uint32_t)packed.size;
    size_t count = 0, got = sizeof out;
    bool going = true;
    while (count <= max && got == sizeof out && going) {
        inflater.next_out = out;
        inflater.avail_out = sizeof out;
        going = inflater_step(&inflater);
        got = sizeof out - inflater.avail_out;
        count += got;
    }
    *whole = inflater.ended;
    return count;
}

size_t png_inflate_beginning(struct pm_blob packed, uint8_t *out, uint32_t room)
{
    struct inflater inflater;
    if (packed.size == 0 || !inflater_begin(&inflater, INFLATE_ZLIB))
        return 0;
    inflater.next_in = packed.data;
    inflater.avail_in = (uint32_t)packed.size;
    inflater.next_out = out;
    inflater.avail_out = room;
    inflater_step(&inflater);
    return room - inflater.avail_out;
}

int png_meta_inflate(struct png_meta *meta, struct pm_blob packed, bool profile, struct pm_blob *out)
{
    bool whole;
    const size_t size = png_inflated_size(packed, PNG_METADATA_MAX, &whole);
    *out = (struct pm_blob){0};
    if (size > PNG_METADATA_MAX && profile)
        return error_limit(meta->error, PNG_METADATA_MAX, size,
                           "has an ICC profile that inflates to more than 8 MB (save it again without it)");
    if (size > PNG_METADATA_MAX)
        return error_limit_hint(meta->error, PNG_METADATA_MAX, size, PM_HINT_KEEP_LESS,
                                "has a text that inflates to more than 8 MB");
    if (size > PNG_INFLATE_MAX - meta->inflated)
        return error_limit(meta->error, PNG_INFLATE_MAX, meta->inflated + size,
                           "has metadata that inflates to more than 32 MB (save it again without metadata)");
    meta->inflated += size;
    uint8_t *bytes = whole ? png_meta_alloc(meta, size + 1) : NULL;
    if (bytes == NULL)
        return 0;
    struct libdeflate_decompressor *inflater = libdeflate_alloc_decompressor();
    if (inflater == NULL)
        return error_memory(meta->error, 0);
    if (libdeflate_zlib_decompress(inflater, packed.data, packed.size, bytes, size, NULL) ==
        LIBDEFLATE_SUCCESS)
        *out = (struct pm_blob){bytes, size};
    bytes[size] = '\0';
    libdeflate_free_decompressor(inflater);
    return 0;
}
