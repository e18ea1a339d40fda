/*
 * The output folder of a run, open from the beginning: results are created and renamed relative to its
 * descriptor. If the folder is renamed, or replaced by another folder, a link or a mount, results still go to
 * the original folder, and output_dir_check reports the change.
 *
 * Folders below it are opened with RESOLVE_BENEATH (openat2(2)), so that a folder that is replaced by a link
 * during the run leads nowhere else. Links that lead out of the output folder when the run begins were made
 * by the user: if there is one, links are followed.
 *
 * It is locked during the run (flock on the folder itself, which ends with the process), so that a second run
 * into it is refused.
 */
#ifndef IO_OUTPUT_DIR_H
#define IO_OUTPUT_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/error.h"

enum { OUTPUT_DIR_TAG_MAX = 24 };

struct output_dir {
    const char *path; /* as given by the user; borrowed */
    size_t length;    /* of `path` without trailing slashes */
    int fd;           /* -1: not open */
    bool follow;      /* a link below it led out of it when the run began */
    dev_t plain;      /* its device, if writes there never fail as late as on close; else 0 */
    /* Of the run's temporaries, whose names have it: only those are removed as abandoned. "": none. */
    char tag[OUTPUT_DIR_TAG_MAX];
};

enum output_dir_use {
    OUTPUT_DIR_ALONE,  /* refused if another run uses the folder */
    OUTPUT_DIR_SHARED, /* allowed together with other OUTPUT_DIR_SHARED runs */
};

/* Opens and locks the folder `path`. 0, or -1 with `error` filled: PM_ERROR_USAGE when another run has locked
 * it. On a file system that can't lock folders it is not locked. */
int output_dir_open(struct output_dir *dir, const char *path, enum output_dir_use use,
                    struct pm_error *error);
void output_dir_close(struct output_dir *dir);

/* In all of these `dir` may be NULL; then paths are used unchanged. `path` begins with the output folder's.
 */

/* stat of `path`, following links. 0, or -1 with errno set. */
int output_dir_stat(const struct output_dir *dir, const char *path, struct stat *status);

/* Opens the folder `path`, which is the output folder or below it, for reading. -1 with errno set. */
int output_dir_open_folder(const struct output_dir *dir, const char *path);

/* Opens the folder of the file `path` and sets *last to the file's name in it. Creates missing folders below
 * the output folder. Returns a descriptor (dir->fd itself, or another one) for output_dir_leave, or -1 with
 * errno set. Without a `dir` it returns AT_FDCWD, *last is the whole path, and no folder is created. */
int output_dir_enter(const struct output_dir *dir, const char *path, const char **last);
void output_dir_leave(const struct output_dir *dir, int folder); /* keeps errno */

/* Is a full disk on this device reported when a file is written or synced, and never only when it is closed?
 * False if unknown. */
bool output_dir_is_plain(const struct output_dir *dir, dev_t device);

/* If the path of the folder `path` has a link that leads out of the output folder, links are followed from
 * now on. */
void output_dir_allow_link(struct output_dir *dir, const char *path);

/* Checks that the path still leads to this folder. 0, or -1 with `error` filled: what happened, and where the
 * results are. */
int output_dir_check(const struct output_dir *dir, struct pm_error *error);

/* Fills `error` for a result that could not be written; `why` is an errno. Returns -1. */
int output_dir_write_error(const struct output_dir *dir, int why, struct pm_error *error);

#endif
