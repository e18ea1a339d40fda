/* The header of an ICC profile (ICC.1:2022, 7.2). */
#ifndef IMAGE_PROFILE_H
#define IMAGE_PROFILE_H

#include <stdbool.h>

#include "pixmill/image.h"

/* Max bytes of a profile: the PNG reader's limit, so that pixmill can read what it writes. */
enum { PROFILE_MAX = (8 << 20) - 1 };

/* Size of the profile at the start of bytes[size], from its header: `size` or less, as a file may pad it. 0
 * if it is not a profile: shorter than a header and a tag count, longer than `size` or PROFILE_MAX, or
 * without the signature "acsp". */
size_t profile_size(const uint8_t *bytes, size_t size);

/* Does this profile describe samples of `color`? False if it is not a profile. */
bool profile_matches(const struct pm_blob *icc, enum pm_color color);

#endif
