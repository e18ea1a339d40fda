/*
 * How each series scales: the laws of law.h fitted to its medians, and where throughput peaks. Points with
 * more jobs than processors say nothing of the law and are left out.
 */
#ifndef BENCH_SCALING_H
#define BENCH_SCALING_H

#include "bench/results.h"

/* The law that a report draws: the USL where it was fitted, else Amdahl's, else NULL. */
const struct law *fit_law(const struct fit *fit);

/* The fit of a series, or NULL. */
const struct fit *results_fit(const struct results *results, size_t model, enum workload workload);

/* The serial fraction that a speedup at so many jobs implies: (1/S - 1/n) / (1 - 1/n); NAN at 1 job. Karp &
 * Flatt, "Measuring parallel processor performance", CACM 33(5), 1990. */
double karp_flatt(double speedup, double jobs);

#endif
