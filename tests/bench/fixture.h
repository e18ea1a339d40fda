/* A made-up sweep, as the lab would measure it on 16 processors: for tests of what follows from one. */
#ifndef TESTS_BENCH_FIXTURE_H
#define TESTS_BENCH_FIXTURE_H

#include "bench/results.h"

enum { FIXTURE_SERIAL, FIXTURE_THREADS, FIXTURE_GIL, FIXTURE_PROCS, FIXTURE_OMP, FIXTURE_ASYNC };

/* All models and workloads at 1, 2, 4 ... up to most_jobs, 7 trials and a cold one each. Not analysed yet.
 * Always the same numbers. */
struct results fixture_sweep(unsigned processors, unsigned most_jobs);

#endif
