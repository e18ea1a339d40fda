#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <sys/time.h>

#include "base/clock.h"

static volatile sig_atomic_t alarms;

static void on_alarm(int signal)
{
    (void)signal;
    alarms++;
}

Test(clock, a_sleep_lasts_until_its_end_whatever_interrupts_it)
{
    signal(SIGALRM, on_alarm);
    cr_assert_eq(setitimer(ITIMER_REAL, &(struct itimerval){{0, 2000}, {0, 2000}}, NULL), 0);
    while (alarms < 2) { /* a process that is not scheduled for so long gets one signal of many */
        double until = clock_now() + 0.03;
        clock_sleep_until(until);
        cr_assert_geq(clock_now(), until);
    }
}

Test(clock, a_moment_that_is_over_needs_no_sleep)
{
    double now = clock_now();
    clock_sleep_until(now - 100);
    cr_assert_lt(clock_now(), now + 60);
}

Test(clock, poll_waits_no_shorter_than_to_the_deadline)
{
    cr_assert_eq(clock_poll_until(INFINITY), -1);
    cr_assert_eq(clock_poll_until(clock_now() - 1), 0);
    cr_assert_eq(clock_poll_until(clock_now() + 1e9), 1000000);
    double now = clock_now();
    int milliseconds = clock_poll_until(now + 0.5004);
    double later = clock_now();
    cr_assert(milliseconds <= 501 && milliseconds >= (now + 0.5004 - later) * 1e3);
}
