/*
 * Opening files below a root folder and nowhere else, whatever a path says: the kernel itself sees to it that
 * no "..", absolute link or link out of the folder is followed (openat2, RESOLVE_BENEATH). Links that stay
 * below the root are followed. Where the kernel has no openat2 (before Linux 5.6, or behind a filter of
 * system calls), no link at all is.
 */
#ifndef SERVE_ROOT_H
#define SERVE_ROOT_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/error.h"

/* Opens the folder. Its descriptor, or -1 with `error` filled. */
int root_open(const char *path, struct pm_error *error);

/* Opens the regular file `path` below the root for reading and fills *status. Its descriptor, or minus the
 * HTTP status of the refusal (403, 404, 503) with `error` filled. */
int root_file(int root, const char *path, struct stat *status, struct pm_error *error);

/* Opens a file for reading without waiting for a disk or another machine, in a folder of which
 * blocking_needs_closing says that it is on a local file system: only if the kernel has all of its path in
 * memory (RESOLVE_CACHED, Linux 5.12) and no other file system is mounted on the way. `flags` are more of
 * open's. Its descriptor, or -1: that can't be told, or the file can't be opened. */
int root_open_cached(int folder, const char *path, int flags);

/* The way without openat2; for the tests. As open: a descriptor, or -1 with errno set. */
int root_walk(int root, const char *path);

/* Does `folder`, which need not be there yet, lie in the root, or is it the root? By device and inode, so
 * under any name. */
bool root_holds(int root, const char *folder);

#endif
