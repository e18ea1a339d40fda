/* The sequence header of an AV1 bitstream (AV1 specification, 5.5), and av1C (AV1 in ISOBMFF, 2.3), which
 * repeats part of it. */
#ifndef CODEC_AV1_HEADER_H
#define CODEC_AV1_HEADER_H

#include "codec/heif/planes.h"

enum { AV1_POINTS_MAX = 32, AV1_LAYERS_MAX = 4 };

struct av1_header {
    unsigned profile, level, tier;
    unsigned points;                      /* operating points; 0: not stated */
    uint8_t layers_below[AV1_POINTS_MAX]; /* of each: spatial layers below its highest */
    struct heif_coding coding;            /* the size is that of the largest frame */
};

/* Finds the sequence header among the OBUs of data[size], the first bytes of a bitstream. False if there is
 * none or it is not valid. */
bool av1_read_header(const uint8_t *data, size_t size, struct av1_header *header);

/* Reads av1C: profile, bits, monochrome and sampling. False if it is not valid. */
bool av1_read_config(const uint8_t *config, size_t size, struct av1_header *header);

#endif
