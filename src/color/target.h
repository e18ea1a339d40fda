/* The colour spaces that pixmill itself describes in results. */
#ifndef COLOR_TARGET_H
#define COLOR_TARGET_H

#include "color/matrix_profile.h"
#include "color/space.h"

enum color_target {
    COLOR_KEEP, /* no conversion: the input's space stays */
    COLOR_SRGB,
    COLOR_P3, /* Display P3: the primaries of DCI-P3, sRGB's white point and curve */
    COLOR_TARGETS,
    COLOR_FILE = COLOR_TARGETS, /* the profile of a file named in the recipe; not for the functions below */
};

/* "keep", "srgb", "p3". */
const char *color_target_name(enum color_target target);

/* For all but COLOR_KEEP: */
void color_target_space(enum color_target target, bool gray, struct color_space *space);

/* cICP's code points (ITU-T H.273). */
const uint8_t *color_target_cicp(enum color_target target);

/* Writes the ICC profile of the target. Returns its size. */
size_t color_target_profile(enum color_target target, bool gray, uint8_t out[MATRIX_PROFILE_MAX]);

#endif
