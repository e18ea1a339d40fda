/*
 * The overhead workload: jobs so small that their time is almost only the cost of handing them over. A job is
 * 64 bytes in memory and its work copies them; no files, codecs or engine take part. A backend takes the jobs
 * from the simplest possible source and gives them to the simplest possible sink.
 */
#ifndef BENCH_MEASURE_HANDOVER_H
#define BENCH_MEASURE_HANDOVER_H

#include "backend/backend.h"

struct handover_report {
    struct backend_report backend;
    double began, seconds; /* as in struct batch_report */
    size_t done;           /* jobs with the right result */
};

/* Opens the backend, puts `count` tiny jobs through it, calls ended(listener, report) while the workers are
 * still open, and closes it. `config` says everything except the work. 0, or -1 with `error` filled; `ended`
 * is then not called. */
int handover_run(const struct backend_config *config, size_t count,
                 void (*ended)(void *listener, const struct handover_report *report), void *listener,
                 struct pm_error *error);

#endif
