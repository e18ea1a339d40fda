/*
 * One trial, from the lab's side: a new process, started with a request, waited for, probed while it is
 * paused, and released.
 *
 * It is started by posix_spawn, which makes no copy of the lab: each trial starts equally small,
 * however much memory the sweep uses. It leads a process group, in which its workers are: that is how they
 * are found and ended. When the lab ends, by kill -9 even, the trial ends with it.
 */
#ifndef BENCH_MEASURE_TRIAL_H
#define BENCH_MEASURE_TRIAL_H

#include "base/error.h"
#include "bench/results.h"

struct trial_lab {
    const char *program; /* pixmill-trial */
    int inputs;          /* a file of their names, NUL-separated */
    int stop;            /* readable once the sweep is to stop; -1: never */
    double timeout;      /* seconds a trial may last, start-up and end included; 0: no limit */
};

/* What a trial is to do. */
struct trial_request {
    const char *backend, *engine;
    const char *python; /* the interpreter that runs the Python model `backend`; NULL: it is a backend */
    enum workload workload;
    unsigned jobs;
    unsigned rounds;   /* through the inputs; of the overhead workload, through TINY_JOBS jobs */
    double read_delay; /* seconds that each read waits; 0: none */
    /* More of them, as --output=DIR or the recipe's; end in NULL. Of a Python model: --output, --recipe,
     * --io-jobs, --cpus, --picture. */
    const char *const *options;
};

enum trial_end {
    TRIAL_MEASURED,
    TRIAL_FAILED,  /* it died, or a job failed: see `error`, about culprit (may be "") */
    TRIAL_STOPPED, /* the sweep is to stop; the trial was ended */
};

/* Runs a trial and fills *trial, except model, number and cold. */
enum trial_end trial_run(const struct trial_lab *lab, const struct trial_request *request,
                         struct trial *trial, char culprit[160], struct pm_error *error);

#endif
