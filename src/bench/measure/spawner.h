/*
 * The spawner: a small process, forked before the lab has read or made anything, that does nothing but start
 * trials. A new process begins as a copy of the one that starts it, and the kernel books on it what that copy
 * costs; started from here, each trial begins as small as the last, however much the sweep has gathered.
 *
 * A trial leads a process group, in which its workers are: that is how they are found and ended. When the lab
 * ends, by kill -9 even, the spawner and the trial end with it.
 */
#ifndef BENCH_MEASURE_SPAWNER_H
#define BENCH_MEASURE_SPAWNER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct spawner {
    pid_t pid;
    int socket;
    bool lost; /* it was found dead: no trial will ever start again */
};

/* Forks the spawner, first of all in main. 0, or -1 with `error` filled. */
int spawner_start(struct spawner *spawner, struct pm_error *error);

/* Starts `program` with the socket of order.h and standard input; both descriptors stay the caller's.
 * The environment is as `backend` needs it. Returns the trial's process
 * group, or -1 with `error` filled. */
pid_t spawner_spawn(struct spawner *spawner, const char *program, const char *backend, int socket, int input,
                    struct pm_error *error);

/* Waits until the trial has ended. Returns its status as waitpid tells it, or -1 when the spawner was lost.
 */
int spawner_wait(struct spawner *spawner);

void spawner_stop(struct spawner *spawner);

#endif
