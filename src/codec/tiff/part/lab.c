/*
 * CIELAB of TIFF 6.0 (section 23) and of ICC profiles, relative to D50, as photo editors write it. libtiff's
 * own conversion leaves D50's white yellow.
 */
#include "codec/tiff/part/lab.h"

#include "color/lab.h"

/* From the XYZ of D50 to linear sRGB: the inverse of the matrix in sRGB's profile (IEC 61966-2-1, adapted by
 * Bradford's transform). */
static const double to_rgb[3][3] = {{3.1338561, -1.6168667, -0.4906146},
                                    {-0.9787684, 1.9161415, 0.0334540},
                                    {0.0719453, -0.2289914, 1.4052427}};
static const double white[3] = {0.9642, 1, 0.8249};

double tiff_encode_light(double light)
{
    return light <= 0 ? 0 : light >= 1 ? 1 : srgb_sample(light);
}

static unsigned get(const uint8_t *row, unsigned depth, size_t i)
{
    return depth == 8 ? row[i] : ((const uint16_t *)(const void *)row)[i];
}

static void put(uint8_t *row, unsigned depth, size_t i, unsigned value)
{
    if (depth == 8)
        row[i] = (uint8_t)value;
    else
        ((uint16_t *)(void *)row)[i] = (uint16_t)value;
}

/* L* from 0 to 100; a* and b* from -128 to 127. */
static void read_lab(const uint8_t *row, unsigned depth, bool icc, size_t at, double lab[3])
{
    const double one = depth == 8 ? 1 : 256, full = depth == 8 ? 255 : icc ? 65280 : 65535;
    lab[0] = 100 * get(row, depth, at) / full;
    for (unsigned c = 1; c < 3; c++) {
        const unsigned value = get(row, depth, at + c);
        const int is_signed = depth == 8 ? (int8_t)value : (int16_t)value;
        lab[c] = icc ? value / one - 128 : is_signed / one;
    }
}

void tiff_lab_to_rgb(uint8_t *row, uint32_t width, unsigned channels, unsigned depth, bool icc)
{
    const double max = depth == 8 ? UINT8_MAX : UINT16_MAX;
    for (size_t at = 0; at < (size_t)width * channels; at += channels) {
        double lab[3], xyz[3];
        read_lab(row, depth, icc, at, lab);
        const double y = (lab[0] + 16) / 116;
        xyz[0] = white[0] * lab_fraction(y + lab[1] / 500);
        xyz[1] = white[1] * lab_fraction(y);
        xyz[2] = white[2] * lab_fraction(y - lab[2] / 200);
        for (unsigned c = 0; c < 3; c++) {
            const double light = to_rgb[c][0] * xyz[0] + to_rgb[c][1] * xyz[1] + to_rgb[c][2] * xyz[2];
            put(row, depth, at + c, (unsigned)(tiff_encode_light(light) * max + 0.5));
        }
    }
}

void tiff_lab_grey(uint8_t *row, uint32_t width, unsigned channels, unsigned depth, bool icc)
{
    const unsigned zero = !icc ? 0 : depth == 8 ? 0x80 : 0x8000;
    for (size_t at = 0; at < (size_t)width * channels; at += channels) {
        put(row, depth, at + 1, zero);
        put(row, depth, at + 2, zero);
    }
}
