/*
 * The settings of a sweep: options fill them (cli/bench_options.c), bench_settings_complete adds what was not
 * given, and the measurement reads them.
 */
#ifndef BENCH_SETTINGS_H
#define BENCH_SETTINGS_H

#include "batch/settings.h"
#include "bench/results.h"

enum { BENCH_JOBS_MAX = 64, BENCH_PYTHONS_MAX = 8 };

struct bench_settings {
    struct settings run;           /* first: the options of `run` that the lab has, too; trials get them */
    const char *models;            /* NULL: all */
    unsigned jobs[BENCH_JOBS_MAX]; /* in the order written */
    size_t njobs;                  /* 0: not given */
    bool workloads[WORKLOADS];
    struct sampling sampling;
    bool has_seed;
    double trial_timeout;                   /* seconds */
    const char *pythons[BENCH_PYTHONS_MAX]; /* as given: paths, or names to be found in PATH */
    unsigned npythons;
};

/* Refuses options that apply only to something that is not measured, because they would have no effect.
 * `results` has the models. Returns 0, or -1 with `error` filled and *about naming the option. */
int bench_settings_check(const struct bench_settings *settings, const struct results *results,
                         const char **about, struct pm_error *error);

/* Sets what was not given: jobs (1, 2, 4, ... and all processors), the delay of reads, and a random seed. */
void bench_settings_complete(struct bench_settings *settings, unsigned processors);

#endif
