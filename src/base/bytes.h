/* Reads and writes integers in a file's or message's byte order, at any alignment; hashes bytes. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline unsigned get_be16(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static inline uint32_t get_be32(const uint8_t *bytes)
{
    return (uint32_t)get_be16(bytes) << 16 | get_be16(bytes + 2);
}

static inline uint32_t get_le32(const uint8_t *bytes)
{
    return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

static inline void put_be16(uint8_t *bytes, unsigned value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static inline void put_be32(uint8_t *bytes, uint32_t value)
{
    put_be16(bytes, value >> 16);
    put_be16(bytes + 2, value & 0xffff);
}

/* A hash of bytes[size], eight at a time: for keys of many kilobytes. */
static inline uint64_t bytes_hash(const uint8_t *bytes, size_t size)
{
    uint64_t hash = size;
    for (size_t i = 0; i < size; i += sizeof hash) {
        uint64_t word = 0;
        memcpy(&word, bytes + i, size - i < sizeof word ? size - i : sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 29;
    }
    return hash;
}

#endif
