/* The engine io_async: many reads at once, and what it does without a ring. */
#include <assert.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "forbid.h"
#include "io/intake.h"
#include "io/recorder.h"
#include "io/ring.h"

/* The max number of reads in progress at one time; a read ends when its job is ready. */
static int reads_at_once(const struct recorder *recorder)
{
    int most = 0;
    for (size_t i = 0; i < recorder->count; i++) {
        int now = 0;
        for (size_t k = 0; k < recorder->count; k++) {
            const struct job *other = &recorder->jobs[k];
            now += other->ready_at >= recorder->jobs[i].ready_at &&
                   other->ready_at - other->result.seconds[PM_STAGE_READ] < recorder->jobs[i].ready_at;
        }
        most = now > most ? now : most;
    }
    return most;
}

/* Each read takes at least 100 ms. A busy machine may keep the thread from starting many at once, but not
 * five times in a row. */
static void expect_overlap(bool by_pumping)
{
    struct recorder recorder;
    if (ring_refusal() != NULL)
        cr_skip_test("%s", ring_refusal());
    recorder_init(&recorder, 5 * 32);
    pumped = by_pumping;
    struct engine_config config = recorder_config(&recorder, 32, 32);
    config.settings.read_delay = 0.1;
    recorder_run(engine_find("async"), &config, 1, -1);
    cr_assert_eq(recorder.failed, 0);
    cr_assert_geq(reads_at_once(&recorder), 16);
    recorder_free(&recorder);
}

Test(io_async, many_reads_are_under_way_at_once)
{
    expect_overlap(false);
}

Test(io_async, many_reads_are_under_way_at_once_when_pumped)
{
    expect_overlap(true);
}

/* The worker computes for 100 ms; meanwhile reads that were already started continue, as do those that
 * pumping starts. */
Test(io_async, a_worker_that_pumps_reads_while_it_computes)
{
    struct recorder recorder;
    struct pm_error error = {0};
    const struct engine *engine = engine_find("async");
    recorder_init(&recorder, 8);
    pumped = true;
    struct engine_config config = recorder_config(&recorder, 1, 8);
    struct intake *run = engine->open(&config, &error);
    struct job *job = engine->take(run);
    cr_assert_not_null(job);
    for (double until = clock_now() + 60; recorder.named < 8 && clock_now() < until;)
        engine->pump(run);
    cr_assert_eq(recorder.named, 8, "one file at a time, all were opened by pumping");
    job->status = JOB_OK;
    engine->give(run, job);
    engine->close(run);
    cr_assert_eq(recorder.finished, 8);
    recorder_free(&recorder);
}

Test(io_async, says_that_helpers_stand_in_for_a_forbidden_ring)
{
    cr_assert_eq(forbid_uring(), 0);
    const struct engine *engine = engine_find("async");
    cr_assert_null(engine->why_not());
    cr_assert(strstr(engine->note(), "disabled") != NULL);
}
