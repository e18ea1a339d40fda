/*
 * libevent's timers in seconds. The library's struct timeval may have another size of time_t than this
 * program's: on 32-bit machines a distribution's libraries often still use 32 bits.
 */
#ifndef HTTP_TIMER_H
#define HTTP_TIMER_H

#include <event2/event.h>
#include <math.h>
#include <stdint.h>
#include <sys/time.h>

#if defined(EVENT__SIZEOF_TIME_T) && EVENT__SIZEOF_TIME_T == 4
struct timer_delay {
    int32_t tv_sec, tv_usec;
};
#else
struct timer_delay {
    time_t tv_sec;
    suseconds_t tv_usec;
};
#endif

/* Makes `event` happen in `seconds`, not earlier. Returns as event_add. */
static inline int timer_add(struct event *event, double seconds)
{
    const double whole = floor(seconds);
    const struct timer_delay delay = {.tv_sec = (int32_t)fmin(whole, INT32_MAX),
                                      .tv_usec = (int32_t)((seconds - whole) * 1e6)};
    return event_add(event, (const struct timeval *)(const void *)&delay);
}

#endif
