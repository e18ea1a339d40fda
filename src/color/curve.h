/*
 * Tone curves of ICC profiles: from a sample, 0 to 1, to linear light, 0 to 1, and back. Powers are computed
 * here, not by the C library, whose result depends on the processor in the last bit.
 */
#ifndef COLOR_CURVE_H
#define COLOR_CURVE_H

#include <stdbool.h>
#include <stdint.h>

#include "color/description.h"

/* The HDR curves of ITU-R BT.2100-2 are not powers. */
enum tone_transfer {
    TONE_POWER,
    TONE_PQ,  /* table 4; light 1 is 10000 cd/m2 */
    TONE_HLG, /* table 5: scene light, 1 is the brightest */
};

/* (a V + b)^g + e if V >= d, else c V + f (ICC.1:2022, 10.18, type 4); with a table, the points joined by
 * straight lines. */
struct tone_curve {
    struct color_curve power;
    double e, f;
    const uint8_t *points; /* big-endian, 16 bits each, at equal distances from 0 to 1; NULL: no table */
    uint32_t count;        /* of points, at least 2 */
    enum tone_transfer transfer; /* of points and `power`, only TONE_POWER uses any */
    bool is_lightness;           /* the value is L* of CIE 15, 100 scaled to 1, not light */
};

/* x^g for x >= 0, with a relative error below 1e-12. */
double color_power(double x, double g);

/* Linear light of `sample`; both are clamped to 0 to 1. */
double tone_curve_light(const struct tone_curve *curve, double sample);

/* The sample that gives `light`: inverts a curve that never falls. */
double tone_curve_sample(const struct tone_curve *curve, double light);

/* Does the curve have an inverse: does it rise from below 0.5 to above, and never fall? */
bool tone_curve_rises(const struct tone_curve *curve);

#endif
