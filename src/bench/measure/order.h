/*
 * What the sweep and one trial tell each other, over a socket (backend/message.h): the order comes first, the
 * account when all jobs are done. The trial then holds still, its workers and their memory in place, until it
 * is told to go on, so that it can be looked at in peace and nothing has to watch it while it works.
 *
 *     sweep                        trial (the program pixmill-trial)
 *     order            ->
 *                                  opens the backend, finds its inputs, works
 *                      <-          account
 *     looks at /proc
 *     release          ->
 *                                  closes everything, ends
 */
#ifndef BENCH_MEASURE_ORDER_H
#define BENCH_MEASURE_ORDER_H

#include <limits.h>

#include "backend/backend.h"
#include "bench/results.h"
#include "io/remote.h"
#include "transform/recipe.h"

enum { ORDER_CPUS_MAX = 1024, ORDER_NAME_MAX = 16, TINY_JOBS = 10000 };

/* The descriptor at which a trial finds its socket. Its inputs, NUL-separated, are its standard input, and
 * its one argument is clock_now() at the moment of exec. */
enum { ORDER_SOCKET = 3 };

struct order {
    char backend[ORDER_NAME_MAX], engine[ORDER_NAME_MAX];
    enum workload workload;
    unsigned jobs;
    unsigned rounds;   /* through the inputs; of WORKLOAD_OVERHEAD, through TINY_JOBS jobs */
    double read_delay; /* seconds that each read waits; 0: none */
    unsigned io_jobs;  /* 0: as many as the engine has by itself */
    struct remote_config remote;
    uint64_t memory, available, max_pixels; /* as in struct batch_config */
    double gil_interval;
    enum gil_mode gil;
    unsigned ncpus; /* 0: not pinned */
    unsigned cpus[ORDER_CPUS_MAX];
    char recipe[RECIPE_TEXT_MAX];
    char output[PATH_MAX];                              /* the folder for results */
    char key_file[PATH_MAX], passphrase_file[PATH_MAX]; /* "": none */
};

/* How a trial went, and what only its own process knows. Worker processes are looked at from outside. */
struct account {
    struct pm_error error; /* PM_OK, or why there is nothing to be measured */
    char culprit[160];     /* the input it is about, made fit to be shown; "": none */
    double startup_s, wall_s;
    unsigned workers; /* threads or processes that worked */
    uint64_t images, pixels;
    double stage_s[PM_STAGES], blocked_s;
    double user_s, system_s; /* getrusage of this one process, ended threads included */
    uint64_t voluntary_switches, involuntary_switches, minor_faults, major_faults;
};

#endif
