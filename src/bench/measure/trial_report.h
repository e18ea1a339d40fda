/*
 * What the lab and one trial send each other. A trial is the program pixmill-trial, started with a request:
 * an argument list of the options of `pixmill run` and a few more (cli/trial/main.c), with its inputs, separated
 * by NUL, as standard input. Over a socket it reports when all jobs are done. It then pauses, its
 * workers and their memory in place, until it is released, so that it can be probed and nothing has to watch
 * it while it works.
 *
 *     lab                          trial
 *     starts it         ->
 *                                  opens the backend, finds its inputs, works
 *                       <-         report
 *     reads /proc
 *     release           ->
 *                                  closes everything, ends
 *
 * A trial of a Python model is an interpreter that runs src/python/pixmill/_trial.py. It does the same; its
 * report is a JSON object with the members below that it knows: numbers, and "error" and "culprit" as texts.
 */
#ifndef BENCH_MEASURE_TRIAL_REPORT_H
#define BENCH_MEASURE_TRIAL_REPORT_H

#include <stdbool.h>

#include "pixmill/error.h"

/* The descriptor at which a trial finds its socket, and the jobs of one round of the overhead workload. */
enum { TRIAL_SOCKET = 3, TINY_JOBS = 10000 };

enum { TRIAL_JSON_MAX = 4096 };

/* The result of a trial, with what only its own process can measure. Worker processes are probed by the
 * lab. */
struct trial_report {
    struct pm_error error; /* PM_OK, or why there is nothing to be measured */
    char culprit[160];     /* the input it is about, safe to show; "": none */
    double startup_s, wall_s;
    unsigned workers; /* threads or processes that worked */
    uint64_t images, pixels;
    double stage_s[PM_STAGES], blocked_s;
    double user_s, system_s; /* getrusage of this one process, ended threads included */
    uint64_t voluntary_switches, involuntary_switches, minor_faults, major_faults;
};

/* Receives the report of a trial that has sent one; of a Python model's with `json`. Returns 0, or -1 if it
 * ended without one. */
int trial_report_receive(int socket, bool json, struct trial_report *report);

#endif
