/* A simulated sweep on 16 processors, for tests of the analysis and reports. */
#ifndef TESTS_BENCH_FIXTURE_H
#define TESTS_BENCH_FIXTURE_H

#include "bench/results.h"

enum { FIXTURE_SERIAL, FIXTURE_THREADS, FIXTURE_GIL, FIXTURE_PROCS, FIXTURE_OMP, FIXTURE_ASYNC };

/* All models and workloads at 1, 2, 4 ... up to most_jobs, 7 trials and a cold one each. Not analysed yet.
 * The numbers are always the same. */
struct results fixture_sweep(unsigned processors, unsigned most_jobs);

#endif
