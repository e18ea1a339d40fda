/* Finds, before any work, results that would be written over one another or over an input. */
#ifndef BATCH_CLASH_H
#define BATCH_CLASH_H

#include "batch/walk.h"

/* 0 when every entry has a result of its own, else -1 with `error` filled (PM_ERROR_USAGE, with the names).
 */
int clash_check(const struct walk_list *list, struct pm_error *error);

#endif
