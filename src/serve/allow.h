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

/* Reads the file. NULL with `error` filled, the line's number in its message. */
struct allow *allow_open(const char *path, struct pm_error *error);
void allow_close(struct allow *allow); /* NULL is allowed */

/* The recipes as they are written, one after the other: that after `recipe`, NULL being before the first;
 * NULL when there are no more. */
const char *allow_next(const struct allow *allow, const char *recipe);

/* Is the recipe of that canonical text among them? `auto_format`: with format=auto, which the text does not
 * contain.
 */
bool allow_has(const struct allow *allow, const char *canonical, bool auto_format);

#endif
