/*
 * The files that reports are written to. They are checked before the sweep, so that a quarter of an hour of
 * measuring does not end with a report that can't be written.
 */
#ifndef BENCH_REPORT_OUTPUTS_H
#define BENCH_REPORT_OUTPUTS_H

#include "bench/report/report.h"

/* Of one format. */
struct output {
    const char *path; /* NULL: not wanted; "-": standard output */
    bool written;
};

bool output_is_standard(const struct output *output);

/* Finds errors in advance: a file that can't be written, an image that would be overwritten, one file for two
 * reports. 0, or -1 with `error` filled and *culprit the path. */
int outputs_check(const struct output outputs[REPORTS], const char **culprit, struct pm_error *error);

/* Writes all reports and marks those written; of several errors it reports the first. */
int outputs_write(struct output outputs[REPORTS], const struct results *results, const char **culprit,
                  struct pm_error *error);

/* Makes `path` hold the report, atomically. 0, or -1 with `error` filled and `path` as it was. */
int report_save(const struct report_format *format, const struct results *results, const char *path,
                struct pm_error *error);

#endif
