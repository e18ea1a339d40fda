/* A clock that runs 100 000 times as fast: what happens once a minute happens in each test. */
#include <time.h>

#include "preload/real.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT int clock_gettime(clockid_t clock, struct timespec *now)
{
    static struct timespec first;
    const int status = REAL(clock_gettime)(clock, now);
    if (clock != CLOCK_MONOTONIC || status != 0)
        return status;
    if (first.tv_sec == 0)
        first = *now;
    const double passed =
        1e5 * ((double)(now->tv_sec - first.tv_sec) + 1e-9 * (double)(now->tv_nsec - first.tv_nsec));
    now->tv_sec = first.tv_sec + (time_t)passed;
    now->tv_nsec = first.tv_nsec;
    return 0;
}
