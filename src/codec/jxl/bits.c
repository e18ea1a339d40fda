#include "codec/jxl/bits.h"

enum { BYTE = 8 };

void jxl_bits_init(struct jxl_bits *bits, struct byte_source *source, bool boxed, struct pm_error *error)
{
    *bits = (struct jxl_bits){.stream = {.source = source, .boxed = boxed}, .error = error};
}

/* The byte at `offset` of the codestream. */
static unsigned byte_at(struct jxl_bits *bits, uint64_t offset)
{
    if (bits->cut)
        return 0;
    if (offset < bits->window_at || offset - bits->window_at >= bits->window_size) {
        const long got =
            jxl_stream_read(&bits->stream, offset, bits->window, sizeof bits->window, bits->error);
        bits->window_at = offset;
        bits->window_size = got > 0 ? (size_t)got : 0;
        bits->cut = got <= 0;
    }
    return bits->cut ? 0 : bits->window[offset - bits->window_at];
}

uint32_t jxl_get(struct jxl_bits *bits, unsigned count)
{
    uint64_t value = 0;
    unsigned done = 0;
    while (done < count) {
        const unsigned skip = (unsigned)(bits->at % BYTE), left = BYTE - skip;
        const unsigned wanted = count - done < left ? count - done : left;
        const unsigned byte = byte_at(bits, bits->at / BYTE) >> skip & ((1u << wanted) - 1);
        value |= (uint64_t)byte << done;
        done += wanted;
        bits->at += wanted;
    }
    return (uint32_t)value;
}

uint32_t jxl_get_u32(struct jxl_bits *bits, const struct jxl_choice choices[4])
{
    const struct jxl_choice *choice = &choices[jxl_get(bits, 2)];
    return jxl_get(bits, choice->bits) + choice->add;
}

uint64_t jxl_get_u64(struct jxl_bits *bits)
{
    enum { FIRST = 12, LAST_SHIFT = 60 };
    switch (jxl_get(bits, 2)) {
    case 0:
        return 0;
    case 1:
        return 1 + jxl_get(bits, 4);
    case 2:
        return 17 + jxl_get(bits, 8);
    default:
        break;
    }
    uint64_t value = jxl_get(bits, FIRST);
    for (unsigned shift = FIRST; shift <= LAST_SHIFT && jxl_flag(bits); shift += BYTE)
        value |= (uint64_t)jxl_get(bits, shift == LAST_SHIFT ? 4 : BYTE) << shift;
    return value;
}

unsigned jxl_get_enum(struct jxl_bits *bits)
{
    return JXL_U32(bits, {0, 0}, {0, 1}, {4, 2}, {6, 18});
}

void jxl_skip(struct jxl_bits *bits, uint64_t count)
{
    if (count == 0)
        return;
    if (__builtin_add_overflow(bits->at, count, &bits->at)) {
        bits->cut = true;
        return;
    }
    byte_at(bits, (bits->at - 1) / BYTE); /* is it there? */
}

void jxl_skip_to_byte(struct jxl_bits *bits)
{
    bits->at = (bits->at + BYTE - 1) / BYTE * BYTE;
}

void jxl_skip_name(struct jxl_bits *bits)
{
    jxl_skip(bits, (uint64_t)BYTE * JXL_U32(bits, {0, 0}, {4, 0}, {5, 16}, {10, 48}));
}

void jxl_skip_extensions(struct jxl_bits *bits)
{
    uint64_t total = 0;
    for (uint64_t present = jxl_get_u64(bits); present != 0; present &= present - 1) {
        const uint64_t size = jxl_get_u64(bits);
        total = size > UINT64_MAX - total ? UINT64_MAX : total + size;
    }
    jxl_skip(bits, total);
}
