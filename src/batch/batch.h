/*
 * A whole run: inputs found, jobs admitted to the memory budget, an engine and a backend wired together,
 * results counted.
 *
 * The order matters and stands here once: batch_run opens the backend first of all, for worker processes are
 * forked before any thread, key or input exists; then come the keys, the list of inputs, and the engine.
 */
#ifndef BATCH_BATCH_H
#define BATCH_BATCH_H

#include <stdatomic.h>
#include <stdbool.h>

#include "batch/settings.h"
#include "codec/kinds.h"
#include "transform/recipe.h"

/* What happened to one input, for logs and progress. Called under a lock, in the order in which jobs end. */
enum outcome {
    OUTCOME_OK,
    OUTCOME_SKIPPED,
    OUTCOME_FAILED,
    OUTCOME_UNSUPPORTED, /* found in a folder: an image that is not read, or what is only named so; left out
                          */
    OUTCOME_OTHER,       /* found in a folder: no image; left out */
};

struct batch_event {
    enum outcome outcome;
    const char *input, *output;
    const struct job_result *result; /* NULL when skipped */
    uint64_t bytes_in, bytes_out;
    unsigned http_status; /* of the last answer to a URL; 0: there was none */
    enum image_kind kind; /* of OUTCOME_UNSUPPORTED; KIND_NONE: its name alone says that it is an image */
};

struct batch_counts {
    size_t total; /* inputs in the list, those left out included */
    size_t ok, skipped, failed;
    size_t left_out;           /* unsupported images and other files, found in folders */
    size_t kinds[IMAGE_KINDS]; /* the unsupported among them, by kind; KIND_NONE: by name alone */
    size_t hidden, excluded;   /* names that the walk left out; not in the list */
    size_t warned;             /* of those that are ok: something is to be said of them */
    uint64_t pixels, bytes_in, bytes_out;
    uint32_t formats; /* of results that were begun; bit i: codecs[i] */
};

struct batch_report {
    struct batch_counts counts;
    struct backend_report backend;
    double began;        /* clock_now() before the first input was taken */
    double seconds;      /* from then to the last result written */
    uint64_t peak_bytes; /* resident memory at its peak, worker processes included */
};

struct batch_config {
    const struct settings *settings; /* complete (settings_complete) */
    const char *const *inputs;
    size_t ninputs;
    const struct pm_recipe *recipe;
    /* Set, perhaps by a signal handler, to stop: jobs in hand are finished, no new one begins. */
    const atomic_bool *stop;
    int stop_fd; /* an eventfd that is readable once *stop is set, for who waits for servers; 0: there is none
                  */
    /* How often the whole list is gone through, for measuring; 0 and 1: once. A result is replaced by that of
     * the next round. */
    unsigned rounds;
    /* Called before any work with a line on what the workers go without, or which inputs are left out; may be
     * NULL. */
    void (*note)(void *listener, const char *line);
    /* Called with each name that was found and is no input: hidden, excluded, the output folder; may be NULL.
     */
    void (*left_out)(void *listener, const char *path, enum selected why);
    /* Called with each input that is done again although the journal has it, and why; may be NULL. */
    void (*again)(void *listener, const char *path, const char *why);
    /* Called once, when all inputs are known and before the first is read; may be NULL. */
    void (*begin)(void *listener, size_t total);
    /* Called once a job has ended; may be NULL. With dry_run once for every input, with OUTCOME_OK and no
     * result. */
    void (*event)(void *listener, const struct batch_event *event, const struct batch_counts *counts);
    /* Called once all jobs have ended and their files are written, while the workers are still there with all
     * their memory: the moment to look at them. May be NULL. */
    void (*ended)(void *listener, const struct batch_report *report);
    void *listener;
};

/* How a run ended. */
enum batch_end {
    BATCH_DONE,    /* every input was dealt with, well or not: see the counts */
    BATCH_STOPPED, /* by *stop or fail_fast */
    BATCH_REFUSED, /* nothing was done: `error` says why (clashing results, no inputs, no image, keys,
                      folders) */
};

/* "5 HEIC, 3 TIFF, 12 hidden, 1 other file left out", "" when nothing was, into text[size]. */
enum { LEFT_OUT_MAX = 512 };
void batch_left_out(const struct batch_counts *counts, char *text, size_t size);

/* Does the run. `error` is filled for BATCH_REFUSED, and for BATCH_STOPPED when the backend gave up. */
enum batch_end batch_run(const struct batch_config *config, struct batch_report *report,
                         struct pm_error *error);

#endif
