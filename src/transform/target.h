/* target-size: finds the highest quality whose file does not exceed the target. */
#ifndef TRANSFORM_TARGET_H
#define TRANSFORM_TARGET_H

#include "transform/plan.h"

/* For a recipe with a target size: does the format have a quality setting to search? Returns 0, or -1 with
 * `error` filled. */
int target_check(const struct pm_recipe *recipe, const struct codec *format, struct pm_error *error);

/* Appends the file of `image` to `out`: at the highest quality that fits, up to the recipe's, found in at
 * most TARGET_ENCODES encodings. Returns 0, or -1 with the context's error filled: PM_ERROR_LIMIT if it fits
 * at no quality. */
enum { TARGET_ENCODES = 8 };
int target_encode(const struct pm_recipe *recipe, const struct codec *format, const struct pm_image *image,
                  struct buffer *out, struct context *context);

#endif
