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

/* By value, so that the caller's struct can stay in registers. Removes one stuffed byte (0xFF occurs once in
 * 30 refills); with more than one, reads byte by byte. */
__attribute__((noinline)) static struct fast_bits bits_refilled_with_ff(struct fast_bits b)
{
    uint64_t bytes;
    if (b.end - b.next >= (ptrdiff_t)sizeof bytes) {
        memcpy(&bytes, b.next, sizeof bytes);
        bytes = bits_big_endian(bytes);
        const uint64_t ff = bits_of_ff(bytes);
        const unsigned first = (unsigned)__builtin_clzll(ff | 1) / 8; /* byte */
        if (first < 7 && (ff & (ff - 1)) == 0 && b.next[first + 1] == 0) {
            const uint64_t behind = ~UINT64_C(0) >> (8 * (first + 1));
            bits_add(&b, (bytes & ~behind) | (bytes << 8 & behind), first);
            return b;
        }
    }
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
        memcpy(&bytes, b->next, sizeof bytes);
        bytes = bits_big_endian(bytes);
        if (__builtin_expect(bits_of_ff(bytes) == 0, 1)) {
            bits_add(b, bytes, UINT_MAX);
            return;
        }
    }
    *b = bits_refilled_with_ff(*b);
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
