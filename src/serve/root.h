/*
 * Opens files below a root folder and nowhere else, whatever the path: the kernel follows no "..", absolute
 * link or link out of the folder (openat2, RESOLVE_BENEATH). Links that stay below the root are followed.
 * Without openat2 (before Linux 5.6, or if a seccomp filter forbids it), no link is followed.
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

/* Opens a file for reading without waiting for a disk or another machine. `folder` must be on a local file
 * system (blocking_needs_closing). Works only if the kernel has the whole path in memory (RESOLVE_CACHED,
 * Linux 5.12) and no other file system is mounted on it. `flags`: further flags of open. Returns its
 * descriptor, or -1: use root_file, which may block. */
int root_open_cached(int folder, const char *path, int flags);

/* root_file without openat2; public for the tests. As open: a descriptor, or -1 with errno set. */
int root_walk(int root, const char *path);

/* Is `folder` the root or below it? It need not exist yet. Compares device and inode, so that links and
 * mounts don't matter. */
bool root_holds(int root, const char *folder);

#endif
