/*
 * Which model is fastest on each workload, and by how much: each at the number of jobs where its median is
 * highest.
 *
 * Trials are interleaved: the trials of one number, of all points, ran in one round (sweep.h). Two points are
 * therefore compared round by round; what slows the machine down for a while slows both of a pair and cancels
 * out of their ratio. (After a failed trial, a point's later trials are paired with those of the previous
 * round.)
 */
#ifndef BENCH_ANALYSIS_RANKING_H
#define BENCH_ANALYSIS_RANKING_H

#include "bench/results.h"

/* How many times as fast `over` is as `under`: the median of the ratios of their throughputs, and its 95 %
 * interval by the method of stats_median_interval, or NAN with fewer than 2 pairs. Without a pair, the ratio
 * of the medians. */
double ranking_ratio(const struct results *results, const struct summary *over, const struct summary *under,
                     struct interval *interval);

/* Fills the ranks of results->verdicts. */
void rank_models(struct results *results);

enum { LEADERS_MAX = 16 };

/* Lists the models that are or may be the best on `workload`: the fastest first, then by ratio. Returns how
 * many. */
size_t ranking_leaders(const struct results *results, enum workload workload,
                       const struct verdict *leaders[LEADERS_MAX]);

/* Is each of the leaders known to be nearly equal to the fastest? */
bool ranking_is_settled(const struct results *results, enum workload workload);

/* Writes the answer in words, figures included: "async, 292 images/s at 1 job (285 to 297), 3.74 times as
 * fast as threads, the next (3.60 to 3.81), 6.79 as serial (6.70 to 6.85)"; `separator` is before the first
 * ratio, here ", ". Empty when the workload was not measured. Returns text. */
const char *ranking_text(const struct results *results, enum workload workload, const char *separator,
                         char *text, size_t size);

/* The largest share of processor time that other programs used during the trials of a workload's points; 0 if
 * below the threshold. */
double ranking_disturbance(const struct results *results, enum workload workload);

#endif
