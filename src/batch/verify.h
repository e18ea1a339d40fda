/*
 * Compares a batch that many runs have done with its inputs: by the journal's lines, which have the input,
 * its results and its size and times, and by what is in the output folder. No recipe is needed.
 */
#ifndef BATCH_VERIFY_H
#define BATCH_VERIFY_H

#include "batch/journal.h"
#include "batch/settings.h"
#include "batch/walk.h"

enum verified {
    VERIFY_DONE,
    VERIFY_DAMAGED,   /* failed because of its own bytes; another run would not help */
    VERIFY_FAILED,    /* for another reason */
    VERIFY_MISSING,   /* not processed, or its result is not there */
    VERIFY_CHANGED,   /* the input is another than the one that was processed */
    VERIFY_VANISHED,  /* in the journal or in a list, but no longer there or no longer an input */
    VERIFY_STRANGER,  /* in the output folder, but no result of the journal's */
    VERIFY_TEMPORARY, /* the same: an unfinished result of a killed run */
    VERIFY_STATES,
};

/* Its name for programs: "done", "damaged", ... */
const char *verify_name(enum verified state);

struct verify_config {
    const struct settings *settings; /* inputs, output folder, journal, and which part of them: shard */
    const char *const *inputs;
    size_t ninputs;
    uint32_t shards; /* that the batch was divided into; 0: not asked for */
    /* Called with each input or file that is not VERIFY_DONE; `why` may be NULL. */
    void (*found)(void *listener, enum verified state, const char *path, const char *why);
    void *listener;
};

struct verify_report {
    size_t counts[VERIFY_STATES];
    size_t images;   /* inputs, without those found in folders that are no images */
    size_t left_out; /* these */
    size_t recipes;  /* how many different ones the results were made by */
    /* One bit for each shard that has something left to do: missing, changed, or failed but not damaged.
     * Freed by the caller. NULL: not asked for. */
    uint8_t *shards;
};

static inline bool verify_has_shard(const struct verify_report *report, uint32_t shard)
{
    return report->shards[shard / 8] >> shard % 8 & 1;
}

/* Returns 0, or -1 with `error` filled. */
int verify_run(const struct verify_config *config, struct verify_report *report, struct pm_error *error);

#endif
