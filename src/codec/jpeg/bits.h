/*
 * Reads bits of a scan's data (T.81, F.2.2.5): eight bytes at a time if none of them is 0xFF, otherwise, and
 * at the end of the file, byte by byte. At a marker and at the end, zero bits are supplied, so that decoders
 * need not check for the end after each code; they check later whether supplied bits were used.
 */
#ifndef CODEC_JPEG_BITS_H
#define CODEC_JPEG_BITS_H

#include <limits.h>
#include <string.h>

#include "codec/jpeg/fast.h"

enum { REFILLED_BITS = 56 }; /* min bits after a refill */

static inline uint64_t bits_big_endian(uint64_t bytes)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return __builtin_bswap64(bytes);
#else
    return bytes;
#endif
}

/* The top bit of each byte that is 0xFF. */
static inline uint64_t bits_of_ff(uint64_t big_endian)
{
    const uint64_t low_bits = 0x7F7F7F7F7F7F7F7F;
    return big_endian & ~low_bits & ((big_endian & low_bits) + 0x0101010101010101);
}

/* Adds as many whole bytes as fit. One byte was removed after byte `stuffed`. The bits beyond the counted
 * ones may already hold part of the byte at `next`; the next refill writes the same bits. */
static inline void bits_add(struct fast_bits *b, uint64_t bytes, unsigned stuffed)
{
    const unsigned taken = (63 - b->count) >> 3;
    b->bits |= bytes >> b->count;
    b->next += taken + (taken > stuffed);
    b->count |= REFILLED_BITS;
}

/* Eight bytes without the one after byte `stuffed`, which belongs to no bits. */
struct fast_word {
    uint64_t bytes;
    unsigned stuffed; /* UINT_MAX: none was removed */
};

/* Removes the stuffed byte after the only 0xFF, which occurs once in 30 refills. Of a 0xFF at the end the
 * next byte is not known; it is left to the next refill. False: there are more, or a marker. */
static inline bool bits_unstuff(uint64_t bytes, uint64_t ff, struct fast_word *word)
{
    enum { LAST_BYTE = 7 };
    const unsigned first = (unsigned)__builtin_clzll(ff) / 8;
    if ((ff & (ff - 1)) != 0)
        return false;
    if (first == LAST_BYTE) {
        *word = (struct fast_word){bytes & ~UINT64_C(0xFF), UINT_MAX};
        return true;
    }
    const uint64_t behind = ~UINT64_C(0) >> (8 * (first + 1));
    *word = (struct fast_word){(bytes & ~behind) | (bytes << 8 & behind), first};
    return (bytes & behind) >> (8 * (LAST_BYTE - 1 - first)) == 0;
}

/* Byte by byte. By value, so that the caller's struct can stay in registers. */
__attribute__((noinline)) static struct fast_bits bits_refilled_by_bytes(struct fast_bits b)
{
    while (b.count < REFILLED_BITS) {
        uint64_t byte = 0;
        const size_t left = (size_t)(b.end - b.next);
        if (left >= 1 && b.next[0] != 0xFF) {
            byte = *b.next++;
        } else if (left >= 2 && b.next[1] == 0) {
            byte = 0xFF;
            b.next += 2;
        } else {
            b.made_up += 8;
        }
        b.bits |= byte << (REFILLED_BITS - b.count);
        b.count += 8;
    }
    return b;
}

/* Refills to at least REFILLED_BITS bits. */
static inline void bits_refill(struct fast_bits *b)
{
    uint64_t bytes;
    if (b->end - b->next >= (ptrdiff_t)sizeof bytes) {
        struct fast_word word;
        memcpy(&bytes, b->next, sizeof bytes);
        bytes = bits_big_endian(bytes);
        const uint64_t ff = bits_of_ff(bytes);
        if (__builtin_expect(ff == 0, 1)) {
            bits_add(b, bytes, UINT_MAX);
            return;
        }
        if (bits_unstuff(bytes, ff, &word)) {
            bits_add(b, word.bytes, word.stuffed);
            return;
        }
    }
    *b = bits_refilled_by_bytes(*b);
}

/* The next `n` bits, 1 to 16. */
static inline unsigned bits_peek(const struct fast_bits *b, unsigned n)
{
    return (unsigned)(b->bits >> (64 - n));
}

static inline void bits_skip(struct fast_bits *b, unsigned n)
{
    b->bits <<= n;
    b->count -= n;
}

static inline unsigned bits_take(struct fast_bits *b, unsigned n)
{
    const unsigned value = bits_peek(b, n);
    bits_skip(b, n);
    return value;
}

/* Were supplied bits used? */
static inline bool bits_overrun(const struct fast_bits *b)
{
    return b->made_up > b->count;
}

/* Are only the bits that pad the last byte left before a marker? */
static inline bool bits_at_marker(const struct fast_bits *b)
{
    return !bits_overrun(b) && b->count - b->made_up < 8 && b->end - b->next >= 2 && b->next[0] == 0xFF &&
           b->next[1] != 0;
}

#endif
