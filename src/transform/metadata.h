/* What of a file's metadata goes into the result. */
#ifndef TRANSFORM_METADATA_H
#define TRANSFORM_METADATA_H

#include "base/context.h"
#include "image/image.h"

/* Drops what `keep` (enum metadata_keep, or-ed) does not ask for and a profile that does not match the
 * samples (with a warning), and writes image->orientation into the EXIF block. */
int metadata_settle(struct pm_image *image, unsigned keep, struct context *context, struct pm_error *error);

#endif
