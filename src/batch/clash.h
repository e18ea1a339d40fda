/* Finds results that would replace one another or an input. Those known only later: claims.h. */
#ifndef BATCH_CLASH_H
#define BATCH_CLASH_H

#include "batch/walk.h"

/* Returns 0 if every entry has a different result and, unless `in_place`, none is an input, else -1 with
 * `error` filled (PM_ERROR_USAGE, with the names). Avoidable conflicts are resolved: an input that was named
 * twice is kept once, and files found in folders that are not images get the problem WALK_NO_IMAGE. */
int clash_check(struct walk_list *list, bool in_place, struct pm_error *error);

/* Fills `error` for an output folder whose file system has list->alike under one name. Returns -1. */
int clash_refuse_alike(const struct walk_list *list, struct pm_error *error);

#endif
