/* The options of `bench`, as written: what was left out is zero and gets its value from the machine. The
 * program pixmill-bench parses them; the command knows them for its help, manual and completion. */
#ifndef CLI_BENCH_OPTIONS_H
#define CLI_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/progress.h"
#include "batch/settings.h"
#include "bench/report/formats.h"
#include "bench/results.h"
#include "cli/options.h"

enum { BENCH_JOBS_MAX = 64 };

struct bench_options {
    struct settings settings;      /* first: options are those of `run` */
    const char *models;            /* NULL: all */
    unsigned jobs[BENCH_JOBS_MAX]; /* in the order written */
    size_t njobs;                  /* 0: not said */
    bool workloads[WORKLOADS];
    double min_time, trial_timeout; /* seconds */
    unsigned repeat;
    bool pin, has_seed;
    uint64_t seed;
    const char *reports[REPORTS]; /* their files; NULL: not wanted */
    enum progress_wish progress;
};

/* The defaults that are the same on every machine. */
void bench_options_init(struct bench_options *options);

extern const struct option_set bench_option_set; /* its settings are a struct bench_options */

#endif
