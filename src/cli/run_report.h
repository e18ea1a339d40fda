/* The output of a run: errors and warnings, the progress bar, the log, the summary. */
#ifndef CLI_RUN_REPORT_H
#define CLI_RUN_REPORT_H

#include "batch/batch.h"
#include "cli/joblog.h"
#include "cli/run_options.h"
#include "cli/warnings.h"

struct run_report {
    const struct run_options *options;
    const struct pm_recipe *recipe;
    struct progress progress;
    struct joblog log;
    double seconds[PM_STAGES]; /* of all jobs, summed */
    struct warnings warnings;
    struct warnings failures; /* by reason */
};

/* The batch's listeners: `listener` is a struct run_report. */
void run_report_note(void *listener, const char *line);
void run_report_left_out(void *listener, const char *path, enum selected why);
void run_report_again(void *listener, const char *path, const char *why);
void run_report_begin(void *listener, size_t total);
void run_report_event(void *listener, const struct batch_event *event, const struct batch_counts *counts);

/* Ends the bar and the log; prints what stopped the batch (`error`, unless it is PM_OK), with -v the stages'
 * totals, and as the last line the summary. Returns 0, or -1 when the log is incomplete. */
int run_report_end(struct run_report *run, const struct batch_report *batch, const struct pm_error *error);

/* Writes the summary, one line; without speeds for a dry run. */
void run_summary(FILE *out, const struct batch_report *batch, bool dry_run);

#endif
