/* Writes a small ICC profile (a few hundred bytes): three primaries and one curve, or only a curve for
 * grey. */
#ifndef COLOR_MATRIX_PROFILE_H
#define COLOR_MATRIX_PROFILE_H

#include <stddef.h>

#include "color/description.h"

enum { MATRIX_PROFILE_MAX = 640 };

/* Writes the profile of RGB, or of grey, samples of `description`, by ICC.1:2022 (version 4.2, so that older
 * readers take it). `name`, ASCII, up to 40 characters, is the profile's description. Deterministic output.
 * Returns the size; 0 if the primaries are degenerate. */
size_t matrix_profile_write(const struct color_description *description, bool gray, const char *name,
                            uint8_t out[MATRIX_PROFILE_MAX]);

#endif
