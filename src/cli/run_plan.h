/* Turns the options as given into complete settings: defaults, refusals, and the lines of -v that say where
 * each number comes from. */
#ifndef CLI_RUN_PLAN_H
#define CLI_RUN_PLAN_H

#include "base/cpus.h"
#include "batch/naming.h"
#include "cli/run_options.h"

struct run_plan {
    struct settings settings; /* complete */
    struct cpus_count cpus;
    struct memory_size memory;
};

/* The results of each input, and their names. */
struct run_results {
    struct variants variants;
    struct naming naming; /* of `variants`: a struct run_results must not be copied */
    bool named;           /* by it; else results are named as inputs */
};

/* Refuses options that contradict each other or that this machine does not support; *about is then the option
 * at fault, or NULL. Makes *results from `recipe`, that of the command line, and the options; the caller
 * frees its variants in any case. Returns 0, or -1 with `error` filled. */
int run_check(const struct run_options *options, const struct pm_recipe *recipe, const char *const *inputs,
              size_t ninputs, struct run_results *results, const char **about, struct pm_error *error);

/* The part that concerns the backend, its number of workers (0: not given) and its sandbox. */
int backend_check(const struct backend_config *config, const char **about, struct pm_error *error);

/* The part that concerns the recipe and its keys. */
int recipe_check_keys(const struct pm_recipe *recipe, const struct settings *settings, const char **about,
                      struct pm_error *error);

/* Completes the settings for this machine. */
void run_plan_make(const struct settings *settings, struct run_plan *plan);

/* Prints the plan on standard error. */
void run_plan_print(const struct run_options *options, const struct run_plan *plan,
                    const struct variants *variants);

#endif
