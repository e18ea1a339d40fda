/*
 * Finds pixmill's separate files (programs, libraries loaded on first use): in the command's folder (as
 * built) or in the libexec folder (as installed). In a shared library (libpixmill.so, the Python module) its
 * own folder takes the place of the command's.
 */
#ifndef BASE_FIND_PART_H
#define BASE_FIND_PART_H

#include <limits.h>

#include "base/error.h"

/* The path of the part `name`. 0, or -1 with `error` filled when it is missing. */
int find_part(const char *name, char path[PATH_MAX], struct pm_error *error);

/* The path of a preset: in share/pixmill/recipes (as installed) or samples/recipes (as built). Returns as
 * find_part. */
int find_shared(const char *name, char path[PATH_MAX], struct pm_error *error);

#endif
