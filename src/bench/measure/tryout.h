/*
 * Processes every file once before the sweep: in a trial all jobs must succeed, and one broken file in a
 * folder would make every trial fail.
 */
#ifndef BENCH_MEASURE_TRYOUT_H
#define BENCH_MEASURE_TRYOUT_H

#include "bench/measure/inputs.h"

struct tryout {
    size_t failed;         /* files that were left out */
    char culprit[160];     /* the first of them, safe to show */
    struct pm_error error; /* what is wrong with it */
};

/* Removes from *inputs the files that the recipe fails on; URLs are not tried. `settings` has the folder for
 * results, memory and keys; `workers` work at once. Once `stop` is readable, it ends. 0, or -1 with `error`
 * filled: no input is left, or the recipe can't run at all. */
int tryout_run(struct inputs *inputs, const struct settings *settings, const struct pm_recipe *recipe,
               unsigned workers, int stop, struct tryout *tryout, struct pm_error *error);

#endif
