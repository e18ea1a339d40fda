/*
 * The files that reports are written to. They are looked at before the sweep, for a quarter of an hour of
 * measuring is not to end with a folder that may not be written.
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

/* Says now what outputs_write would find: a place that can't be written, an image that would be lost, one
 * file for two reports. 0, or -1 with `error` filled and *culprit the path. */
int outputs_check(const struct output outputs[REPORTS], const char **culprit, struct pm_error *error);

/* Writes all reports and marks those that were; of several errors the first is told. */
int outputs_write(struct output outputs[REPORTS], const struct results *results, const char **culprit,
                  struct pm_error *error);

/* Makes `path` hold the report, atomically. 0, or -1 with `error` filled and `path` as it was. */
int report_save(const struct report_format *format, const struct results *results, const char *path,
                struct pm_error *error);

#endif
