/*
 * Reports: what a sweep found, for a terminal, a program, a spreadsheet, a slide or a reader. A format is one
 * file, report_NAME.c, and one line in report.c's table.
 */
#ifndef BENCH_REPORT_REPORT_H
#define BENCH_REPORT_REPORT_H

#include <stdio.h>

#include "bench/results.h"

struct report_format {
    const char *name; /* also of the option that names its file: --json=FILE */
    const char *help;
    /* Writes an analysed sweep. Errors are the stream's. */
    void (*write)(FILE *out, const struct results *results);
};

extern const struct report_format report_text, report_json, report_csv, report_svg, report_html;

extern const struct report_format *const report_formats[]; /* ending in NULL */

/* report_text on a terminal of `width` columns; of less than 100, it fits 80. */
void report_text_within(FILE *out, const struct results *results, size_t width);

/* Makes `path` hold the report, atomically. 0, or -1 with `error` filled and `path` as it was. */
int report_save(const struct report_format *format, const struct results *results, const char *path,
                struct pm_error *error);

/* A date of ISO 8601 as people write it, "25 November 2026, 18:22 UTC"; other text as it is. Returns text. */
const char *report_date(const char *date, char *text, size_t size);

/* What a workload is, for people: "the recipe on files in the page cache". */
const char *report_workload(enum workload workload);

#endif
