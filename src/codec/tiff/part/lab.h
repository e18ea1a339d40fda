/* CIELAB pages become sRGB. */
#ifndef CODEC_TIFF_PART_LAB_H
#define CODEC_TIFF_PART_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Converts a row of `width` pixels in place, whose first three of `channels` samples, of `depth` bits, are
 * L*, a* and b*; others stay. `icc`: as in ICC profiles (photometric interpretation 9), a* and b* have an
 * offset; else they are signed (8).
 */
void tiff_lab_to_rgb(uint8_t *row, uint32_t width, unsigned channels, unsigned depth, bool icc);

/* sRGB's curve: from linear light to what is stored, both 0 to 1; less and more are clipped. */
double tiff_encode_light(double light);

/* Sets a* and b* of such a row to 0: grey. */
void tiff_lab_grey(uint8_t *row, uint32_t width, unsigned channels, unsigned depth, bool icc);

#endif
