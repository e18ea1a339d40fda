#include "desk.h"

#include <criterion/criterion.h>
#include <string.h>

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

void desk_wake(void *self)
{
    ((struct desk *)self)->woken++;
}

void desk_init(struct desk *desk, size_t count)
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

void desk_open(struct desk *desk, struct intake_options options)
{
    struct pm_error error = {0};
    if (options.slots == 0)
        options.slots = 4;
    cr_assert_eq(intake_init(&desk->intake, &desk->config, &options, &error), 0, "%s", error.message);
}

struct intake_step desk_ask(struct desk *desk, unsigned can)
{
    return intake_next(&desk->intake, can, INTAKE_POLL);
}

struct intake_step desk_expect(struct desk *desk, unsigned can, enum intake_kind kind, int index)
{
    struct intake_step step = desk_ask(desk, can);
    cr_assert_eq(step.kind, kind, "step %d instead of %d", step.kind, kind);
    cr_assert_eq(step.job != NULL ? (int)step.job->index : -1, index, "job %d instead of %d",
                 step.job != NULL ? (int)step.job->index : -1, index);
    return step;
}

struct intake_slot *desk_expect_open(struct desk *desk, int index)
{
    return desk_expect(desk, READS, INTAKE_OPEN, index).slot;
}

struct intake_slot *desk_expect_read(struct desk *desk, int index)
{
    return desk_expect(desk, READS, INTAKE_READ, index).slot;
}

void desk_open_job(struct desk *desk, int index)
{
    intake_opened(&desk->intake, desk_expect_open(desk, index), INTAKE_DONE);
}

void desk_read_job(struct desk *desk, int index)
{
    intake_read(&desk->intake, desk_expect_read(desk, index), INTAKE_DONE);
}

void desk_work_job(struct desk *desk, int index)
{
    struct job *job = desk_expect(desk, TAKES, INTAKE_TAKE, index).job;
    job->status = JOB_OK;
    intake_give(&desk->intake, job);
    intake_written(&desk->intake, desk_expect(desk, WRITES, INTAKE_WRITE, index).job);
}

void desk_close(struct desk *desk, const char *finished)
{
    intake_close(&desk->intake);
    desk_expect(desk, READS | WRITES, INTAKE_ENDED, -1);
    desk_expect(desk, TAKES, INTAKE_ENDED, -1);
    cr_assert_str_eq(desk->finished, finished);
    intake_free(&desk->intake);
}

void desk_expect_drained(struct desk *desk, const char *finished)
{
    struct intake_step step;
    while ((step = desk_ask(desk, READS | WRITES)).kind < INTAKE_NOTHING) {
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

void desk_open_queue(struct desk *desk, unsigned queue)
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
