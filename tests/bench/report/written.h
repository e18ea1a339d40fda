/* A report of the fixture's sweep, written in a format. */
#ifndef TESTS_BENCH_REPORT_WRITTEN_H
#define TESTS_BENCH_REPORT_WRITTEN_H

#include <stdio.h>

#include "bench/results.h"

extern struct results written_results;
extern char *written_text; /* of the last report */

/* The text of the report as `write` writes it, until the next one. */
const char *written_as(void (*write)(FILE *out, const struct results *results));

/* The fixture's sweep of so many jobs on so many processors, anew. */
void written_sweep(unsigned processors, unsigned jobs);

/* Of each test. */
void written_begin(void);
void written_end(void);

/* How often it is there. */
size_t written_count(const char *haystack, const char *needle);

#endif
