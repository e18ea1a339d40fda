#include "codec/avif/av1_header.h"

/* Reads bits, highest first; zeros past the end. */
struct bits {
    const uint8_t *data;
    size_t size, at; /* `at` in bits, `size` in bytes */
};

static unsigned get(struct bits *bits, unsigned count)
{
    unsigned value = 0;
    for (; count > 0; count--, bits->at++) {
        const size_t byte = bits->at / 8;
        value = value << 1 | (byte < bits->size ? bits->data[byte] >> (7 - bits->at % 8) & 1u : 0u);
    }
    return value;
}

static bool flag(struct bits *bits)
{
    return get(bits, 1) != 0;
}

/* uvlc (4.10.3). */
static void skip_uvlc(struct bits *bits)
{
    unsigned zeros = 0;
    while (zeros < 32 && bits->at / 8 < bits->size && !flag(bits))
        zeros++;
    if (zeros < 32)
        get(bits, zeros);
}

struct timing {
    bool decoder_model;
    unsigned delay_bits; /* of a buffer delay */
};

/* timing_info and decoder_model_info. */
static struct timing read_timing(struct bits *bits)
{
    struct timing timing = {0};
    if (!flag(bits))
        return timing;
    get(bits, 32);
    get(bits, 32);
    if (flag(bits))
        skip_uvlc(bits);
    timing.decoder_model = flag(bits);
    if (timing.decoder_model) {
        timing.delay_bits = get(bits, 5) + 1;
        get(bits, 32);
        get(bits, 10);
    }
    return timing;
}

/* Number of spatial layers below the highest in an operating point (6.4.1: operating_point_idc). */
static unsigned count_layers_below(unsigned point)
{
    unsigned layers = 0;
    for (point >>= 8; point != 0; point >>= 1)
        layers += point & 1;
    return layers > 0 ? layers - 1 : 0;
}

/* The first operating point gives level and tier. */
static void read_operating_points(struct bits *bits, struct av1_header *header)
{
    enum { TIER_FROM = 7 };
    const struct timing timing = read_timing(bits);
    const bool initial_delay = flag(bits);
    const unsigned points = get(bits, 5) + 1;
    header->points = points;
    for (unsigned i = 0; i < points; i++) {
        const unsigned point = get(bits, 12);
        const unsigned level = get(bits, 5), tier = level > TIER_FROM ? get(bits, 1) : 0;
        header->layers_below[i] = (uint8_t)count_layers_below(point);
        header->level = i == 0 ? level : header->level;
        header->tier = i == 0 ? tier : header->tier;
        if (timing.decoder_model && flag(bits)) {
            get(bits, timing.delay_bits);
            get(bits, timing.delay_bits);
            get(bits, 1);
        }
        if (initial_delay && flag(bits))
            get(bits, 4);
    }
}

/* Enabled coding tools: skipped. */
static void skip_tools(struct bits *bits)
{
    enum { SELECT = 2 };
    get(bits, 4); /* interintra, masked, warped, dual filter */
    const bool order_hint = flag(bits);
    if (order_hint)
        get(bits, 2);
    const unsigned screen = flag(bits) ? SELECT : get(bits, 1);
    if (screen > 0 && !flag(bits))
        get(bits, 1);
    if (order_hint)
        get(bits, 3);
}

/* color_config (5.5.2). */
static void read_color(struct bits *bits, struct av1_header *header)
{
    enum { UNSPECIFIED = 2, BT709 = 1, SRGB = 13, PROFILE_444 = 1, PROFILE_ANY = 2 };
    const bool high = flag(bits);
    const bool twelve = header->profile == PROFILE_ANY && high && flag(bits);
    header->coding.bits = twelve ? 12 : high ? 10 : 8;
    header->coding.monochrome = header->profile != PROFILE_444 && flag(bits);
    header->coding.primaries = header->coding.transfer = header->coding.matrix = UNSPECIFIED;
    if (flag(bits)) {
        header->coding.primaries = get(bits, 8);
        header->coding.transfer = get(bits, 8);
        header->coding.matrix = get(bits, 8);
    }
    header->coding.sampling_x = header->coding.sampling_y = 1;
    if (header->coding.monochrome) {
        header->coding.full_range = flag(bits);
        header->coding.sampling_x = header->coding.sampling_y = 2;
    } else if (header->coding.primaries == BT709 && header->coding.transfer == SRGB &&
               header->coding.matrix == 0) {
        header->coding.full_range = true;
    } else {
        header->coding.full_range = flag(bits);
        if (header->profile == 0)
            header->coding.sampling_x = header->coding.sampling_y = 2;
        else if (header->profile == PROFILE_ANY && !twelve)
            header->coding.sampling_x = 2;
        else if (header->profile == PROFILE_ANY && flag(bits)) {
            header->coding.sampling_x = 2;
            header->coding.sampling_y = flag(bits) ? 2 : 1;
        }
    }
}

static bool read_sequence(struct bits bits, struct av1_header *header)
{
    header->profile = get(&bits, 3);
    const bool still = flag(&bits), reduced = flag(&bits);
    if (header->profile > 2 || (reduced && !still))
        return false;
    if (reduced)
        header->level = get(&bits, 5);
    else
        read_operating_points(&bits, header);
    const unsigned width_bits = get(&bits, 4) + 1, height_bits = get(&bits, 4) + 1;
    header->coding.width = get(&bits, width_bits) + 1;
    header->coding.height = get(&bits, height_bits) + 1;
    if (!reduced && flag(&bits)) /* frame ids */
        get(&bits, 7);
    get(&bits, 3); /* superblock size, filter intra, intra edge filter */
    if (!reduced)
        skip_tools(&bits);
    get(&bits, 3); /* superres, cdef, restoration */
    read_color(&bits, header);
    return bits.at <= 8 * bits.size;
}

bool av1_read_header(const uint8_t *data, size_t size, struct av1_header *header)
{
    enum { SEQUENCE = 1, LEB_MAX = 8 };
    size_t at = 0;
    *header = (struct av1_header){0};
    while (at < size) {
        const unsigned head = data[at++], type = head >> 3 & 15;
        uint64_t length = 0;
        at += (head & 4) != 0; /* the extension */
        if ((head & 2) != 0) {
            for (unsigned i = 0; i < LEB_MAX && at < size; i++) {
                const uint8_t byte = data[at++];
                length |= (uint64_t)(byte & 0x7F) << (7 * i);
                if ((byte & 0x80) == 0)
                    break;
            }
        } else {
            length = at < size ? size - at : 0;
        }
        if (at >= size)
            return false;
        if (type == SEQUENCE)
            return read_sequence((struct bits){data + at, length < size - at ? (size_t)length : size - at, 0},
                                 header);
        if (length > size - at)
            return false;
        at += (size_t)length;
    }
    return false;
}

bool av1_read_config(const uint8_t *config, size_t size, struct av1_header *header)
{
    enum { SIZE = 4, MARKER_AND_VERSION = 0x81 };
    *header = (struct av1_header){0};
    if (size < SIZE || config[0] != MARKER_AND_VERSION)
        return false;
    header->profile = config[1] >> 5;
    header->coding.bits = (config[2] & 0x40) == 0 ? 8 : (config[2] & 0x20) != 0 ? 12 : 10;
    header->coding.monochrome = (config[2] & 0x10) != 0;
    header->coding.sampling_x = (config[2] & 8) != 0 ? 2 : 1;
    header->coding.sampling_y = (config[2] & 4) != 0 ? 2 : 1;
    return true;
}
