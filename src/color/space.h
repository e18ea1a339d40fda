/*
 * A colour space of RGB or grey samples: a tone curve for each channel, and the matrix from linear RGB to the
 * XYZ of the ICC profile connection space. Nearly all profiles in pictures are of this kind ("matrix/TRC").
 */
#ifndef COLOR_SPACE_H
#define COLOR_SPACE_H

#include <stddef.h>

#include "color/curve.h"
#include "color/matrix.h"

struct color_space {
    bool gray;                  /* one curve, no matrix */
    struct color_matrix to_xyz; /* from linear RGB, relative to D50 */
    struct tone_curve curve[3];
};

enum color_space_result {
    COLOR_SPACE_READ,
    COLOR_SPACE_BROKEN, /* not a profile, or one that breaks the format's rules */
    COLOR_SPACE_OTHER,  /* not broken as far as was checked, but of another kind: tables, CMYK, Lab, a device
                           link */
};

/* Reads an ICC profile of version 2 or 4 (ICC.1:2022). Its tables are not copied: the bytes must outlive
 * *space. A profile with both a matrix and tables (A2B0, ...) is COLOR_SPACE_OTHER, as its tables take
 * precedence (8.10.2). */
enum color_space_result color_space_read(const uint8_t *icc, size_t size, struct color_space *space);

/* Returns false if the primaries are degenerate. */
bool color_space_of(const struct color_description *description, bool gray, struct color_space *space);

/* Do both give the same colours, to a third of an 8-bit level? */
bool color_space_equal(const struct color_space *a, const struct color_space *b);

/* Can colours be converted to it: do all curves rise, and does the matrix have an inverse? */
bool color_space_is_invertible(const struct color_space *space);

#endif
