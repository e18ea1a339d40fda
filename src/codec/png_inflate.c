/*
 * The zlib stream of a PNG file, which its IDAT chunks cut into pieces, inflated a few rows at a time by
 * ISA-L's igzip: as fast as libdeflate, which must have the whole stream and the whole picture in one piece
 * each, and three times as fast as zlib. The bytes are unfiltered and summed while they are in the cache; a
 * picture touches no page of its own, and its size is no matter.
 *
 * In a flawless file the stream is all there is: two bytes of header, the deflate data, and the checksum in
 * the last four (RFC 1950, section 2.2). igzip is given what stands between them; its own checksum takes
 * three times as long as libdeflate's.
 */
#include <libdeflate.h>

#include "codec/png_inflate.h"

enum { HEADER_BYTES = 2, CHECKSUM_BYTES = 4, PIECE = 64 * 1024 };

/* Moves on to the next chunk that is not empty. Returns false when there is none. */
static bool next_chunk(struct png_inflate *stream)
{
    struct inflate_state *state = &stream->state;
    while (state->avail_in == 0) {
        if (stream->chunks == 0)
            return false;
        state->next_in = (uint8_t *)(uintptr_t)(stream->chunk + 8); /* it is only read */
        state->avail_in = png_get_be32(stream->chunk);
        stream->chunk += state->avail_in + PNG_CHUNK_FRAME;
        stream->chunks--;
    }
    return true;
}

static int next_byte(struct png_inflate *stream)
{
    if (!next_chunk(stream))
        return -1;
    stream->state.avail_in--;
    return *stream->state.next_in++;
}

/* Deflate, no dictionary (section 2.2), of `size` bytes. igzip looks back over 32 KiB whatever window the
 * header names; libpng refuses what lies further back than that. So the window is the largest there is or
 * holds all. */
static bool is_header(int method, int flags, uint64_t size)
{
    enum { LARGEST = 7 };
    return method >= 0 && flags >= 0 && (method & 0x0f) == 8 && (flags & 0x20) == 0 &&
           (method << 8 | flags) % 31 == 0 &&
           (method >> 4 == LARGEST || (method >> 4 < LARGEST && size <= UINT64_C(256) << (method >> 4)));
}

bool png_inflate_begin(struct png_inflate *stream, const struct png_file *file, uint64_t size)
{
    stream->chunk = file->data + file->first_idat;
    stream->chunks = file->idat_chunks;
    stream->adler = 1;
    isal_inflate_init(&stream->state);
    if (file->idat_bytes < HEADER_BYTES + CHECKSUM_BYTES)
        return false;
    stream->left = file->idat_bytes - HEADER_BYTES - CHECKSUM_BYTES;
    int method = next_byte(stream);
    return is_header(method, next_byte(stream), size);
}

/* Calls igzip once, for stream->state.avail_out bytes. Returns false when something is wrong with the stream,
 * or there is no more of it. */
static bool advance(struct png_inflate *stream)
{
    struct inflate_state *state = &stream->state;
    if (stream->left > 0 && !next_chunk(stream))
        return false;
    /* The chunk may hold bytes of the checksum, which are not igzip's. */
    const uint32_t kept = state->avail_in > stream->left ? (uint32_t)(state->avail_in - stream->left) : 0;
    const uint32_t in = state->avail_in -= kept, out = state->avail_out;
    const enum isal_block_state block = state->block_state;
    if (isal_inflate(state) != ISAL_DECOMP_OK)
        return false;
    const uint32_t used = in - state->avail_in;
    stream->left -= used;
    state->avail_in += kept;
    return used > 0 || state->avail_out != out || state->block_state != block;
}

bool png_inflate_read(struct png_inflate *stream, uint8_t *out, size_t size)
{
    while (size > 0) {
        const uint32_t part = size < PIECE ? (uint32_t)size : PIECE;
        stream->state.next_out = out;
        stream->state.avail_out = part;
        while (stream->state.avail_out > 0) {
            if (!advance(stream))
                return false;
        }
        stream->adler = libdeflate_adler32(stream->adler, out, part);
        out += part;
        size -= part;
    }
    return true;
}

bool png_inflate_finish(struct png_inflate *stream)
{
    enum { BYTE_BITS = 8 };
    struct inflate_state *state = &stream->state;
    uint8_t surplus;
    state->next_out = &surplus;
    state->avail_out = 1;
    while (state->block_state != ISAL_BLOCK_FINISH && state->avail_out == 1) {
        if (!advance(stream))
            return false;
    }
    if (state->avail_out == 0 || stream->left > 0 || state->read_in_length >= BYTE_BITS)
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
