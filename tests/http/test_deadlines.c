/* Deadlines expire in the order of their times, whatever was set, moved or removed before. */
#include <criterion/criterion.h>
#include <event2/event.h>

#include "base/clock.h"
#include "http/deadlines.h"

static struct event_base *base;
static struct deadlines all;
static struct deadline *passed[4];
static size_t npassed;

static void note(struct deadline *deadline)
{
    passed[npassed++] = deadline;
    deadline_set(&all, deadline, DEADLINE_NONE, 0);
}

static void begin(void)
{
    base = event_base_new();
    cr_assert_eq(deadlines_open(&all, base,
                                (const double[DEADLINE_KINDS]){
                                    [DEADLINE_IDLE] = 60, [DEADLINE_HEAD] = 10, [DEADLINE_WRITE] = 5},
                                note),
                 0);
}

static void end(void)
{
    deadlines_close(&all);
    event_base_free(base);
}

TestSuite(deadlines, .init = begin, .fini = end);

Test(deadlines, none)
{
    cr_assert_null(deadlines_next(&all));
    cr_assert_null(deadlines_oldest(&all, DEADLINE_IDLE));
}

Test(deadlines, the_next_of_all_kinds)
{
    struct deadline idle = {0}, head = {0}, writing = {0};
    deadline_set(&all, &idle, DEADLINE_IDLE, 100);
    cr_assert_eq(deadlines_next(&all), &idle);
    deadline_set(&all, &head, DEADLINE_HEAD, 110);
    cr_assert_eq(deadlines_next(&all), &head);
    deadline_set(&all, &writing, DEADLINE_WRITE, 116);
    cr_assert_eq(deadlines_next(&all), &head); /* at 120, before 121 */
    cr_assert_float_eq(head.at, 120, 1e-9);
    deadline_set(&all, &head, DEADLINE_NONE, 117);
    cr_assert_eq(deadlines_next(&all), &writing);
    deadline_set(&all, &writing, DEADLINE_NONE, 118);
    cr_assert_eq(deadlines_next(&all), &idle);
}

Test(deadlines, one_that_is_set_again_goes_to_the_end)
{
    struct deadline first = {0}, second = {0};
    deadline_set(&all, &first, DEADLINE_IDLE, 1);
    deadline_set(&all, &second, DEADLINE_IDLE, 2);
    cr_assert_eq(deadlines_oldest(&all, DEADLINE_IDLE), &first);
    deadline_set(&all, &first, DEADLINE_IDLE, 3);
    cr_assert_eq(deadlines_oldest(&all, DEADLINE_IDLE), &second);
    deadline_set(&all, &second, DEADLINE_HEAD, 4);
    cr_assert_eq(deadlines_oldest(&all, DEADLINE_IDLE), &first);
    cr_assert_eq(deadlines_oldest(&all, DEADLINE_HEAD), &second);
}

Test(deadlines, taking_away_what_does_not_stand_is_nothing)
{
    struct deadline never = {0}, other = {0};
    deadline_set(&all, &other, DEADLINE_HEAD, 1);
    deadline_set(&all, &never, DEADLINE_NONE, 2);
    cr_assert_eq(deadlines_next(&all), &other);
}

Test(deadlines, those_that_have_passed_are_reported_and_no_others)
{
    struct deadline first = {0}, second = {0}, later = {0};
    const double long_ago = clock_now() - 30;
    deadline_set(&all, &later, DEADLINE_IDLE, long_ago);
    deadline_set(&all, &second, DEADLINE_HEAD, long_ago);
    deadline_set(&all, &first, DEADLINE_WRITE, long_ago);
    cr_assert_eq(event_base_loop(base, EVLOOP_ONCE), 0);
    cr_assert_eq(npassed, 2);
    cr_assert_eq(passed[0], &first);
    cr_assert_eq(passed[1], &second);
    cr_assert_eq(deadlines_next(&all), &later);
    cr_assert_eq(all.timer_at, later.at, "the timer is set for the next one");
}
