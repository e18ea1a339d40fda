/* S3 storage as the place for results (-o s3://BUCKET/PREFIX/): which of them exist already. The engine
 * stores results (io/upload.h). */
#ifndef BATCH_STORE_H
#define BATCH_STORE_H

#include "base/names.h"
#include "base/set.h"
#include "batch/settings.h"

struct store {
    struct names names;
    struct set set; /* of the paths of results, s3://BUCKET/KEY */
};

/* Are results objects? */
static inline bool settings_to_store(const struct settings *settings)
{
    return !settings->in_place && settings->output != NULL && object_is(settings->output);
}

/* Reads the list of the results of this shard, if --skip-existing or --resume need it; otherwise asks for one
 * object only, so that a wrong bucket or key is noticed before any work. Returns 0, or -1 with `error` filled
 * (its message names the output). */
int store_open(struct store *store, struct remote *remote, const struct settings *settings,
               struct pm_error *error);
void store_close(struct store *store); /* {0} is allowed */

/* Did the object exist, with content, when the store was opened? */
bool store_has(const struct store *store, const char *path);

#endif
