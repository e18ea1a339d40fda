/*
 * One trial, from the sweep's side: started in a fresh process, waited for, looked at while it holds still,
 * released and buried.
 */
#ifndef BENCH_MEASURE_TRIAL_H
#define BENCH_MEASURE_TRIAL_H

#include "bench/measure/order.h"
#include "bench/measure/spawner.h"

struct trial_lab {
    struct spawner *spawner;
    const char *program; /* pixmill-trial */
    int inputs;          /* a file of their names, NUL-separated */
    int stop;            /* readable once the sweep is to stop; -1: never */
    double timeout;      /* seconds a trial may last, start-up and end included; 0: no limit */
};

enum trial_end {
    TRIAL_MEASURED,
    TRIAL_FAILED,  /* it died, or its jobs went wrong: `error` says it, of culprit (may be "") */
    TRIAL_STOPPED, /* the sweep is to stop; the trial was ended */
};

/* Runs a trial and fills *trial, all but its model, number and cold. */
enum trial_end trial_run(const struct trial_lab *lab, const struct order *order, struct trial *trial,
                         char culprit[160], struct pm_error *error);

#endif
