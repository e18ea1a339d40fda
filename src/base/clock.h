/* The clock that stages, timeouts and rates are measured by: CLOCK_MONOTONIC, in seconds. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

double clock_now(void);

/* Sleeps until clock_now() has passed `until`. */
void clock_sleep_until(double until);

#endif
