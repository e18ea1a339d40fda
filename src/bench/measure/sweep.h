/*
 * The sweep: every model at every number of jobs on every workload, each `repeat` times.
 *
 * Trials run in rounds. The first round runs every point once with cold caches, and finds how often its
 * inputs must be repeated for a trial to last long enough. Each of the other rounds runs every point once, in
 * a new random order: what drifts (temperature, neighbours, the time of day) affects all points alike, and in
 * a sweep that is stopped half-way the numbers of trials of any two points differ by one at most.
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
    double left_s;      /* until the end, estimated */
};

struct sweep_config {
    struct trial_lab lab;
    const struct inputs *inputs;
    const struct bench_settings *settings; /* complete */
    /* What all trials have in common, those of backends and those of Python models; as in struct
     * trial_request. */
    const char *const *options, *const *python_options;
    /* Before each trial, and after the last with model NULL. */
    void (*step)(void *listener, const struct sweep_step *step);
    /* A trial failed. After the second failure its point is skipped. */
    void (*failed)(void *listener, const struct sweep_step *step, const char *culprit,
                   const struct pm_error *error);
    void *listener;
};

/* Adds all trials to `results`, which has the models. results->interrupted: it was stopped, or could not
 * continue. Returns how many trials failed, or -1 with `error` filled when there is no memory. */
long sweep_run(const struct sweep_config *config, struct results *results, struct pm_error *error);

/* Progress of the sweep, as a line of at most `width` columns (all ASCII), of a step with a model:
 * "[####....]  45%  0:31 left  threads, 2 jobs, io". `line` holds width + 1 bytes. */
void sweep_step_text(char *line, size_t width, const struct sweep_step *step);

/* Shuffles items[count] by `state`, which advances: the same seed gives the same order on every machine. */
void sweep_shuffle(unsigned *items, size_t count, uint64_t *state);

#endif
