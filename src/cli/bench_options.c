#include "cli/bench_options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/values.h"
#include "bench/measure/python.h"
#include "cli/run_options.h"

enum { WORKERS_MAX = 1024, REPEAT_MAX = 1000 };

void bench_options_init(struct bench_options *options)
{
    *options = (struct bench_options){0};
    options->settings = (struct bench_settings){
        .workloads = {[WORKLOAD_CPU] = true, [WORKLOAD_IO] = true, [WORKLOAD_OVERHEAD] = true},
        .sampling = {.repeat = 7, .min_time_s = 0.2},
        .trial_timeout = 600,
    };
    settings_init(&options->settings.run);
}

/* Copies the next part of a list, up to a comma, and moves *list past it. False at the end. A part that is
 * too long is truncated. */
static bool next_part(const char **list, char part[32])
{
    if (*list == NULL)
        return false;
    size_t length = strcspn(*list, ",");
    snprintf(part, 32, "%.*s", (int)length, *list);
    *list = (*list)[length] == ',' ? *list + length + 1 : NULL;
    return true;
}

/* If the list has several parts, adds to the message which one is wrong. */
static int blame_part(const char *list, const char *part, struct pm_error *error)
{
    const struct pm_error why = *error;
    if (strchr(list, ',') == NULL)
        return -1;
    *error = (struct pm_error){0};
    return error_set(error, why.kind, "\"%s\" %s", part, why.message);
}

static int parse_models(const struct option *option, void *settings, const char *argument,
                        struct pm_error *error)
{
    if (argument[0] == '\0')
        return error_set(error, PM_ERROR_USAGE, "is empty (give names of models)");
    return option_path(option, settings, argument, error);
}

static int parse_jobs(const struct option *option, void *settings, const char *argument,
                      struct pm_error *error)
{
    (void)option;
    struct bench_settings *options = settings;
    const char *rest = argument;
    char part[32];
    options->njobs = 0;
    while (next_part(&rest, part)) {
        uint64_t jobs;
        bool known = false;
        if (value_count(part, 1, WORKERS_MAX, &jobs, error) != 0)
            return blame_part(argument, part, error);
        for (size_t i = 0; i < options->njobs; i++)
            known |= options->jobs[i] == jobs;
        if (known)
            continue;
        if (options->njobs == BENCH_JOBS_MAX)
            return error_set(error, PM_ERROR_USAGE, "too many numbers (at most %d)", BENCH_JOBS_MAX);
        options->jobs[options->njobs++] = (unsigned)jobs;
    }
    return 0;
}

/* The words are in the order of enum workload. */
static int parse_workloads(const struct option *option, void *settings, const char *argument,
                           struct pm_error *error)
{
    struct bench_settings *options = settings;
    const char *rest = argument;
    char part[32];
    memset(options->workloads, 0, sizeof options->workloads);
    while (next_part(&rest, part)) {
        int index = option_find_word(option, part, error);
        if (index < 0)
            return blame_part(argument, part, error);
        options->workloads[index] = true;
    }
    return 0;
}

static int parse_min_time(const struct option *option, void *settings, const char *argument,
                          struct pm_error *error)
{
    (void)option;
    struct bench_settings *options = settings;
    if (strcmp(argument, "0") != 0)
        return value_seconds(argument, &options->sampling.min_time_s, error);
    options->sampling.min_time_s = 0;
    return 0;
}

static int parse_seed(const struct option *option, void *settings, const char *argument,
                      struct pm_error *error)
{
    (void)option;
    struct bench_settings *options = settings;
    options->has_seed = true;
    return value_count(argument, 0, INT64_MAX, &options->sampling.seed, error);
}

static int parse_python(const struct option *option, void *settings, const char *argument,
                        struct pm_error *error)
{
    (void)option;
    struct bench_settings *options = settings;
    if (argument[0] == '\0')
        return error_set(error, PM_ERROR_USAGE, "is empty (needs a path)");
    if (options->npythons == BENCH_PYTHONS_MAX)
        return error_set(error, PM_ERROR_USAGE, "too many interpreters (at most %d)", BENCH_PYTHONS_MAX);
    options->pythons[options->npythons++] = argument;
    return 0;
}

/* The models by their names: backends, then those of Python. */
static const char *model_choice(size_t index)
{
    static const char *const python[] = {"all", PYTHON_ALL, "python-procs",
#define ROW(name, title, since, one_worker, about) name, name PYTHON_KEPT,
                                         PYTHON_MODELS(ROW)
#undef ROW
    };
    size_t backends_count = 0;
    while (backend_choice(backends_count) != NULL)
        backends_count++;
    if (index < backends_count)
        return backend_choice(index);
    index -= backends_count;
    return index < sizeof python / sizeof *python ? python[index] : NULL;
}

#define FIELD(name) .offset = offsetof(struct bench_options, name)

#define ROW_REPORT(format, words)                                                                            \
    {.name = #format,                                                                                        \
     .argument = "FILE",                                                                                     \
     .parse = option_path,                                                                                   \
     FIELD(reports[REPORT_##format]),                                                                        \
     .help = (words)},

static const struct option rows[] = {
    {.name = "models",
     .argument = "LIST",
     .parse = parse_models,
     .choice = model_choice,
     .joined = engine_choice,
     FIELD(settings.models),
     .help = "models to compare: backends, each with its usual I/O engine, or with another one: "
             "threads+async; and those of Python, see 'pixmill help models' (all)"},
    {.name = "python",
     .argument = "FILE",
     .parse = parse_python,
     .help =
         "also measure models of Python in this interpreter, which has the module pixmill; may be repeated"},
    {.name = "jobs",
     .letter = 'j',
     .argument = "LIST",
     .parse = parse_jobs,
     .help = "numbers of workers to measure (1,2,4,... up to the available processors)"},
    {.name = "workloads",
     .argument = "cpu,io,overhead",
     .parse = parse_workloads,
     .help =
         "some of cpu (the recipe on files in memory), io (each read waits) and overhead (tiny jobs) (all)"},
    {.name = "io-delay",
     .argument = "MS",
     .parse = option_milliseconds,
     FIELD(settings.run.engine.read_delay),
     .help = "milliseconds that each read of the io workload waits, like a remote disk (20); not for URLs"},
    {.name = "io-jobs",
     .argument = "N",
     .parse = option_count,
     .min = 1,
     .max = IO_JOBS_MAX,
     FIELD(settings.run.engine.io_jobs),
     .help = "files and URLs in transfer at once, for the engines threads and async (depends on the engine)"},
    {.name = "repeat",
     .argument = "N",
     .parse = option_count,
     .min = 1,
     .max = REPEAT_MAX,
     FIELD(settings.sampling.repeat),
     .help = "trials per point, plus one cold start (7)"},
    {.name = "min-time",
     .argument = "SECONDS",
     .parse = parse_min_time,
     .help = "repeat the inputs until a trial lasts about this long; 0: once (0.2)"},
    {.name = "trial-timeout",
     .argument = "SECONDS",
     .parse = option_seconds,
     FIELD(settings.trial_timeout),
     .help = "end a trial that lasts longer; it counts as failed (600)"},
    {.name = "pin", .parse = option_flag, FIELD(settings.sampling.pin), .help = "bind worker i to core i"},
    {.name = "seed",
     .argument = "N",
     .parse = parse_seed,
     .help = "random seed of the trials' order (a new one, given in the reports)"},
    REPORT_FORMATS(ROW_REPORT) /* one for each format */
    {.name = "from",
     .argument = "FILE",
     .parse = option_path,
     FIELD(from),
     .help = "measure nothing; write the reports from the JSON report FILE of an earlier run"},
    {.name = "null", .kind = OPTION_SAME},
    {.name = "exclude", .kind = OPTION_SAME},
    {.name = "include", .kind = OPTION_SAME},
    {.name = "hidden", .kind = OPTION_SAME},
    {.name = "", .kind = OPTION_BACKENDS, FIELD(settings.run.backend)},
    {.name = "memory", .kind = OPTION_SAME},
    REMOTE_OPTIONS_SAME,
    {.name = "key-file", .kind = OPTION_SAME},
    {.name = "passphrase-file", .kind = OPTION_SAME},
    {.name = "progress",
     .argument = "auto|always|never",
     .parse = option_enum,
     .offset = offsetof(struct bench_options, progress),
     .help = "the bar on standard error (auto: when that is a terminal)"},
    {.name = NULL},
};

const struct option_set bench_option_set = {.own = rows, .base = &run_option_set, .recipe = true};
