/* What every ICC profile says about itself in its header (ICC.1:2022, 7.2), whatever file it came in. */
#ifndef IMAGE_PROFILE_H
#define IMAGE_PROFILE_H

#include <stdbool.h>

#include "pixmill/image.h"

/* Bytes of a profile at most: as many as the reader of a PNG inflates, so that none is written that it
 * refuses. */
enum { PROFILE_MAX = (8 << 20) - 1 };

/* Bytes of the profile that bytes[size] begin with, as its header states: `size` or less, for a file may pad
 * it. 0 when this is no profile: shorter than a header and a tag count, longer than `size` or PROFILE_MAX, or
 * without the signature "acsp". */
size_t profile_size(const uint8_t *bytes, size_t size);

/* Does this profile describe samples of `color`? False for what is no profile. */
bool profile_matches(const struct pm_blob *icc, enum pm_color color);

#endif
