/* Finds, before any work, results that would be written over one another or over an input. */
#ifndef BATCH_CLASH_H
#define BATCH_CLASH_H

#include "batch/walk.h"

/* 0 when every entry has a result of its own, else -1 with `error` filled (PM_ERROR_USAGE, with the names).
 * What need not clash is settled: an input that was named twice stays in the list once, and of what was found
 * in folders, files that are no images get the problem WALK_NO_IMAGE. */
int clash_check(struct walk_list *list, struct pm_error *error);

/* Takes a file that was found in a folder and is no image out of the way. False when it is not such a one. */
bool clash_gives_way(struct walk_entry *entry);

#endif
