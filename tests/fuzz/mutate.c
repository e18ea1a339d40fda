#include "fuzz/mutate.h"
#include "codec/jpeg/jpeg.h"
#include "codec/jpeg/segments.h"
#include "codec/png/chunks.h"
#include "fuzz/fuzz.h"

#include <libdeflate.h>
#include <string.h>

enum { INFLATED_MAX = 1 << 18, SEGMENTS_MAX = 64 };

static void mend_checksums(uint8_t *data, size_t size)
{
    size_t at = PNG_SIGNATURE_SIZE;
    while (size - at >= PNG_CHUNK_FRAME) {
        uint32_t length = png_get_be32(data + at);
        if (length > size - at - PNG_CHUNK_FRAME)
            return;
        png_put_be32(data + at + 8 + length, libdeflate_crc32(0, data + at + 4, (size_t)length + 4));
        at += (size_t)length + PNG_CHUNK_FRAME;
    }
}

/* A run of bytes within a file. */
struct run {
    size_t at, size;
};

/* Puts bytes[size] in place of `run`; the new size, or 0 when it would be more than `most`. */
static size_t replace(uint8_t *data, size_t size, size_t most, struct run run, const uint8_t *bytes,
                      size_t count)
{
    if (size - run.size + count > most)
        return 0;
    memmove(data + run.at + count, data + run.at + run.size, size - run.at - run.size);
    memcpy(data + run.at, bytes, count);
    return size - run.size + count;
}

/* Offset of the zlib stream in a chunk that has one; 0 when it has none. */
static size_t stream_offset(const uint8_t *chunk, uint32_t length)
{
    uint32_t type = png_get_be32(chunk + 4);
    if (type == TYPE_IDAT)
        return 8;
    if (type != TYPE_ICCP && type != TYPE_ZTXT)
        return 0;
    const uint8_t *end = memchr(chunk + 8, 0, length);
    return end != NULL && end + 2 < chunk + 8 + length ? (size_t)(end - chunk) + 2 : 0;
}

/* Changes what a compressed chunk inflates to. Returns the new size, or 0. */
static size_t mutate_inflated(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    static uint8_t plain[INFLATED_MAX], packed[2 * INFLATED_MAX];
    struct run streams[SEGMENTS_MAX], chunks[SEGMENTS_MAX];
    unsigned count = 0;
    for (size_t at = PNG_SIGNATURE_SIZE; size - at >= PNG_CHUNK_FRAME && count < SEGMENTS_MAX;) {
        uint32_t length = png_get_be32(data + at);
        if (length > size - at - PNG_CHUNK_FRAME)
            break;
        size_t offset = stream_offset(data + at, length);
        if (offset > 0) {
            chunks[count] = (struct run){at, length};
            streams[count++] = (struct run){at + offset, length + 8 - offset};
        }
        at += (size_t)length + PNG_CHUNK_FRAME;
    }
    if (count == 0)
        return 0;
    struct run stream = streams[seed % count], chunk = chunks[seed % count];
    struct libdeflate_decompressor *inflater = libdeflate_alloc_decompressor();
    struct libdeflate_compressor *deflater = libdeflate_alloc_compressor(1);
    FUZZ_ASSERT(inflater != NULL && deflater != NULL);
    size_t inflated = 0, deflated = 0;
    if (libdeflate_zlib_decompress(inflater, data + stream.at, stream.size, plain, sizeof plain, &inflated) ==
        LIBDEFLATE_SUCCESS) {
        inflated = LLVMFuzzerMutate(plain, inflated, sizeof plain);
        deflated = libdeflate_zlib_compress(deflater, plain, inflated, packed, sizeof packed);
    }
    libdeflate_free_decompressor(inflater);
    libdeflate_free_compressor(deflater);
    size_t made = deflated > 0 ? replace(data, size, most, stream, packed, deflated) : 0;
    if (made > 0)
        png_put_be32(data + chunk.at, (uint32_t)(chunk.size - stream.size + deflated));
    return made;
}

static size_t mutate_png(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    size_t made = seed % 4 == 0 ? mutate_inflated(data, size, most, seed / 8) : 0;
    if (made == 0)
        made = LLVMFuzzerMutate(data, size, most);
    if (seed % 8 != 1 && made >= PNG_SIGNATURE_SIZE)
        mend_checksums(data, made);
    return made;
}

/* The payloads of a JPEG's segments, those behind its first scan too. Returns how many. */
static unsigned find_segments(const uint8_t *data, size_t size, struct run segments[SEGMENTS_MAX])
{
    unsigned count = 0;
    for (size_t at = 2; at + 4 <= size && count < SEGMENTS_MAX;) {
        size_t length = (size_t)data[at + 2] << 8 | data[at + 3];
        bool segment = data[at] == 0xFF && data[at + 1] >= JPEG_SOF0 &&
                       (data[at + 1] < JPEG_RST0 || data[at + 1] > JPEG_EOI) && length >= 2 &&
                       length <= size - at - 2;
        if (segment)
            segments[count++] = (struct run){at + 4, length - 2};
        at += segment ? length + 2 : 1;
    }
    return count;
}

/* Changes one segment, its length with it. */
static size_t mutate_jpeg(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    static uint8_t payload[65533];
    struct run segments[SEGMENTS_MAX];
    unsigned count = seed % 2 == 0 ? find_segments(data, size, segments) : 0;
    if (count > 0) {
        struct run segment = segments[seed / 2 % count];
        memcpy(payload, data + segment.at, segment.size);
        size_t length = LLVMFuzzerMutate(
            payload, segment.size, segment.size + 64 < sizeof payload ? segment.size + 64 : sizeof payload);
        size_t made = replace(data, size, most, segment, payload, length);
        if (made > 0) {
            data[segment.at - 2] = (uint8_t)((length + 2) >> 8);
            data[segment.at - 1] = (uint8_t)(length + 2);
            return made;
        }
    }
    return LLVMFuzzerMutate(data, size, most);
}

size_t fuzz_mutate_image(uint8_t *data, size_t size, size_t most, size_t tail, unsigned seed)
{
    uint8_t kept[16];
    FUZZ_ASSERT(tail <= sizeof kept);
    /* Now and then the tail itself. */
    if (size <= tail || seed % 16 == 15)
        return LLVMFuzzerMutate(data, size, most);
    memcpy(kept, data + size - tail, tail);
    size -= tail;
    most -= tail;
    if (size >= PNG_SIGNATURE_SIZE && memcmp(data, png_signature, PNG_SIGNATURE_SIZE) == 0)
        size = mutate_png(data, size, most, seed / 16);
    else
        size = mutate_jpeg(data, size, most, seed / 16);
    memcpy(data + size, kept, tail);
    return size + tail;
}
