/*
 * With --watch: whose result has which path, for the whole run. A later input whose result has the same path
 * is refused, because it would replace the other's; the same input may replace its own.
 */
#ifndef BATCH_OWNERS_H
#define BATCH_OWNERS_H

#include "batch/guard.h"
#include "batch/walk.h"

struct owners;

/* Returns NULL with `error` filled. */
struct owners *owners_open(struct pm_error *error);
void owners_close(struct owners *owners); /* NULL is allowed */

/* Records the results of the list's entries. An entry whose result is another's, or a protected file, gets
 * the problem WALK_TAKEN; one that is no image is left out (WALK_NO_IMAGE). Returns 0, or -1 with `error`
 * filled. */
int owners_take(struct owners *owners, struct walk_list *list, const struct guard *guard,
                struct pm_error *error);

#endif
