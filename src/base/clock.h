/* The clock that stages, timeouts and rates are measured by: CLOCK_MONOTONIC, in seconds. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <time.h>

double clock_now(void);

/* A moment of that clock as the system's calls take it. */
struct timespec clock_time(double moment);

/* Sleeps until clock_now() has passed `until`. */
void clock_sleep_until(double until);

/* How long poll() is to wait for `deadline`, a clock_now(): milliseconds, rounded up, at most 1000 s at a
 * time; -1, for ever, when it is infinite. */
int clock_poll_until(double deadline);

#endif
