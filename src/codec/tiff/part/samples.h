/* Converts samples from libtiff to those of an image. */
#ifndef CODEC_TIFF_PART_SAMPLES_H
#define CODEC_TIFF_PART_SAMPLES_H

#include "codec/tiff/tiff.h"

struct tiff_unpacker {
    const struct tiff_header *header;
    const uint16_t *palette[3]; /* 1 << bits entries each; NULL: none */
    bool wide;                  /* of 16 bits; false: an old writer stored 8 */
};

/* Unpacks `count` pixels of one decoded row into row `out` of the picture, from pixel `x` on. `first` is the
 * number of the sample in `in`, of planar data, or 0 of interleaved data, which has all. Samples that are
 * neither colour nor alpha are left out. */
void tiff_unpack(const struct tiff_unpacker *unpacker, const uint8_t *in, unsigned first, uint32_t x,
                 uint32_t count, uint8_t *out);

/* Makes alpha straight in a finished row of `width` pixels with `channels` samples, the last of which is
 * alpha. */
void tiff_unmultiply(uint8_t *row, uint32_t width, unsigned channels, unsigned depth);

#endif
