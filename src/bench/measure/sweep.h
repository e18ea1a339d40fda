/*
 * The sweep: every model at every number of jobs on every workload, each `repeat` times.
 *
 * Trials come in blocks. The first block meets every point once with cold caches, and finds out how often its
 * inputs must be gone through for a trial to last as long as it should. Each of the others runs every point
 * once, in an order drawn anew: whatever drifts (temperature, neighbours, the time of day) hits all points
 * alike, and a sweep that is stopped half-way has as many trials of one as of the other, but for one.
 */
#ifndef BENCH_MEASURE_SWEEP_H
#define BENCH_MEASURE_SWEEP_H

#include "bench/measure/inputs.h"
#include "bench/measure/trial.h"
#include "bench/settings.h"

struct sweep_step {
    const char *model;
    enum workload workload;
    unsigned jobs;
    size_t done, total; /* trials */
    double left_s;      /* until the end, as far as can be told */
};

struct sweep_config {
    struct trial_lab lab;
    const struct inputs *inputs;
    const struct bench_settings *settings; /* complete */
    const char *const *options;            /* what all trials have in common; as in struct trial_request */
    /* Before each trial, and after the last with model NULL. */
    void (*step)(void *listener, const struct sweep_step *step);
    /* A trial went wrong. After the second time its point is given up. */
    void (*failed)(void *listener, const struct sweep_step *step, const char *culprit,
                   const struct pm_error *error);
    void *listener;
};

/* Adds all trials to `results`, whose models are there. results->interrupted tells that it was stopped, or
 * could not go on.
 * Returns how many trials went wrong, or -1 with `error` filled when there is no memory. */
long sweep_run(const struct sweep_config *config, struct results *results, struct pm_error *error);

/* How far the sweep is, as a line of at most `width` columns (all ASCII), of a step with a model:
 * "[####....]  45%  0:31 left  threads, 2 jobs, io". `line` holds width + 1 bytes. */
void sweep_step_text(char *line, size_t width, const struct sweep_step *step);

/* Shuffles items[count] by `state`, which moves on: the same seed gives the same order everywhere. */
void sweep_shuffle(unsigned *items, size_t count, uint64_t *state);

#endif
