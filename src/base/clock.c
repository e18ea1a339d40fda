#include "base/clock.h"

#include <errno.h>
#include <math.h>
#include <time.h>

double clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

struct timespec clock_time(double moment)
{
    double whole = floor(moment);
    return (struct timespec){.tv_sec = (time_t)whole, .tv_nsec = (long)((moment - whole) * 1e9)};
}

void clock_sleep_until(double until)
{
    const struct timespec end = clock_time(until);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
        ;
}

int clock_poll_until(double deadline)
{
    static const double max = 1000;
    double left = deadline - clock_now();
    if (isinf(left))
        return -1;
    return left <= 0 ? 0 : (int)ceil(fmin(left, max) * 1e3);
}
