/*
 * How each series scales: the laws of law.h fitted to its medians, and where throughput peaks. Points with
 * more jobs than processors are left out.
 */
#ifndef BENCH_ANALYSIS_SCALING_H
#define BENCH_ANALYSIS_SCALING_H

#include "bench/results.h"

/* The law that a report draws: the USL if it was fitted, else Amdahl's, else NULL. */
const struct law *fit_law(const struct fit *fit);

/* The fit of a series, or NULL. */
const struct fit *results_fit(const struct results *results, size_t model, enum workload workload);

/* Why nothing was fitted, if the reason is the same for every series; else NULL. */
const char *results_no_law(const struct results *results);

/* Amdahl's law does not describe a model that is slower with more jobs: its serial fraction is then 1. */
bool fit_amdahl_holds(const struct fit *fit);

enum { SCALING_FARTHEST = 128 }; /* max jobs that reports predict */

/* The speedup that the fitted law predicts at `jobs`, relative to the measured point at 1 job (or to the
 * law's, if there is none), and the 95 % interval in which a measurement would fall. fit_law must not be
 * NULL. */
double fit_speedup(const struct results *results, const struct fit *fit, double jobs,
                   struct interval *interval);

/* The serial fraction that a speedup at `jobs` implies: (1/S - 1/n) / (1 - 1/n); NAN at 1 job. Karp & Flatt,
 * "Measuring parallel processor performance", CACM 33(5), 1990. */
double karp_flatt(double speedup, double jobs);

#endif
