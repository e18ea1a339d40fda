/*
 * LogLuv's XYZ have equal energy as white, so that x, y and z of a grey are the same. The matrix is libtiff's
 * own for the primaries of ITU-R BT.709 with that white (tif_luv.c), which are sRGB's.
 */
#include "codec/tiff/part/luv.h"

#include <string.h>

#include "codec/tiff/part/lab.h"

static const double to_rgb[3][3] = {{2.690, -1.276, -0.414}, {-1.022, 1.978, 0.044}, {0.061, -0.224, 1.163}};

static uint16_t encode(double light)
{
    /* not a number: black */
    return light > 0 ? (uint16_t)(tiff_encode_light(light) * UINT16_MAX + 0.5) : 0;
}

void tiff_luv_to_rgb(const uint8_t *in, unsigned channels, uint32_t count, uint16_t *out)
{
    for (uint32_t i = 0; i < count; i++, out += channels) {
        float light[3];
        memcpy(light, in + (size_t)i * channels * sizeof *light, channels * sizeof *light);
        if (channels == 1)
            out[0] = encode((double)light[0]);
        for (unsigned c = 0; channels == 3 && c < 3; c++)
            out[c] = encode(to_rgb[c][0] * (double)light[0] + to_rgb[c][1] * (double)light[1] +
                            to_rgb[c][2] * (double)light[2]);
    }
}
