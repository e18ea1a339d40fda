/* Tables of tone curves that are indexed by light, a float, as color/shaper.h says: of samples of 8 bits, or
 * of points that straight lines join. */
#ifndef COLOR_CURVE_TABLES_H
#define COLOR_CURVE_TABLES_H

#include "color/space.h"

enum {
    /* From light to a sample of 8 bits: the nearest sample, for each 1/1024 of the octaves from 2^-24 to 1.
     */
    BYTE_OCTAVES = 24,
    BYTE_BITS = 10,
    BYTES = (BYTE_OCTAVES << BYTE_BITS) + 1,
    /* Curves of 16 bits: points at each 1/256 of the octaves from 2^-40 to 1, joined by straight lines. */
    POINT_OCTAVES = 40,
    POINT_BITS = 8,
    POINTS = (POINT_OCTAVES << POINT_BITS) + 1,
    /* Of a float. */
    MANTISSA_BITS = 23,
    EXPONENT_BIAS = 127,
    FLOAT_ONE = EXPONENT_BIAS << MANTISSA_BITS, /* the bits of 1.0f */
    BYTE_FIRST = FLOAT_ONE - (BYTE_OCTAVES << MANTISSA_BITS),
    POINT_FIRST = FLOAT_ONE - (POINT_OCTAVES << MANTISSA_BITS),
};

/* Fills the samples of light. */
void curve_table_bytes(const struct tone_curve *curve, uint8_t sample[BYTES]);

/* Fills the values of light (or of samples from 0 to 1), times `scale`, and repeats the last. */
void curve_table_points(const struct tone_curve *curve, double (*value)(const struct tone_curve *, double),
                        double scale, float points[POINTS + 1]);

/* The tables that the curves of a space's channels need, from number `first` on: channels with equal curves
 * share one. Returns how many. */
unsigned curve_tables_assign(const struct color_space *space, unsigned first, unsigned table[3]);

#endif
