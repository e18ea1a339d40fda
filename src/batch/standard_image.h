/* --image: one image on standard input. */
#ifndef BATCH_STANDARD_IMAGE_H
#define BATCH_STANDARD_IMAGE_H

#include <stdint.h>

#include "base/error.h"

enum { STANDARD_IMAGE_NAME_MAX = 32 };

/* Reads standard input to its end, unless it is a regular file that can be read in place. Returns a
 * descriptor of a regular file, its size in *size, and in name[STANDARD_IMAGE_NAME_MAX] what it is called by
 * its format: stdin.jpg; or -1 with `error` filled. `max`: max bytes to read. */
int standard_image_open(uint64_t max, uint64_t *size, char *name, struct pm_error *error);

#endif
