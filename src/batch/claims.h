/*
 * Reserves output paths that are known only after a URL has been fetched. Two results must not have the same
 * path, and a result must not replace an input or a protected file.
 */
#ifndef BATCH_CLAIMS_H
#define BATCH_CLAIMS_H

#include "batch/guard.h"

struct claims;

/* Reserves all outputs in the list and the protected files. NULL: no memory. */
struct claims *claims_open(const struct walk_list *list, const struct guard *guard,
                           const struct output_dir *dir);
void claims_free(struct claims *claims); /* NULL is allowed */

/* Reserves `output` for the entry at `index`; an entry may repeat the call. Returns a copy of the path that
 * lives as long as `claims`, or NULL with `error` filled. `claims` may be NULL: no memory. */
const char *claims_take(struct claims *claims, const char *output, size_t index, struct pm_error *error);

#endif
