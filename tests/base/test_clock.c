#include <criterion/criterion.h>
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
    double until = clock_now() + 0.03;
    clock_sleep_until(until);
    cr_assert_geq(clock_now(), until);
    cr_assert_gt(alarms, 1);
}

Test(clock, a_moment_that_is_over_needs_no_sleep)
{
    double now = clock_now();
    clock_sleep_until(now - 100);
    cr_assert_lt(clock_now(), now + 5);
}
