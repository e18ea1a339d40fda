/* Reference colour conversions in doubles with the C library's pow(), and profiles for them. */
#ifndef TESTS_COLOR_PLAIN_SPACE_H
#define TESTS_COLOR_PLAIN_SPACE_H

#include "color/space.h"

/* RGB, or grey in rgb[0], of 0 to 1 from one space to the other, clamped. */
void plain_convert(const struct color_space *from, const struct color_space *to, const double rgb[3],
                   double out[3]);

/* Primaries and curves that differ much: Adobe RGB, a linear space, Rec. 2020, ProPhoto RGB, a camera's
 * curve. */
enum { PLAIN_SPACES = 5 };
struct color_space plain_space(int which, bool gray);

/* A whole profile of a file; its size is 0 if there is no such file. */
struct plain_profile {
    uint8_t bytes[1 << 20];
    size_t size;
};
void plain_profile_read(struct plain_profile *profile, const char *path);

#endif
