/* 3 x 3 matrices and XYZ vectors of colour conversions, in double precision with exactly rounded operations
 * only, so that they are the same on every machine. */
#ifndef COLOR_MATRIX_H
#define COLOR_MATRIX_H

#include "color/description.h"

struct color_matrix {
    double at[3][3];
};

struct color_vector {
    double at[3];
};

/* The white point of the ICC profile connection space (ICC.1:2022, 7.2.16). */
extern const struct color_vector color_d50;

struct color_vector color_matrix_apply(const struct color_matrix *m, struct color_vector v);

/* a b: b is applied first. */
struct color_matrix color_matrix_multiply(const struct color_matrix *a, const struct color_matrix *b);

/* Returns false if there is no inverse. */
bool color_matrix_invert(const struct color_matrix *m, struct color_matrix *out);

/* *colors: from linear RGB of `description` to XYZ relative to D50; *adapt: the adaptation of its white point
 * to D50 that this contains, by the Bradford transform (ICC.1:2022, annex E). Returns false if the primaries
 * are degenerate. */
bool color_matrix_of(const struct color_description *description, struct color_matrix *colors,
                     struct color_matrix *adapt);

#endif
