/*
 * Reads a TIFF structure (TIFF 6.0, section 2), the format of EXIF: byte order ("II" or "MM"), 42, the offset
 * of IFD0. An IFD is a count and 12-byte entries of tag, type, count and value; for a value of more than 4
 * bytes the entry has its offset instead. The bytes are untrusted: every offset is checked.
 */
#ifndef IMAGE_TIFF_H
#define IMAGE_TIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { TIFF_HEADER_BYTES = 8, TIFF_ENTRY_BYTES = 12 };

enum tiff_type {
    TIFF_BYTE = 1,
    TIFF_ASCII = 2,
    TIFF_SHORT = 3,
    TIFF_LONG = 4,
    TIFF_RATIONAL = 5,
    TIFF_SBYTE = 6,
    TIFF_UNDEFINED = 7,
    TIFF_SSHORT = 8,
    TIFF_SLONG = 9,
    TIFF_UTF8 = 129, /* Exif 3.0 */
};

struct tiff {
    const uint8_t *bytes;
    size_t size;
    bool big; /* big-endian */
};

struct tiff_entry {
    uint16_t tag, type;
    uint32_t count;
    size_t at;         /* of the entry */
    size_t value_at;   /* of its value, in the entry or elsewhere */
    size_t value_size; /* in bytes; 0: unknown type, or not within the structure */
};

static inline unsigned tiff_get_16(const struct tiff *tiff, size_t at)
{
    const uint8_t *p = tiff->bytes + at;
    return tiff->big ? (unsigned)p[0] << 8 | p[1] : (unsigned)p[1] << 8 | p[0];
}

static inline uint32_t tiff_get_32(const struct tiff *tiff, size_t at)
{
    uint32_t first = tiff_get_16(tiff, at), second = tiff_get_16(tiff, at + 2);
    return tiff->big ? first << 16 | second : second << 16 | first;
}

/* False if bytes[size] do not begin with a TIFF header. */
static inline bool tiff_open(struct tiff *tiff, const uint8_t *bytes, size_t size)
{
    *tiff = (struct tiff){.bytes = bytes, .size = size, .big = size > 0 && bytes[0] == 'M'};
    return size >= TIFF_HEADER_BYTES && (memcmp(bytes, "II*\0", 4) == 0 || memcmp(bytes, "MM\0*", 4) == 0);
}

/* Number of entries of the IFD at `ifd`, limited to those within the structure. */
static inline size_t tiff_entries(const struct tiff *tiff, size_t ifd)
{
    if (ifd < TIFF_HEADER_BYTES || ifd > tiff->size - 2)
        return 0;
    size_t entries = tiff_get_16(tiff, ifd), fit = (tiff->size - ifd - 2) / TIFF_ENTRY_BYTES;
    return entries < fit ? entries : fit;
}

static inline size_t tiff_type_bytes(unsigned type)
{
    static const uint8_t bytes[14] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
    return type < sizeof bytes ? bytes[type] : type == TIFF_UTF8 ? 1 : 0;
}

/* Entry i of the IFD at `ifd`; i is less than tiff_entries(tiff, ifd). */
static inline struct tiff_entry tiff_entry(const struct tiff *tiff, size_t ifd, size_t i)
{
    size_t at = ifd + 2 + i * TIFF_ENTRY_BYTES;
    struct tiff_entry entry = {
        .tag = (uint16_t)tiff_get_16(tiff, at),
        .type = (uint16_t)tiff_get_16(tiff, at + 2),
        .count = tiff_get_32(tiff, at + 4),
        .at = at,
        .value_at = at + 8,
    };
    uint64_t size = (uint64_t)entry.count * tiff_type_bytes(entry.type);
    if (size > 4)
        entry.value_at = tiff_get_32(tiff, at + 8);
    if (entry.value_at <= tiff->size && size <= tiff->size - entry.value_at)
        entry.value_size = (size_t)size;
    return entry;
}

/* The first value of an entry of any integer type; 0 if there is none. */
static inline uint32_t tiff_number(const struct tiff *tiff, const struct tiff_entry *entry)
{
    if (entry->value_size == 0)
        return 0;
    switch (entry->type) {
    case TIFF_BYTE:
    case TIFF_SBYTE:
        return tiff->bytes[entry->value_at];
    case TIFF_SHORT:
    case TIFF_SSHORT:
        return tiff_get_16(tiff, entry->value_at);
    case TIFF_LONG:
    case TIFF_SLONG:
        return tiff_get_32(tiff, entry->value_at);
    default:
        return 0;
    }
}

#endif
