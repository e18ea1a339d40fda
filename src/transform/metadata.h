/* Selects and updates the metadata of the result. */
#ifndef TRANSFORM_METADATA_H
#define TRANSFORM_METADATA_H

#include "base/context.h"
#include "image/image.h"

/* Drops metadata not in `keep` (enum metadata_keep, or-ed) and a profile that does not match the samples;
 * updates the rest, including density, to `facts`, with size and orientation taken from the image. Warns of
 * requested metadata that is lost. Called once per job. */
int metadata_settle(struct pm_image *image, struct picture_facts facts, unsigned keep,
                    struct context *context);

#endif
