/* Selects and updates the metadata of the result: EXIF, XMP, IPTC, text, and the description of its colours.
 */
#ifndef TRANSFORM_METADATA_H
#define TRANSFORM_METADATA_H

#include "codec/codec.h"
#include "transform/recipe.h"

/* Drops metadata not in `keep` (enum metadata_keep, or-ed) and a profile that does not match the samples;
 * updates the rest, including density, to `facts`, with size and orientation taken from the image. Warns of
 * requested metadata that is lost. Called once per job. */
int metadata_settle(struct pm_image *image, struct picture_facts facts, unsigned keep,
                    struct context *context);

/* The colours that EXIF and XMP must state. `converted`: the samples have the recipe's colours. */
enum facts_colors metadata_color_facts(enum color_target target, bool converted);

/* Sets the description of the colours that `format` can store: the target (`profile`, for COLOR_FILE) if the
 * samples were converted to it, else the file's own, or none if the recipe removes it. Warns if the result
 * can't describe them. Returns 0, or -1 with `error` filled (memory). */
int metadata_settle_colors(struct pm_image *image, const struct codec *format, enum color_target target,
                           const struct pm_blob *profile, bool no_profile, bool converted,
                           struct context *context);

/* Removes the description of the colours. */
void metadata_clear_colors(struct pm_metadata *meta);

#endif
