/* Byte sources, and what a probe starts with. In a file of their own because parts (part.h) must not link the
 * table of codecs. */
#include <string.h>

#include "codec/codec.h"

static long memory_read_at(struct byte_source *source, uint64_t offset, void *bytes, size_t size)
{
    const struct memory_source *memory = source->lender;
    if (offset >= memory->size)
        return 0;
    size_t left = memory->size - (size_t)offset;
    if (size > left)
        size = left;
    memcpy(bytes, memory->data + offset, size);
    return (long)size;
}

void memory_source_init(struct memory_source *memory, const uint8_t *data, size_t size)
{
    *memory = (struct memory_source){.source = {.read_at = memory_read_at}, .data = data, .size = size};
    memory->source.lender = memory;
}

struct pm_info codec_blank_info(const char *format)
{
    return (struct pm_info){.format = format, .orientation = 1, .frames = 1, .page = 1, .pages = 1};
}
