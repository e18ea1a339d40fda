/*
 * The eight ways to lay a picture down: what EXIF calls orientation, and with it rotate, flip and flop.
 *
 *     1  as it is            5  transposed (mirrored on the diagonal from the top left)
 *     2  mirrored left-right 6  stored on its left side: turned 90 degrees clockwise to stand upright
 *     3  turned by 180       7  transversed (mirrored on the other diagonal)
 *     4  mirrored top-bottom 8  stored on its right side: turned 270 degrees clockwise
 */
#ifndef FILTER_ORIENT_H
#define FILTER_ORIENT_H

#include "image/image.h"

/* Does this orientation exchange width and height? */
static inline bool orient_transposes(unsigned orientation)
{
    return orientation >= 5;
}

/* The shape of a picture stored in `orientation` once it stands upright. */
void orient_shape(unsigned orientation, struct shape *shape);

/* Makes *out, upright, of a picture whose samples lie in EXIF orientation 1 to 8; any planes, frames are
 * mirrored and exchanged too. out's orientation is 1 and its metadata in's. Orientation 1 shares the samples.
 * Returns 0, or -1 with `error` filled. */
int orient_apply(const struct pm_image *in, unsigned orientation, struct pm_image *out,
                 struct context *context, struct pm_error *error);

#endif
