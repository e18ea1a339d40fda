/* The intake's decisions, one by one: the test is the engine, and asks without waiting unless it says so. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/intake.h"

enum { JOBS = 8, READS = INTAKE_READS, WRITES = INTAKE_WRITES, TAKES = INTAKE_TAKES };

/* A batch of jobs, and an intake with what it was told. */
struct desk {
    struct job jobs[JOBS];
    size_t count, named;
    char finished[JOBS + 1]; /* a digit a job, in order: its index */
    struct recall recalls[JOBS];
    bool stopping;
    unsigned woken;
    struct engine_config config;
    struct remote remote;
    struct intake intake;
};

static struct job *desk_next(void *self)
{
    struct desk *desk = self;
    return desk->named < desk->count && !desk->stopping ? &desk->jobs[desk->named++] : NULL;
}

static bool desk_stopping(void *self)
{
    return ((const struct desk *)self)->stopping;
}

static void desk_finish(void *self, struct job *job)
{
    struct desk *desk = self;
    size_t length = strlen(desk->finished);
    cr_assert_lt(length, JOBS);
    desk->finished[length] = (char)('0' + job->index);
}

static void desk_wake(void *self)
{
    ((struct desk *)self)->woken++;
}

/* `count` files, of a charge of 1 each, a budget of 100, 4 slots and a depth of 4. */
static void desk_init(struct desk *desk, size_t count)
{
    *desk = (struct desk){.count = count};
    for (size_t i = 0; i < JOBS; i++)
        desk->jobs[i] = (struct job){.index = i, .input = "file", .output = "out", .fd = -1, .charge = 1};
    desk->config = (struct engine_config){
        .client = {.batch = desk, .next = desk_next, .stopping = desk_stopping, .finish = desk_finish},
        .workers = 2,
        .depth = 4,
        .settings.memory = 100,
    };
}

static void desk_open(struct desk *desk, struct intake_options options)
{
    struct pm_error error = {0};
    if (options.slots == 0)
        options.slots = 4;
    cr_assert_eq(intake_init(&desk->intake, &desk->config, &options, &error), 0, "%s", error.message);
}

static struct intake_step ask(struct desk *desk, unsigned can)
{
    return intake_next(&desk->intake, can, INTAKE_POLL);
}

/* The next step must be this one, for job `index` (-1: for none). */
static struct intake_step expect(struct desk *desk, unsigned can, enum intake_kind kind, int index)
{
    struct intake_step step = ask(desk, can);
    cr_assert_eq(step.kind, kind, "step %d instead of %d", step.kind, kind);
    cr_assert_eq(step.job != NULL ? (int)step.job->index : -1, index, "job %d instead of %d",
                 step.job != NULL ? (int)step.job->index : -1, index);
    return step;
}

static struct intake_slot *expect_open(struct desk *desk, int index)
{
    return expect(desk, READS, INTAKE_OPEN, index).slot;
}

static struct intake_slot *expect_read(struct desk *desk, int index)
{
    return expect(desk, READS, INTAKE_READ, index).slot;
}

static void open_well(struct desk *desk, int index)
{
    intake_opened(&desk->intake, expect_open(desk, index), INTAKE_DONE);
}

static void read_well(struct desk *desk, int index)
{
    intake_read(&desk->intake, expect_read(desk, index), INTAKE_DONE);
}

/* From ready to finished. */
static void work_well(struct desk *desk, int index)
{
    struct job *job = expect(desk, TAKES, INTAKE_TAKE, index).job;
    job->status = JOB_OK;
    intake_give(&desk->intake, job);
    intake_written(&desk->intake, expect(desk, WRITES, INTAKE_WRITE, index).job);
}

static void desk_close(struct desk *desk, const char *finished)
{
    intake_close(&desk->intake);
    expect(desk, READS | WRITES, INTAKE_ENDED, -1);
    expect(desk, TAKES, INTAKE_ENDED, -1);
    cr_assert_str_eq(desk->finished, finished);
    intake_free(&desk->intake);
}

Test(intake, a_job_goes_from_its_name_to_its_end)
{
    struct desk desk;
    desk_init(&desk, 1);
    desk_open(&desk, (struct intake_options){0});
    expect(&desk, TAKES, INTAKE_NOTHING, -1);
    expect(&desk, WRITES, INTAKE_NOTHING, -1);
    struct intake_slot *slot = expect_open(&desk, 0);
    cr_assert_eq(slot->state, SLOT_OPENING);
    expect(&desk, READS, INTAKE_NOTHING, -1);
    intake_opened(&desk.intake, slot, INTAKE_DONE);
    cr_assert_eq(slot->state, SLOT_EXAMINED);
    expect_read(&desk, 0);
    cr_assert_eq(slot->state, SLOT_READING);
    cr_assert_eq(desk.intake.budget.used, 1);
    expect(&desk, READS | TAKES, INTAKE_NOTHING, -1);
    intake_read(&desk.intake, slot, INTAKE_DONE);
    cr_assert_eq(slot->state, SLOT_FREE);
    struct job *job = expect(&desk, TAKES, INTAKE_TAKE, 0).job;
    expect(&desk, TAKES, INTAKE_ENDED, -1);
    intake_give(&desk.intake, job);
    expect(&desk, WRITES, INTAKE_WRITE, 0);
    cr_assert_eq(desk.intake.budget.used, 1, "until it is written");
    intake_written(&desk.intake, job);
    cr_assert_eq(desk.intake.budget.used, 0);
    expect(&desk, READS | WRITES, INTAKE_NOTHING, -1);
    desk_close(&desk, "0");
}

Test(intake, results_are_written_before_files_are_read_and_these_before_others_are_opened)
{
    struct desk desk;
    desk_init(&desk, 4);
    desk_open(&desk, (struct intake_options){0});
    open_well(&desk, 0);
    read_well(&desk, 0);
    open_well(&desk, 1);
    intake_give(&desk.intake, expect(&desk, TAKES, INTAKE_TAKE, 0).job);
    expect(&desk, READS, INTAKE_OPEN, 2); /* for who can't write: while a result waits, nothing is read */
    struct job *written = expect(&desk, READS | WRITES, INTAKE_WRITE, 0).job;
    expect(&desk, READS | WRITES, INTAKE_READ, 1);
    expect(&desk, READS | WRITES, INTAKE_OPEN, 3);
    intake_written(&desk.intake, written);
    for (size_t i = 0; i < 4; i++) {
        if (desk.intake.slots[i].state == SLOT_OPENING)
            intake_opened(&desk.intake, &desk.intake.slots[i], INTAKE_FAILED);
        else if (desk.intake.slots[i].state == SLOT_READING)
            intake_read(&desk.intake, &desk.intake.slots[i], INTAKE_FAILED);
    }
    cr_assert_eq(strlen(desk.finished), 4);
    desk_close(&desk, desk.finished);
}

Test(intake, files_are_admitted_in_the_order_of_their_names)
{
    struct desk desk;
    desk_init(&desk, 3);
    desk_open(&desk, (struct intake_options){0});
    struct intake_slot *first = expect_open(&desk, 0), *second = expect_open(&desk, 1);
    struct intake_slot *third = expect_open(&desk, 2);
    intake_opened(&desk.intake, third, INTAKE_DONE);
    intake_opened(&desk.intake, second, INTAKE_DONE);
    expect(&desk, READS, INTAKE_NOTHING, -1);
    intake_opened(&desk.intake, first, INTAKE_DONE);
    for (int i = 0; i < 3; i++)
        read_well(&desk, i);
    for (int i = 0; i < 3; i++)
        work_well(&desk, i);
    desk_close(&desk, "012");
}

Test(intake, a_file_that_fails_makes_way_for_those_behind_it)
{
    struct desk desk;
    desk_init(&desk, 3);
    desk_open(&desk, (struct intake_options){0});
    struct intake_slot *first = expect_open(&desk, 0), *second = expect_open(&desk, 1);
    struct intake_slot *third = expect_open(&desk, 2);
    intake_opened(&desk.intake, third, INTAKE_DONE);
    intake_opened(&desk.intake, second, INTAKE_FAILED);
    cr_assert_eq(second->state, SLOT_FREE, "though an older one is open");
    expect(&desk, READS, INTAKE_NOTHING, -1);
    intake_opened(&desk.intake, first, INTAKE_FAILED);
    intake_read(&desk.intake, expect_read(&desk, 2), INTAKE_FAILED);
    cr_assert_eq(desk.intake.budget.used, 0);
    desk_close(&desk, "102");
}

/* What leaves the line's end must not leave the line without one. */
Test(intake, who_comes_after_the_last_one_failed_joins_the_line)
{
    struct desk desk;
    desk_init(&desk, 4);
    desk_open(&desk, (struct intake_options){0});
    struct intake_slot *first = expect_open(&desk, 0), *second = expect_open(&desk, 1);
    intake_opened(&desk.intake, second, INTAKE_FAILED);
    open_well(&desk, 2);
    intake_opened(&desk.intake, first, INTAKE_FAILED);
    read_well(&desk, 2);
    open_well(&desk, 3);
    read_well(&desk, 3);
    work_well(&desk, 2);
    work_well(&desk, 3);
    desk_close(&desk, "1023");
}

Test(intake, a_job_larger_than_the_budget_runs_alone)
{
    struct desk desk;
    desk_init(&desk, 3);
    desk.jobs[1].charge = 1000;
    desk_open(&desk, (struct intake_options){0});
    for (int i = 0; i < 3; i++) {
        open_well(&desk, i);
        if (i == 0)
            read_well(&desk, 0);
    }
    expect(&desk, READS, INTAKE_NOTHING, -1); /* nor is the small one behind it read */
    cr_assert(desk.intake.refused);
    work_well(&desk, 0);
    read_well(&desk, 1);
    expect(&desk, READS, INTAKE_NOTHING, -1);
    work_well(&desk, 1);
    read_well(&desk, 2);
    work_well(&desk, 2);
    desk_close(&desk, "012");
}

/* What a URL was charged beyond its need is released when it has been read, before it is worked on. */
Test(intake, a_smaller_charge_after_reading_lets_the_next_in)
{
    struct desk desk;
    desk_init(&desk, 2);
    desk.jobs[0].charge = 100;
    desk_open(&desk, (struct intake_options){0});
    open_well(&desk, 0);
    struct intake_slot *slot = expect_read(&desk, 0);
    open_well(&desk, 1);
    expect(&desk, READS, INTAKE_NOTHING, -1);
    desk.jobs[0].charge = 99; /* as client.prepare does */
    intake_read(&desk.intake, slot, INTAKE_DONE);
    read_well(&desk, 1);
    cr_assert_eq(desk.intake.budget.used, 100);
    work_well(&desk, 0);
    work_well(&desk, 1);
    desk_close(&desk, "01");
}

Test(intake, no_more_are_read_ahead_than_the_depth)
{
    struct desk desk;
    desk_init(&desk, 4);
    desk.config.depth = 2;
    desk_open(&desk, (struct intake_options){0});
    open_well(&desk, 0);
    read_well(&desk, 0);
    open_well(&desk, 1);
    struct intake_slot *slot = expect_read(&desk, 1);
    open_well(&desk, 2);
    open_well(&desk, 3);
    expect(&desk, READS, INTAKE_NOTHING, -1); /* one is ready, one is being read */
    intake_read(&desk.intake, slot, INTAKE_DONE);
    expect(&desk, READS, INTAKE_NOTHING, -1);
    work_well(&desk, 0);
    read_well(&desk, 2);
    expect(&desk, READS, INTAKE_NOTHING, -1);
    for (int i = 1; i < 4; i++) {
        work_well(&desk, i);
        if (i == 1)
            read_well(&desk, 3);
    }
    desk_close(&desk, "0123");
}

Test(intake, no_more_are_named_than_there_are_slots_or_jobs_allowed)
{
    struct desk desk;
    desk_init(&desk, 4);
    desk_open(&desk, (struct intake_options){.slots = 2, .max_jobs = 3});
    open_well(&desk, 0);
    read_well(&desk, 0);
    open_well(&desk, 1);
    struct intake_slot *slot = expect_read(&desk, 1);
    open_well(&desk, 2);
    expect(&desk, READS, INTAKE_READ, 2);
    cr_assert_null(desk.intake.free);
    intake_read(&desk.intake, slot, INTAKE_DONE);
    expect(&desk, READS, INTAKE_NOTHING, -1); /* a slot is free, three jobs are there */
    work_well(&desk, 0);
    intake_opened(&desk.intake, expect_open(&desk, 3), INTAKE_FAILED);
    intake_read(&desk.intake, &desk.intake.slots[desk.intake.slots[0].state == SLOT_READING ? 0 : 1],
                INTAKE_DONE);
    work_well(&desk, 1);
    work_well(&desk, 2);
    desk_close(&desk, "0312");
}

Test(intake, urls_join_the_line_when_they_were_examined)
{
    struct desk desk;
    desk_init(&desk, 3);
    desk.jobs[0].url = desk.jobs[1].url = "http://example.org/";
    desk_open(&desk, (struct intake_options){0});
    struct intake_slot *slow = expect_open(&desk, 0), *quick = expect_open(&desk, 1);
    open_well(&desk, 2);
    intake_opened(&desk.intake, quick, INTAKE_DONE);
    read_well(&desk, 2);
    read_well(&desk, 1);
    intake_opened(&desk.intake, slow, INTAKE_DONE);
    read_well(&desk, 0);
    for (int i = 2; i >= 0; i--)
        work_well(&desk, i);
    desk_close(&desk, "210");
}

Test(intake, a_url_is_tried_again_when_its_time_has_come)
{
    struct desk desk;
    desk_init(&desk, 1);
    desk.jobs[0].url = "http://example.org/";
    desk_open(&desk, (struct intake_options){0});
    struct intake_slot *slot = expect_open(&desk, 0);
    slot->again_at = clock_now() + 1000;
    intake_opened(&desk.intake, slot, INTAKE_LATER);
    cr_assert_eq(slot->state, SLOT_LATER);
    expect(&desk, READS | TAKES, INTAKE_NOTHING, -1); /* nor has the source ended */
    slot->again_at = 0;
    cr_assert_eq(expect_open(&desk, 0), slot);
    intake_opened(&desk.intake, slot, INTAKE_DONE);
    expect_read(&desk, 0);
    slot->again_at = clock_now() + 1000;
    intake_read(&desk.intake, slot, INTAKE_LATER);
    cr_assert_eq(desk.intake.budget.used, 1, "it keeps its charge");
    expect(&desk, READS | TAKES, INTAKE_NOTHING, -1);
    slot->again_at = 0;
    cr_assert_eq(expect_read(&desk, 0), slot);
    cr_assert_eq(desk.intake.budget.used, 1, "and is charged once");
    intake_read(&desk.intake, slot, INTAKE_DONE);
    work_well(&desk, 0);
    desk_close(&desk, "0");
}

/* With one URL to be examined again, one to be read again, one examined, one ready and one never named. */
static void fill(struct desk *desk)
{
    desk_init(desk, 5);
    desk->jobs[0].url = desk->jobs[1].url = "http://example.org/";
    desk_open(desk, (struct intake_options){0});
    struct intake_slot *slot = expect_open(desk, 0);
    slot->again_at = clock_now() + 1000;
    intake_opened(&desk->intake, slot, INTAKE_LATER);
    open_well(desk, 1);
    slot = expect_read(desk, 1);
    slot->again_at = clock_now() + 1000;
    intake_read(&desk->intake, slot, INTAKE_LATER);
    open_well(desk, 2);
    read_well(desk, 2);
    open_well(desk, 3);
}

static void expect_drained(struct desk *desk, const char *finished)
{
    struct intake_step step;
    while ((step = ask(desk, READS | WRITES)).kind < INTAKE_NOTHING) {
        cr_assert(step.kind == INTAKE_CLOSE || step.kind == INTAKE_WRITE, "step %d", step.kind);
        if (step.kind == INTAKE_CLOSE) {
            cr_assert_eq(step.slot->state, SLOT_CLOSING);
            job_cancel(step.job);
            intake_closed(&desk->intake, step.slot);
        } else {
            cr_assert_eq(step.job->status, JOB_FAILED);
            intake_written(&desk->intake, step.job);
        }
    }
    for (const char *digit = finished; *digit != '\0'; digit++)
        cr_assert_not_null(strchr(desk->finished, *digit), "job %c is not in %s", *digit, desk->finished);
    cr_assert_eq(strlen(desk->finished), strlen(finished));
    for (size_t i = 0; i < desk->named; i++)
        cr_assert_eq(desk->jobs[i].result.error.kind, PM_ERROR_CANCELLED);
    cr_assert_eq(desk->intake.budget.used, 0);
}

Test(intake, closing_gives_back_what_nobody_took)
{
    struct desk desk;
    fill(&desk);
    intake_close(&desk.intake);
    expect(&desk, TAKES, INTAKE_NOTHING, -1); /* until the slots are empty */
    expect_drained(&desk, "0123");
    cr_assert_eq(desk.named, 4);
    desk_close(&desk, desk.finished);
}

Test(intake, a_run_that_is_stopped_begins_nothing_and_cancels_what_is_ready)
{
    struct desk desk;
    fill(&desk);
    desk.stopping = true;
    expect(&desk, TAKES, INTAKE_NOTHING, -1);
    expect_drained(&desk, "0123");
    expect(&desk, TAKES, INTAKE_ENDED, -1);
    desk_close(&desk, desk.finished);
}

Test(intake, a_job_that_is_worked_on_when_the_run_is_stopped_is_written)
{
    struct desk desk;
    desk_init(&desk, 2);
    desk_open(&desk, (struct intake_options){0});
    open_well(&desk, 0);
    read_well(&desk, 0);
    struct job *job = expect(&desk, TAKES, INTAKE_TAKE, 0).job;
    desk.stopping = true;
    job->status = JOB_OK;
    intake_give(&desk.intake, job);
    intake_written(&desk.intake, expect(&desk, READS | WRITES, INTAKE_WRITE, 0).job);
    cr_assert_eq(job->status, JOB_OK);
    desk_close(&desk, "0");
}

/* The run of an engine that does not wait is over only when all steps were told. */
Test(intake, a_closed_run_lasts_as_long_as_steps_are_under_way)
{
    struct desk desk;
    desk_init(&desk, 2);
    desk_open(&desk, (struct intake_options){0});
    open_well(&desk, 0);
    read_well(&desk, 0);
    struct intake_slot *slot = expect_open(&desk, 1);
    intake_give(&desk.intake, expect(&desk, TAKES, INTAKE_TAKE, 0).job);
    struct job *job = expect(&desk, WRITES, INTAKE_WRITE, 0).job;
    intake_close(&desk.intake);
    expect(&desk, READS | WRITES, INTAKE_NOTHING, -1);
    intake_opened(&desk.intake, slot, INTAKE_DONE);
    intake_closed(&desk.intake, expect(&desk, READS | WRITES, INTAKE_CLOSE, 1).slot);
    expect(&desk, READS | WRITES, INTAKE_NOTHING, -1);
    intake_written(&desk.intake, job);
    desk_close(&desk, "10");
}

/* An engine's loop is woken by workers when there is something to do for it, and not for nothing. */
Test(intake, a_loop_is_woken_for_what_it_can_do)
{
    struct desk desk;
    desk_init(&desk, 3);
    desk.config.depth = 1;
    desk_open(&desk, (struct intake_options){.slots = 2, .wake = desk_wake, .engine = &desk});
    open_well(&desk, 0);
    read_well(&desk, 0);
    open_well(&desk, 1);
    open_well(&desk, 2);
    cr_assert_eq(desk.woken, 0, "it goes on by itself");
    struct job *job = expect(&desk, TAKES, INTAKE_TAKE, 0).job;
    cr_assert_eq(desk.woken, 1, "there is room for another");
    read_well(&desk, 1);
    intake_give(&desk.intake, job);
    cr_assert_eq(desk.woken, 2, "there is a result");
    intake_written(&desk.intake, expect(&desk, WRITES, INTAKE_WRITE, 0).job);
    cr_assert_eq(desk.woken, 2);
    work_well(&desk, 1);
    read_well(&desk, 2);
    unsigned before = desk.woken;
    job = expect(&desk, TAKES, INTAKE_TAKE, 2).job;
    expect(&desk, READS, INTAKE_NOTHING, -1); /* there are no more */
    intake_give(&desk.intake, job);
    cr_assert_eq(desk.woken, before + 1 + 1, "a slot is free, and a result is there");
    intake_written(&desk.intake, expect(&desk, WRITES, INTAKE_WRITE, 2).job);
    desk_close(&desk, "012");
}

/* Submitted jobs. */

static void desk_open_queue(struct desk *desk, unsigned queue)
{
    desk_init(desk, 0);
    desk->config.client.next = NULL;
    desk->config.queue = queue;
    for (size_t i = 0; i < JOBS; i++) {
        atomic_init(&desk->recalls[i].asked, false);
        desk->recalls[i].fd = -1;
        desk->jobs[i].recall = &desk->recalls[i];
    }
    desk_open(desk, (struct intake_options){.slots = 2, .max_jobs = 2});
}

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
    expect(&desk, READS | TAKES, INTAKE_NOTHING, -1); /* more may come */
    cr_assert(intake_submit(&desk.intake, &desk.jobs[0]));
    cr_assert(intake_submit(&desk.intake, &desk.jobs[1]));
    cr_assert_not(intake_submit(&desk.intake, &desk.jobs[2]));
    expect_counts(&desk, 2, 0);
    open_well(&desk, 0);
    cr_assert(intake_submit(&desk.intake, &desk.jobs[2]));
    expect_counts(&desk, 2, 1);
    read_well(&desk, 0);
    open_well(&desk, 1);
    read_well(&desk, 1);
    expect(&desk, READS, INTAKE_NOTHING, -1); /* two are allowed */
    work_well(&desk, 0);
    expect_counts(&desk, 1, 1);
    open_well(&desk, 2);
    read_well(&desk, 2);
    work_well(&desk, 1);
    work_well(&desk, 2);
    expect_counts(&desk, 0, 0);
    expect(&desk, READS | TAKES, INTAKE_NOTHING, -1);
    desk_close(&desk, "012");
}

Test(intake, a_paused_queue_is_left_and_gone_on_with)
{
    struct desk desk;
    desk_open_queue(&desk, 2);
    intake_pause(&desk.intake, true);
    cr_assert(intake_submit(&desk.intake, &desk.jobs[0]));
    expect(&desk, READS, INTAKE_NOTHING, -1);
    intake_pause(&desk.intake, false);
    open_well(&desk, 0);
    read_well(&desk, 0);
    work_well(&desk, 0);
    desk_close(&desk, "0");
}

static bool withdraw(struct desk *desk, size_t index)
{
    atomic_store(&desk->recalls[index].asked, true);
    return intake_withdraw(&desk->intake, &desk->jobs[index]);
}

Test(intake, a_job_called_back_leaves_the_queue_or_its_slot)
{
    struct desk desk;
    desk_open_queue(&desk, 4);
    desk.jobs[1].charge = 1000;
    for (int i = 0; i < 4; i++)
        cr_assert(intake_submit(&desk.intake, &desk.jobs[i]));
    open_well(&desk, 0);
    read_well(&desk, 0);
    open_well(&desk, 1);
    cr_assert(withdraw(&desk, 3), "it waited at the queue's end");
    cr_assert(intake_submit(&desk.intake, &desk.jobs[4]), "which has an end all the same");
    expect_counts(&desk, 2, 2);
    expect(&desk, READS, INTAKE_NOTHING, -1); /* job 1 waits for memory */
    cr_assert_not(withdraw(&desk, 1));
    struct intake_step step = expect(&desk, READS, INTAKE_CLOSE, 1);
    job_cancel(step.job);
    cr_assert(strstr(step.job->result.error.message, "called back") != NULL);
    intake_closed(&desk.intake, step.slot);
    cr_assert_not(withdraw(&desk, 0), "a worker will find out");
    struct intake_slot *slot = expect_open(&desk, 2);
    cr_assert_not(withdraw(&desk, 2), "it is being opened");
    intake_opened(&desk.intake, slot, INTAKE_DONE);
    step = expect(&desk, READS, INTAKE_CLOSE, 2);
    intake_closed(&desk.intake, step.slot);
    work_well(&desk, 0);
    open_well(&desk, 4);
    read_well(&desk, 4);
    work_well(&desk, 4);
    desk_close(&desk, "1204");
}

Test(intake, closing_gives_back_what_is_queued)
{
    struct desk desk;
    desk_open_queue(&desk, 4);
    for (int i = 0; i < 3; i++)
        cr_assert(intake_submit(&desk.intake, &desk.jobs[i]));
    open_well(&desk, 0);
    intake_close(&desk.intake);
    cr_assert_not(intake_submit(&desk.intake, &desk.jobs[3]));
    desk.named = 3;
    expect_drained(&desk, "012");
    desk_close(&desk, desk.finished);
}

/* Waiting. Each of these has a thread that waits, and is woken by what the test does. */

struct waiter {
    struct desk *desk;
    unsigned can;
    struct intake_step step;
};

static void *waiter_main(void *argument)
{
    struct waiter *waiter = argument;
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

Test(intake, a_worker_waits_for_a_job_and_for_the_end, .timeout = 60)
{
    struct desk desk;
    struct waiter waiter;
    desk_init(&desk, 1);
    desk_open(&desk, (struct intake_options){0});
    pthread_t thread = begin_wait(&waiter, &desk, TAKES);
    open_well(&desk, 0);
    struct intake_slot *slot = expect_read(&desk, 0);
    expect(&desk, READS, INTAKE_NOTHING, -1); /* there are no more */
    intake_read(&desk.intake, slot, INTAKE_DONE);
    pthread_join(thread, NULL);
    cr_assert_eq(waiter.step.kind, INTAKE_TAKE);
    struct job *job = waiter.step.job;
    cr_assert_null(intake_take(&desk.intake));
    intake_give(&desk.intake, job);
    intake_written(&desk.intake, expect(&desk, WRITES, INTAKE_WRITE, 0).job);
    desk_close(&desk, "0");
}

Test(intake, a_failed_last_job_ends_a_worker_s_wait, .timeout = 60)
{
    struct desk desk;
    struct waiter waiter;
    desk_init(&desk, 1);
    desk_open(&desk, (struct intake_options){0});
    struct intake_slot *slot = expect_open(&desk, 0);
    pthread_t thread = begin_wait(&waiter, &desk, TAKES);
    expect(&desk, READS, INTAKE_NOTHING, -1);
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
    open_well(&desk, 0);
    read_well(&desk, 0);
    open_well(&desk, 1);
    expect(&desk, READS, INTAKE_NOTHING, -1);
    pthread_t thread = begin_wait(&waiter, &desk, READS);
    work_well(&desk, 0);
    pthread_join(thread, NULL);
    cr_assert_eq(waiter.step.kind, INTAKE_READ);
    intake_read(&desk.intake, waiter.step.slot, INTAKE_DONE);
    work_well(&desk, 1);
    desk_close(&desk, "01");
}

/* As of a worker that reads files itself: without another job to take up, it still hears of what others
 * leave. */
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

/* A URL that is to be tried again, in an intake whose threads watch for the run's stop. */
static struct intake_slot *open_remote(struct desk *desk, double delay)
{
    desk_init(desk, 2);
    desk->remote.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    desk->config.remote = &desk->remote;
    desk->jobs[0].url = "http://example.org/";
    desk_open(desk, (struct intake_options){.slots = 1});
    struct intake_slot *slot = expect_open(desk, 0);
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
    intake_opened(&desk.intake, expect_open(&desk, 1), INTAKE_FAILED);
    desk_close(&desk, "01");
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
    intake_closed(&desk.intake, expect(&desk, READS, INTAKE_CLOSE, 0).slot);
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
