/*
 * The folder that a run's results go to, held by a descriptor from the beginning: results are made and
 * renamed relative to it. If the folder is renamed, or another folder, a link or a mount takes its place,
 * what is written still goes to the folder that the run began with, and output_dir_check reports the change.
 *
 * A folder below it is opened with RESOLVE_BENEATH (openat2(2)), so that one replaced by a link during the
 * run leads nowhere else. Links that lead out of the output folder when the run begins are the user's own:
 * with any of them, links are followed.
 *
 * While it is held it is locked (flock on the folder itself, which ends with the process), so that a second
 * run into it is refused.
 */
#ifndef IO_OUTPUT_DIR_H
#define IO_OUTPUT_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/error.h"

struct output_dir {
    const char *path; /* as the user named it; borrowed */
    size_t length;    /* of `path` without the slashes at its end */
    int fd;           /* -1: not open */
    bool follow;      /* a link below it led out of it at the beginning */
    dev_t plain;      /* its device, if that has a file system that keeps nothing back until a file is closed;
                         0: it may */
};

enum output_dir_use {
    OUTPUT_DIR_ALONE,  /* refused when another run holds it */
    OUTPUT_DIR_SHARED, /* with other runs that say the same */
};

/* Opens and locks the folder `path`. 0, or -1 with `error` filled: PM_ERROR_USAGE when another run holds it.
 * On a file system without locks for folders nothing is locked. */
int output_dir_open(struct output_dir *dir, const char *path, enum output_dir_use use,
                    struct pm_error *error);
void output_dir_close(struct output_dir *dir);

/* In all of these `dir` may be NULL; then paths are used unchanged. `path` begins with the output folder's.
 */

/* What is at `path`, links followed. 0, or -1 with errno set. */
int output_dir_stat(const struct output_dir *dir, const char *path, struct stat *status);

/* Opens the folder `path`, below the output folder or itself, for reading. -1 with errno set. */
int output_dir_open_folder(const struct output_dir *dir, const char *path);

/* The folder of the file `path`, and in *last the file's name in it. Folders that are missing below the
 * output folder are made. The descriptor is dir->fd itself, AT_FDCWD without a dir (*last is then the whole
 * path, and nothing is made), or another one, to be closed with output_dir_leave. -1 with errno set. */
int output_dir_enter(const struct output_dir *dir, const char *path, const char **last);
void output_dir_leave(const struct output_dir *dir, int folder); /* keeps errno */

/* Does a file on this device report a full disk when it is written, or at the latest when it is synced, but
 * never when it is closed? False if unknown. */
bool output_dir_is_plain(const struct output_dir *dir, dev_t device);

/* Finds out whether the folder `path` is reached by a link that leads out of the output folder; if so, links
 * are followed from now on. */
void output_dir_allow_link(struct output_dir *dir, const char *path);

/* Is the folder still what its path leads to? Else -1 with `error` filled: what happened, and where the
 * results are. */
int output_dir_check(const struct output_dir *dir, struct pm_error *error);

/* Fills `error` for a result that could not be written, `why` an errno; returns -1. */
int output_dir_write_error(const struct output_dir *dir, int why, struct pm_error *error);

#endif
