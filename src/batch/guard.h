/*
 * Files that a run itself uses, its key, journal and log: no result may replace one, and none may be an
 * input, under whatever name or hard link. They are known by device and inode, so that each must be there
 * when it is added; one that the run makes is added once it has.
 */
#ifndef BATCH_GUARD_H
#define BATCH_GUARD_H

#include <sys/stat.h>

#include "batch/walk.h"

enum { GUARD_FILES = 4 };

struct guard {
    struct guard_file {
        const char *path, *what; /* "the key file" */
        dev_t device;
        ino_t inode;
    } files[GUARD_FILES];
    size_t count;
};

/* Adds the file and returns true, unless `path` is NULL, not there, or no regular file, which holds nothing
 * that could be lost. Both strings must outlive the guard. */
bool guard_add(struct guard *guard, const char *path, const char *what);

/* Which of the files has this device and inode; NULL: none. */
const struct guard_file *guard_find_file(const struct guard *guard, const struct stat *status);

/* Which of the files `path` is; NULL: none. */
const struct guard_file *guard_find(const struct guard *guard, const char *path);

/* 0 when none of the files is an input or in a result's place, else -1 with `error` filled (PM_ERROR_USAGE,
 * with the names). Of what was found in folders, what would be one and is no image is passed over. */
int guard_check(const struct guard *guard, struct walk_list *list, struct pm_error *error);

#endif
