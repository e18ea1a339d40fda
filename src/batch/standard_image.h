/* --image: one image on standard input. */
#ifndef BATCH_STANDARD_IMAGE_H
#define BATCH_STANDARD_IMAGE_H

#include <stdint.h>

#include "base/error.h"

/* Reads standard input to its end, unless it is a regular file that can be read in place. Returns a
 * descriptor of a regular file and its size in *size, or -1 with `error` filled. `max`: max bytes to read. */
int standard_image_open(uint64_t max, uint64_t *size, struct pm_error *error);

#endif
