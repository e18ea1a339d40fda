/*
 * libpixmill: one pure function, and ways to call it many times at once.
 *
 *     struct pm_error error = {0};
 *     struct pm_recipe *recipe = pm_recipe_parse("resize=800x600/blur=2/format=jpeg", &error);
 *     uint8_t *result;
 *     size_t result_size;
 *     if (recipe == NULL || pm_transform(recipe, data, size, NULL, NULL, &result, &result_size, &error) != 0)
 *         fprintf(stderr, "%s\n", error.message);
 *
 * transform.h has this function; context.h calls it in a loop, with time limits; map.h runs it on many images
 * with any backend; decode.h decodes to samples.
 * A `struct pm_error` must be zeroed before it is passed in: the first error stays.
 */
#ifndef PIXMILL_PIXMILL_H
#define PIXMILL_PIXMILL_H

#include "pixmill/context.h"
#include "pixmill/decode.h"
#include "pixmill/error.h"
#include "pixmill/image.h"
#include "pixmill/map.h"
#include "pixmill/recipe.h"
#include "pixmill/secret.h"
#include "pixmill/transform.h"

#endif
