/*
 * Paths of results that are known only when the result exists, because the name has its format (of a URL),
 * size or content. Each is reserved, so that none replaces another result, an input or a protected file.
 */
#ifndef BATCH_CLAIMS_H
#define BATCH_CLAIMS_H

#include <limits.h>
#include <string.h>
#include <strings.h>

#include "base/set.h"
#include "batch/guard.h"
#include "batch/walk.h"

/* A path and the entry whose result it is: an item of a set. */
struct claim {
    const char *output;
    size_t index;
};

/* The same for names that differ in the case of ASCII letters alone. */
static inline uint64_t claim_hash(const void *item)
{
    const struct claim *claim = item;
    char folded[PATH_MAX];
    size_t length = 0;
    for (; length < sizeof folded && claim->output[length] != '\0'; length++) {
        const char c = claim->output[length];
        folded[length] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return set_hash(folded, length);
}

static inline bool claim_equal(const void *a, const void *b)
{
    return strcmp(((const struct claim *)a)->output, ((const struct claim *)b)->output) == 0;
}

/* Do they differ in case at most? */
static inline bool claim_alike(const void *a, const void *b)
{
    return strcasecmp(((const struct claim *)a)->output, ((const struct claim *)b)->output) == 0;
}

/* The first claim in `set` whose name differs from that of `claim` in case at most, or NULL. */
static inline const struct claim *claim_find_alike(const struct set *set, const struct claim *claim)
{
    const struct set folded = {set->hash, claim_alike, set->slots, set->capacity, set->count};
    return set_find(&folded, claim);
}

struct claims;

/* Reserves all outputs in the list and the protected files. Returns NULL if there is no memory. */
struct claims *claims_open(const struct walk_list *list, const struct guard *guard,
                           const struct output_dir *dir);
void claims_free(struct claims *claims); /* NULL is allowed */

/* Reserves `output` for the entry at `index`; an entry may repeat the call, and results that are named by
 * their content may share a path. Names that differ in case alone are two, unless the output folder's file
 * system takes them for one (io/fold.h), which is looked up once. Returns a copy of the path that
 * lives as long as `claims`, or NULL with `error` filled. `claims` may be NULL: no memory. */
const char *claims_take(struct claims *claims, const char *output, size_t index, struct pm_error *error);

#endif
