/*
 * Cuts a batch into units with about the same number of bytes: a folder with a list of names for each, which
 * `--shard=K/N --plan=FOLDER` processes instead of the part that hashes give. Names of lists are streamed: of
 * each, 24 bytes and the name itself are written to temporary files in the plan's folder, so memory does not
 * grow with them.
 */
#ifndef BATCH_UNIT_PLAN_H
#define BATCH_UNIT_PLAN_H

#include "batch/settings.h"
#include "codec/codec.h"

struct unit_plan_config {
    const struct settings *settings; /* of inputs; `output` is the plan's folder */
    const char *const *inputs;
    size_t ninputs;
    uint32_t units;
    const struct codec *format; /* of results; NULL: each has its input's */
};

struct unit_plan_report {
    uint64_t names, bytes;
    uint64_t largest, smallest; /* bytes of a unit */
    uint64_t missing;           /* names of files that are not there */
    uint64_t twice;             /* names that are there twice */
};

/* Writes the plan; refuses inputs with the same result. Returns 0, or -1 with `error` filled and nothing
 * left.
 */
int unit_plan_write(const struct unit_plan_config *config, struct unit_plan_report *report,
                    struct pm_error *error);

/* The number of units of a plan; 0 with `error` filled. */
uint32_t unit_plan_count(const char *folder, struct pm_error *error);

/* The path of a unit's list, of names that end with NUL. Returns path. */
const char *unit_plan_list(const char *folder, uint32_t unit, char *path, size_t size);

#endif
