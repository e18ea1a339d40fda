/*
 * Reports of a sweep: for a terminal, a program, a spreadsheet, slides or the web.
 */
#ifndef BENCH_REPORT_REPORT_H
#define BENCH_REPORT_REPORT_H

#include <stdio.h>

#include "bench/report/formats.h"
#include "bench/results.h"

/* void report_json(FILE *out, const struct results *results) and so on, one for each format: writes an
 * analysed sweep. Errors are the stream's. */
#define REPORT_WRITER(name, help) void report_##name(FILE *out, const struct results *results);
REPORT_FORMATS(REPORT_WRITER)
#undef REPORT_WRITER

/* What the terminal shows. */
void report_text(FILE *out, const struct results *results);

/* The same for a terminal of `width` columns: for less than 100, lines fit 80. */
void report_text_within(FILE *out, const struct results *results, size_t width);

struct report_format {
    const char *name; /* also of its option */
    void (*write)(FILE *out, const struct results *results);
};

extern const struct report_format report_formats[REPORTS];

#endif
