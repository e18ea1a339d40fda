/*
 * Protected files: the key, journal, log and second pictures of the run. No result may replace one, and only
 * second pictures may also be inputs, under any name or hard link. They are identified by device and inode,
 * so a file must exist when it is added; a file that the run creates is added after that.
 */
#ifndef BATCH_GUARD_H
#define BATCH_GUARD_H

#include <sys/stat.h>

#include "batch/walk.h"
#include "transform/recipe.h"

enum { GUARD_PICTURES = 128, GUARD_FILES = 6 + GUARD_PICTURES };

struct guard {
    struct guard_file {
        const char *path, *what; /* "the key file" */
        bool is_picture;         /* it may be an input as well */
        dev_t device;
        ino_t inode;
    } files[GUARD_FILES];
    size_t count;
};

/* Adds the file and returns true; returns false if `path` is NULL, missing or not a regular file (then there
 * is no content to protect). Both strings must outlive the set. */
bool guard_add(struct guard *guard, const char *path, const char *what);

/* Adds the files that the recipe's steps name. */
void guard_add_pictures(struct guard *guard, const struct pm_recipe *recipe);

/* Which of the files has this device and inode; NULL: none. */
const struct guard_file *guard_find_file(const struct guard *guard, const struct stat *status);

/* The protected file that `path` refers to; NULL: none. */
const struct guard_file *guard_find(const struct guard *guard, const char *path);

/* Returns 0 if none of the files is an input or would be replaced by a result, else -1 with `error` filled
 * (PM_ERROR_USAGE, with the names). A protected file that was found in a folder and is not an image is
 * skipped. */
int guard_check(const struct guard *guard, struct walk_list *list, struct pm_error *error);

#endif
