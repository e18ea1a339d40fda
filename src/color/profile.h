/* The structure of an ICC profile (ICC.1:2022, 7): its header and the data of its tags. All data is borrowed.
 */
#ifndef COLOR_PROFILE_H
#define COLOR_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "color/curve.h"

struct profile {
    const uint8_t *bytes;
    size_t size;
};

/* Is it a profile, with a valid tag table? */
bool profile_is_sound(const struct profile *profile);

/* For a valid profile: compare a field of the header, or return the major version. */
bool profile_space_is(const struct profile *profile, const char *space); /* "RGB ", "CMYK", "GRAY" */
bool profile_connection_is(const struct profile *profile, const char *connection); /* "XYZ ", "Lab " */
bool profile_class_is(const struct profile *profile, const char *class);           /* "mntr", "link", ... */
unsigned profile_version(const struct profile *profile);

/* The data of a tag and its size, at least 8; NULL: missing, or outside the profile. */
const uint8_t *profile_tag(const struct profile *profile, const char *signature, uint32_t *size);

bool profile_has_tag(const struct profile *profile, const char *signature);

/* Are the four bytes equal to this signature? */
bool profile_word_is(const uint8_t *bytes, const char *word);

/* A number of type s15Fixed16 (4.6). */
double profile_fixed(const uint8_t *bytes);

/* Reads the three numbers of a tag of type XYZ. */
bool profile_xyz(const struct profile *profile, const char *signature, double xyz[3]);

/* Reads a curve of type curv or para from the start of data[size]; `used`, which may be NULL, is set to its
 * size in bytes. Returns false if it is not a valid curve. */
bool profile_curve(const uint8_t *data, uint32_t size, struct tone_curve *curve, uint32_t *used);

#endif
