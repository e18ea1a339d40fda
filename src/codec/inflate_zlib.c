/* Inflating with zlib, which every system with libpng has. */
#include "base/round.h"
#include "codec/inflate.h"

/* Allocates zlib's state and later its window inside the inflater struct. */
static voidpf take_memory(voidpf opaque, uInt items, uInt size)
{
    struct inflater *inflater = opaque;
    const size_t room = sizeof inflater->state.zlib.memory - inflater->state.zlib.used;
    if (size == 0 || items > room / size)
        return Z_NULL;
    uint8_t *memory = inflater->state.zlib.memory + inflater->state.zlib.used;
    const size_t taken = round_up((size_t)items * size, 64);
    inflater->state.zlib.used += taken < room ? taken : room;
    return memory;
}

static void keep_memory(voidpf opaque, voidpf memory)
{
    (void)opaque;
    (void)memory;
}

static bool zlib_begin(struct inflater *inflater, enum inflate_format format)
{
    z_stream *stream = &inflater->state.zlib.stream;
    inflater->engine = &inflate_zlib;
    inflater->ended = false;
    inflater->avail_in = inflater->avail_out = 0;
    inflater->state.zlib.used = 0;
    *stream = (z_stream){.zalloc = take_memory, .zfree = keep_memory, .opaque = inflater};
    return inflateInit2(stream, format == INFLATE_ZLIB ? MAX_WBITS : -MAX_WBITS) == Z_OK;
}

static bool zlib_step(struct inflater *inflater)
{
    z_stream *stream = &inflater->state.zlib.stream;
    const bool ended = inflater->ended;
    stream->next_in = (Bytef *)(uintptr_t)inflater->next_in; /* it is only read */
    stream->avail_in = inflater->avail_in;
    stream->next_out = inflater->next_out;
    stream->avail_out = inflater->avail_out;
    const int status = inflate(stream, Z_SYNC_FLUSH); /* Z_BUF_ERROR: no progress possible */
    inflater->next_in = stream->next_in;
    inflater->avail_in = stream->avail_in;
    inflater->next_out = stream->next_out;
    inflater->avail_out = stream->avail_out;
    inflater->ended = status == Z_STREAM_END;
    return status == Z_OK || (status == Z_STREAM_END && !ended);
}

/* zlib returns what it has read ahead. */
static bool zlib_took_surplus(const struct inflater *inflater)
{
    (void)inflater;
    return false;
}

const struct inflate_engine inflate_zlib = {
    .begin = zlib_begin, .step = zlib_step, .took_surplus = zlib_took_surplus};
