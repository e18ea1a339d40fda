/*
 * The program pixmill-bench, which `pixmill bench` executes: options, machine, sweep, analysis, reports. All
 * output to the user is here, except the reports.
 */
#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"
#include "base/find_part.h"
#include "base/preinit.h"
#include "base/text.h"
#include "batch/load_pictures.h"
#include "bench/analysis/analysis.h"
#include "bench/measure/machine.h"
#include "bench/measure/models.h"
#include "bench/measure/scratch.h"
#include "bench/measure/stopping.h"
#include "bench/measure/sweep.h"
#include "bench/measure/tryout.h"
#include "bench/report/escape.h"
#include "bench/report/outputs.h"
#include "bench/report/read_json.h"
#include "bench/report/report.h"
#include "cli/arguments.h"
#include "cli/bench_options.h"
#include "cli/interpreter.h"
#include "cli/report.h"
#include "cli/run_plan.h"
#include "transform/pictures.h"
#include "transform/recipe.h"

struct option_list {
    const char **items; /* end in NULL */
    size_t count;
    bool out_of_memory; /* for one of them */
};

/* Everything that the program has open. */
struct lab {
    struct bench_options options;
    struct pm_recipe recipe;
    struct output outputs[REPORTS];
    struct scratch scratch;
    struct inputs inputs;
    struct interpreters interpreters; /* of --python */
    struct topology topology;
    struct results results;
    struct progress progress;
    char trial_program[PATH_MAX];
    /* What all trials have in common: those of backends, and those of Python models. */
    struct option_list trial_options, python_options;
    char environment_note[BACKEND_NOTE_MAX];
    char first_failure[400]; /* the first failed trial; "": none */
    char sweep_option[48];   /* the first option of those that only a sweep has; "": none */
};

static void record_settings(struct lab *lab, int argc, char **argv)
{
    const struct bench_settings *settings = &lab->options.settings;
    struct sweep_settings *record = &lab->results.settings;
    *record = (struct sweep_settings){
        .sampling = settings->sampling,
        .io_delay_ms = settings->run.engine.read_delay * 1e3,
        .inputs = lab->inputs.list.count,
        .urls = lab->inputs.list.urls,
        .io_jobs = settings->run.engine.io_jobs,
        .input_bytes = lab->inputs.bytes,
    };
    pm_recipe_text(&lab->recipe, record->recipe, sizeof record->recipe);
    const char *seed = NULL;
    char text[40];
    if (!settings->has_seed) {
        snprintf(text, sizeof text, "--seed=%" PRIu64, settings->sampling.seed);
        seed = text;
    }
    quote_argv(argc, argv, seed, record->command, sizeof record->command);
}

static void on_step(void *listener, const struct sweep_step *step)
{
    struct lab *lab = listener;
    char line[101];
    if (step->model == NULL) {
        progress_clear(&lab->progress);
        return;
    }
    sweep_step_text(line, sizeof line - 1, step);
    progress_show(&lab->progress, line);
}

static void on_failure(void *listener, const struct sweep_step *step, const char *culprit,
                       const struct pm_error *error)
{
    struct lab *lab = listener;
    char text[400];
    snprintf(text, sizeof text, "%s, %u job%s, %s%s%.100s: %s", step->model, step->jobs,
             step->jobs == 1 ? "" : "s", workload_name(step->workload), culprit[0] != '\0' ? ": " : "",
             culprit, error->message);
    progress_clear(&lab->progress);
    report("trial", text);
    if (lab->first_failure[0] == '\0')
        memcpy(lab->first_failure, text, sizeof text);
}

/* Adds an argument. Sets list->out_of_memory if there is no memory. */
__attribute__((format(printf, 2, 3))) static void add_option(struct option_list *list, const char *format,
                                                             ...)
{
    char *option;
    va_list arguments;
    const char **items = reallocarray(list->items, list->count + 2, sizeof *items);
    if (items != NULL)
        list->items = items;
    va_start(arguments, format);
    if (items == NULL || vasprintf(&option, format, arguments) < 0)
        list->out_of_memory = true;
    else
        items[list->count++] = option, items[list->count] = NULL;
    va_end(arguments);
}

static void free_options(struct option_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free((char *)(uintptr_t)list->items[i]);
    free(list->items);
}

static bool is_report(const char *option)
{
    for (size_t i = 0; i < REPORTS; i++) {
        if (strcmp(report_formats[i].name, option) == 0)
            return true;
    }
    return false;
}

/* Options that `run` has, too, are passed to the trials as written: filters, formats, keys, memory, ... */
static void on_option(void *listener, const struct option *option, const char *argument)
{
    struct lab *lab = listener;
    if (lab->sweep_option[0] == '\0' && strcmp(option->name, "from") != 0 && !is_report(option->name))
        snprintf(lab->sweep_option, sizeof lab->sweep_option, "--%s", option->name);
    if (option->kind == OPTION_OWN && !option->of_base)
        return;
    if (argument != NULL)
        add_option(&lab->trial_options, "--%s=%s", option->name, argument);
    else
        add_option(&lab->trial_options, "--%s", option->name);
}

/* Further options of the trials. */
static int complete_options(struct lab *lab, struct pm_error *error)
{
    const struct settings *run = &lab->options.settings.run;
    struct option_list *trial = &lab->trial_options, *python = &lab->python_options;
    add_option(trial, "--available=%" PRIu64, run->backend.max_bytes);
    add_option(trial, "--output=%s", run->output);
    add_option(python, "--output=%s", run->output);
    add_option(python, "--recipe=%s", lab->results.settings.recipe);
    for (size_t i = 0; i <= lab->recipe.nsteps; i++) {
        if (recipe_picture_name(&lab->recipe, i) != NULL)
            add_option(python, "--picture=%s", recipe_picture_name(&lab->recipe, i));
    }
    if (run->engine.io_jobs > 0) {
        add_option(trial, "--io-jobs=%u", run->engine.io_jobs);
        add_option(python, "--io-jobs=%u", run->engine.io_jobs);
    }
    if (lab->options.settings.sampling.pin && lab->topology.ncpus > 0) {
        char list[sizeof lab->topology.cpus / sizeof *lab->topology.cpus * sizeof "1024"] = "";
        size_t used = 0;
        for (unsigned i = 0; i < lab->topology.ncpus; i++)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%u", i > 0 ? "," : "",
                                     lab->topology.cpus[i]);
        add_option(trial, "--cpus=%s", list);
        add_option(python, "--cpus=%s", list);
    }
    return trial->out_of_memory || python->out_of_memory ? error_memory(error, 0) : 0;
}

/* Removes the inputs that the recipe fails on, and says so now and in the reports. */
static int try_inputs(struct lab *lab, int stop, struct pm_error *error)
{
    struct tryout tryout;
    const struct bench_settings *settings = &lab->options.settings;
    struct sweep_settings *record = &lab->results.settings;
    const size_t all = lab->inputs.list.count;
    if (!settings->workloads[WORKLOAD_CPU] && !settings->workloads[WORKLOAD_IO])
        return 0;
    if (tryout_run(&lab->inputs, &settings->run, &lab->recipe, lab->results.machine.processors, stop, &tryout,
                   error) != 0)
        return -1;
    record->inputs = lab->inputs.list.count;
    record->input_bytes = lab->inputs.bytes;
    if (tryout.failed == 0)
        return 0;
    report_note("%zu of %zu inputs %s left out: %s: %s", tryout.failed, all,
                tryout.failed == 1 ? "is" : "are", tryout.culprit, tryout.error.message);
    return results_note(&lab->results, "", "%zu of %zu inputs %s left out: %.80s: %.100s.", tryout.failed,
                        all, tryout.failed == 1 ? "is" : "are", tryout.culprit, tryout.error.message) == 0
               ? 0
               : error_memory(error, 0);
}

/* Sets the environment that the models' runtimes need; trials inherit it. Notes what is missing, once per
 * backend. */
static void prepare_environment(struct lab *lab)
{
    for (size_t i = 0; i < lab->results.nmodels; i++) {
        const struct backend *backend = backend_find(lab->results.models[i].backend);
        if (backend != NULL && backend->prepare != NULL && lab->environment_note[0] == '\0')
            backend->prepare(lab->environment_note);
    }
}

/* Runs all trials. Returns how many failed, or -1 with `error` filled; *signalled is the exit status of a
 * signal that stopped them, or 0. */
static long measure(struct lab *lab, int *signalled, struct pm_error *error)
{
    struct bench_settings *settings = &lab->options.settings;
    struct sweep_config config = {
        .lab = {.program = lab->trial_program, .timeout = settings->trial_timeout},
        .inputs = &lab->inputs,
        .settings = settings,
        .step = on_step,
        .failed = on_failure,
        .listener = lab,
    };
    config.lab.stop = stopping_open(error);
    if (config.lab.stop < 0)
        return -1;
    long failures = -1;
    if (scratch_open(&lab->scratch, error) == 0) {
        settings->run.output = lab->scratch.path;
        settings->run.shared_output = true; /* the lab has it locked */
        if (complete_options(lab, error) == 0 && try_inputs(lab, config.lab.stop, error) == 0) {
            config.lab.inputs = lab->inputs.file;
            config.options = lab->trial_options.items;
            config.python_options = lab->python_options.items;
            failures = sweep_run(&config, &lab->results, error);
        }
        scratch_close(&lab->scratch);
    }
    *signalled = stopping_close(config.lab.stop);
    return failures;
}

/* Notes on how it was measured; the analysis adds those on the figures. */
static int note_setting(struct lab *lab, long failures)
{
    struct results *results = &lab->results;
    int status = 0;
    if (failures > 0)
        status = results_note(results, "Points that failed twice were skipped.",
                              "%ld of the trials failed and are in no figure; the first: %.200s.", failures,
                              lab->first_failure);
    for (size_t i = 0; status == 0 && i < results->nmodels; i++) {
        const struct engine *engine = engine_find(results->models[i].engine);
        const char *word = engine != NULL && engine->note != NULL ? engine->note() : NULL;
        if (word != NULL)
            status = results_note(results, "", "The model %s: %s.", results->models[i].name, word);
    }
    if (status == 0 && lab->environment_note[0] != '\0')
        status = results_note(results, "", "%s.", lab->environment_note);
    if (status == 0 && !lab->scratch.in_memory)
        status = results_note(results, "Set TMPDIR to a folder on a tmpfs.",
                              "The results were written to a disk (%.100s), whose speed is in the figures.",
                              lab->scratch.path);
    if (status == 0 && results->ntrials > 0 && results->trials[0].peak_pss_bytes == 0)
        status = results_note(
            results, "",
            "This system does not report proportional set sizes (/proc/PID/smaps_rollup): memory was not measured.");
    if (status == 0 && !lab->topology.described)
        status = results_note(
            results, "Mount /sys and run it again.",
            "The system does not describe its processors (no /sys/devices/system/cpu): sockets and "
            "cores are as the processors themselves report them, if they do.");
    if (status == 0 && lab->options.settings.sampling.pin && lab->topology.ncpus == 0)
        status = results_note(results, "", "The workers were not pinned: no processor is known by number.");
    return status;
}

/* Where the table goes: to standard error if a report goes to standard output. */
static FILE *summary_stream(const struct lab *lab)
{
    for (size_t i = 0; i < REPORTS; i++) {
        if (output_is_standard(&lab->outputs[i]))
            return stderr;
    }
    return stdout;
}

/* Says which reports were written. */
static void tell_places(const struct lab *lab)
{
    const char *separator = "\nWritten: ";
    FILE *out = summary_stream(lab);
    for (size_t i = 0; i < REPORTS; i++) {
        char shown[PATH_MAX];
        if (!lab->outputs[i].written || output_is_standard(&lab->outputs[i]))
            continue;
        fprintf(out, "%s%s", separator, text_shown(lab->outputs[i].path, shown, sizeof shown));
        separator = ", ";
    }
    if (separator[0] == ',')
        fputc('\n', out);
}

/* From the trials to the written reports. Returns the exit status, `status` if all goes well. */
static int write_reports(struct lab *lab, int status)
{
    struct pm_error error = {0};
    const char *culprit = NULL;
    if (analyse(&lab->results, &error) != 0)
        return report_refusal(NULL, &error);
    report_text(summary_stream(lab), &lab->results);
    if (outputs_write(lab->outputs, &lab->results, &culprit, &error) != 0) {
        report_error(culprit, &error);
        status = EXIT_JOBS_FAILED;
    }
    tell_places(lab);
    return report_output(status);
}

static int tell(struct lab *lab, long failures)
{
    struct pm_error error = {0};
    if (lab->results.ntrials == 0) {
        report("bench", "nothing was measured");
        return EXIT_JOBS_FAILED;
    }
    if (note_setting(lab, failures) != 0) {
        error_memory(&error, 0);
        return report_refusal(NULL, &error);
    }
    return write_reports(lab, failures > 0 ? EXIT_JOBS_FAILED : EXIT_WELL);
}

/* --from: reports of an earlier sweep. */
static int rewrite(struct lab *lab, size_t noperands)
{
    struct pm_error error = {0};
    const char *about = NULL;
    if (noperands > 0 || lab->sweep_option[0] != '\0') {
        error_set(&error, PM_ERROR_USAGE, "has no effect with --from, which measures nothing (leave it out)");
        return report_refusal(noperands > 0 ? "an input" : lab->sweep_option, &error);
    }
    if (outputs_check(lab->outputs, &about, &error) != 0)
        return report_refusal(about, &error);
    if (report_read_json(lab->options.from, &lab->results, &error) != 0)
        return report_refusal(lab->options.from, &error);
    return write_reports(lab, EXIT_WELL);
}

/* Loads the recipe's second pictures, on which the inputs are tried; trials load their own. */
static long measure_with_pictures(struct lab *lab, int *signalled, struct pm_error *error)
{
    struct backend_config loader = lab->options.settings.run.backend;
    struct pictures *pictures;
    loader.kind = backend_find("serial");
    const int loaded = load_recipe_pictures(&lab->recipe, &loader, &pictures, error);
    const long failures = loaded == 0 ? measure(lab, signalled, error) : -1;
    pictures_free(pictures);
    return failures;
}

/* `culprit` receives the option that an error is about. */
static int examine_interpreters(const struct bench_settings *settings, struct interpreters *found,
                                char *culprit, size_t size, struct pm_error *error)
{
    static_assert((int)BENCH_PYTHONS_MAX <= (int)INTERPRETERS_MAX, "each that is given has an item");
    for (unsigned i = 0; i < settings->npythons; i++) {
        struct interpreter *item = &found->items[found->count++];
        snprintf(culprit, size, "--python=%s", settings->pythons[i]);
        if (interpreter_examine(settings->pythons[i], item, error) != 0)
            return -1;
        for (unsigned other = 0; other < i; other++) {
            if (strcmp(found->items[other].version, item->version) == 0)
                return error_set(error, PM_ERROR_USAGE, "is Python %s, as is %s (leave out one of them)",
                                 item->version, settings->pythons[other]);
        }
    }
    culprit[0] = '\0';
    return 0;
}

static int run(struct lab *lab, const char *const *operands, size_t noperands, int argc, char **argv)
{
    struct pm_error error = {0};
    struct bench_settings *settings = &lab->options.settings;
    const char *about = NULL;
    char culprit[160] = "";
    for (size_t i = 0; i < REPORTS; i++)
        lab->outputs[i].path = lab->options.reports[i];
    if (lab->options.from != NULL)
        return rewrite(lab, noperands);
    if (noperands == 0)
        error_set(&error, PM_ERROR_USAGE, "no input (name files or folders, or - for a list of them)");
    if (noperands == 0 || recipe_check_keys(&lab->recipe, &settings->run, &about, &error) != 0)
        return report_refusal(about, &error);
    if (find_part("pixmill-trial", lab->trial_program, &error) != 0)
        return report_refusal(NULL, &error);
    if (examine_interpreters(settings, &lab->interpreters, culprit, sizeof culprit, &error) != 0)
        return report_refusal(culprit, &error);
    if (models_choose(settings->models, &settings->run.backend, &lab->interpreters, &lab->results, &error) !=
        0)
        return report_refusal("--models", &error);
    if (bench_settings_check(settings, &lab->results, &about, &error) != 0)
        return report_refusal(about, &error);
    topology_read(&lab->topology);
    machine_describe(&lab->topology, &lab->results.machine);
    bench_settings_complete(settings, lab->results.machine.processors);
    if (outputs_check(lab->outputs, &about, &error) != 0)
        return report_refusal(about, &error);
    struct settings inputs = settings->run;
    inputs.output = "/pixmill-bench"; /* only to find name clashes: trials have a folder of their own */
    inputs.base = "/";
    const struct walk_options walk = {.settings = &inputs, .format = recipe_result_format(&lab->recipe)};
    if (inputs_open(operands, noperands, &walk, &lab->inputs, culprit, &error) != 0)
        return report_refusal(culprit[0] != '\0' ? culprit : NULL, &error);
    if (lab->inputs.list.urls > 0 && settings->workloads[WORKLOAD_CPU]) {
        inputs_close(&lab->inputs);
        error_set(&error, PM_ERROR_USAGE, "URLs can only be inputs of the io workload (give --workloads=io)");
        return report_refusal(NULL, &error);
    }
    if (lab->inputs.list.urls > 0 && results_python(&lab->results)) {
        inputs_close(&lab->inputs);
        error_set(&error, PM_ERROR_USAGE, "URLs are not measured with Python models (leave out one of them)");
        return report_refusal(NULL, &error);
    }
    report_little_memory(settings->run.engine.memory);
    settings->run.backend.max_bytes = memory_available().bytes;
    record_settings(lab, argc, argv);
    prepare_environment(lab);
    int signalled = 0;
    long failures = measure_with_pictures(lab, &signalled, &error);
    inputs_close(&lab->inputs);
    if (failures < 0)
        return report_refusal(NULL, &error);
    int status = tell(lab, failures);
    return signalled != 0 ? signalled : status;
}

PREINIT_AT_START;

int main(int argc, char **argv)
{
    static struct lab lab;
    preinit_restore();
    /* If the reader of the progress or the table goes away, the sweep and the reports in files go on. */
    signal(SIGPIPE, SIG_IGN);
    bench_options_init(&lab.options);
    recipe_init(&lab.recipe);
    struct command_line line = {
        .settings = &lab.options, .recipe = &lab.recipe, .seen = on_option, .listener = &lab};
    int status;
    if (arguments_parse(&line, "bench", &bench_option_set, argc - 1, argv + 1, &status)) {
        progress_init(&lab.progress, lab.options.progress);
        status = run(&lab, line.operands, line.noperands, argc, argv);
    }
    results_free(&lab.results);
    free_options(&lab.trial_options);
    free_options(&lab.python_options);
    free(line.operands);
    return status;
}
