/* An ICC profile of three primaries and one curve, or of a curve alone for grey, of a few hundred bytes. */
#ifndef COLOR_MATRIX_PROFILE_H
#define COLOR_MATRIX_PROFILE_H

#include <stddef.h>

#include "color/description.h"

enum { MATRIX_PROFILE_MAX = 640 };

/* Writes the profile of RGB, or of grey, samples of `description`, by ICC.1:2022 (version 4.2, so that older
 * readers take it). `name`, ASCII, up to 40 characters, is what programs show. The same description makes the
 * same bytes. Returns how many; 0 when the primaries make no colour space. */
size_t matrix_profile_write(const struct color_description *description, bool gray, const char *name,
                            uint8_t out[MATRIX_PROFILE_MAX]);

#endif
