/*
 * Finds results that would replace one another, an input or a protected file: clash_check before any work,
 * claims for output paths that are known only after a URL has been fetched.
 */
#ifndef BATCH_CLASH_H
#define BATCH_CLASH_H

#include "batch/guard.h"
#include "batch/walk.h"

/* Returns 0 if every entry has a different result, else -1 with `error` filled (PM_ERROR_USAGE, with the
 * names). Avoidable conflicts are resolved: an input that was named twice is kept once, and files found in
 * folders that are not images get the problem WALK_NO_IMAGE. */
int clash_check(struct walk_list *list, struct pm_error *error);

struct claims;

/* Reserves all outputs in the list and the protected files. Returns NULL if there is no memory. */
struct claims *claims_open(const struct walk_list *list, const struct guard *guard,
                           const struct output_dir *dir);
void claims_free(struct claims *claims); /* NULL is allowed */

/* Reserves `output` for the entry at `index`; an entry may repeat the call, and results that are named by
 * their content may share a path. Returns a copy of the path that
 * lives as long as `claims`, or NULL with `error` filled. `claims` may be NULL: no memory. */
const char *claims_take(struct claims *claims, const char *output, size_t index, struct pm_error *error);

#endif
