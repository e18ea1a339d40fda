/*
 * The overhead workload: jobs so tiny that what a model spends on handing one over is all there is to see. A
 * job is 64 bytes that lie in memory and its work copies them, so neither files nor codecs nor an engine blur
 * the figure: a backend takes them from the plainest source there is, and gives them to the plainest sink.
 */
#ifndef BENCH_MEASURE_HANDOVER_H
#define BENCH_MEASURE_HANDOVER_H

#include "backend/backend.h"

struct handover_report {
    struct backend_report backend;
    double began, seconds; /* as in struct batch_report */
    size_t done;           /* jobs whose result came back right */
};

/* Opens the backend, puts `count` tiny jobs through it, calls ended(listener, report) while the workers still
 * stand, and closes it. `config` says all but the work. 0, or -1 with `error` filled; `ended` is then not
 * called. */
int handover_run(const struct backend_config *config, size_t count,
                 void (*ended)(void *listener, const struct handover_report *report), void *listener,
                 struct pm_error *error);

#endif
