/*
 * The eight EXIF orientations, also used for rotate, flip and flop.
 *
 *     1  as it is            5  transposed (mirrored on the diagonal from the top left)
 *     2  mirrored left-right 6  to be rotated 90 degrees clockwise
 *     3  rotated by 180     7  transversed (mirrored on the other diagonal)
 *     4  mirrored top-bottom 8  to be rotated 270 degrees clockwise
 */
#ifndef FILTER_ORIENT_H
#define FILTER_ORIENT_H

#include "image/image.h"

/* Does this orientation exchange width and height? */
static inline bool orient_transposes(unsigned orientation)
{
    return orientation >= 5;
}

/* Changes *shape from an image stored in `orientation` to the upright image. */
void orient_shape(unsigned orientation, struct shape *shape);

/* Makes *out, upright, from an image stored in EXIF orientation 1 to 8; any planes; frames are mirrored and
 * swapped too. out's orientation is 1, its metadata is in's. Orientation 1 shares the samples. Returns 0, or
 * -1 with `error` filled. */
int orient_apply(const struct pm_image *in, unsigned orientation, struct pm_image *out,
                 struct context *context);

#endif
