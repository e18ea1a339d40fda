/*
 * From trials to verdicts. `analyse` is all that the lab needs: it turns the trials of a sweep into
 * summaries (summary.c), fitted laws (scaling.c), who is fastest (ranking.c), the textbook's table
 * (verdict.c) and notes on noise (noise.c).
 */
#ifndef BENCH_ANALYSIS_ANALYSIS_H
#define BENCH_ANALYSIS_ANALYSIS_H

#include "bench/results.h"

/* Other programs are reported if they had more than this share of the processors' time. */
#define MUCH_OTHERS 0.05

/* Needs machine, settings, models and trials; fills the rest, and adds to the notes. 0, or -1
 * with `error` filled when there is no memory. */
int analyse(struct results *results, struct pm_error *error);

/* Its parts, in this order. */
int summarise(struct results *results, struct pm_error *error);
int scale(struct results *results, struct pm_error *error);
int judge(struct results *results, struct pm_error *error); /* calls rank_models */
int note_noise(struct results *results, struct pm_error *error);

#endif
