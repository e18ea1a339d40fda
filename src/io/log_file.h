/*
 * Files that the user names for what is said of a run: logs and journals, which are written line by line, and
 * summaries, manifests and reports, which are written at its end.
 */
#ifndef IO_LOG_FILE_H
#define IO_LOG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* May a log (lines of JSON) be written to `path`? Refuses a file that has content and does not begin like a
 * log, so that a mistyped option (--log=photo.jpg) overwrites nothing. 0, or -1 with `error` filled. */
int log_file_check(const char *path, struct pm_error *error);

/* Was the file at fd removed after it was opened by this name? A run that is refused removes the files that
 * it created. False for a descriptor's name (/dev/fd/3), which may lead to a file without other names. */
bool file_was_taken_away(int fd, const char *path);

/* Removes a file that a run created before it was refused. A link by which it is named stays. */
void log_file_remove(const char *path);

/* Writes data[size] to `path` at the end of a run: into a pipe, terminal or device; a regular file is
 * replaced when it is complete. A link stays, and what it leads to is written. 0, or -1 with `error` filled.
 */
int log_file_write(const char *path, const uint8_t *data, size_t size, struct pm_error *error);

#endif
