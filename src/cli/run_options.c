#include "cli/run_options.h"

#include <stddef.h>

#include "cli/values.h"

enum { JOBS_MAX = 1024, IO_JOBS_MAX = 256 };

void run_options_init(struct run_options *options)
{
    *options = (struct run_options){
        .backend = backends[0],
        .engine = engines[0],
        .max_pixels = 16383u * 16383u,
    };
}

static const char *backend_choice(size_t index)
{
    return backends[index] != NULL ? backends[index]->name : NULL;
}

static const char *engine_choice(size_t index)
{
    return engines[index] != NULL ? engines[index]->name : NULL;
}

static int parse_backend(const struct option *option, void *settings, const char *argument,
                         struct pm_error *error)
{
    int index = option_find_word(option, argument, error);
    if (index < 0)
        return -1;
    ((struct run_options *)settings)->backend = backends[index];
    return 0;
}

static int parse_io(const struct option *option, void *settings, const char *argument, struct pm_error *error)
{
    int index = option_find_word(option, argument, error);
    if (index < 0)
        return -1;
    ((struct run_options *)settings)->engine = engines[index];
    return 0;
}

static int parse_jobs(const struct option *option, void *settings, const char *argument,
                      struct pm_error *error)
{
    (void)option;
    uint64_t jobs;
    if (value_count(argument, 1, JOBS_MAX, &jobs, error) != 0)
        return -1;
    ((struct run_options *)settings)->jobs = (unsigned)jobs;
    return 0;
}

static int parse_io_jobs(const struct option *option, void *settings, const char *argument,
                         struct pm_error *error)
{
    (void)option;
    uint64_t jobs;
    if (value_count(argument, 1, IO_JOBS_MAX, &jobs, error) != 0)
        return -1;
    ((struct run_options *)settings)->io_jobs = (unsigned)jobs;
    return 0;
}

static int parse_max_pixels(const struct option *option, void *settings, const char *argument,
                            struct pm_error *error)
{
    (void)option;
    return value_count(argument, 1, (uint64_t)1 << 40, &((struct run_options *)settings)->max_pixels, error);
}

#define FIELD(name) .offset = offsetof(struct run_options, name)

/* The words of --sandbox, --gil and --progress stand in the order of their enums. */
static const struct option rows[] = {
    {.name = "output",
     .letter = 'o',
     .argument = "DIR",
     .parse = option_path,
     FIELD(output),
     .help = "the folder for results; made if missing"},
    {.name = "base",
     .argument = "FOLDER",
     .parse = option_path,
     FIELD(base),
     .help = "keep the tree below FOLDER of files named one by one"},
    {.name = "null",
     .letter = '0',
     .parse = option_flag,
     FIELD(nul_separated),
     .help = "the list on standard input (INPUT -) is separated by NUL, not by lines"},
    {.name = "backend",
     .argument = "NAME",
     .parse = parse_backend,
     .choice = backend_choice,
     .help = "who does the work; see 'pixmill help backends' (threads)"},
    {.name = "jobs",
     .letter = 'j',
     .argument = "N",
     .parse = parse_jobs,
     .help = "workers (the processors that this process may use)"},
    {.name = "io",
     .argument = "NAME",
     .parse = parse_io,
     .choice = engine_choice,
     .help = "who reads and writes; see 'pixmill help backends' (threads)"},
    {.name = "io-jobs",
     .argument = "N",
     .parse = parse_io_jobs,
     .help = "files in transfer at once (each engine has its own number; -v prints it)"},
    {.name = "memory",
     .argument = "SIZE",
     .parse = option_size,
     FIELD(memory),
     .help = "budget for images in flight, as 256M or 2G (a quarter of what is available)"},
    {.name = "max-pixels",
     .argument = "N",
     .parse = parse_max_pixels,
     .help = "images with more pixels fail (268402689, which is 16383 x 16383)"},
    {.name = "timeout",
     .argument = "SECONDS",
     .parse = option_seconds,
     FIELD(timeout),
     .help = "images that take a worker longer fail (none)"},
    {.name = "skip-existing",
     .parse = option_flag,
     FIELD(skip_existing),
     .help = "leave out inputs whose result exists"},
    {.name = "fail-fast",
     .parse = option_flag,
     FIELD(fail_fast),
     .help = "begin no image after the first that failed"},
    {.name = "dry-run",
     .letter = 'n',
     .parse = option_flag,
     FIELD(dry_run),
     .help = "print which result each input would get, and write nothing"},
    {.name = "journal",
     .argument = "FILE",
     .parse = option_path,
     FIELD(journal),
     .help = "record in FILE what is done"},
    {.name = "resume",
     .parse = option_flag,
     FIELD(resume),
     .help = "with --journal: do only what is not recorded as done"},
    {.name = "key-file",
     .argument = "FILE",
     .parse = option_path,
     FIELD(key_file),
     .help = "key of --encrypt and --decrypt: 32 raw bytes or 64 hex digits"},
    {.name = "passphrase-file",
     .argument = "FILE",
     .parse = option_path,
     FIELD(passphrase_file),
     .help = "passphrase of --encrypt and --decrypt: FILE, less the newline at its end"},
    {.name = "sandbox",
     .argument = "on|off|require",
     .parse = option_enum,
     FIELD(sandbox),
     .help = "lock up the workers of --backend=procs (on)"},
    {.name = "gil",
     .argument = "held|released",
     .parse = option_enum,
     FIELD(gil),
     .help = "the lock of --backend=gil during native work: decoders, kernels (held)"},
    {.name = "gil-interval",
     .argument = "MS",
     .parse = option_milliseconds,
     FIELD(gil_interval),
     .help = "milliseconds after which a thread of --backend=gil asks for the lock (5)"},
    {.name = "log",
     .argument = "FILE",
     .parse = option_path,
     FIELD(log),
     .help = "write one JSON object for each job"},
    {.name = "progress",
     .argument = "auto|always|never",
     .parse = option_enum,
     FIELD(progress),
     .help = "the bar on standard error (auto: when that is a terminal)"},
    {.name = "quiet", .letter = 'q', .parse = option_flag, FIELD(quiet), .help = "print errors only"},
    {.name = "verbose",
     .letter = 'v',
     .parse = option_flag,
     FIELD(verbose),
     .help = "print the plan, what was passed over, and the time that each stage took"},
    {.name = NULL},
};

const struct option_set run_option_set = {.own = rows, .recipe = true};
