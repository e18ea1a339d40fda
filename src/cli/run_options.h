/* The options of `run`, as written: what was left out is zero and gets its value in run_plan.h. */
#ifndef CLI_RUN_OPTIONS_H
#define CLI_RUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/backend.h"
#include "batch/select.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "io/engine.h"

struct run_options {
    const char *output, *base;
    bool nul_separated;
    const struct backend *backend;
    const struct engine *engine;
    unsigned jobs, io_jobs; /* 0: not said */
    uint64_t memory;        /* bytes; 0: not said */
    uint64_t max_pixels;
    double timeout; /* seconds; 0: none */
    struct remote_config remote;
    struct selection selection;
    bool strict, allow_empty;
    bool skip_existing, fail_fast, dry_run;
    const char *journal;
    bool resume;
    enum sandbox_wish sandbox;
    enum { GIL_HELD, GIL_RELEASED } gil;
    double gil_interval; /* seconds; 0: not said */
    const char *key_file, *passphrase_file;
    const char *log;
    enum progress_wish progress;
    bool quiet, verbose;
};

/* The defaults that are the same on every machine. */
void run_options_init(struct run_options *options);

extern const struct option_set run_option_set; /* its settings are a struct run_options */

#endif
