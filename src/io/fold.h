/* File systems on which names that differ only in upper and lower case are one: FAT, and others by their
 * options. */
#ifndef IO_FOLD_H
#define IO_FOLD_H

#include "io/output_dir.h"

/* Finds out by a temporary file whether the output folder is on such a file system. 0, or -1 with `error`
 * filled. */
int fold_find(const struct output_dir *dir, bool *folds, struct pm_error *error);

#endif
