/*
 * Rotation by any angle, clockwise around the middle. The result is as large as the rotated image's bounding
 * box, |w cos a| + |h sin a| by |w sin a| + |h cos a|, rounded to nearest: libvips' rule, which sharp has.
 * Samples are interpolated bicubically (rotate_kernels.h), with the samples at the edges repeated; pixels
 * that an edge crosses are mixed with the border's colour by how much of them is covered, so edges are
 * smooth.
 */
#ifndef FILTER_ROTATE_ANY_H
#define FILTER_ROTATE_ANY_H

#include "color/css_color.h"
#include "image/image.h"

/* The result's size. */
void rotate_any_size(double degrees, uint32_t *width, uint32_t *height);

/* Makes *out, of size `planned`, with corners of this colour. `in` is interleaved, without straight alpha;
 * *out has the format that border_format says. Returns 0, or -1 with `error` filled. */
int rotate_any(double degrees, const struct css_color *color, const struct pm_image *in,
               const struct shape *planned, struct pm_image *out, struct context *context);

#endif
