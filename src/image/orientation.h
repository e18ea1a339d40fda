/*
 * The eight EXIF orientations, also used for rotate, flip and flop.
 *
 *     1  as it is            5  transposed (mirrored on the diagonal from the top left)
 *     2  mirrored left-right 6  to be rotated 90 degrees clockwise
 *     3  rotated by 180      7  transversed (mirrored on the other diagonal)
 *     4  mirrored top-bottom 8  to be rotated 270 degrees clockwise
 */
#ifndef IMAGE_ORIENTATION_H
#define IMAGE_ORIENTATION_H

#include <stdbool.h>

/* What makes an image stored in an orientation upright: mirror its columns (right to left) and rows (bottom
 * to top), then perhaps transpose. */
struct turn {
    bool mirror_x, mirror_y, transpose;
};

/* `orientation`: 1 to 8. */
struct turn orientation_turn(unsigned orientation);

/* Does this orientation exchange width and height? */
static inline bool orientation_transposes(unsigned orientation)
{
    return orientation >= 5;
}

/* The orientation whose turn is that of `first`, followed by that of `then`. */
unsigned orientation_join(unsigned first, unsigned then);

#endif
