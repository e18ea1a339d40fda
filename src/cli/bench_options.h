/* The options of `bench`, as written: what was left out is zero and gets its value from the machine. The
 * program pixmill-bench parses them; the command knows them for its help, manual and completion. */
#ifndef CLI_BENCH_OPTIONS_H
#define CLI_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "batch/select.h"
#include "bench/report/formats.h"
#include "bench/results.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "io/remote.h"

enum { BENCH_JOBS_MAX = 64 };

struct bench_options {
    const char *models;            /* NULL: all */
    unsigned jobs[BENCH_JOBS_MAX]; /* in the order written */
    size_t njobs;                  /* 0: not said */
    bool workloads[WORKLOADS];
    double io_delay, min_time, trial_timeout; /* seconds; io_delay 0: not said */
    unsigned repeat, io_jobs;                 /* io_jobs 0: not said */
    struct remote_config remote;
    bool pin, has_seed;
    uint64_t seed;
    const char *reports[REPORTS]; /* their files; NULL: not wanted */
    bool nul_separated;
    struct selection selection;
    enum { BENCH_GIL_HELD, BENCH_GIL_RELEASED } gil;
    double gil_interval; /* seconds; 0: not said */
    uint64_t memory;     /* bytes; 0: not said */
    const char *key_file, *passphrase_file;
    enum progress_wish progress;
};

/* The defaults that are the same on every machine. */
void bench_options_init(struct bench_options *options);

extern const struct option_set bench_option_set; /* its settings are a struct bench_options */

#endif
