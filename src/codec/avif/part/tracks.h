/* Writes the moov box of an image sequence (AVIF 1.1, 3; ISO/IEC 23008-12, 7): a track of the colours, and
 * one of alpha. */
#ifndef CODEC_AVIF_PART_TRACKS_H
#define CODEC_AVIF_PART_TRACKS_H

#include "codec/avif/part/boxes.h"

enum { AVIF_TICKS_PER_SECOND = 1000 };

struct avif_sequence {
    uint32_t frames;
    unsigned loops;        /* as in struct animation */
    const uint32_t *ticks; /* of each frame */
    struct avif_frames {
        const uint32_t *sizes; /* of each frame's bytes */
        const uint8_t *keys;   /* of each frame: 1: it needs no other */
    } layers[2];               /* colours, alpha */
};

/* chunk_at[i] is set to where the offset in the file of a layer's first frame must be put. */
void avif_put_tracks(struct box_writer *box, const struct pm_image *image, const struct av1_header headers[2],
                     const struct heif_nclx *nclx, const struct avif_sequence *sequence, size_t chunk_at[2]);

#endif
