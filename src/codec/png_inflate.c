/*
 * The zlib stream of a PNG file, which its IDAT chunks cut into pieces, inflated a few rows at a time by
 * ISA-L's igzip: as fast as libdeflate, which must have the whole stream and the whole picture in one piece
 * each, and three times as fast as zlib. The bytes are unfiltered and summed while they are in the cache; a
 * picture touches no page of its own, and its size is no matter.
 */
#include <string.h>

#include "codec/png_inflate.h"

void png_inflate_begin(struct png_inflate *stream, const struct png_file *file)
{
    stream->next_chunk = file->data + file->first_idat;
    stream->chunks = file->idat_chunks;
    isal_inflate_init(&stream->state);
    stream->state.crc_flag = ISAL_ZLIB;
}

/* Feeds the next chunk that is not empty. Returns false when there is none. */
static bool feed(struct png_inflate *stream)
{
    while (stream->state.avail_in == 0) {
        if (stream->chunks == 0)
            return false;
        const uint8_t *chunk = stream->next_chunk;
        stream->state.next_in = (uint8_t *)(uintptr_t)(chunk + 8); /* it is only read */
        stream->state.avail_in = png_get_be32(chunk);
        stream->next_chunk = chunk + stream->state.avail_in + PNG_CHUNK_FRAME;
        stream->chunks--;
    }
    return true;
}

/* Calls igzip once. Returns false when there is something wrong, or nothing more to be had. */
static bool advance(struct png_inflate *stream)
{
    struct inflate_state *state = &stream->state;
    /* igzip may hold bytes back that have been inflated already: it is asked once more at the end. */
    bool fed = feed(stream);
    const uint32_t in = state->avail_in, out = state->avail_out;
    const enum isal_block_state block = state->block_state;
    if (isal_inflate(state) != ISAL_DECOMP_OK)
        return false;
    bool moved = state->avail_in != in || state->avail_out != out || state->block_state != block;
    return moved || (fed && state->avail_in == 0);
}

bool png_inflate_read(struct png_inflate *stream, uint8_t *out, size_t size)
{
    enum { MOST = 1 << 30 };
    while (size > 0) {
        const uint32_t part = size < MOST ? (uint32_t)size : MOST;
        stream->state.next_out = out;
        stream->state.avail_out = part;
        while (stream->state.avail_out > 0) {
            if (!advance(stream))
                return false;
        }
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
    return state->avail_out == 1 && state->read_in_length < BYTE_BITS && !feed(stream);
}
