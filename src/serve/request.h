/*
 * What a path asks for: the recipe in its leading segments and the file below the root in the rest.
 *
 *     /resize=800x600/blur=2/quality=75/cats/one.jpg
 *
 * Leading segments that are steps of a recipe are the recipe; "-" ends it where a folder bears a step's name.
 * The last segment is always the file's. Segments are percent-decoded one by one, and what a file's name
 * could not hold, or could lead elsewhere (an encoded slash, NUL, "..", "."), is refused; so is a hidden
 * name, which begins with a dot: nobody expects the world to see what a listing hides from him. Pure.
 */
#ifndef SERVE_REQUEST_H
#define SERVE_REQUEST_H

#include <stdbool.h>

#include "transform/recipe.h"

enum { REQUEST_FILE_MAX = 4096 };

struct request {
    struct pm_recipe recipe;
    bool auto_format;            /* "format=auto": the result's format is the client's to choose */
    char file[REQUEST_FILE_MAX]; /* below the root, without a slash at its beginning */
};

/* Parses path[size], which begins with a slash and holds no query. Returns 0, or the HTTP status of the
 * refusal (400, 403, 404, 414) with `error` filled. */
int request_parse(const char *path, size_t size, struct request *request, struct pm_error *error);

#endif
