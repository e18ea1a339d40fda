/* Inflating with ISA-L's igzip. */
#include "codec/inflate.h"

static bool isal_begin(struct inflater *inflater, enum inflate_format format)
{
    inflater->engine = &inflate_isal;
    inflater->ended = false;
    inflater->avail_in = inflater->avail_out = 0;
    isal_inflate_init(&inflater->state.isal);
    inflater->state.isal.crc_flag = format == INFLATE_ZLIB ? ISAL_ZLIB : ISAL_DEFLATE;
    return true;
}

static bool isal_step(struct inflater *inflater)
{
    struct inflate_state *state = &inflater->state.isal;
    const enum isal_block_state block = state->block_state;
    state->next_in = (uint8_t *)(uintptr_t)inflater->next_in; /* it is only read */
    state->avail_in = inflater->avail_in;
    state->next_out = inflater->next_out;
    state->avail_out = inflater->avail_out;
    const bool good = isal_inflate(state) == ISAL_DECOMP_OK;
    const bool moved = state->avail_in != inflater->avail_in || state->avail_out != inflater->avail_out ||
                       state->block_state != block;
    inflater->next_in = state->next_in;
    inflater->avail_in = state->avail_in;
    inflater->next_out = state->next_out;
    inflater->avail_out = state->avail_out;
    inflater->ended = good && state->block_state == ISAL_BLOCK_FINISH;
    return good && moved;
}

/* It reads up to 8 bytes ahead, and keeps them. */
static bool isal_took_surplus(const struct inflater *inflater)
{
    enum { BYTE_BITS = 8 };
    return inflater->state.isal.read_in_length >= BYTE_BITS;
}

const struct inflate_engine inflate_isal = {
    .begin = isal_begin, .step = isal_step, .took_surplus = isal_took_surplus};
