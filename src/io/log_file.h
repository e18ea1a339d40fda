/* Log files: lines of JSON. A typing error (--log=photo.jpg) shall not cost a picture. */
#ifndef IO_LOG_FILE_H
#define IO_LOG_FILE_H

#include "base/error.h"

/* May a log be written to `path`? Refuses a file that holds something and does not begin as a log does.
 * Returns 0, or -1 with `error` filled. */
int log_file_check(const char *path, struct pm_error *error);

#endif
