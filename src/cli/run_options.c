#include "cli/run_options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void run_options_init(struct run_options *options)
{
    *options = (struct run_options){0};
    settings_init(&options->settings);
}

const char *backend_choice(size_t index)
{
    return backends[index] != NULL ? backends[index]->name : NULL;
}

/* What a backend is called elsewhere, or NULL. */
static const char *backend_elsewhere(const char *name)
{
    static const char *const known[][2] = {
        {"openmp", "omp"},        {"processes", "procs"}, {"process", "procs"}, {"fork", "procs"},
        {"threading", "threads"}, {"thread", "threads"},  {"asyncio", "async"}, {"sync", "serial"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i][0], name) == 0)
            return known[i][1];
    }
    return NULL;
}

static int option_backend(const struct option *option, void *settings, const char *argument,
                          struct pm_error *error)
{
    const char *ours = backend_elsewhere(argument);
    if (ours != NULL)
        return error_set(error, PM_ERROR_USAGE, "is not known (did you mean %s?)", ours);
    int index = option_find_word(option, argument, error);
    if (index < 0)
        return -1;
    ((struct settings *)settings)->backend.kind = backends[index];
    return 0;
}

const char *engine_choice(size_t index)
{
    return engines[index] != NULL ? engines[index]->name : NULL;
}

static int option_engine(const struct option *option, void *settings, const char *argument,
                         struct pm_error *error)
{
    int index = option_find_word(option, argument, error);
    if (index < 0)
        return -1;
    ((struct settings *)settings)->engine.kind = engines[index];
    return 0;
}

/* Adds a pattern to a struct patterns. */
static int option_pattern(const struct option *option, void *settings, const char *argument,
                          struct pm_error *error)
{
    struct patterns *patterns = (struct patterns *)((char *)settings + option->offset);
    const char *fault = pattern_fault(argument);
    if (fault != NULL)
        return error_set(error, PM_ERROR_USAGE, "%s", fault);
    if (patterns->count == PATTERNS_MAX)
        return error_set(error, PM_ERROR_USAGE, "at most %d patterns can be given", PATTERNS_MAX);
    patterns->glob[patterns->count++] = argument;
    return 0;
}

static int option_shard(const struct option *option, void *settings, const char *argument,
                        struct pm_error *error)
{
    return shard_parse(argument, (struct shard *)((char *)settings + option->offset), error);
}

/* "3", or "0.5%". */
static int option_failures(const struct option *option, void *settings, const char *argument,
                           struct pm_error *error)
{
    struct failures *failures = (struct failures *)((char *)settings + option->offset);
    char *end;
    errno = 0;
    failures->max = strtod(argument, &end);
    failures->percent = *end == '%';
    end += failures->percent;
    const double limit = failures->percent ? 100 : 1e15;
    if (*end != '\0' || strspn(argument, "0123456789.%") < strlen(argument) || !(failures->max >= 0) ||
        failures->max > limit || (!failures->percent && failures->max != floor(failures->max)))
        return error_set(
            error, PM_ERROR_USAGE,
            "must be a number of images, or a part of them from 0%% to 100%%, such as 10 or 0.5%%");
    return 0;
}

static int option_widths(const struct option *option, void *settings, const char *argument,
                         struct pm_error *error)
{
    return widths_parse(argument, (struct variant_options *)((char *)settings + option->offset), error);
}

static int option_variant(const struct option *option, void *settings, const char *argument,
                          struct pm_error *error)
{
    struct variant_options *results = (struct variant_options *)((char *)settings + option->offset);
    if (results->nvariants == VARIANTS_MAX)
        return error_set(error, PM_ERROR_USAGE, "at most %d variants can be given", VARIANTS_MAX);
    results->variants[results->nvariants++] = argument;
    return 0;
}

#define PIXELS_MAX ((uint64_t)1 << 40)

#define FIELD(name) .offset = offsetof(struct run_options, name)
#define OPTION(type, field, ...) {FIELD(settings.field), __VA_ARGS__},
#define PART_OPTION(field, ...) {FIELD(settings.field), __VA_ARGS__},
#define BACKEND_OPTIONS {FIELD(settings.backend), .name = "", .kind = OPTION_BACKENDS},

static const struct option rows[] = {
#include "batch/settings.def"
    {.name = "recipe",
     .argument = "FILE",
     .kind = OPTION_LINES,
     .help = "read options from FILE, one a line without dashes; lines that begin with # are comments"},
    {.name = "preset",
     .argument = "web|thumbnail|archive",
     .kind = OPTION_LINES,
     .help = "read the options from one of these files, which come with pixmill; see 'pixmill help recipe'"},
    {.name = "progress",
     .argument = "auto|always|never",
     .parse = option_enum,
     FIELD(progress),
     .help =
         "the bar on standard error (auto: when that is a terminal; elsewhere a --shard prints a line each minute)"},
    {.name = "quiet", .letter = 'q', .parse = option_flag, FIELD(quiet), .help = "print errors only"},
    {.name = "verbose",
     .letter = 'v',
     .parse = option_flag,
     FIELD(verbose),
     .help = "print the plan, what is left out or processed again and why, and the time of each stage"},
    {.name = NULL},
};

const struct option_set run_option_set = {.own = rows, .recipe = true};
