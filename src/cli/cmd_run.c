/* `pixmill run`: parses the options, checks and completes them, and runs the batch. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "batch/content.h"
#include "batch/guard.h"
#include "batch/load_pictures.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/exec_part.h"
#include "cli/report.h"
#include "cli/run_plan.h"
#include "cli/run_report.h"
#include "cli/signals.h"
#include "cli/summary_file.h"
#include "io/log_file.h"
#include "transform/pictures.h"
#include "transform/recipe.h"

/* With more workers per processor most of them only wait, each with its own memory. */
enum { MANY_WORKERS = 4 };

/* Between lines of progress, for logs. */
enum { PROGRESS_LINE_SECONDS = 60 };

/* Protects the key: no core dumps; warns if other users can read its file. */
static void guard_key(const struct run_options *options)
{
    const char *path = settings_key(&options->settings);
    if (path == NULL)
        return;
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    if (!options->quiet)
        report_exposed_key(path);
}

/* Did more images fail than --max-failed allows? */
static bool too_many_failed(const struct failures *allowed, const struct batch_counts *counts)
{
    const double done = (double)(counts->ok + counts->skipped + counts->failed);
    return (double)counts->failed > (allowed->percent ? allowed->max * done / 100 : allowed->max);
}

static int exit_status(enum batch_end end, const struct batch_report *batch, const struct settings *settings)
{
    int signalled = signals_status();
    if (signalled != 0)
        return signalled;
    return end == BATCH_DONE && !too_many_failed(&settings->max_failed, &batch->counts) ? EXIT_WELL
                                                                                        : EXIT_JOBS_FAILED;
}

/* Refuses a log or journal that is the key file, under any name. Their own check of the file's beginning is
 * not enough, because a passphrase may begin like a log. */
static int check_key(const struct settings *settings, const char **about, struct pm_error *error)
{
    struct guard guard = {0};
    guard_add(&guard, settings->key_file, "the key file");
    guard_add(&guard, settings->passphrase_file, "the passphrase file");
    static const char *const words[] = {"log", "journal", "manifest", "summary"};
    const char *const written[] = {settings_log_file(settings), settings->journal, settings->manifest,
                                   settings->summary};
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        const struct guard_file *key = written[i] != NULL ? guard_find(&guard, written[i]) : NULL;
        *about = written[i];
        if (key != NULL)
            return error_set(error, PM_ERROR_USAGE, "is %s and can't also be the %s (name two files)",
                             key->what, words[i]);
    }
    return 0;
}

/* Only an open log can be compared with other files: it exists by now, under whatever name. */
static int check_log(const struct joblog *log, const struct settings *settings, const char **about,
                     struct pm_error *error)
{
    static const char *const words[] = {"journal", "manifest", "summary"};
    const char *const others[] = {settings->journal, settings->manifest, settings->summary};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        *about = others[i];
        if (others[i] != NULL && joblog_is(log, others[i]))
            return error_set(error, PM_ERROR_USAGE, "can't be both the log and the %s (name two files)",
                             words[i]);
        for (size_t k = 0; k < i && others[i] != NULL; k++) {
            if (others[k] != NULL && strcmp(others[i], others[k]) == 0)
                return error_set(error, PM_ERROR_USAGE, "can't be both the %s and the %s (name two files)",
                                 words[k], words[i]);
        }
    }
    *about = NULL;
    return 0;
}

static void warn_of_plan(const struct run_options *options, const struct run_plan *plan)
{
    if (options->quiet)
        return;
    if (plan->settings.backend.workers > MANY_WORKERS * plan->cpus.count)
        report_note("warning: %u workers share %u %s (without -j there is one worker per processor)",
                    plan->settings.backend.workers, plan->cpus.count,
                    plan->cpus.count == 1 ? "processor" : "processors");
    const char *name = options->settings.name;
    if (name != NULL && strstr(name, "{ext}") == NULL && !content_promised(name))
        report_note(
            "warning: results are named without a suffix: --name has no {ext} (such as {stem}.{ext})");
    report_little_memory(options->settings.engine.memory);
}

static int run(const struct run_options *options, const struct settings *settings,
               const struct run_results *results, const char *const *inputs, size_t ninputs)
{
    const struct pm_recipe *recipe = &results->variants.variant[0].recipe;
    struct pm_error error = {0};
    const char *about;
    bool summary_made;
    if (check_key(settings, &about, &error) != 0)
        return report_refusal(about, &error);
    struct run_report listener = {.options = options, .recipe = recipe};
    if (joblog_open(&listener.log, settings->log, &error) != 0)
        return report_refusal(settings->log, &error);
    if (check_log(&listener.log, settings, &about, &error) != 0 ||
        summary_file_begin(settings->summary, &summary_made, &error) != 0) {
        joblog_discard(&listener.log);
        return report_refusal(about != NULL ? about : settings->summary, &error);
    }
    guard_key(options);
    progress_init(&listener.progress, options->quiet ? PROGRESS_NEVER : options->progress);
    if (settings->shard.count > 0 && !options->quiet && options->progress == PROGRESS_AUTO)
        progress_use_lines(&listener.progress, PROGRESS_LINE_SECONDS);
    signals_catch(options->quiet ? SIGNALS_QUIET : SIGNALS_TOLD);

    const struct batch_config config = {
        .settings = settings,
        .inputs = inputs,
        .ninputs = ninputs,
        .recipe = recipe,
        .variants = &results->variants,
        .naming = results->named ? &results->naming : NULL,
        .stop = &signals_stop,
        .stop_fd = signals_stop_fd,
        .note = run_report_note,
        .left_out = run_report_left_out,
        .again = run_report_again,
        .begin = run_report_begin,
        .event = run_report_event,
        .listener = &listener,
    };
    struct batch_report batch = {0};
    enum batch_end end = batch_run(&config, &batch, &error);
    if (end == BATCH_REFUSED) {
        progress_clear(&listener.progress);
        joblog_discard(&listener.log);
        if (summary_made)
            log_file_remove(settings->summary);
        return report_refusal(NULL, &error);
    }
    int status = exit_status(end, &batch, settings);
    struct pm_error unwritten = {0};
    if (settings->summary != NULL &&
        summary_file_write(settings->summary, &batch, &listener.failures, &unwritten) != 0) {
        report_error(settings->summary, &unwritten);
        status = status == EXIT_WELL ? EXIT_JOBS_FAILED : status;
    }
    if (run_report_end(&listener, &batch, &error) != 0 && status == EXIT_WELL)
        status = EXIT_JOBS_FAILED;
    return report_output(status);
}

/* Completes the settings for this machine, loads the recipes' pictures into the memory that they leave, and
 * runs. */
static int run_with_pictures(const struct run_options *options, struct run_results *results,
                             const char *const *inputs, size_t ninputs)
{
    struct pm_error error = {0};
    struct pictures *pictures;
    struct run_plan plan;
    int status;
    run_plan_make(&options->settings, &plan);
    const bool verbose = options->verbose && !options->quiet;
    if (verbose)
        run_plan_print(options, &plan, &results->variants);
    warn_of_plan(options, &plan);
    signal(SIGXFSZ, SIG_IGN); /* a worker's memory over ulimit -f is an error */
    if (load_variant_pictures(&results->variants, &plan.settings.backend, &pictures, &error) == 0) {
        const uint64_t bytes = pictures_bytes(pictures);
        settings_reserve(&plan.settings, bytes);
        if (verbose && bytes > 0)
            report_note("watermarks: %" PRIu64 " KiB of that memory", (bytes + 1023) >> 10);
        status = run(options, &plan.settings, results, inputs, ninputs);
    } else {
        status = report_refusal(NULL, &error);
    }
    pictures_free(pictures);
    return status;
}

int cmd_run(int argc, char **argv)
{
    struct run_options options;
    struct pm_recipe recipe;
    struct run_results results = {0};
    struct pm_error error = {0};
    run_options_init(&options);
    recipe_init(&recipe);
    struct command_line line = {.settings = &options, .recipe = &recipe};
    const char *about;
    int status;
    const bool parsed = arguments_parse(&line, "run", &run_option_set, argc - 2, argv + 2, &status);
    options.settings.shard.planned = options.settings.plan != NULL;
    if (parsed &&
        run_check(&options, &recipe, line.operands, line.noperands, &results, &about, &error) != 0) {
        status = report_refusal(about, &error);
    } else if (parsed) {
        exec_prepared(options.settings.backend.kind, options.quiet, argv);
        status = run_with_pictures(&options, &results, line.operands, line.noperands);
        signals_work_ended();
    }
    variants_free(&results.variants);
    names_free(&line.texts);
    free(line.operands);
    return status;
}
