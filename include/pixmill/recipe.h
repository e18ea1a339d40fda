/*
 * A recipe: the ordered filters and the output settings for one image. Its text form is used in URLs, logs
 * and reports: steps joined by `/`, "resize=800x600/blur=2/format=jpeg/quality=75". Everything that the
 * command line can do to one image has a step. A recipe is immutable once parsed and may be used by many
 * threads at once.
 */
#ifndef PIXMILL_RECIPE_H
#define PIXMILL_RECIPE_H

#include <stddef.h>
#include <stdint.h>

#include "pixmill/error.h"

#pragma GCC visibility push(default)

struct pm_recipe;

/* Parses `text`; an empty text is a recipe that only re-encodes. Returns a recipe that the caller frees
 * with pm_recipe_free, or NULL with `error` filled (PM_ERROR_USAGE, or PM_ERROR_MEMORY). */
struct pm_recipe *pm_recipe_parse(const char *text, struct pm_error *error);

/* Writes the canonical text, NUL-terminated, into text[size]; parsing it again gives an equal recipe.
 * Returns its length, or -1 when it does not fit (4096 bytes always do). */
int pm_recipe_text(const struct pm_recipe *recipe, char *text, size_t size);

/* Gives the recipe the second picture that its steps call `name`, such as logo.png in watermark=logo.png.
 * data[size] are the bytes of its file, which are decoded by this call and not needed afterwards. Nothing is
 * read from disk. A recipe without all of its pictures can't be run (PM_ERROR_USAGE). Call it before the
 * recipe is used. Returns 0, or -1 with `error` filled. */
int pm_recipe_set_picture(struct pm_recipe *recipe, const char *name, const uint8_t *data, size_t size,
                          struct pm_error *error);

void pm_recipe_free(struct pm_recipe *recipe); /* NULL is allowed */

#pragma GCC visibility pop

#endif
