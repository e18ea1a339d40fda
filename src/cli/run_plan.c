#include "cli/run_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/report.h"
#include "transform/recipe.h"

int recipe_check_keys(const struct pm_recipe *recipe, const char *key_file, const char *passphrase_file,
                      const char **about, struct pm_error *error)
{
    bool has_key = key_file != NULL || passphrase_file != NULL;
    *about = recipe->decrypts ? "--decrypt" : "--encrypt";
    if (recipe_check(recipe, error) != 0) {
        *about = NULL;
        return -1;
    }
    if (recipe_has_secret(recipe) && !has_key)
        return error_set(error, PM_ERROR_USAGE, "needs a key (--key-file=FILE or --passphrase-file=FILE)");
    *about = key_file != NULL ? "--key-file" : "--passphrase-file";
    if (key_file != NULL && passphrase_file != NULL)
        return error_set(error, PM_ERROR_USAGE, "there is also a passphrase (choose one of the two)");
    if (has_key && !recipe_has_secret(recipe))
        return error_set(error, PM_ERROR_USAGE, "nothing needs a key (add --encrypt or --decrypt)");
    return 0;
}

int backend_check(const struct backend *backend, unsigned jobs, enum sandbox_wish sandbox, const char **about,
                  struct pm_error *error)
{
    *about = "--backend";
    const char *why_not = backend->why_not();
    if (why_not != NULL)
        return error_set(error, PM_ERROR_USAGE, "%s does not work here: %s (see pixmill help backends)",
                         backend->name, why_not);
    *about = "--jobs";
    if (backend->one_worker && jobs > 1)
        return error_set(error, PM_ERROR_USAGE,
                         "%s has one worker (leave --jobs out or choose another --backend)", backend->name);
    *about = "--sandbox";
    if (sandbox >= SANDBOX_REQUIRE && !backend->processes)
        return error_set(error, PM_ERROR_USAGE,
                         "the workers of %s are threads of this process (choose --backend=procs)",
                         backend->name);
    return 0;
}

static int check_machinery(const struct run_options *options, const char **about, struct pm_error *error)
{
    const struct backend *backend = options->backend;
    const struct engine *engine = options->engine;
    if (backend_check(backend, options->jobs, options->sandbox, about, error) != 0)
        return -1;
    *about = "--io";
    const char *why_not = engine->why_not();
    if (why_not != NULL)
        return error_set(error, PM_ERROR_USAGE, "%s does not work here: %s (see pixmill help backends)",
                         engine->name, why_not);
    *about = "--gil";
    if ((options->gil == GIL_RELEASED || options->gil_interval > 0) && backend != backend_find("gil"))
        return error_set(error, PM_ERROR_USAGE, "%s has no such lock (choose --backend=gil)", backend->name);
    *about = "--io-jobs";
    if (options->io_jobs > 0 && engine->io_jobs == 0)
        return error_set(
            error, PM_ERROR_USAGE,
            "%s leaves reading and writing to the workers (leave --io-jobs out or choose another --io)",
            engine->name);
    *about = "--resume";
    if (options->resume && options->journal == NULL)
        return error_set(error, PM_ERROR_USAGE, "needs the record of what is done (--journal=FILE)");
    return 0;
}

/* -o photo.png, as other programs have it, unless a folder is called so; "photo.png/" is one that may be
 * made. */
static bool names_an_image(const char *output)
{
    struct stat status;
    const char *dot = strrchr(output, '.');
    return dot != NULL && codec_of_suffix(dot + 1) != NULL &&
           (stat(output, &status) != 0 || !S_ISDIR(status.st_mode));
}

static int check_output(const char *output, const char **about, struct pm_error *error)
{
    if (output == NULL)
        return error_set(error, PM_ERROR_USAGE, "no folder for the results (-o DIR)");
    *about = output;
    if (strcmp(output, "-") == 0)
        return error_set(error, PM_ERROR_USAGE,
                         "results are not written to standard output (-o names a folder)");
    if (names_an_image(output))
        return error_set(error, PM_ERROR_USAGE,
                         "-o names a folder, not a file (with a slash at its end it may be called so; "
                         "--format chooses the format)");
    return 0;
}

int run_check(const struct run_options *options, const struct pm_recipe *recipe, size_t ninputs,
              const char **about, struct pm_error *error)
{
    *about = NULL;
    if (ninputs == 0)
        return error_set(error, PM_ERROR_USAGE, "no input (name files or folders, or - for a list of them)");
    if (check_output(options->output, about, error) != 0)
        return -1;
    if (recipe_check_keys(recipe, options->key_file, options->passphrase_file, about, error) != 0)
        return -1;
    return check_machinery(options, about, error);
}

void run_plan_make(const struct run_options *options, struct run_plan *plan)
{
    enum { BUDGET_SHARE = 4 };
    *plan = (struct run_plan){.cpus = cpus_usable(), .memory = memory_available()};
    plan->workers = options->jobs;
    if (plan->workers == 0)
        plan->workers = options->backend->one_worker ? 1 : plan->cpus.count;
    plan->io_jobs = options->io_jobs > 0 ? options->io_jobs : options->engine->io_jobs;
    plan->budget = options->memory > 0 ? options->memory : plan->memory.bytes / BUDGET_SHARE;
}

void run_plan_print(const struct run_options *options, const struct run_plan *plan,
                    const struct pm_recipe *recipe)
{
    char text[RECIPE_TEXT_MAX];
    if (pm_recipe_text(recipe, text, sizeof text) > 0)
        report_note("recipe: %s", text);
    const char *workers_source = plan->cpus.source;
    if (options->jobs > 0)
        workers_source = "--jobs";
    else if (options->backend->one_worker)
        workers_source = "it has only ever one";
    report_note("backend: %s, workers: %u (%s)", options->backend->name, plan->workers, workers_source);
    if (options->engine->io_jobs > 0)
        report_note("engine: %s, I/O jobs: %u (%s)", options->engine->name, plan->io_jobs,
                    options->io_jobs > 0 ? "--io-jobs" : "the default");
    else
        report_note("engine: %s, I/O jobs: none of its own", options->engine->name);
    const char *note = options->engine->note != NULL ? options->engine->note() : NULL;
    if (note != NULL)
        report_note("%s", note);
    report_note("memory: %" PRIu64 " MiB in flight (%s), %" PRIu64 " MiB available (%s)", plan->budget >> 20,
                options->memory > 0 ? "--memory" : "a quarter of what is available", plan->memory.bytes >> 20,
                plan->memory.source);
    report_note("kernels: %s", simd_name(simd_detect()));
}
