/* From the options as written to what a run will do: sensible defaults, refusals, and `-v`'s account of where
 * each number comes from. */
#ifndef CLI_RUN_PLAN_H
#define CLI_RUN_PLAN_H

#include "base/cpus.h"
#include "cli/run_options.h"

struct run_plan {
    unsigned workers, io_jobs;
    uint64_t budget; /* bytes in flight */
    struct cpus_count cpus;
    struct memory_size memory;
};

/* Refuses options that make no sense together or that this machine can't follow; *about is then the option to
 * blame, or NULL. Returns 0, or -1 with `error` filled. */
int run_check(const struct run_options *options, const struct pm_recipe *recipe, size_t ninputs,
              const char **about, struct pm_error *error);

/* The part of it that is about the backend, its number of jobs (0: not said) and its sandbox. */
int backend_check(const struct backend *backend, unsigned jobs, enum sandbox_wish sandbox, const char **about,
                  struct pm_error *error);

/* The part of it that is about the recipe and its keys (each may be NULL). */
int recipe_check_keys(const struct pm_recipe *recipe, const char *key_file, const char *passphrase_file,
                      const char **about, struct pm_error *error);

void run_plan_make(const struct run_options *options, struct run_plan *plan);

/* Prints the plan on standard error. */
void run_plan_print(const struct run_options *options, const struct run_plan *plan,
                    const struct pm_recipe *recipe);

#endif
