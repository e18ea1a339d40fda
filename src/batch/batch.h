/*
 * A whole run: finds the inputs, admits jobs to the memory budget, connects an engine and a backend, and
 * counts the results.
 *
 * The order matters: batch_run opens the backend first, because worker processes must be forked before any
 * thread, key or input exists; then the keys, the list of inputs, and the engine.
 */
#ifndef BATCH_BATCH_H
#define BATCH_BATCH_H

#include <stdatomic.h>
#include <stdbool.h>

#include "batch/naming.h"
#include "batch/settings.h"
#include "codec/kinds.h"
#include "transform/recipe.h"

/* What happened to one input, for logs and progress. Reported under a lock, in the order in which jobs end.
 */
enum outcome {
    OUTCOME_OK,
    OUTCOME_SKIPPED,
    OUTCOME_FAILED,
    OUTCOME_UNSUPPORTED, /* found in a folder: an image in an unsupported format, or only an image suffix;
                            left out */
    OUTCOME_OTHER,       /* found in a folder: not an image; left out */
};

struct batch_event {
    enum outcome outcome;
    const char *input, *output;
    const struct job_result *result; /* NULL when skipped */
    uint64_t bytes_in, bytes_out;
    unsigned http_status; /* of the last answer to a URL; 0: there was none */
    enum image_kind kind; /* of OUTCOME_UNSUPPORTED; KIND_NONE: it has only an image suffix */
    /* With a naming: the paths of all results, `noutputs`; those that are not known yet have variables in
     * braces (naming_path). NULL: `output` is the only one. */
    const char *const *outputs;
    size_t noutputs;
    bool failed_before; /* of OUTCOME_FAILED: in an earlier run; it was not processed again */
};

struct batch_counts {
    size_t total; /* inputs in the list, including those left out */
    size_t ok, skipped, failed;
    size_t failed_before;      /* of `failed`: in an earlier run */
    size_t left_out;           /* unsupported images and other files, found in folders */
    size_t kinds[IMAGE_KINDS]; /* the unsupported ones by kind; KIND_NONE: only an image suffix */
    size_t hidden, excluded;   /* names that the walk left out; not in the list */
    size_t warned;             /* of `ok`: those with warnings */
    uint64_t pixels, bytes_in, bytes_out;
    uint64_t bytes_ok; /* of bytes_in: those of `ok` */
    size_t results;    /* files written */
    uint32_t formats;  /* of the results; bit i: codecs[i] */
    bool converts;     /* colours of some image may be converted */
    unsigned colors;   /* the largest enum color_use of results that are alone */
};

struct batch_report {
    struct batch_counts counts;
    struct backend_report backend;
    double began;        /* clock_now() before the first input */
    double seconds;      /* from `began` until the last result was written */
    uint64_t peak_bytes; /* peak resident memory, including worker processes */
};

struct batch_config {
    const struct settings *settings; /* complete (settings_complete) */
    const char *const *inputs;
    size_t ninputs;
    const struct pm_recipe *recipe;  /* of the only variant, or the first */
    const struct variants *variants; /* NULL: one, the recipe */
    const struct naming *naming; /* of several results, or with --name; NULL: results are named as inputs */
    /* Set (a signal handler may do it) to stop: jobs in progress are finished, no new one starts. */
    const atomic_bool *stop;
    int stop_fd; /* an eventfd, readable once *stop is set, to wake threads that wait for servers; 0: none */
    /* How many times the whole list is processed, for measuring; 0 and 1: once. Each round replaces the
     * results of the previous one. */
    unsigned rounds;
    /* Called before any work with a line about missing sandbox features or left-out inputs; may be NULL. */
    void (*note)(void *listener, const char *line);
    /* Called with each name found that is not an input: hidden, excluded, the output folder; may be NULL. */
    void (*left_out)(void *listener, const char *path, enum selected why);
    /* Called with each input that is processed again although the journal has it, and the reason; may be
     * NULL. */
    void (*again)(void *listener, const char *path, const char *why);
    /* Called once, when all inputs are known, before the first is read; may be NULL. */
    void (*begin)(void *listener, size_t total);
    /* Called when a job has ended; may be NULL. With dry_run it is called for every input, with OUTCOME_OK
     * and without a result. */
    void (*event)(void *listener, const struct batch_event *event, const struct batch_counts *counts);
    /* Called when all jobs have ended and their files are written, while the workers still exist with all
     * their memory, so that it can be measured. May be NULL. */
    void (*ended)(void *listener, const struct batch_report *report);
    void *listener;
};

/* How a run ended. */
enum batch_end {
    BATCH_DONE,    /* every input was processed, skipped or failed: see the counts */
    BATCH_STOPPED, /* by *stop or fail_fast */
    BATCH_REFUSED, /* nothing was done; `error` says why (results with the same name, no inputs, no image,
                      keys, folders) */
};

/* Writes "5 HEIF, 3 JPEG XL, 12 hidden, 1 other file left out", or "" if nothing was, into text[size]. */
enum { LEFT_OUT_MAX = 512 };
void batch_left_out(const struct batch_counts *counts, char *text, size_t size);

/* Fills `error`: a folder with only unsupported formats is refused, because success would be misleading. */
void batch_no_image(const struct batch_counts *counts, struct pm_error *error);

/* Executes the run. `error` is filled for BATCH_REFUSED, and for BATCH_STOPPED if the backend failed. */
enum batch_end batch_run(const struct batch_config *config, struct batch_report *report,
                         struct pm_error *error);

#endif
