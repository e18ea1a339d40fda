/* The polynomials of color/ycc_shaper.h. */
#ifndef COLOR_YCC_SHAPER_TABLES_H
#define COLOR_YCC_SHAPER_TABLES_H

#include "color/cubics.h"
#include "color/ycc_shaper.h"

/* Octaves of light, from 2^-8 on; the first one's polynomial goes on to the straight part. */
enum { YCC_OCTAVES = 8 };

struct ycc_shaper {
    struct cubics light[3]; /* of samples 0 to 1, for R, G and B */
    struct cubics sample;   /* of light: octave 2^e to 2^(e + 1) is at e modulo 8 */
    float matrix[3][3];
    float straight, slope; /* below this light, samples are light * slope */
};

struct ycc_shaper_kernels {
    void (*rows)(const struct ycc_shaper *shaper, const struct ycc_rows *in, const struct ycc_rows *out,
                 size_t width);
};

#endif
