/*
 * Gain maps of JPEG files (codec/jpeg/gain_map.h) in a recipe: kept, or applied.
 *
 * To keep one, the recipe's steps that move pixels are run on the map, too: at the size of the image where
 * they cut or blur, so that the positions are exact; else at its own. To apply one, the decoded image and the
 * map become an HDR picture (PQ, primaries of BT.2020, 16 bits) before the first step.
 */
#ifndef TRANSFORM_GAINMAP_H
#define TRANSFORM_GAINMAP_H

#include "transform/run.h"

/* For an input with a gain map: plans what happens to it. Returns 0, or -1 with `error` filled: what the recipe asks for
 * is not possible. */
int gainmap_plan(const struct pm_recipe *recipe, struct plan *plan, struct pm_error *error);

/* Adds the memory for a map that is kept: it is at most as large as the image. */
void gainmap_plan_memory(struct plan *plan);

/* Appends the file of the current image and of the changed map. If the map can't be kept, gives a warning. */
int gainmap_encode(struct run *run, const uint8_t *data, size_t size, struct buffer *out);

/* Makes *out of `base`, grey or RGB of 8 bits, and of the map in its file data[size]. Returns 0, or -1 with
 * `error` filled. */
int gainmap_apply(const struct pm_image *base, const uint8_t *data, size_t size, enum pm_exif_color exif,
                  struct pm_image *out, struct context *context);

#endif
