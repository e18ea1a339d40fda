/* Tables of tone curves, indexed by light as a float (see color/shaper.h): of 8-bit samples, or of points for
 * linear interpolation. */
#ifndef COLOR_CURVE_TABLES_H
#define COLOR_CURVE_TABLES_H

#include "color/space.h"

enum {
    /* From light to the nearest 8-bit sample: 1024 entries per octave, from 2^-24 to 1. */
    BYTE_OCTAVES = 24,
    BYTE_BITS = 10,
    BYTES = (BYTE_OCTAVES << BYTE_BITS) + 1,
    BYTE_PAST = 3, /* bytes after a table that a vector's look-up may read */
    /* Curves for 16 bits: 256 points per octave, from 2^-40 to 1, with linear interpolation. */
    POINT_OCTAVES = 40,
    POINT_BITS = 8,
    POINTS = (POINT_OCTAVES << POINT_BITS) + 1,
    /* Float format. */
    MANTISSA_BITS = 23,
    EXPONENT_BIAS = 127,
    FLOAT_ONE = EXPONENT_BIAS << MANTISSA_BITS, /* the bits of 1.0f */
    BYTE_FIRST = FLOAT_ONE - (BYTE_OCTAVES << MANTISSA_BITS),
    POINT_FIRST = FLOAT_ONE - (POINT_OCTAVES << MANTISSA_BITS),
};

/* Fills the table from light to 8-bit samples. */
void curve_table_bytes(const struct tone_curve *curve, uint8_t sample[BYTES]);

/* The light of point i, 0 to POINTS: the last two are 1, the first is 0 instead of 2^-40. */
double curve_table_light(int i);

/* Fills the values for light (or for samples from 0 to 1), times `scale`, and repeats the last one. */
void curve_table_points(const struct tone_curve *curve, double (*value)(const struct tone_curve *, double),
                        double scale, float points[POINTS + 1]);

/* Assigns tables to the channels' curves, numbered from `first`: channels with equal curves share one.
 * Returns how many tables are needed. */
unsigned curve_tables_assign(const struct color_space *space, unsigned first, unsigned table[3]);

#endif
