/* Folders: made with all that are missing above them, and made to outlive a power cut. */
#ifndef IO_FOLDER_H
#define IO_FOLDER_H

#include "base/error.h"

/* Makes the folder `path` and those above it, as far as they are missing. 0, or -1 with `error` filled. */
int folder_make(const char *path, struct pm_error *error);

/* Makes the folders above `path`, which is changed on the way. 0, or -1 with errno set. */
int folder_make_above(char *path);

/* Makes the names in the folder `path` outlive a power cut. 0, or -1 with `error` filled. */
int folder_sync(const char *path, struct pm_error *error);

#endif
