#include "cli/run_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "batch/unit_plan.h"
#include "cli/report.h"
#include "transform/recipe.h"

int recipe_check_keys(const struct pm_recipe *recipe, const struct settings *settings, const char **about,
                      struct pm_error *error)
{
    bool has_key = settings_key(settings) != NULL;
    *about = recipe->decrypts ? "--decrypt" : "--encrypt";
    if (recipe_check(recipe, error) != 0) {
        *about = NULL;
        return -1;
    }
    if (recipe_has_secret(recipe) && !has_key)
        return error_set(error, PM_ERROR_USAGE, "needs a key (--key-file=FILE or --passphrase-file=FILE)");
    *about = settings->key_file != NULL ? "--key-file" : "--passphrase-file";
    if (settings->key_file != NULL && settings->passphrase_file != NULL)
        return error_set(error, PM_ERROR_USAGE, "can't be combined with --passphrase-file (choose one)");
    if (has_key && !recipe_has_secret(recipe))
        return error_set(error, PM_ERROR_USAGE, "nothing needs a key (add --encrypt or --decrypt)");
    *about = "--bind-names";
    if (settings->bind_names && !recipe->encrypts)
        return error_set(error, PM_ERROR_USAGE,
                         "nothing is encrypted (add --encrypt; --decrypt checks the names by itself)");
    *about = "--max-wrong-salts";
    if (settings->max_wrong_salts > 0 && (!recipe->decrypts || settings->passphrase_file == NULL))
        return error_set(error, PM_ERROR_USAGE,
                         "has no effect without --decrypt and --passphrase-file=FILE (add them, or omit it)");
    return 0;
}

int backend_check(const struct backend_config *config, const char **about, struct pm_error *error)
{
    const struct backend *backend = config->kind;
    *about = "--backend";
    const char *why_not = backend->why_not();
    if (why_not != NULL)
        return error_set(error, PM_ERROR_USAGE, "%s does not work here: %s (see pixmill help backends)",
                         backend->name, why_not);
    *about = "--jobs";
    if (backend->one_worker && config->workers > 1)
        return error_set(error, PM_ERROR_USAGE, "%s has one worker (omit --jobs or choose another --backend)",
                         backend->name);
    *about = "--sandbox";
    if (config->sandbox >= SANDBOX_REQUIRE && !backend->processes)
        return error_set(error, PM_ERROR_USAGE,
                         "the workers of %s are threads of this process (choose --backend=procs)",
                         backend->name);
    return 0;
}

/* Refuses an option that only another backend has. */
static int check_backend_options(const struct backend_config *config, const char **about,
                                 struct pm_error *error)
{
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        *about = (*backend)->option_given != NULL ? (*backend)->option_given(config) : NULL;
        if (*about != NULL && *backend != config->kind)
            return error_set(error, PM_ERROR_USAGE, "%s has no such option (choose --backend=%s)",
                             config->kind->name, (*backend)->name);
    }
    return 0;
}

static int check_machinery(const struct settings *settings, const char **about, struct pm_error *error)
{
    const struct engine *engine = settings->engine.kind;
    if (backend_check(&settings->backend, about, error) != 0)
        return -1;
    *about = "--io";
    const char *why_not = engine->why_not();
    if (why_not != NULL)
        return error_set(error, PM_ERROR_USAGE, "%s does not work here: %s (see pixmill help backends)",
                         engine->name, why_not);
    if (check_backend_options(&settings->backend, about, error) != 0)
        return -1;
    *about = "--io-jobs";
    if (settings->engine.io_jobs > 0 && engine->io_jobs == 0)
        return error_set(
            error, PM_ERROR_USAGE,
            "with %s the workers read and write files themselves (omit --io-jobs or choose another --io)",
            engine->name);
    *about = "--resume";
    if (settings->resume && settings->journal == NULL)
        return error_set(error, PM_ERROR_USAGE, "needs a journal (--journal=FILE)");
    *about = "--retry-failed";
    if (settings->retry_failed && !settings->resume)
        return error_set(error, PM_ERROR_USAGE,
                         "has no effect without --resume (a run without it processes all images)");
    return 0;
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* The codec of a file name such as photo.png, as other programs expect; NULL also if a folder has that name,
 * or if it ends in a slash. */
static const struct codec *named_codec(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && !is_folder(path) ? codec_of_suffix(dot + 1) : NULL;
}

static bool names_an_archive(const char *path)
{
    const size_t length = strlen(path);
    return length > 4 && strcasecmp(path + length - 4, ".tar") == 0 && !is_folder(path);
}

/* Without -o: as in other programs, the last of several inputs may have been meant as the output. */
static int refuse_no_output(const char *const *inputs, size_t ninputs, struct pm_error *error)
{
    char shown[64];
    const char *last = ninputs > 1 ? inputs[ninputs - 1] : "-";
    if (last[0] == '-' || object_is(last) || access(last, F_OK) == 0 || strcspn(last, "*?[:") < strlen(last))
        return error_set(
            error, PM_ERROR_USAGE,
            "no folder for the results (give -o DIR, -o - for one result on standard output, or --in-place)");
    text_shown(last, shown, sizeof shown);
    const struct codec *codec = named_codec(last);
    if (codec == NULL)
        return error_set(error, PM_ERROR_USAGE, "no folder for the results (did you mean -o %s?)", shown);
    if (ninputs > 2 || !codec_writes(codec))
        return error_set(error, PM_ERROR_USAGE,
                         "no folder for the results (give -o DIR; -o takes a folder, not a file)");
    return error_set(error, PM_ERROR_USAGE,
                     "no folder for the results (give -o DIR, or for one file -o - --format=%s >%s)",
                     codec->name, shown);
}

/* What --in-place needs, and what it can't be combined with. */
static int check_in_place(const struct settings *settings, const struct run_results *results,
                          const char **about, struct pm_error *error)
{
    const struct {
        bool given;
        const char *name;
    } excluded[] = {
        {settings->output != NULL, "-o"},
        {results->named, "several results, --name or --manifest"},
        {settings->journal != NULL, "--journal (a backup tells what is done: --backup and --skip-existing)"},
        {settings->base != NULL, "--base"},
        {settings->image, "--image"},
        {settings->shared_output, "--shared-output"},
        {settings->bind_names, "--bind-names"},
    };
    *about = settings->backup != NULL ? "--backup" : "--no-backup";
    if (settings->backup != NULL && settings->no_backup)
        return error_set(error, PM_ERROR_USAGE, "can't be combined with --no-backup (choose one)");
    if (!settings->in_place && (settings->backup != NULL || settings->no_backup))
        return error_set(error, PM_ERROR_USAGE, "has no effect without --in-place (add it, or omit this)");
    *about = "--in-place";
    if (!settings->in_place)
        return 0;
    for (size_t i = 0; i < sizeof excluded / sizeof *excluded; i++) {
        if (excluded[i].given)
            return error_set(error, PM_ERROR_USAGE, "can't be combined with %s", excluded[i].name);
    }
    if (settings->backup == NULL && !settings->no_backup)
        return error_set(
            error, PM_ERROR_USAGE,
            "needs a backup of the originals (give --backup=SUFFIX or --backup=DIR/, or --no-backup)");
    if (settings->backup == NULL && settings->skip_existing)
        return error_set(error, PM_ERROR_USAGE,
                         "without a backup nothing tells what is done already (omit --skip-existing)");
    return 0;
}

/* Each shard names its own results. */
static int check_shard(const struct settings *settings, const struct run_results *results, const char **about,
                       struct pm_error *error)
{
    *about = "--plan";
    if (settings->plan != NULL && settings->shard.count == 0)
        return error_set(error, PM_ERROR_USAGE, "needs the number of a unit (give --shard=K/N)");
    if (settings->plan != NULL) {
        const uint32_t units = unit_plan_count(settings->plan, error);
        if (units != settings->shard.count)
            return error_set(error, PM_ERROR_USAGE,
                             "the plan has %" PRIu32 " units (give --shard=K/%" PRIu32 ")", units, units);
    }
    *about = "--shard";
    if (settings->shard.count == 0)
        return 0;
    if (settings->manifest != NULL)
        return error_set(error, PM_ERROR_USAGE, "can't be combined with --manifest, which lists all inputs");
    if (results->named && naming_counts(&results->naming))
        return error_set(error, PM_ERROR_USAGE, "every shard would count {n} from 1 (use other variables)");
    if (results->named && naming_mixes_folders(&results->naming))
        return error_set(error, PM_ERROR_USAGE,
                         "two shards could write the same name (give {dir} in --name)");
    return 0;
}

static int check_watch(const struct settings *settings, const struct run_results *results, const char **about,
                       struct pm_error *error)
{
    const struct {
        bool given;
        const char *name;
    } excluded[] = {
        {settings->in_place, "--in-place (a result would be a change, too)"},
        {settings->manifest != NULL, "--manifest, which is written when a run ends"},
        {settings->image, "--image"},
        {settings->dry_run, "--dry-run"},
        {settings->output != NULL && object_is(settings->output), "an output in S3 storage"},
        {settings->output != NULL && strcmp(settings->output, "-") == 0, "-o -"},
    };
    *about = "--watch";
    for (size_t i = 0; i < sizeof excluded / sizeof *excluded && settings->watch; i++) {
        if (excluded[i].given)
            return error_set(error, PM_ERROR_USAGE, "can't be combined with %s", excluded[i].name);
    }
    if (settings->watch && results->named && naming_any_is_late(&results->naming) &&
        !naming_by_content(&results->naming))
        return error_set(error, PM_ERROR_USAGE,
                         "the names of the results are not known before an image is processed: %s (use other "
                         "variables)",
                         results->naming.name_template);
    return 0;
}

static int check_output(const char *output, const char **about, struct pm_error *error)
{
    *about = output;
    const char *fault = object_is(output) ? object_fault(output) : NULL;
    if (fault != NULL)
        return error_set(error, PM_ERROR_USAGE, "%s", fault);
    const size_t length = strlen(output);
    if (strchr(output, '[') != NULL && strchr(output, '=') != NULL && output[length - 1] == ']')
        return error_set(error, PM_ERROR_USAGE,
                         "-o takes a folder; options of the encoder are options here (--quality=75; write "
                         "%.64s/ for a folder of that name)",
                         output);
    if (strstr(output, "%s") != NULL)
        return error_set(
            error, PM_ERROR_USAGE,
            "-o takes a folder; results are named by --name='{stem}-small.{ext}' (write %.64s/ for "
            "a folder of that name)",
            output);
    if (!object_is(output) && names_an_archive(output))
        return error_set(error, PM_ERROR_USAGE,
                         "-o takes a folder, not a file (an archive's result is in it, under the archive's "
                         "name; write %.64s/ for a folder of that name)",
                         output);
    if (named_codec(output) != NULL)
        return error_set(
            error, PM_ERROR_USAGE,
            "-o takes a folder, not a file (-o - writes one result to standard output; --format chooses the "
            "format; write %.64s/ for a folder of that name)",
            output);
    return 0;
}

/* What standard output and standard input can't be used with. */
static int check_streams(const struct settings *settings, const struct run_results *results,
                         const char **about, struct pm_error *error)
{
    *about = "--image";
    if (settings->image && settings->nul_separated)
        return error_set(error, PM_ERROR_USAGE, "can't be combined with --null, which is for lists");
    if (settings->image && settings->journal != NULL)
        return error_set(
            error, PM_ERROR_USAGE,
            "can't be combined with --journal (an image on standard input is not recognised again)");
    *about = "--keep-dates";
    if (settings->keep_dates && settings->output != NULL && object_is(settings->output))
        return error_set(error, PM_ERROR_USAGE,
                         "the date of an object is when it was stored (omit it, or give a folder)");
    *about = "-o -";
    if (!settings_to_stdout(settings))
        return 0;
    if (results->named)
        return error_set(error, PM_ERROR_USAGE,
                         "takes one result, without a name or a manifest (give -o DIR)");
    if (settings->journal != NULL || settings->skip_existing || settings->bind_names || settings->keep_dates)
        return error_set(
            error, PM_ERROR_USAGE,
            "can't be combined with --journal, --skip-existing, --bind-names or --keep-dates (give -o DIR)");
    if (settings->log != NULL && strcmp(settings->log, "-") == 0)
        return error_set(error, PM_ERROR_USAGE, "can't be combined with --log=- (write the log to a file)");
    if (isatty(STDOUT_FILENO) && !settings->dry_run)
        return error_set(error, PM_ERROR_USAGE,
                         "standard output is a terminal (redirect it, or give -o DIR)");
    return 0;
}

static int check_results(const struct settings *settings, const struct pm_recipe *recipe,
                         struct run_results *results, const char **about, struct pm_error *error)
{
    if (variants_make(recipe, &settings->results, &results->variants, about, error) != 0)
        return -1;
    results->named = results->variants.count > 1 || settings->results.nwidths > 0 ||
                     settings->results.nvariants > 0 || settings->name != NULL || settings->manifest != NULL;
    *about = "--name";
    if (naming_init(&results->naming, settings->name, &results->variants, error) != 0)
        return -1;
    *about = "--skip-existing";
    if (settings->skip_existing && results->named && naming_any_is_late(&results->naming))
        return error_set(error, PM_ERROR_USAGE,
                         "the names of the results are not known before an image is processed: %s (use "
                         "--journal=FILE and --resume)",
                         results->naming.name_template);
    *about = "--bind-names";
    if (settings->bind_names && results->named && naming_any_is_late(&results->naming))
        return error_set(error, PM_ERROR_USAGE,
                         "the names of the results are not known before an image is processed: %s (use "
                         "other variables)",
                         results->naming.name_template);
    return 0;
}

int run_check(const struct run_options *options, const struct pm_recipe *recipe, const char *const *inputs,
              size_t ninputs, struct run_results *results, const char **about, struct pm_error *error)
{
    *about = NULL;
    const struct settings *settings = &options->settings;
    if (ninputs == 0 && settings->plan == NULL)
        return error_set(error, PM_ERROR_USAGE, "no input (name files or folders, or - for a list of them)");
    if (ninputs > 0 && settings->plan != NULL)
        return error_set(error, PM_ERROR_USAGE, "--plan has the inputs (omit INPUT)");
    if (!settings->in_place && settings->output == NULL)
        return refuse_no_output(inputs, ninputs, error);
    if ((!settings->in_place && check_output(settings->output, about, error) != 0) ||
        check_results(settings, recipe, results, about, error) != 0 ||
        check_in_place(settings, results, about, error) != 0 ||
        check_watch(settings, results, about, error) != 0 ||
        check_shard(settings, results, about, error) != 0 ||
        check_streams(settings, results, about, error) != 0 ||
        recipe_check_keys(&results->variants.variant[0].recipe, settings, about, error) != 0)
        return -1;
    return check_machinery(settings, about, error);
}

void run_plan_make(const struct settings *settings, struct run_plan *plan)
{
    *plan = (struct run_plan){.settings = *settings, .cpus = cpus_usable(), .memory = memory_available()};
    settings_complete(&plan->settings, plan->cpus.count, plan->memory.bytes);
}

void run_plan_print(const struct run_options *options, const struct run_plan *plan,
                    const struct variants *variants)
{
    char text[RECIPE_TEXT_MAX];
    const struct settings *said = &options->settings, *settings = &plan->settings;
    const struct backend *backend = settings->backend.kind;
    const struct engine *engine = settings->engine.kind;
    for (size_t i = 0; i < variants->count; i++) {
        const struct variant *variant = &variants->variant[i];
        if (pm_recipe_text(&variant->recipe, text, sizeof text) > 0)
            report_note("recipe%s%s: %s", variant->name[0] != '\0' ? " of " : "", variant->name, text);
    }
    const char *workers_source = plan->cpus.source;
    if (said->backend.workers > 0)
        workers_source = "--jobs";
    else if (backend->one_worker)
        workers_source = "it always has one";
    report_note("backend: %s, workers: %u (%s)", backend->name, settings->backend.workers, workers_source);
    if (engine->io_jobs > 0)
        report_note("engine: %s, I/O jobs: %u (%s)", engine->name, settings->engine.io_jobs,
                    said->engine.io_jobs > 0 ? "--io-jobs" : "the default");
    else
        report_note("engine: %s, I/O jobs: none (the workers read and write)", engine->name);
    const char *note = engine->note != NULL ? engine->note() : NULL;
    if (note != NULL)
        report_note("%s", note);
    const char *source = said->engine.memory > 0 ? "--memory" : "a quarter of what is available";
    if (settings->engine.memory < said->engine.memory)
        source = "less than --memory, because no more is available";
    report_note("memory: %" PRIu64 " MiB in flight (%s), %" PRIu64 " MiB available (%s)",
                settings->engine.memory >> 20, source, plan->memory.bytes >> 20, plan->memory.source);
    report_note("kernels: %s", simd_name(simd_detect()));
}
