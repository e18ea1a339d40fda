#include "codec/avif/part/box.h"

#include <string.h>

#include "base/bytes.h"

void box_put(struct box_writer *writer, const void *bytes, size_t size)
{
    writer->failed |= buffer_append(&writer->boxes, bytes, size) != 0;
}

void box_number(struct box_writer *writer, uint64_t value, unsigned bytes)
{
    uint8_t big[8];
    for (unsigned i = 0; i < bytes; i++)
        big[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
    box_put(writer, big, bytes);
}

void box_numbers(struct box_writer *writer, uint64_t value, unsigned bytes, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        box_number(writer, value, bytes);
}

void box_text(struct box_writer *writer, const char *text)
{
    box_put(writer, text, strlen(text) + 1);
}

size_t box_begin(struct box_writer *writer, const char type[5])
{
    const size_t at = writer->boxes.size;
    box_number(writer, 0, 4);
    box_put(writer, type, 4);
    return at;
}

size_t box_begin_full(struct box_writer *writer, const char type[5], unsigned version, uint32_t flags)
{
    const size_t at = box_begin(writer, type);
    box_number(writer, (uint64_t)version << 24 | flags, 4);
    return at;
}

void box_end(struct box_writer *writer, size_t at)
{
    if (!writer->failed)
        put_be32(writer->boxes.data + at, (uint32_t)(writer->boxes.size - at));
}
