#include "codec/tiff/part/samples.h"

#include <math.h>
#include <string.h>

#include "codec/tiff/part/luv.h"

/* IEEE 754 binary16. */
static double half(uint16_t bits)
{
    const unsigned exponent = bits >> 10 & 31, fraction = bits & 1023;
    const double value = exponent == 0    ? ldexp(fraction, -24)
                         : exponent == 31 ? (fraction != 0 ? NAN : INFINITY)
                                          : ldexp(fraction + 1024, (int)exponent - 25);
    return (bits & 0x8000) != 0 ? -value : value;
}

/* Adobe's binary24 (TIFF Technical Note 3): a sign, 7 bits of exponent, 16 of fraction. */
static double three_bytes(uint32_t bits)
{
    const unsigned exponent = bits >> 16 & 127, fraction = bits & UINT16_MAX;
    const double value = exponent == 0     ? ldexp(fraction, -78)
                         : exponent == 127 ? (fraction != 0 ? NAN : INFINITY)
                                           : ldexp(fraction + 65536.0, (int)exponent - 79);
    return (bits & 0x800000) != 0 ? -value : value;
}

/* A float from 0 to 1 as 16 bits; clamped, and NaN becomes 0. */
static uint16_t from_float(double value)
{
    return value >= 1 ? UINT16_MAX : value > 0 ? (uint16_t)(value * UINT16_MAX + 0.5) : 0;
}

/* A number of three bytes in the machine's order. */
static uint32_t number_of_three(const uint8_t *p)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
#else
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
#endif
}

/* A float of a row as 16 bits. */
static unsigned float_sample(const uint8_t *row, unsigned bits, size_t i)
{
    float single;
    double twice;
    uint16_t word;
    switch (bits) {
    case 64:
        memcpy(&twice, row + i * sizeof twice, sizeof twice);
        return from_float(twice);
    case 32:
        memcpy(&single, row + i * sizeof single, sizeof single);
        return from_float((double)single);
    case 24:
        return from_float(three_bytes(number_of_three(row + i * 3)));
    default:
        memcpy(&word, row + i * sizeof word, sizeof word);
        return from_float(half(word));
    }
}

/* Sample i of a row as stored; floats and integers of more than 16 bits as 16 bits. libtiff returns samples
 * of 16 bits and more in native byte order, and smaller ones packed from the highest bit. Signed ones are
 * moved up so that the least is 0: their highest bit, which is the sign, is inverted. */
static unsigned sample(const uint8_t *row, unsigned bits, enum tiff_format format, size_t i)
{
    const uint32_t sign = format == TIFF_SIGNED_INTEGER ? UINT32_C(1) << (bits - 1) : 0;
    uint16_t word;
    uint32_t full;
    if (format == TIFF_FLOATING)
        return float_sample(row, bits, i);
    if (bits == 32) {
        memcpy(&full, row + i * sizeof full, sizeof full);
        return (unsigned)(((uint64_t)(full ^ sign) * UINT16_MAX + UINT32_MAX / 2) / UINT32_MAX);
    }
    if (bits == 24) {
        const uint64_t max = (1 << 24) - 1;
        return (unsigned)(((uint64_t)(number_of_three(row + i * 3) ^ sign) * UINT16_MAX + max / 2) / max);
    }
    if (bits == 16) {
        memcpy(&word, row + i * sizeof word, sizeof word);
        return word ^ sign;
    }
    if (bits == 8)
        return row[i] ^ sign;
    unsigned value = 0;
    for (size_t bit = i * bits; bit < (i + 1) * bits; bit++)
        value = value << 1 | (row[bit / 8] >> (7 - bit % 8) & 1);
    return value ^ sign;
}

/* From `bits` to 8 or 16 bits, rounded. */
static unsigned widen(unsigned value, unsigned bits, unsigned depth)
{
    const unsigned from = (1u << bits) - 1, to = depth == 8 ? UINT8_MAX : UINT16_MAX;
    return from == to ? value : (unsigned)(((uint64_t)value * to + from / 2) / from);
}

static void put(uint8_t *row, unsigned depth, size_t i, unsigned value)
{
    if (depth == 8)
        row[i] = (uint8_t)value;
    else
        ((uint16_t *)(void *)row)[i] = (uint16_t)value;
}

/* The picture's channel of a sample, or -1: it is left out. */
static int channel_of(const struct tiff_header *header, unsigned number)
{
    if (number < header->colors)
        return (int)number;
    const bool kept = header->alpha == number && header->colors != 4;
    return !kept ? -1 : header->photometric == TIFF_PALETTE ? 3 : (int)header->colors;
}

void tiff_unpack(const struct tiff_unpacker *unpacker, const uint8_t *in, unsigned first, uint32_t x,
                 uint32_t count, uint8_t *out)
{
    const struct tiff_header *header = unpacker->header;
    const unsigned stored = header->bits, bits = header->format == TIFF_FLOATING || stored > 16 ? 16 : stored;
    const unsigned depth = bits > 8 && header->colors != 4 ? 16 : 8,
                   max = depth == 8 ? UINT8_MAX : UINT16_MAX;
    const bool palette = header->photometric == TIFF_PALETTE,
               alpha = header->alpha != 0 && header->colors != 4;
    const unsigned channels = (palette ? 3 : header->colors) + alpha;
    const unsigned end = header->planar ? first + 1 : header->samples,
                   step = header->planar ? 1 : header->samples;
    if (tiff_is_log(header)) {
        tiff_luv_to_rgb(in, channels, count, (uint16_t *)(void *)out + (size_t)x * channels);
        return;
    }
    if (!header->planar && stored == 8 && !palette && header->photometric != TIFF_WHITE_IS_ZERO &&
        header->format == TIFF_UNSIGNED_INTEGER && header->samples == channels) {
        memcpy(out + (size_t)x * channels, in, (size_t)count * channels);
        return;
    }
    for (unsigned number = first; number < end; number++) {
        const int channel = channel_of(header, number);
        if (channel < 0)
            continue;
        const bool invert = header->photometric == TIFF_WHITE_IS_ZERO && number == 0;
        for (uint32_t i = 0; i < count; i++) {
            const unsigned raw = sample(in, stored, header->format, (size_t)i * step + (number - first));
            const size_t at = ((size_t)x + i) * channels;
            if (palette && number == 0) {
                for (unsigned c = 0; c < 3; c++)
                    out[at + c] = (uint8_t)(unpacker->wide ? widen(unpacker->palette[c][raw], 16, 8)
                                                           : unpacker->palette[c][raw]);
                continue;
            }
            const unsigned value = widen(raw, bits, depth);
            put(out, depth, at + (unsigned)channel, invert ? max - value : value);
        }
    }
}

void tiff_unmultiply(uint8_t *row, uint32_t width, unsigned channels, unsigned depth)
{
    const unsigned max = depth == 8 ? UINT8_MAX : UINT16_MAX;
    uint16_t *deep = (uint16_t *)(void *)row;
    for (size_t at = 0; at < (size_t)width * channels; at += channels) {
        const unsigned alpha = depth == 8 ? row[at + channels - 1] : deep[at + channels - 1];
        for (unsigned c = 0; c + 1 < channels && alpha < max; c++) {
            const unsigned value = depth == 8 ? row[at + c] : deep[at + c];
            const uint64_t straight = alpha == 0 ? 0 : ((uint64_t)value * max + alpha / 2) / alpha;
            put(row, depth, at + c, straight > max ? max : (unsigned)straight);
        }
    }
}
