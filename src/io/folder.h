/* Creates folders with their missing parents, and syncs them so that they survive a power cut. */
#ifndef IO_FOLDER_H
#define IO_FOLDER_H

#include "base/error.h"

/* Makes the folder `path` and those above it, as far as they are missing. 0, or -1 with `error` filled. */
int folder_make(const char *path, struct pm_error *error);

/* Makes the folders above `path`, which is changed on the way. 0, or -1 with errno set. */
int folder_make_above(char *path);

/* Makes the names in an open folder outlive a power cut, and closes it. `fd` is -1 where it could not be
 * opened, with errno set. 0, or -1 with `error` filled. */
int folder_sync(int fd, struct pm_error *error);

#endif
