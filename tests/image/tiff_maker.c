#include "image/tiff_maker.h"

#include <criterion/criterion.h>
#include <string.h>

static void put(struct tiff_maker *maker, size_t at, uint32_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        maker->bytes[at + i] = (uint8_t)(value >> 8 * (maker->big ? size - 1 - i : i));
}

void tiff_maker_begin(struct tiff_maker *maker, bool big)
{
    memset(maker, 0, sizeof *maker);
    maker->big = big;
    memcpy(maker->bytes, big ? "MM\0*" : "II*\0", 4);
    maker->size = TIFF_HEADER_BYTES;
}

size_t tiff_maker_bytes(struct tiff_maker *maker, const void *bytes, size_t size)
{
    size_t at = maker->size;
    cr_assert(size <= sizeof maker->bytes - at);
    memcpy(maker->bytes + at, bytes, size);
    maker->size += size + (size & 1);
    return at;
}

static void put_value(struct tiff_maker *maker, size_t at, const struct made_entry *entry)
{
    const size_t unit = tiff_type_bytes(entry->type);
    if (unit == 0)
        return; /* of an unknown type */
    if (unit == 1) {
        memcpy(maker->bytes + at, entry->bytes, entry->count);
        return;
    }
    const size_t width = unit == 8 ? 4 : unit, numbers = entry->count * (unit / width);
    for (size_t i = 0; i < numbers; i++)
        put(maker, at + i * width, entry->numbers[i], width);
}

size_t tiff_maker_ifd(struct tiff_maker *maker, const struct made_entry *entries, size_t count, size_t next)
{
    const size_t ifd = maker->size;
    maker->size += 2 + count * TIFF_ENTRY_BYTES + 4;
    put(maker, ifd, (uint32_t)count, 2);
    for (size_t i = 0; i < count; i++) {
        const size_t at = ifd + 2 + i * TIFF_ENTRY_BYTES;
        const size_t size = entries[i].count * tiff_type_bytes(entries[i].type);
        put(maker, at, entries[i].tag, 2);
        put(maker, at + 2, entries[i].type, 2);
        put(maker, at + 4, entries[i].count, 4);
        if (size <= 4) {
            put_value(maker, at + 8, &entries[i]);
            continue;
        }
        cr_assert(size <= sizeof maker->bytes - maker->size);
        put(maker, at + 8, (uint32_t)maker->size, 4);
        put_value(maker, maker->size, &entries[i]);
        maker->size += size + (size & 1);
    }
    put(maker, ifd + 2 + count * TIFF_ENTRY_BYTES, (uint32_t)next, 4);
    return ifd;
}

void tiff_maker_end(struct tiff_maker *maker, size_t ifd)
{
    put(maker, 4, (uint32_t)ifd, 4);
}

struct tiff_entry tiff_find(const struct tiff *tiff, size_t ifd, unsigned tag)
{
    for (size_t i = 0; i < tiff_entries(tiff, ifd); i++) {
        struct tiff_entry entry = tiff_entry(tiff, ifd, i);
        if (entry.tag == tag)
            return entry;
    }
    return (struct tiff_entry){0};
}
