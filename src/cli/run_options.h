/* The options of `run` as given; the others are zero and get their values from run_plan.h. Other commands
 * have some of them, too. */
#ifndef CLI_RUN_OPTIONS_H
#define CLI_RUN_OPTIONS_H

#include "base/progress.h"
#include "batch/settings.h"
#include "cli/options.h"

enum { JOBS_MAX = 1024, IO_JOBS_MAX = 4096 };

struct run_options {
    struct settings settings; /* first: settings of commands that are based on `run` begin with it, too */
    enum progress_mode progress;
    bool quiet, verbose;
};

/* The defaults that are the same on every machine. */
void run_options_init(struct run_options *options);

extern const struct option_set run_option_set; /* its settings are a struct run_options */

/* The names of the backends, and of the I/O engines, for an option's choice. */
const char *backend_choice(size_t index);
const char *engine_choice(size_t index);

/* The options of `run` about fetching URLs, for other commands that fetch them. */
#define REMOTE_OPTIONS_SAME                                                                                  \
    {.name = "max-bytes", .kind = OPTION_SAME}, {.name = "connect-timeout", .kind = OPTION_SAME},            \
        {.name = "fetch-timeout", .kind = OPTION_SAME}, {.name = "retries", .kind = OPTION_SAME},            \
        {.name = "retry-delay", .kind = OPTION_SAME},                                                        \
    {                                                                                                        \
        .name = "allow-private", .kind = OPTION_SAME                                                         \
    }

#endif
