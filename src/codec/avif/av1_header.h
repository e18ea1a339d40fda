/* The sequence header of an AV1 bitstream (AV1 specification, 5.5), and av1C (AV1 in ISOBMFF, 2.3), which
 * repeats a part of it. */
#ifndef CODEC_AV1_HEADER_H
#define CODEC_AV1_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct av1_header {
    unsigned profile, level, tier;
    uint32_t width, height; /* of the largest frame */
    unsigned bits;          /* of a sample: 8, 10 or 12 */
    bool monochrome;
    unsigned sampling_x, sampling_y;      /* pixels per chroma sample: 1 or 2 */
    unsigned primaries, transfer, matrix; /* ITU-T H.273; 2 when not stated */
    bool full_range;
};

/* Finds the sequence header among the OBUs of data[size], the first bytes of a bitstream. False if there is
 * none or it is not valid. */
bool av1_read_header(const uint8_t *data, size_t size, struct av1_header *header);

/* Reads av1C: profile, bits, monochrome and sampling. False if it is not valid. */
bool av1_read_config(const uint8_t *config, size_t size, struct av1_header *header);

#endif
