/* LogLuv pages become sRGB. */
#ifndef CODEC_TIFF_PART_LUV_H
#define CODEC_TIFF_PART_LUV_H

#include <stdint.h>

/* Converts `count` pixels of libtiff's floats: Y of grey (`channels` 1), or X, Y and Z, of which 1 is white;
 * brighter light is clipped. */
void tiff_luv_to_rgb(const uint8_t *in, unsigned channels, uint32_t count, uint16_t *out);

#endif
