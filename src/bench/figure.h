/* Figures as text: three significant digits and a suitable unit. NAN is a dash. */
#ifndef BENCH_FIGURE_H
#define BENCH_FIGURE_H

#include <stddef.h>

#include "bench/results.h"

struct figure {
    char text[32];
};

struct figure figure_rate(double value);    /* the same up to 99999, then "123 k", "9.03 M" */
struct figure figure_number(double value);  /* "0.0124", "1.98", "331", "12300" */
struct figure figure_seconds(double value); /* "35 µs", "12.3 ms", "1.4 s" */
struct figure figure_bytes(double value);   /* "812 B", "9.1 MiB" */
struct figure figure_percent(double share); /* "98 %", "0.12 %" */
struct figure figure_ratio(double value);   /* "0.0021", "0.99", "1.04", "13.9" */
struct figure figure_level(double value);   /* of an axis, no digit more than needed: "50", "2 M" */
struct figure figure_jobs(double jobs);     /* "70", or "never" at infinity */

/* "3.58 to 3.69 ms": the unit once where it is the same for both ends; a dash without an interval. */
struct figure_range {
    char text[2 * sizeof(struct figure) + 4];
};
struct figure_range figure_range(struct interval interval, struct figure (*figure)(double));

/* A date of ISO 8601 written out, "25 November 2026, 18:22 UTC"; other text as it is. Returns text. */
const char *figure_date(const char *date, char *text, size_t size);

#endif
