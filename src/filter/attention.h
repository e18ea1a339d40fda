/*
 * Where the eye is drawn to, for a crop. The method is that of libvips' "attention" (libvips/conversion/
 * smartcrop.c), which sharp uses: of the picture reduced to 32 x 32 cells, each cell's score is the sum of
 * edges (the Laplacian of Y), of likeness to skin (its XYZ's direction, as in smartcrop.js) and of chroma (of
 * CIE L*a*b*; libvips takes a* alone); a Gaussian as wide as a tenth of the crop smooths the scores, and the
 * largest one is the place. Sums and powers are computed in an order and by functions of pixmill's own, so
 * that all machines find the same place.
 */
#ifndef FILTER_ATTENTION_H
#define FILTER_ATTENTION_H

#include "image/image.h"

/* The centre of attention, in pixels from the left and from the top, for a crop to width x height; the middle
 * of the picture if all cells are equal. `in` is grey or RGB with straight alpha or without, or CMYK. Returns
 * 0, or -1 with `error` filled. */
int attention_find(const struct pm_image *in, uint32_t width, uint32_t height, double *x, double *y,
                   struct context *context);

#endif
