/* What of a file's metadata goes into the result. */
#ifndef TRANSFORM_METADATA_H
#define TRANSFORM_METADATA_H

#include "base/context.h"
#include "image/image.h"

/* Drops what `keep` (enum metadata_keep, or-ed) does not ask for, and a profile that does not match the
 * samples; brings the rest, density too, up to date with `facts`, of which size and orientation are taken
 * from the picture itself. What is lost by it and was asked for is told as a warning. Called once a job. */
int metadata_settle(struct pm_image *image, struct picture_facts facts, unsigned keep,
                    struct context *context, struct pm_error *error);

#endif
