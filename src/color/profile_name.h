/* The name of an ICC profile: its description, for people ("Display P3"). */
#ifndef COLOR_PROFILE_NAME_H
#define COLOR_PROFILE_NAME_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of a profile's beginning that are enough for nearly all of them. */
enum { PROFILE_BEGINNING = 8192 };

/* Writes the name to name[room] as UTF-8, cut after a whole character if it is longer, from the first `size`
 * bytes of a profile. An empty one: the description is not there, beyond them, or broken. In several
 * languages: the English one, or the first. */
void profile_name(const uint8_t *icc, size_t size, char *name, size_t room);

#endif
