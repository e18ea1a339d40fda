/* The clock for stages, timeouts and rates: CLOCK_MONOTONIC, in seconds. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <time.h>

double clock_now(void);

/* A clock_now() value as a struct timespec. */
struct timespec clock_time(double moment);

/* Sleeps until clock_now() has passed `until`. */
void clock_sleep_until(double until);

/* poll()'s timeout for `deadline` (a clock_now() value): milliseconds, rounded up, at most 1000 s; -1 (no
 * timeout) when it is infinite. */
int clock_poll_until(double deadline);

#endif
