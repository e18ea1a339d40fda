/* The clock that stages, timeouts and rates are measured by: CLOCK_MONOTONIC, in seconds. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

double clock_now(void);

#endif
