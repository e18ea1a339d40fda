/*
 * Converts JPEG's planes, Y, Cb and Cr of 8 bits with chroma of half the width and height, from one RGB space
 * to another: planes of a reduced picture need not become RGB at its full size and planes again.
 *
 * Curves are polynomials here: from a sample to light eight cubic ones of equal widths, and from light to a
 * sample one per octave, so that tables fit a vector register. Chroma is that of the mean of the four RGB
 * pixels.
 */
#ifndef COLOR_YCC_SHAPER_H
#define COLOR_YCC_SHAPER_H

#include "base/arena.h"
#include "base/simd.h"
#include "color/space.h"

struct ycc_shaper;

/* Returns NULL if there is no memory, or if the polynomials don't fit the curves: to a quarter of a level of
 * 8 bits in the result. */
struct ycc_shaper *ycc_shaper_make(const struct color_space *from, const struct color_space *to,
                                   struct arena *arena);
size_t ycc_shaper_bytes(void);

/* Two rows of luma and the row of chroma that they share. */
struct ycc_rows {
    uint8_t *y[2], *cb, *cr;
};

/* Converts rows `width` luma samples wide, with chroma of half that, rounded up. Both of a result's rows of
 * luma may be the same. */
void ycc_shaper_rows(const struct ycc_shaper *shaper, enum simd_level simd, const struct ycc_rows *in,
                     const struct ycc_rows *out, size_t width);

#endif
