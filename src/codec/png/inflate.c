/*
 * Inflates the zlib stream of a picture in a PNG file, split over its IDAT or fdAT chunks, a few rows per
 * call: with ISA-L as fast as libdeflate, which needs the whole stream and the whole image in one buffer
 * each. The bytes are unfiltered and used while in the cache; memory does not grow with the image.
 *
 * In a correct file the IDAT data is exactly: two bytes of header, the deflate data, and a four-byte checksum
 * (RFC 1950, section 2.2). The inflater gets only the deflate data, because ISA-L's checksum takes three
 * times as long as libdeflate's.
 */
#include <libdeflate.h>

#include "codec/png/inflate.h"

enum { HEADER_BYTES = 2, CHECKSUM_BYTES = 4 };

/* Advances to the next non-empty chunk. Returns false if there is none. */
static bool next_chunk(struct png_inflate *stream)
{
    struct inflater *inflater = &stream->inflater;
    while (inflater->avail_in == 0) {
        struct pm_blob part;
        if (stream->chunks == 0 ||
            !png_walk_pixels(&stream->walk, stream->type, stream->memory.data, stream->memory.size, &part))
            return false;
        inflater->next_in = part.data;
        inflater->avail_in = (uint32_t)part.size;
        stream->chunks--;
    }
    return true;
}

static int next_byte(struct png_inflate *stream)
{
    if (!next_chunk(stream))
        return -1;
    stream->inflater.avail_in--;
    return *stream->inflater.next_in++;
}

/* Is it a header of deflate without a dictionary (section 2.2), for `size` bytes? The inflater always uses a
 * 32 KiB window, but libpng rejects distances beyond the header's window. So accept only a window of the max
 * size or one that holds all of the data. */
static bool is_header(int method, int flags, uint64_t size)
{
    enum { LARGEST = 7 };
    return method >= 0 && flags >= 0 && (method & 0x0f) == 8 && (flags & 0x20) == 0 &&
           (method << 8 | flags) % 31 == 0 &&
           (method >> 4 == LARGEST || (method >> 4 < LARGEST && size <= UINT64_C(256) << (method >> 4)));
}

bool png_inflate_begin(struct png_inflate *stream, const struct png_file *file, uint64_t size)
{
    memory_source_init(&stream->memory, file->data, file->size);
    png_walk_start(&stream->walk, &stream->memory.source);
    stream->walk.next = file->first_idat;
    stream->type = file->pixels;
    stream->chunks = file->idat_chunks;
    stream->adler = 1;
    if (file->idat_bytes < HEADER_BYTES + CHECKSUM_BYTES || !inflater_begin(&stream->inflater, INFLATE_RAW))
        return false;
    stream->left = file->idat_bytes - HEADER_BYTES - CHECKSUM_BYTES;
    int method = next_byte(stream);
    return is_header(method, next_byte(stream), size);
}

/* Calls the inflater once, for inflater.avail_out bytes. Returns false if the stream is damaged or has
 * ended. */
static bool advance(struct png_inflate *stream)
{
    struct inflater *inflater = &stream->inflater;
    if (stream->left > 0 && !next_chunk(stream))
        return false;
    /* Keep back the bytes of the checksum that the chunk may hold. */
    const uint32_t kept =
        inflater->avail_in > stream->left ? (uint32_t)(inflater->avail_in - stream->left) : 0;
    const uint32_t in = inflater->avail_in -= kept;
    const bool moved = inflater_step(inflater);
    stream->left -= in - inflater->avail_in;
    inflater->avail_in += kept;
    return moved;
}

bool png_inflate_read(struct png_inflate *stream, uint8_t *out, size_t size)
{
    stream->inflater.next_out = out;
    stream->inflater.avail_out = (uint32_t)size;
    while (stream->inflater.avail_out > 0) {
        if (!advance(stream))
            return false;
    }
    stream->adler = libdeflate_adler32(stream->adler, out, size);
    return true;
}

bool png_inflate_finish(struct png_inflate *stream)
{
    struct inflater *inflater = &stream->inflater;
    uint8_t surplus;
    inflater->next_out = &surplus;
    inflater->avail_out = 1;
    while (!inflater->ended && inflater->avail_out == 1) {
        if (!advance(stream))
            return false;
    }
    if (inflater->avail_out == 0 || stream->left > 0 || inflater_took_surplus(inflater))
        return false;
    uint32_t checksum = 0;
    for (int i = 0; i < CHECKSUM_BYTES; i++) {
        int byte = next_byte(stream);
        if (byte < 0)
            return false;
        checksum = checksum << 8 | (uint32_t)byte;
    }
    return checksum == stream->adler && !next_chunk(stream);
}
