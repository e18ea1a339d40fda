/* The options of `bench`, as written: what was left out is zero and gets its value from the machine. The
 * program pixmill-bench parses them; the command knows them for its help, manual and completion. */
#ifndef CLI_BENCH_OPTIONS_H
#define CLI_BENCH_OPTIONS_H

#include "base/progress.h"
#include "bench/report/formats.h"
#include "bench/settings.h"
#include "cli/options.h"

struct bench_options {
    struct bench_settings settings; /* first: it begins with those of `run`, whose options it repeats */
    const char *from;               /* a JSON report to write others from; NULL: measure */
    const char *reports[REPORTS];   /* their files; NULL: not wanted */
    enum progress_mode progress;
};

/* The defaults that are the same on every machine. */
void bench_options_init(struct bench_options *options);

extern const struct option_set bench_option_set; /* its settings are a struct bench_options */

#endif
