/*
 * SIGINT, SIGTERM and SIGHUP as a descriptor to poll together with the trial's. The sweep ends the trial in
 * progress, and what was measured until then is reported; a second signal ends the program at once.
 */
#ifndef BENCH_MEASURE_STOPPING_H
#define BENCH_MEASURE_STOPPING_H

#include "base/error.h"

/* Takes over these signals. A signal that was ignored at start stays ignored. Returns a descriptor that
 * becomes readable with the first signal, or -1 with `error` filled. */
int stopping_open(struct pm_error *error);

/* Gives the signals back to the system. Returns the exit status of the signal that came (130, 143 or 129), or
 * 0. */
int stopping_close(int fd);

#endif
