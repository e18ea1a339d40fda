/*
 * --allow: the recipes that a server does, in a file, one a line, as they stand in URLs; "#" begins a
 * comment, and an empty line says nothing:
 *
 *     # what the site's templates use
 *     resize=400x400/format=auto
 *     resize=1600x1600>/quality=75
 *
 * A line "-" allows what has no recipe at all. Compared is what a recipe means, not how it is written: its
 * canonical text.
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

/* Is the recipe of that canonical text among them? `auto_format`: with format=auto, which is no part of it.
 */
bool allow_has(const struct allow *allow, const char *canonical, bool auto_format);

#endif
