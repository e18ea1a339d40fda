/*
 * Laws of scaling, fitted to throughput over jobs: Amdahl's ("Validity of the single processor approach to
 * achieving large scale computing capabilities", AFIPS 1967) and the Universal Scalability Law (Gunther, "A
 * Simple Capacity Model of Massively Parallel Transaction Systems", CMG 1993). Each point has the same weight
 * on the logarithm, as noise is a share of the time. The scatter of the points around the law, from noise or
 * because the law is incomplete, is in the intervals: they come from the residuals and Student's t.
 */
#ifndef BENCH_ANALYSIS_LAW_H
#define BENCH_ANALYSIS_LAW_H

#include "bench/results.h"

enum {
    LAW_SPARE_POINTS = 2, /* points minus parameters; with less, no interval is useful */
    LAW_POINTS_MAX = 256,
};

/* Fits throughput[n] (positive, images per second) at jobs[n], all different. 0, or -1 with why_not[size]
 * filled. sigma is kept within 0 to 1, kappa at 0 or above: values outside have no meaning. */
int law_fit_amdahl(struct law *law, const double *jobs, const double *throughput, size_t n, char *why_not,
                   size_t size);
int law_fit_usl(struct law *law, const double *jobs, const double *throughput, size_t n, char *why_not,
                size_t size);

/* Throughput at `jobs` by the law, and the 95 % interval in which a measurement would fall. */
double law_throughput(const struct law *law, double jobs);
struct interval law_prediction(const struct law *law, double jobs);

#endif
