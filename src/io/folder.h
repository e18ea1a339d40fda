/* Creates folders with their missing parents, and syncs them so that they survive a power cut. */
#ifndef IO_FOLDER_H
#define IO_FOLDER_H

#include "base/error.h"

/* Creates the folder `path` and missing folders above it. Returns 0, or -1 with `error` filled. */
int folder_make(const char *path, struct pm_error *error);

/* Creates the missing folders above `path`, which is modified meanwhile. Returns 0, or -1 with errno set. */
int folder_make_above(char *path);

/* Syncs an open folder, so that its names survive a power cut, and closes it. `fd` is -1 if it could not be
 * opened, with errno set. Returns 0, or -1 with `error` filled. */
int folder_sync(int fd, struct pm_error *error);

#endif
