/*
 * --allow: a file of the recipes that a server accepts, one a line, as in URLs; "#" begins a comment, and
 * empty lines are skipped:
 *
 *     # what the site's templates use
 *     resize=400x400/format=auto
 *     resize=1600x1600>/quality=75
 *
 * A line "-" allows paths without a recipe. Recipes are compared by their canonical texts, not as they are
 * written.
 */
#ifndef SERVE_ALLOW_H
#define SERVE_ALLOW_H

#include <stdbool.h>

#include "base/error.h"

struct allow;

/* Reads the file. NULL with `error` filled; its message has the line's number. */
struct allow *allow_open(const char *path, struct pm_error *error);
void allow_close(struct allow *allow); /* NULL is allowed */

/* The recipe after `recipe`, as written; NULL: the first. Returns NULL after the last. */
const char *allow_next(const struct allow *allow, const char *recipe);

/* Is the recipe with this canonical text allowed? `auto_format`: with format=auto, which the text does not
 * contain.
 */
bool allow_has(const struct allow *allow, const char *canonical, bool auto_format);

#endif
