/*
 * SIGINT, SIGTERM and SIGHUP as a descriptor to wait on, beside the trial's. The sweep ends the trial in
 * hand, and what was measured until then is reported; a second signal ends the program at once.
 */
#ifndef BENCH_MEASURE_STOPPING_H
#define BENCH_MEASURE_STOPPING_H

#include "base/error.h"

/* Takes over these signals. A signal that was ignored at start stays so. Returns a descriptor that is
 * readable once one came, or -1 with `error` filled. */
int stopping_open(struct pm_error *error);

/* Gives the signals back to the system. Returns the exit status that says which came: 130, 143 or 129; 0 when
 * none did. */
int stopping_close(int fd);

#endif
