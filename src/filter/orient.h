/* Images from one of the eight EXIF orientations to upright; also used for rotate, flip and flop. */
#ifndef FILTER_ORIENT_H
#define FILTER_ORIENT_H

#include "image/image.h"
#include "image/orientation.h"

/* Changes *shape from an image stored in `orientation` to the upright image. */
void orient_shape(unsigned orientation, struct shape *shape);

/* Makes *out, upright, from an image stored in EXIF orientation 1 to 8; any planes; frames are mirrored and
 * swapped too. out's orientation is 1, its metadata is in's. Orientation 1 shares the samples. Returns 0, or
 * -1 with `error` filled. */
int orient_apply(const struct pm_image *in, unsigned orientation, struct pm_image *out,
                 struct context *context);

#endif
