#include "cli/run_options.h"

#include <stddef.h>

#include "cli/shared_rows.h"
#include "cli/values.h"

void run_options_init(struct run_options *options)
{
    *options = (struct run_options){
        .backend = backends[0],
        .engine = engines[0],
        .max_pixels = MAX_PIXELS_DEFAULT,
    };
    remote_config_init(&options->remote);
}

static const char *engine_choice(size_t index)
{
    return engines[index] != NULL ? engines[index]->name : NULL;
}

static int parse_io(const struct option *option, void *settings, const char *argument, struct pm_error *error)
{
    int index = option_find_word(option, argument, error);
    if (index < 0)
        return -1;
    ((struct run_options *)settings)->engine = engines[index];
    return 0;
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
     .help = "keep the tree below FOLDER, or below a URL, of what is named one by one"},
    ROW_NULL(struct run_options),
    ROWS_SELECTION(struct run_options),
    {.name = "strict",
     .parse = option_flag,
     FIELD(strict),
     .help = "images in folders of kinds that are not read (HEIC, TIFF, ...) are failures"},
    {.name = "allow-empty",
     .parse = option_flag,
     FIELD(allow_empty),
     .help = "end with 0 where there is no input"},
    ROW_BACKEND(struct run_options),
    ROW_JOBS(struct run_options),
    {.name = "io",
     .argument = "NAME",
     .parse = parse_io,
     .choice = engine_choice,
     .help = "who reads and writes; see 'pixmill help backends' (threads)"},
    {.name = "io-jobs",
     .argument = "N",
     .parse = option_count,
     .least = 1,
     .most = IO_JOBS_MAX,
     FIELD(io_jobs),
     .help = "files and URLs in transfer at once (each engine has its own number; -v prints it)"},
    ROW_MEMORY(struct run_options),
    ROW_MAX_PIXELS(struct run_options),
    {.name = "timeout",
     .argument = "SECONDS",
     .parse = option_seconds,
     FIELD(timeout),
     .help = "images that take a worker longer fail (none)"},
    ROWS_REMOTE(struct run_options),
    {.name = "skip-existing",
     .parse = option_flag,
     FIELD(skip_existing),
     .help = "leave out inputs whose result exists, however old; --journal and --resume see what changed"},
    {.name = "fail-fast",
     .parse = option_flag,
     FIELD(fail_fast),
     .help = "begin no image after the first that failed"},
    {.name = "dry-run",
     .letter = 'n',
     .parse = option_flag,
     FIELD(dry_run),
     .help = "print which result each input would get, by the headers alone, and write nothing but the log"},
    {.name = "journal",
     .argument = "FILE",
     .parse = option_path,
     FIELD(journal),
     .help = "record in FILE what is done"},
    {.name = "resume",
     .parse = option_flag,
     FIELD(resume),
     .help = "with --journal: do only what is not recorded as done"},
    ROW_KEY_FILE(struct run_options),
    ROW_PASSPHRASE_FILE(struct run_options),
    ROW_SANDBOX(struct run_options),
    ROW_GIL(struct run_options),
    ROW_GIL_INTERVAL(struct run_options),
    {.name = "log",
     .argument = "FILE",
     .parse = option_path,
     FIELD(log),
     .help = "write one JSON object for each job; -: to standard output"},
    ROW_PROGRESS(struct run_options),
    {.name = "quiet", .letter = 'q', .parse = option_flag, FIELD(quiet), .help = "print errors only"},
    {.name = "verbose",
     .letter = 'v',
     .parse = option_flag,
     FIELD(verbose),
     .help = "print the plan, what was left out or is done again and why, and the time that each stage took"},
    {.name = NULL},
};

const struct option_set run_option_set = {.own = rows, .recipe = true};
