/* The polynomials of color/ycc_shaper.h. */
#ifndef COLOR_YCC_SHAPER_TABLES_H
#define COLOR_YCC_SHAPER_TABLES_H

#include "color/ycc_shaper.h"

enum {
    YCC_SEGMENTS = 8,
    YCC_ORDER = 4,    /* coefficients of a cubic */
    YCC_OCTAVES = 8,  /* of light, from 2^-8 on; the first one's polynomial goes on to the straight part */
    YCC_ENTRIES = 16, /* twice the segments: as many as the widest vector has elements */
};

/* Coefficient k of segment s is at [k][s] and at [k][s + YCC_SEGMENTS]. */
typedef float ycc_polynomials[YCC_ORDER][YCC_ENTRIES];

struct ycc_shaper {
    _Alignas(64) ycc_polynomials light[3]; /* of samples 0 to 1, for R, G and B */
    ycc_polynomials sample;                /* of light: octave 2^e to 2^(e + 1) is at e modulo 8 */
    float matrix[3][3];
    float straight, slope; /* below this light, samples are light * slope */
};

struct ycc_shaper_kernels {
    void (*rows)(const struct ycc_shaper *shaper, const struct ycc_rows *in, const struct ycc_rows *out,
                 size_t width);
};

#endif
