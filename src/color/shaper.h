/*
 * Conversion of RGB or grey samples from one colour space to another: by a table to linear light, by a matrix
 * to the other space's linear light, and by a table back to samples.
 *
 * Light is a float. A table that begins with light is indexed by its exponent and the first bits of its
 * mantissa, so that the entries are equally dense in every octave: dark samples, which differ by very little
 * light, are as exact as others. Floats are added and multiplied in a fixed order, without contraction: the
 * same bytes on every machine.
 */
#ifndef COLOR_SHAPER_H
#define COLOR_SHAPER_H

#include "base/arena.h"
#include "base/simd.h"
#include "color/space.h"

/* Contains no pointers: can be copied as `bytes` bytes, which include the tables for its kind
 * (color/shaper_tables.h). */
struct shaper {
    size_t bytes;
    unsigned colors; /* 1: grey, 3: RGB */
    unsigned depth;  /* of samples: 8 or 16 bits */
};

/* Makes the conversion between two spaces with the same number of channels; `to` must be invertible. NULL: no
 * memory in `arena`. */
struct shaper *shaper_make(const struct color_space *from, const struct color_space *to, unsigned depth,
                           struct arena *arena);

/* Converts `width` pixels; `in` may be `out`. `channels`: colors, or one more for alpha, which is copied. */
void shaper_row(const struct shaper *shaper, enum simd_level simd, const void *in, void *out, size_t width,
                unsigned channels);

#endif
