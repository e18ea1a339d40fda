/*
 * The settings of a sweep: options fill them (cli/bench_options.c), what was not said is completed in main,
 * and the measurement reads them.
 */
#ifndef BENCH_SETTINGS_H
#define BENCH_SETTINGS_H

#include "batch/settings.h"
#include "bench/results.h"

enum { BENCH_JOBS_MAX = 64 };

struct bench_settings {
    struct settings run; /* first: the options that the lab has of `run`; its trials are given them */
    const char *models;  /* NULL: all */
    unsigned jobs[BENCH_JOBS_MAX]; /* in the order written */
    size_t njobs;                  /* 0: not said */
    bool workloads[WORKLOADS];
    double min_time, trial_timeout; /* seconds */
    unsigned repeat;
    bool pin, has_seed;
    uint64_t seed;
};

#endif
