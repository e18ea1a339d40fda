/* The sweep that tests of the analysis look at and change. */
#ifndef TESTS_BENCH_ANALYSIS_SWEEP_H
#define TESTS_BENCH_ANALYSIS_SWEEP_H

#include <stdbool.h>

#include "bench/results.h"

/* Made anew for each test. */
extern struct results sweep_results;

/* Does a note contain the words? */
bool sweep_has_note(const char *part);

#endif
