/* Jobs that are submitted to the intake, not named by its client, and threads that wait for a step. */
#include <criterion/criterion.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "desk.h"

static void expect_counts(struct desk *desk, unsigned queued, unsigned jobs)
{
    struct intake_counts counts = intake_counts(&desk->intake);
    cr_assert_eq(counts.queued, queued);
    cr_assert_eq(counts.jobs, jobs);
}

Test(intake, submitted_jobs_wait_in_a_bounded_queue)
{
    struct desk desk;
    desk_open_queue(&desk, 2);
    desk_expect(&desk, READS | TAKES, INTAKE_NOTHING, -1); /* more may be submitted */
    cr_assert(intake_submit(&desk.intake, &desk.jobs[0]));
    cr_assert(intake_submit(&desk.intake, &desk.jobs[1]));
    cr_assert_not(intake_submit(&desk.intake, &desk.jobs[2]));
    expect_counts(&desk, 2, 0);
    desk_open_job(&desk, 0);
    cr_assert(intake_submit(&desk.intake, &desk.jobs[2]));
    expect_counts(&desk, 2, 1);
    desk_read_job(&desk, 0);
    desk_open_job(&desk, 1);
    desk_read_job(&desk, 1);
    desk_expect(&desk, READS, INTAKE_NOTHING, -1); /* at most two jobs are allowed */
    desk_work_job(&desk, 0);
    expect_counts(&desk, 1, 1);
    desk_open_job(&desk, 2);
    desk_read_job(&desk, 2);
    desk_work_job(&desk, 1);
    desk_work_job(&desk, 2);
    expect_counts(&desk, 0, 0);
    desk_expect(&desk, READS | TAKES, INTAKE_NOTHING, -1);
    desk_close(&desk, "012");
}

Test(intake, a_paused_queue_is_left_and_gone_on_with)
{
    struct desk desk;
    desk_open_queue(&desk, 2);
    intake_pause(&desk.intake, true);
    cr_assert(intake_submit(&desk.intake, &desk.jobs[0]));
    desk_expect(&desk, READS, INTAKE_NOTHING, -1);
    intake_pause(&desk.intake, false);
    desk_open_job(&desk, 0);
    desk_read_job(&desk, 0);
    desk_work_job(&desk, 0);
    desk_close(&desk, "0");
}

static bool withdraw(struct desk *desk, size_t index)
{
    atomic_store(&desk->recalls[index].asked, true);
    return intake_withdraw(&desk->intake, &desk->jobs[index]);
}

Test(intake, a_cancelled_job_leaves_the_queue_or_its_slot)
{
    struct desk desk;
    desk_open_queue(&desk, 4);
    desk.jobs[1].charge = 1000;
    for (int i = 0; i < 4; i++)
        cr_assert(intake_submit(&desk.intake, &desk.jobs[i]));
    desk_open_job(&desk, 0);
    desk_read_job(&desk, 0);
    desk_open_job(&desk, 1);
    cr_assert(withdraw(&desk, 3), "it waited at the queue's end");
    cr_assert(intake_submit(&desk.intake, &desk.jobs[4]), "which has an end all the same");
    expect_counts(&desk, 2, 2);
    desk_expect(&desk, READS, INTAKE_NOTHING, -1); /* job 1 waits for memory */
    cr_assert_not(withdraw(&desk, 1));
    struct intake_step step = desk_expect(&desk, READS, INTAKE_CLOSE, 1);
    job_cancel(step.job);
    cr_assert(strstr(step.job->result.error.message, "no longer needed") != NULL);
    intake_closed(&desk.intake, step.slot);
    cr_assert_not(withdraw(&desk, 0), "a worker will find out");
    struct intake_slot *slot = desk_expect_open(&desk, 2);
    cr_assert_not(withdraw(&desk, 2), "it is being opened");
    intake_opened(&desk.intake, slot, INTAKE_DONE);
    step = desk_expect(&desk, READS, INTAKE_CLOSE, 2);
    intake_closed(&desk.intake, step.slot);
    desk_work_job(&desk, 0);
    desk_open_job(&desk, 4);
    desk_read_job(&desk, 4);
    desk_work_job(&desk, 4);
    desk_close(&desk, "1204");
}

Test(intake, closing_gives_back_what_is_queued)
{
    struct desk desk;
    desk_open_queue(&desk, 4);
    for (int i = 0; i < 3; i++)
        cr_assert(intake_submit(&desk.intake, &desk.jobs[i]));
    desk_open_job(&desk, 0);
    intake_close(&desk.intake);
    cr_assert_not(intake_submit(&desk.intake, &desk.jobs[3]));
    desk.named = 3;
    desk_expect_drained(&desk, "012");
    desk_close(&desk, desk.finished);
}

/* Waiting: in each of these tests a thread waits, and what the test does wakes it. */

struct waiter {
    struct desk *desk;
    unsigned can;
    struct intake_step step;
    _Atomic pid_t id; /* ID of the waiting thread; 0: not started */
};

static void *waiter_main(void *argument)
{
    struct waiter *waiter = argument;
    waiter->id = gettid();
    waiter->step = intake_next(&waiter->desk->intake, waiter->can, INTAKE_WAIT);
    return NULL;
}

static pthread_t begin_wait(struct waiter *waiter, struct desk *desk, unsigned can)
{
    pthread_t thread;
    *waiter = (struct waiter){.desk = desk, .can = can};
    cr_assert_eq(pthread_create(&thread, NULL, waiter_main, waiter), 0);
    return thread;
}

/* Returns when the thread sleeps, according to the kernel (proc(5), /proc/pid/stat: the state follows the
 * name). */
static void await_sleep(const struct waiter *waiter)
{
    char path[64], text[256], state = 0;
    while (state != 'S') {
        poll(NULL, 0, 1);
        snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)waiter->id);
        FILE *file = waiter->id != 0 ? fopen(path, "re") : NULL;
        if (file == NULL)
            continue;
        const char *end = fgets(text, sizeof text, file) != NULL ? strrchr(text, ')') : NULL;
        state = end != NULL ? end[2] : 0;
        fclose(file);
    }
}

Test(intake, a_worker_waits_for_a_job_and_for_the_end, .timeout = 60)
{
    struct desk desk;
    struct waiter waiter;
    desk_init(&desk, 1);
    desk_open(&desk, (struct intake_options){0});
    pthread_t thread = begin_wait(&waiter, &desk, TAKES);
    desk_open_job(&desk, 0);
    struct intake_slot *slot = desk_expect_read(&desk, 0);
    desk_expect(&desk, READS, INTAKE_NOTHING, -1); /* there are no more */
    intake_read(&desk.intake, slot, INTAKE_DONE);
    pthread_join(thread, NULL);
    cr_assert_eq(waiter.step.kind, INTAKE_TAKE);
    struct job *job = waiter.step.job;
    cr_assert_null(intake_take(&desk.intake));
    intake_give(&desk.intake, job);
    intake_written(&desk.intake, desk_expect(&desk, WRITES, INTAKE_WRITE, 0).job);
    desk_close(&desk, "0");
}

Test(intake, a_failed_last_job_ends_a_worker_s_wait, .timeout = 60)
{
    struct desk desk;
    struct waiter waiter;
    desk_init(&desk, 1);
    desk_open(&desk, (struct intake_options){0});
    struct intake_slot *slot = desk_expect_open(&desk, 0);
    pthread_t thread = begin_wait(&waiter, &desk, TAKES);
    desk_expect(&desk, READS, INTAKE_NOTHING, -1);
    intake_opened(&desk.intake, slot, INTAKE_FAILED);
    pthread_join(thread, NULL);
    cr_assert_eq(waiter.step.kind, INTAKE_ENDED);
    desk_close(&desk, "0");
}

Test(intake, a_thread_waits_for_memory_until_some_is_released, .timeout = 60)
{
    struct desk desk;
    struct waiter waiter;
    desk_init(&desk, 2);
    desk.jobs[1].charge = 1000;
    desk_open(&desk, (struct intake_options){0});
    desk_open_job(&desk, 0);
    desk_read_job(&desk, 0);
    desk_open_job(&desk, 1);
    desk_expect(&desk, READS, INTAKE_NOTHING, -1);
    pthread_t thread = begin_wait(&waiter, &desk, READS);
    desk_work_job(&desk, 0);
    pthread_join(thread, NULL);
    cr_assert_eq(waiter.step.kind, INTAKE_READ);
    intake_read(&desk.intake, waiter.step.slot, INTAKE_DONE);
    desk_work_job(&desk, 1);
    desk_close(&desk, "01");
}

/* For a worker that reads files itself: also when there is no other job to start, it still gets the steps
 * that others leave. */
Test(intake, a_thread_waits_for_a_submitted_job_and_for_the_end, .timeout = 60)
{
    struct desk desk;
    struct waiter waiter;
    desk_open_queue(&desk, 1);
    pthread_t thread = begin_wait(&waiter, &desk, READS | TAKES);
    cr_assert(intake_submit(&desk.intake, &desk.jobs[0]));
    pthread_join(thread, NULL);
    cr_assert_eq(waiter.step.kind, INTAKE_OPEN);
    intake_opened(&desk.intake, waiter.step.slot, INTAKE_FAILED);
    thread = begin_wait(&waiter, &desk, READS | TAKES);
    intake_close(&desk.intake);
    pthread_join(thread, NULL);
    cr_assert_eq(waiter.step.kind, INTAKE_ENDED);
    desk_close(&desk, "0");
}

/* Opens a URL that will be tried again, in an intake whose threads watch for the stop of the run. */
static struct intake_slot *open_remote(struct desk *desk, double delay)
{
    desk_init(desk, 2);
    desk->remote.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    desk->config.remote = &desk->remote;
    desk->jobs[0].url = "http://example.org/";
    desk_open(desk, (struct intake_options){.slots = 1});
    struct intake_slot *slot = desk_expect_open(desk, 0);
    slot->again_at = clock_now() + delay;
    intake_opened(&desk->intake, slot, INTAKE_LATER);
    return slot;
}

Test(intake, a_thread_waits_for_a_url_s_time, .timeout = 60)
{
    struct desk desk;
    struct intake_slot *slot = open_remote(&desk, 0.02);
    struct intake_step step = intake_next(&desk.intake, READS, INTAKE_WAIT);
    cr_assert_eq(step.kind, INTAKE_OPEN);
    cr_assert_eq(step.slot, slot);
    cr_assert_geq(clock_now(), slot->again_at);
    intake_opened(&desk.intake, slot, INTAKE_FAILED);
    intake_opened(&desk.intake, desk_expect_open(&desk, 1), INTAKE_FAILED);
    desk_close(&desk, "01");
    close(desk.remote.stop_fd);
}

/* The thread that watches the clock may be waiting for a later time. */
Test(intake, a_url_that_is_put_off_wakes_the_thread_that_watches)
{
    struct desk desk;
    eventfd_t rings;
    desk_init(&desk, 1);
    desk.remote.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    desk.config.remote = &desk.remote;
    desk.jobs[0].url = "http://example.org/";
    desk_open(&desk, (struct intake_options){.slots = 1});
    struct intake_slot *slot = desk_expect_open(&desk, 0);
    desk.intake.watched = true; /* by a thread that is in remote_wait */
    cr_assert_eq(eventfd_read(desk.intake.bell, &rings), -1);
    intake_opened(&desk.intake, slot, INTAKE_LATER);
    cr_assert_eq(eventfd_read(desk.intake.bell, &rings), 0);
    desk.intake.watched = false;
    cr_assert_eq(desk_expect_open(&desk, 0), slot);
    intake_opened(&desk.intake, slot, INTAKE_FAILED);
    desk_close(&desk, "0");
    close(desk.remote.stop_fd);
}

Test(intake, a_thread_that_waits_for_a_url_s_time_hears_of_results, .timeout = 60)
{
    struct desk desk;
    struct waiter waiter;
    open_remote(&desk, 1000);
    struct job result = {.index = 7, .status = JOB_OK};
    pthread_t thread = begin_wait(&waiter, &desk, READS | WRITES);
    intake_give(&desk.intake, &result);
    pthread_join(thread, NULL);
    cr_assert_eq(waiter.step.kind, INTAKE_WRITE);
    cr_assert_eq(waiter.step.job, &result);
    desk.intake.jobs++; /* it was never named */
    intake_written(&desk.intake, &result);
    intake_close(&desk.intake);
    intake_closed(&desk.intake, desk_expect(&desk, READS, INTAKE_CLOSE, 0).slot);
    desk_close(&desk, "70");
    close(desk.remote.stop_fd);
}

Test(intake, a_thread_that_waits_for_a_url_s_time_hears_that_the_run_is_stopped, .timeout = 60)
{
    struct desk desk;
    open_remote(&desk, 1000);
    eventfd_write(desk.remote.stop_fd, 1);
    struct intake_step step = intake_next(&desk.intake, READS, INTAKE_WAIT);
    cr_assert_eq(step.kind, INTAKE_CLOSE);
    intake_closed(&desk.intake, step.slot);
    desk_close(&desk, "0");
    close(desk.remote.stop_fd);
}

/* While the workers have enough jobs, writing results is left to threads that are awake. But a thread that
 * postpones a URL and then writes a result does not watch the clock. */
Test(intake, a_url_s_time_is_watched_while_the_thread_that_put_it_off_writes, .timeout = 20)
{
    struct desk desk;
    struct waiter waiter;
    struct job result = {.index = 7, .status = JOB_OK};
    desk_init(&desk, 2);
    desk.remote.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    desk.config.remote = &desk.remote;
    desk.config.workers = 1;
    desk.jobs[1].url = "http://example.org/";
    desk_open(&desk, (struct intake_options){.slots = 1});
    desk_open_job(&desk, 0);
    desk_read_job(&desk, 0); /* the worker's next */
    struct intake_slot *slot = desk_expect_open(&desk, 1);
    pthread_t thread = begin_wait(&waiter, &desk, READS);
    await_sleep(&waiter);
    desk.intake.jobs++; /* it was never named */
    intake_give(&desk.intake, &result);
    slot->again_at = clock_now() + 0.02;
    intake_opened(&desk.intake, slot, INTAKE_LATER);
    desk_expect(&desk, READS | WRITES, INTAKE_WRITE, 7);
    pthread_join(thread, NULL);
    cr_assert_eq(waiter.step.kind, INTAKE_OPEN);
    cr_assert_eq(waiter.step.slot, slot);
    intake_written(&desk.intake, &result);
    intake_opened(&desk.intake, slot, INTAKE_FAILED);
    desk_work_job(&desk, 0);
    desk_close(&desk, "710");
    close(desk.remote.stop_fd);
}
