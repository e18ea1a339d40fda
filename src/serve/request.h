/*
 * A path: the recipe in its leading segments, and the file below the root in the rest.
 *
 *     /resize=800x600/blur=2/quality=75/cats/one.jpg
 *
 * Leading segments that are steps form the recipe; "-" ends it, before a folder that has a step's name. The
 * last segment is always the file's name. Segments are percent-decoded one by one. An encoded slash, NUL,
 * ".." and "." are refused, and so are hidden names, which begin with a dot. Pure.
 */
#ifndef SERVE_REQUEST_H
#define SERVE_REQUEST_H

#include <stdbool.h>

#include "transform/recipe.h"

enum { REQUEST_FILE_MAX = 4096 };

struct request {
    struct pm_recipe recipe;
    bool auto_format;            /* "format=auto": the client's Accept field chooses the format */
    char file[REQUEST_FILE_MAX]; /* below the root, without a slash at its beginning */
};

/* Parses path[size], which begins with a slash and has no query. Returns 0, or the HTTP status of the
 * refusal (400, 403, 404, 414) with `error` filled. */
int request_parse(const char *path, size_t size, struct request *request, struct pm_error *error);

#endif
