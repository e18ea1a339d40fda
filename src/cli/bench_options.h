/* The options of `bench` as given; the others are zero and get their values from the machine. The program
 * pixmill-bench parses them; the command uses the table for help, manual and completion. */
#ifndef CLI_BENCH_OPTIONS_H
#define CLI_BENCH_OPTIONS_H

#include "base/progress.h"
#include "bench/report/formats.h"
#include "bench/settings.h"
#include "cli/options.h"

struct bench_options {
    struct bench_settings
        settings;     /* first: begins with the settings of `run`, some of whose options `bench` has */
    const char *from; /* a JSON report to write others from; NULL: measure */
    const char *reports[REPORTS]; /* their files; NULL: not requested */
    enum progress_mode progress;
};

/* The defaults that are the same on every machine. */
void bench_options_init(struct bench_options *options);

extern const struct option_set bench_option_set; /* its settings are a struct bench_options */

#endif
