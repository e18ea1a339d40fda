/*
 * Results whose names are known only when their URLs are there: no two of them, and none of them and what was
 * planned before, may be one file, and no input or guarded file may be lost to one.
 */
#ifndef BATCH_CLAIMS_H
#define BATCH_CLAIMS_H

#include "batch/guard.h"

struct claims;

/* All results that the list plans are taken, and where the guarded files are. NULL: no memory. */
struct claims *claims_open(const struct walk_list *list, const struct guard *guard,
                           const struct output_dir *dir);
void claims_free(struct claims *claims); /* NULL is allowed */

/* Takes `output` for the entry at `index`, which may ask again. Its lasting copy, or NULL with `error`
 * filled. `claims` may be NULL: no memory. */
const char *claims_take(struct claims *claims, const char *output, size_t index, struct pm_error *error);

#endif
