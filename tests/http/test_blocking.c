/* Blocking calls in threads: every task ends once, can be withdrawn before it starts, and one that does not
 * return delays no other. */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

#include "http/blocking.h"

struct count {
    struct blocking_task task; /* must be first: a pointer to it is cast to this struct */
    int pipe;                  /* work waits until this is readable; -1: it does not wait */
    atomic_int worked;
    int ended;
};

static void work(struct blocking_task *task)
{
    struct count *count = (struct count *)(void *)task;
    char byte;
    if (count->pipe >= 0)
        cr_assert_eq(read(count->pipe, &byte, 1), 1);
    atomic_fetch_add(&count->worked, 1);
}

static void ended(struct blocking_task *task)
{
    ((struct count *)(void *)task)->ended++;
}

static struct blocking *open_threads(unsigned threads)
{
    struct pm_error error = {0};
    struct blocking *blocking = blocking_open(threads, &error);
    cr_assert_not_null(blocking, "%s", error.message);
    return blocking;
}

static void await_ended(struct blocking *blocking, const int *ended)
{
    while (*ended == 0) {
        struct pollfd wake = {.fd = blocking_fd(blocking), .events = POLLIN};
        cr_assert_eq(poll(&wake, 1, 60000), 1, "the loop is not woken");
        blocking_deliver(blocking);
    }
}

Test(blocking, every_task_ends_once)
{
    enum { TASKS = 1000 };
    static struct count counts[TASKS];
    struct blocking *blocking = open_threads(4);
    for (int i = 0; i < TASKS; i++) {
        counts[i] = (struct count){.task = {.work = work, .ended = ended}, .pipe = -1};
        blocking_submit(blocking, &counts[i].task);
    }
    for (int i = 0; i < TASKS; i++)
        await_ended(blocking, &counts[i].ended);
    for (int i = 0; i < TASKS; i++) {
        cr_assert_eq(atomic_load(&counts[i].worked), 1);
        cr_assert_eq(counts[i].ended, 1);
    }
    cr_assert(blocking_close(blocking, 60));
}

Test(blocking, a_task_that_is_taken_back)
{
    int pipes[2];
    cr_assert_eq(pipe(pipes), 0);
    struct count hung = {.task = {.work = work, .ended = ended}, .pipe = pipes[0]},
                 first = {.task = {.work = work, .ended = ended}, .pipe = -1}, second = first, third = first;
    struct blocking *blocking = open_threads(1);
    blocking_submit(blocking, &hung.task);
    blocking_submit(blocking, &first.task);
    blocking_submit(blocking, &second.task);
    cr_assert(blocking_withdraw(blocking, &second.task));
    cr_assert(!blocking_withdraw(blocking, &second.task), "it is not there any more");
    blocking_submit(blocking, &third.task);
    cr_assert_eq(write(pipes[1], "", 1), 1);
    await_ended(blocking, &hung.ended);
    await_ended(blocking, &third.ended);
    cr_assert_eq(first.ended, 1);
    cr_assert_eq(second.ended, 0);
    cr_assert(!blocking_withdraw(blocking, &hung.task), "it has ended");
    cr_assert(blocking_close(blocking, 60));
}

Test(blocking, what_hangs_is_reported_at_the_end)
{
    int pipes[2];
    cr_assert_eq(pipe(pipes), 0);
    struct count hung = {.task = {.work = work, .ended = ended}, .pipe = pipes[0]},
                 after = {.task = {.work = work, .ended = ended}, .pipe = -1};
    struct blocking *blocking = open_threads(2);
    blocking_submit(blocking, &hung.task);
    blocking_submit(blocking, &after.task); /* done by the other thread */
    await_ended(blocking, &after.ended);
    while (blocking_withdraw(blocking, &hung.task)) /* not started yet */
        blocking_submit(blocking, &hung.task);
    cr_assert(!blocking_close(blocking, 0));
    cr_assert_eq(hung.ended, 0);
}

Test(blocking, what_was_not_begun_ends_with_the_threads)
{
    int pipes[2];
    cr_assert_eq(pipe(pipes), 0);
    struct count hung = {.task = {.work = work, .ended = ended}, .pipe = pipes[0]},
                 rest = {.task = {.work = work, .ended = ended}, .pipe = -1};
    struct blocking *blocking = open_threads(1);
    blocking_submit(blocking, &hung.task);
    blocking_submit(blocking, &rest.task);
    cr_assert_eq(write(pipes[1], "", 1), 1);
    cr_assert(blocking_close(blocking, 60));
    cr_assert_eq(hung.ended, 1);
    cr_assert_eq(rest.ended, 1);
    cr_assert(blocking_close(NULL, 0));
}
