/*
 * Statistics of few repeats. Times of programs are skewed and have outliers, so the centre is the median, the
 * spread the median absolute deviation, and intervals come from order statistics, which hold for any shape of
 * the noise. All intervals are computed on logarithms, since noise is a share of the time.
 */
#ifndef BENCH_ANALYSIS_STATS_H
#define BENCH_ANALYSIS_STATS_H

#include <stddef.h>

#include "bench/results.h"

enum {
    STATS_ENOUGH = 6, /* min values for an interval from order statistics */
    STATS_MAX = 512,  /* further values are ignored */
};

/* The median of values[n]; NAN when n is 0. */
double stats_median(const double *values, size_t n);

/* The median absolute deviation from the median, scaled by 1.4826 so that for normal noise it estimates the
 * standard deviation. 0 when n is 0. */
double stats_mad(const double *values, size_t n);

/* How many of values[n] lie more than 10 scaled MAD from the median. (The usual 3.5 of Iglewicz & Hoaglin is
 * made for larger samples: of 7 with normal noise it flags one in every sixth sample, 10 in every eightieth.)
 */
size_t stats_outliers(const double *values, size_t n);

/* A 95 % interval for the median of the distribution of positive values[n]; NAN when n < 2. From 6 values on
 * by interpolated order statistics (Hettmansperger & Sheather, "Confidence intervals based on interpolated
 * order statistics", Statistics & Probability Letters 4, 1986): for 7, the smallest and largest cover 98.4 %,
 * the second ones 87.5 %, and the interval lies between. Fewer are not enough (the range of 5 covers
 * 93.75 %): for those, Student's t of the logarithms, which assumes log-normal noise. */
struct interval stats_median_interval(const double *values, size_t n);

/* A 95 % interval for the ratio of two medians of positive values, from both intervals by the method of
 * stats_median_interval; NAN when either has fewer than 2. */
struct interval stats_ratio_interval(const double *over, size_t nover, const double *under, size_t nunder);

#endif
