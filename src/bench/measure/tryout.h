/*
 * Every file goes through the recipe once before the sweep: in a trial that counts, all jobs must go well,
 * and one broken file in a folder would fail every trial of every point.
 */
#ifndef BENCH_MEASURE_TRYOUT_H
#define BENCH_MEASURE_TRYOUT_H

#include "bench/measure/inputs.h"

struct tryout {
    size_t failed;         /* files that were left out */
    char culprit[160];     /* the first of them, made fit to be shown */
    struct pm_error error; /* what is wrong with it */
};

/* Leaves out of *inputs the files that the recipe can't be done on; a URL is not asked for. `settings` say
 * where results go, and with what memory and keys; `workers` work at once. Once `stop` is readable, nothing
 * more is tried. 0, or -1 with `error` filled: no input is left, or the recipe can't be done at all. */
int tryout_run(struct inputs *inputs, const struct settings *settings, const struct pm_recipe *recipe,
               unsigned workers, int stop, struct tryout *tryout, struct pm_error *error);

#endif
