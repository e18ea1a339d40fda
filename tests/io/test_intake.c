/* Unit tests of the intake's decisions. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/clock.h"
#include "desk.h"

Test(intake, a_job_goes_from_its_name_to_its_end)
{
    struct desk desk;
    desk_init(&desk, 1);
    desk_open(&desk, (struct intake_options){0});
    desk_expect(&desk, TAKES, INTAKE_NOTHING, -1);
    desk_expect(&desk, WRITES, INTAKE_NOTHING, -1);
    struct intake_slot *slot = desk_expect_open(&desk, 0);
    cr_assert_eq(slot->state, SLOT_OPENING);
    desk_expect(&desk, READS, INTAKE_NOTHING, -1);
    intake_opened(&desk.intake, slot, INTAKE_DONE);
    cr_assert_eq(slot->state, SLOT_EXAMINED);
    desk_expect_read(&desk, 0);
    cr_assert_eq(slot->state, SLOT_READING);
    cr_assert_eq(desk.intake.budget.used, 1);
    desk_expect(&desk, READS | TAKES, INTAKE_NOTHING, -1);
    intake_read(&desk.intake, slot, INTAKE_DONE);
    cr_assert_eq(slot->state, SLOT_FREE);
    struct job *job = desk_expect(&desk, TAKES, INTAKE_TAKE, 0).job;
    desk_expect(&desk, TAKES, INTAKE_ENDED, -1);
    intake_give(&desk.intake, job);
    desk_expect(&desk, WRITES, INTAKE_WRITE, 0);
    cr_assert_eq(desk.intake.budget.used, 1, "until it is written");
    intake_written(&desk.intake, job);
    cr_assert_eq(desk.intake.budget.used, 0);
    desk_expect(&desk, READS | WRITES, INTAKE_NOTHING, -1);
    desk_close(&desk, "0");
}

Test(intake, results_are_written_before_files_are_read_and_these_before_others_are_opened)
{
    struct desk desk;
    desk_init(&desk, 4);
    desk_open(&desk, (struct intake_options){0});
    desk_open_job(&desk, 0);
    desk_read_job(&desk, 0);
    desk_open_job(&desk, 1);
    intake_give(&desk.intake, desk_expect(&desk, TAKES, INTAKE_TAKE, 0).job);
    desk_expect(&desk, READS, INTAKE_OPEN,
                2); /* for a thread that can't write: while a result waits, nothing is read */
    struct job *written = desk_expect(&desk, READS | WRITES, INTAKE_WRITE, 0).job;
    desk_expect(&desk, READS | WRITES, INTAKE_READ, 1);
    desk_expect(&desk, READS | WRITES, INTAKE_OPEN, 3);
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
    struct intake_slot *first = desk_expect_open(&desk, 0), *second = desk_expect_open(&desk, 1);
    struct intake_slot *third = desk_expect_open(&desk, 2);
    intake_opened(&desk.intake, third, INTAKE_DONE);
    intake_opened(&desk.intake, second, INTAKE_DONE);
    desk_expect(&desk, READS, INTAKE_NOTHING, -1);
    intake_opened(&desk.intake, first, INTAKE_DONE);
    for (int i = 0; i < 3; i++)
        desk_read_job(&desk, i);
    for (int i = 0; i < 3; i++)
        desk_work_job(&desk, i);
    desk_close(&desk, "012");
}

Test(intake, a_file_that_fails_makes_way_for_those_behind_it)
{
    struct desk desk;
    desk_init(&desk, 3);
    desk_open(&desk, (struct intake_options){0});
    struct intake_slot *first = desk_expect_open(&desk, 0), *second = desk_expect_open(&desk, 1);
    struct intake_slot *third = desk_expect_open(&desk, 2);
    intake_opened(&desk.intake, third, INTAKE_DONE);
    intake_opened(&desk.intake, second, INTAKE_FAILED);
    cr_assert_eq(second->state, SLOT_FREE, "though an older one is open");
    desk_expect(&desk, READS, INTAKE_NOTHING, -1);
    intake_opened(&desk.intake, first, INTAKE_FAILED);
    intake_read(&desk.intake, desk_expect_read(&desk, 2), INTAKE_FAILED);
    cr_assert_eq(desk.intake.budget.used, 0);
    desk_close(&desk, "102");
}

/* When the last job in the line is removed, the line gets a new last one. */
Test(intake, who_comes_after_the_last_one_failed_joins_the_line)
{
    struct desk desk;
    desk_init(&desk, 4);
    desk_open(&desk, (struct intake_options){0});
    struct intake_slot *first = desk_expect_open(&desk, 0), *second = desk_expect_open(&desk, 1);
    intake_opened(&desk.intake, second, INTAKE_FAILED);
    desk_open_job(&desk, 2);
    intake_opened(&desk.intake, first, INTAKE_FAILED);
    desk_read_job(&desk, 2);
    desk_open_job(&desk, 3);
    desk_read_job(&desk, 3);
    desk_work_job(&desk, 2);
    desk_work_job(&desk, 3);
    desk_close(&desk, "1023");
}

Test(intake, a_job_larger_than_the_budget_runs_alone)
{
    struct desk desk;
    desk_init(&desk, 3);
    desk.jobs[1].charge = 1000;
    desk_open(&desk, (struct intake_options){0});
    for (int i = 0; i < 3; i++) {
        desk_open_job(&desk, i);
        if (i == 0)
            desk_read_job(&desk, 0);
    }
    desk_expect(&desk, READS, INTAKE_NOTHING, -1); /* the small one after it is not read either */
    cr_assert(desk.intake.refused);
    desk_work_job(&desk, 0);
    desk_read_job(&desk, 1);
    desk_expect(&desk, READS, INTAKE_NOTHING, -1);
    desk_work_job(&desk, 1);
    desk_read_job(&desk, 2);
    desk_work_job(&desk, 2);
    desk_close(&desk, "012");
}

/* If a URL turns out to need less memory than it was charged, the rest is released after reading, before the
 * job is worked on. */
Test(intake, a_smaller_charge_after_reading_lets_the_next_in)
{
    struct desk desk;
    desk_init(&desk, 2);
    desk.jobs[0].charge = 100;
    desk_open(&desk, (struct intake_options){0});
    desk_open_job(&desk, 0);
    struct intake_slot *slot = desk_expect_read(&desk, 0);
    desk_open_job(&desk, 1);
    desk_expect(&desk, READS, INTAKE_NOTHING, -1);
    desk.jobs[0].charge = 99; /* as client.prepare does */
    intake_read(&desk.intake, slot, INTAKE_DONE);
    desk_read_job(&desk, 1);
    cr_assert_eq(desk.intake.budget.used, 100);
    desk_work_job(&desk, 0);
    desk_work_job(&desk, 1);
    desk_close(&desk, "01");
}

Test(intake, no_more_are_read_ahead_than_the_depth)
{
    struct desk desk;
    desk_init(&desk, 4);
    desk.config.depth = 2;
    desk_open(&desk, (struct intake_options){0});
    desk_open_job(&desk, 0);
    desk_read_job(&desk, 0);
    desk_open_job(&desk, 1);
    struct intake_slot *slot = desk_expect_read(&desk, 1);
    desk_open_job(&desk, 2);
    desk_open_job(&desk, 3);
    desk_expect(&desk, READS, INTAKE_NOTHING, -1); /* one is ready, one is being read */
    intake_read(&desk.intake, slot, INTAKE_DONE);
    desk_expect(&desk, READS, INTAKE_NOTHING, -1);
    desk_work_job(&desk, 0);
    desk_read_job(&desk, 2);
    desk_expect(&desk, READS, INTAKE_NOTHING, -1);
    for (int i = 1; i < 4; i++) {
        desk_work_job(&desk, i);
        if (i == 1)
            desk_read_job(&desk, 3);
    }
    desk_close(&desk, "0123");
}

Test(intake, no_more_are_named_than_there_are_slots_or_jobs_allowed)
{
    struct desk desk;
    desk_init(&desk, 4);
    desk_open(&desk, (struct intake_options){.slots = 2, .max_jobs = 3});
    desk_open_job(&desk, 0);
    desk_read_job(&desk, 0);
    desk_open_job(&desk, 1);
    struct intake_slot *slot = desk_expect_read(&desk, 1);
    desk_open_job(&desk, 2);
    desk_expect(&desk, READS, INTAKE_READ, 2);
    cr_assert_null(desk.intake.free);
    intake_read(&desk.intake, slot, INTAKE_DONE);
    desk_expect(&desk, READS, INTAKE_NOTHING, -1); /* one slot is free, three jobs wait */
    desk_work_job(&desk, 0);
    intake_opened(&desk.intake, desk_expect_open(&desk, 3), INTAKE_FAILED);
    intake_read(&desk.intake, &desk.intake.slots[desk.intake.slots[0].state == SLOT_READING ? 0 : 1],
                INTAKE_DONE);
    desk_work_job(&desk, 1);
    desk_work_job(&desk, 2);
    desk_close(&desk, "0312");
}

Test(intake, urls_join_the_line_when_they_were_examined)
{
    struct desk desk;
    desk_init(&desk, 3);
    desk.jobs[0].url = desk.jobs[1].url = "http://example.org/";
    desk_open(&desk, (struct intake_options){0});
    struct intake_slot *slow = desk_expect_open(&desk, 0), *quick = desk_expect_open(&desk, 1);
    desk_open_job(&desk, 2);
    intake_opened(&desk.intake, quick, INTAKE_DONE);
    desk_read_job(&desk, 2);
    desk_read_job(&desk, 1);
    intake_opened(&desk.intake, slow, INTAKE_DONE);
    desk_read_job(&desk, 0);
    for (int i = 2; i >= 0; i--)
        desk_work_job(&desk, i);
    desk_close(&desk, "210");
}

Test(intake, a_url_is_tried_again_when_its_time_has_come)
{
    struct desk desk;
    desk_init(&desk, 1);
    desk.jobs[0].url = "http://example.org/";
    desk_open(&desk, (struct intake_options){0});
    struct intake_slot *slot = desk_expect_open(&desk, 0);
    slot->again_at = clock_now() + 1000;
    intake_opened(&desk.intake, slot, INTAKE_LATER);
    cr_assert_eq(slot->state, SLOT_LATER);
    desk_expect(&desk, READS | TAKES, INTAKE_NOTHING, -1); /* and the source has not ended */
    slot->again_at = 0;
    cr_assert_eq(desk_expect_open(&desk, 0), slot);
    intake_opened(&desk.intake, slot, INTAKE_DONE);
    desk_expect_read(&desk, 0);
    slot->again_at = clock_now() + 1000;
    intake_read(&desk.intake, slot, INTAKE_LATER);
    cr_assert_eq(desk.intake.budget.used, 1, "it keeps its charge");
    desk_expect(&desk, READS | TAKES, INTAKE_NOTHING, -1);
    slot->again_at = 0;
    cr_assert_eq(desk_expect_read(&desk, 0), slot);
    cr_assert_eq(desk.intake.budget.used, 1, "and is charged once");
    intake_read(&desk.intake, slot, INTAKE_DONE);
    desk_work_job(&desk, 0);
    desk_close(&desk, "0");
}

/* Fills the intake: one URL to be examined again, one to be read again, one examined, one ready, and one not
 * yet named. */
static void fill(struct desk *desk)
{
    desk_init(desk, 5);
    desk->jobs[0].url = desk->jobs[1].url = "http://example.org/";
    desk_open(desk, (struct intake_options){0});
    struct intake_slot *slot = desk_expect_open(desk, 0);
    slot->again_at = clock_now() + 1000;
    intake_opened(&desk->intake, slot, INTAKE_LATER);
    desk_open_job(desk, 1);
    slot = desk_expect_read(desk, 1);
    slot->again_at = clock_now() + 1000;
    intake_read(&desk->intake, slot, INTAKE_LATER);
    desk_open_job(desk, 2);
    desk_read_job(desk, 2);
    desk_open_job(desk, 3);
}

Test(intake, closing_gives_back_what_nobody_took)
{
    struct desk desk;
    fill(&desk);
    intake_close(&desk.intake);
    desk_expect(&desk, TAKES, INTAKE_NOTHING, -1); /* until the slots are empty */
    desk_expect_drained(&desk, "0123");
    cr_assert_eq(desk.named, 4);
    desk_close(&desk, desk.finished);
}

Test(intake, a_run_that_is_stopped_begins_nothing_and_cancels_what_is_ready)
{
    struct desk desk;
    fill(&desk);
    desk.stopping = true;
    desk_expect(&desk, TAKES, INTAKE_NOTHING, -1);
    desk_expect_drained(&desk, "0123");
    desk_expect(&desk, TAKES, INTAKE_ENDED, -1);
    desk_close(&desk, desk.finished);
}

Test(intake, a_job_that_is_worked_on_when_the_run_is_stopped_is_written)
{
    struct desk desk;
    desk_init(&desk, 2);
    desk_open(&desk, (struct intake_options){0});
    desk_open_job(&desk, 0);
    desk_read_job(&desk, 0);
    struct job *job = desk_expect(&desk, TAKES, INTAKE_TAKE, 0).job;
    desk.stopping = true;
    job->status = JOB_OK;
    intake_give(&desk.intake, job);
    intake_written(&desk.intake, desk_expect(&desk, READS | WRITES, INTAKE_WRITE, 0).job);
    cr_assert_eq(job->status, JOB_OK);
    desk_close(&desk, "0");
}

/* With an engine that does not wait, the run is over only when the end of every step was reported. */
Test(intake, a_closed_run_lasts_as_long_as_steps_are_under_way)
{
    struct desk desk;
    desk_init(&desk, 2);
    desk_open(&desk, (struct intake_options){0});
    desk_open_job(&desk, 0);
    desk_read_job(&desk, 0);
    struct intake_slot *slot = desk_expect_open(&desk, 1);
    intake_give(&desk.intake, desk_expect(&desk, TAKES, INTAKE_TAKE, 0).job);
    struct job *job = desk_expect(&desk, WRITES, INTAKE_WRITE, 0).job;
    intake_close(&desk.intake);
    desk_expect(&desk, READS | WRITES, INTAKE_NOTHING, -1);
    intake_opened(&desk.intake, slot, INTAKE_DONE);
    intake_closed(&desk.intake, desk_expect(&desk, READS | WRITES, INTAKE_CLOSE, 1).slot);
    desk_expect(&desk, READS | WRITES, INTAKE_NOTHING, -1);
    intake_written(&desk.intake, job);
    desk_close(&desk, "10");
}

/* Workers wake an engine's loop only when it has something to do. */
Test(intake, a_loop_is_woken_for_what_it_can_do)
{
    struct desk desk;
    desk_init(&desk, 3);
    desk.config.depth = 1;
    desk_open(&desk, (struct intake_options){.slots = 2, .wake = desk_wake, .engine = &desk});
    desk_open_job(&desk, 0);
    desk_read_job(&desk, 0);
    desk_open_job(&desk, 1);
    desk_open_job(&desk, 2);
    cr_assert_eq(desk.woken, 0, "it goes on by itself");
    struct job *job = desk_expect(&desk, TAKES, INTAKE_TAKE, 0).job;
    cr_assert_eq(desk.woken, 1, "there is room for another");
    desk_read_job(&desk, 1);
    intake_give(&desk.intake, job);
    cr_assert_eq(desk.woken, 2, "there is a result");
    intake_written(&desk.intake, desk_expect(&desk, WRITES, INTAKE_WRITE, 0).job);
    cr_assert_eq(desk.woken, 2);
    desk_work_job(&desk, 1);
    desk_read_job(&desk, 2);
    unsigned before = desk.woken;
    job = desk_expect(&desk, TAKES, INTAKE_TAKE, 2).job;
    desk_expect(&desk, READS, INTAKE_NOTHING, -1); /* there are no more */
    intake_give(&desk.intake, job);
    cr_assert_eq(desk.woken, before + 1 + 1, "a slot is free, and a result is there");
    intake_written(&desk.intake, desk_expect(&desk, WRITES, INTAKE_WRITE, 2).job);
    desk_close(&desk, "012");
}
