/* The tables of light (color/light.h), for the code that makes them and the kernels that read them. They are
 * indexed by light like those of a shaper. */
#ifndef COLOR_LIGHT_TABLES_H
#define COLOR_LIGHT_TABLES_H

#include "color/cubics.h"
#include "color/curve_tables.h"
#include "color/light.h"

struct light_8 {
    struct light light;
    struct light_segments segments;
    uint8_t sample_of[LIGHT_ONE + 1]; /* for 15-bit light */
    float light_of[3][256];           /* for a sample of each channel */
    unsigned table[3];                /* index in sample[] for each channel */
    uint8_t sample[][(BYTES + 7) / 8 * 8];
};

/* The light of 16-bit samples, of a curve that begins with a straight line as sRGB's does, without a table
 * that kernels would have to gather from: with w = sample * scale + offset, a cubic polynomial of w for every
 * quarter of an octave of w from 1.25 to 5. The first one is the line. */
struct light_cubics {
    struct cubics cubics; /* w's exponent and the first two bits of its mantissa, modulo 8, select one */
    float scale, offset;
};

struct light_16 {
    struct light light;
    bool fits; /* `read` is right, for all channels */
    struct light_cubics read;
    unsigned curves;           /* number of different curves */
    unsigned from[3], to[3];   /* index in value[] for each channel */
    float value[][POINTS + 1]; /* from samples, 0 to 1, to light; from light to samples, 0 to 65535 */
};

struct light_rows {
    void (*read_8)(const struct light *light, const uint8_t *in, float *out, size_t width, unsigned channels,
                   bool drop);
    void (*read_16)(const struct light *light, const uint16_t *in, float *out, size_t width,
                    unsigned channels, bool drop);
    void (*write_8)(const struct light *light, const float *in, uint8_t *out, size_t width,
                    unsigned channels);
    void (*write_16)(const struct light *light, const float *in, uint16_t *out, size_t width,
                     unsigned channels);
};

#endif
