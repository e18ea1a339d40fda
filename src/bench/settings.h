/*
 * The settings of a sweep: options fill them (cli/bench_options.c), main completes what was not given, and
 * the measurement reads them.
 */
#ifndef BENCH_SETTINGS_H
#define BENCH_SETTINGS_H

#include "batch/settings.h"
#include "bench/results.h"

enum { BENCH_JOBS_MAX = 64 };

struct bench_settings {
    struct settings run;           /* first: the options of `run` that the lab has, too; trials get them */
    const char *models;            /* NULL: all */
    unsigned jobs[BENCH_JOBS_MAX]; /* in the order written */
    size_t njobs;                  /* 0: not given */
    bool workloads[WORKLOADS];
    struct sampling sampling;
    bool has_seed;
    double trial_timeout; /* seconds */
};

#endif
