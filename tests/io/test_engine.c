/* Every engine against the same contract, with a client that records all calls. */
#include <assert.h>
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "forbid.h"
#include "io/intake.h"
#include "io/recorder.h"
#include "io/ring.h"
#include "temp.h"

Test(engine, the_table_has_each_once_and_no_other)
{
    for (size_t i = 0; engines[i] != NULL; i++) {
        bool tested = false;
        for (size_t k = 0; k < sizeof variants / sizeof *variants; k++)
            tested |= strcmp(variants[k].engine, engines[i]->name) == 0;
        cr_assert(tested, "%s has no variant here", engines[i]->name);
        cr_assert_eq(engine_find(engines[i]->name), engines[i]);
        cr_assert_null(engines[i]->why_not());
    }
    cr_assert_null(engine_find("none"));
}

ENGINE_TEST(thousands_of_small_files_all_arrive)
{
    struct recorder recorder;
    recorder_init(&recorder, 3000);
    struct engine_config config = recorder_config(&recorder, 4, 2);
    recorder_run(engine, &config, 4, -1);
    cr_assert_eq(recorder.finished, 3000);
    cr_assert_eq(recorder.failed, 0);
    cr_assert_eq(recorder.used, 0);
    for (size_t i = 0; i < 3000; i++)
        recorder_assert_written(&recorder, i);
    cr_assert_eq(temp_count(temp_path("out")), 3000);
    recorder_free(&recorder);
}

ENGINE_TEST(jobs_are_admitted_in_order)
{
    struct recorder recorder;
    recorder_init(&recorder, 300);
    recorder.charge = 100;
    recorder.budget = 10; /* one at a time, so that they are read in the order of admission */
    struct engine_config config = recorder_config(&recorder, 4, 3);
    recorder_run(engine, &config, 3, -1);
    cr_assert_eq(recorder.admitted_next, 300);
    for (size_t i = 0; i < 300; i++)
        cr_assert_eq(recorder.admitted[i], i);
    recorder_free(&recorder);
}

/* A read starts only while no result waits: memory then holds only inputs that were read ahead, jobs in
 * workers, and results that other I/O threads are writing. */
ENGINE_TEST(no_more_jobs_are_in_memory_than_depth_and_workers_allow)
{
    struct recorder recorder;
    recorder_init(&recorder, 500);
    struct engine_config config = recorder_config(&recorder, 4, 2);
    recorder_run(engine, &config, 1, -1);
    cr_assert_leq(recorder.in_memory_most, 2 + 1 + 4);
    cr_assert_eq(recorder.in_memory, 0);
    recorder_free(&recorder);
}

ENGINE_TEST(a_budget_of_one_job_at_a_time_does_not_lock_up)
{
    struct recorder recorder;
    recorder_init(&recorder, 200);
    recorder.charge = 100;
    recorder.budget = 10; /* each exceeds the whole budget: they run alone, one at a time */
    struct engine_config config = recorder_config(&recorder, 1, 4);
    recorder_run(engine, &config, 3, -1);
    cr_assert_eq(recorder.finished, 200);
    cr_assert_eq(recorder.in_memory_most, 1);
    recorder_free(&recorder);
}

ENGINE_TEST(a_budget_is_filled_and_never_passed)
{
    struct recorder recorder;
    recorder_init(&recorder, 300);
    recorder.charge = 10;
    recorder.budget = 35;
    recorder.awaited = 20;
    struct engine_config config = recorder_config(&recorder, 4, 8);
    recorder_run(engine, &config, 4, -1);
    cr_assert_eq(recorder.finished, 300);
    cr_assert_leq(recorder.used_most, 35);
    cr_assert_geq(recorder.used_most, 20);
    recorder_free(&recorder);
}

ENGINE_TEST(failures_at_each_step_reach_finish_and_write_nothing)
{
    struct recorder recorder;
    recorder_init(&recorder, 40);
    recorder.refuse_examine_odd = true;
    cr_assert_eq(unlink(recorder.inputs[4]), 0);
    cr_assert_eq(unlink(recorder.inputs[39]), 0);
    struct engine_config config = recorder_config(&recorder, 2, 2);
    cr_assert_eq(mkdir(temp_path("out"), 0755), 0);
    cr_assert_eq(mkdir(recorder.outputs[8], 0755), 0); /* a folder at the path of the result */
    recorder_run(engine, &config, 2, 6);
    cr_assert_eq(recorder.finished, 40);
    cr_assert_eq(recorder.failed, 20 + 3);
    cr_assert_eq(recorder.jobs[1].result.error.kind, PM_ERROR_UNSUPPORTED);
    cr_assert_eq(recorder.jobs[4].result.error.kind, PM_ERROR_IO);
    cr_assert_eq(recorder.jobs[4].result.error.stage, PM_STAGE_READ);
    cr_assert_eq(recorder.jobs[6].result.error.kind, PM_ERROR_CORRUPT);
    cr_assert_eq(recorder.jobs[8].result.error.kind, PM_ERROR_IO);
    cr_assert_eq(recorder.jobs[8].result.error.stage, PM_STAGE_WRITE);
    cr_assert_eq(temp_count(temp_path("out")), 20 - 3 + 1);
    recorder_assert_written(&recorder, 10);
    recorder_free(&recorder);
}

ENGINE_TEST(all_failing_before_the_worker_ends_the_source)
{
    struct recorder recorder;
    recorder_init(&recorder, 40);
    recorder.refuse_prepare_odd = true;
    for (size_t i = 0; i < 40; i += 2)
        cr_assert_eq(unlink(recorder.inputs[i]), 0);
    struct engine_config config = recorder_config(&recorder, 3, 2);
    recorder_run(engine, &config, 2, -1);
    cr_assert_eq(recorder.failed, 40);
    cr_assert_eq(recorder.used, 0);
    cr_assert_eq(recorder.jobs[1].result.error.kind, PM_ERROR_KEY);
    recorder_free(&recorder);
}

ENGINE_TEST(a_file_that_shrinks_after_it_was_examined_fails)
{
    struct recorder recorder;
    recorder_init(&recorder, 20);
    recorder.shorten_odd = true;
    for (size_t i = 1; i < 20; i += 2)
        cr_assert_eq(truncate(recorder.inputs[i], FILE_SMALL + 1), 0);
    struct engine_config config = recorder_config(&recorder, 3, 2);
    recorder_run(engine, &config, 2, -1);
    cr_assert_eq(recorder.failed, 10);
    cr_assert_eq(recorder.jobs[1].result.error.kind, PM_ERROR_IO);
    cr_assert(strstr(recorder.jobs[1].result.error.message, "became shorter") != NULL);
    cr_assert_eq(temp_count(temp_path("out")), 10);
    recorder_free(&recorder);
}

ENGINE_TEST(a_small_file_is_read_once_and_what_happens_to_it_then_does_not_matter)
{
    struct recorder recorder;
    recorder_init(&recorder, 20);
    recorder.shorten_odd = true;
    struct engine_config config = recorder_config(&recorder, 3, 2);
    recorder_run(engine, &config, 2, -1);
    cr_assert_eq(recorder.failed, 0);
    for (size_t i = 0; i < 20; i++)
        recorder_assert_written(&recorder, i);
    recorder_free(&recorder);
}

ENGINE_TEST(a_delay_is_for_the_reads_of_small_files_too)
{
    struct recorder recorder;
    recorder_init(&recorder, 4);
    struct engine_config config = recorder_config(&recorder, 3, 2);
    config.settings.read_delay = 0.02;
    recorder_run(engine, &config, 2, -1);
    cr_assert_eq(recorder.failed, 0);
    for (size_t i = 0; i < 4; i++)
        cr_assert_geq(recorder.jobs[i].result.seconds[PM_STAGE_READ], 0.02);
    recorder_free(&recorder);
}

/* Larger than the bytes read ahead for the examination, and than one read of a header. */
enum { LARGE = 300007 };

static uint8_t large_byte(size_t at)
{
    return (uint8_t)(at * 31 + at / 256);
}

static int examine_large(void *batch, struct job *job, struct byte_source *source, uint64_t size)
{
    (void)batch;
    static const size_t places[] = {0, 65530, 65536, 200000, 17, LARGE - 20};
    cr_assert_eq(size, LARGE);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        uint8_t bytes[40];
        long got = source->read_at(source, places[i], bytes, sizeof bytes);
        cr_assert_eq(got, i == 5 ? 20 : 40);
        for (long k = 0; k < got; k++)
            cr_assert_eq(bytes[k], large_byte(places[i] + (size_t)k));
    }
    static uint8_t whole[LARGE];
    cr_assert_eq(source->read_at(source, 0, whole, sizeof whole), LARGE);
    cr_assert_eq(whole[LARGE - 1], large_byte(LARGE - 1));
    job->charge = 1;
    return 0;
}

ENGINE_TEST(a_large_file_is_examined_anywhere_and_read_whole)
{
    struct recorder recorder;
    struct pm_error error = {0};
    static uint8_t bytes[LARGE];
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = large_byte(i);
    recorder_init(&recorder, 1);
    temp_write("in/0", bytes, LARGE);
    struct engine_config config = recorder_config(&recorder, 2, 2);
    config.client.examine = examine_large;
    struct intake *run = engine->open(&config, &error);
    struct job *job = engine->take(run);
    cr_assert_not_null(job, "%s", recorder.jobs[0].result.error.message);
    cr_assert_eq(job->in.size, LARGE);
    cr_assert_arr_eq(job->in.data, bytes, LARGE);
    buffer_append(&job->out, bytes, LARGE);
    job->status = JOB_OK;
    engine->give(run, job);
    cr_assert_null(engine->take(run));
    engine->close(run);
    size_t size;
    char *text = temp_read(recorder.outputs[0], &size);
    cr_assert_eq(size, LARGE);
    cr_assert_arr_eq(text, bytes, LARGE);
    free(text);
    recorder_free(&recorder);
}

ENGINE_TEST(each_read_is_delayed)
{
    struct recorder recorder;
    recorder_init(&recorder, 2);
    struct engine_config config = recorder_config(&recorder, 1, 1);
    config.settings.read_delay = 0.03;
    double began = clock_now();
    recorder_run(engine, &config, 1, -1);
    cr_assert_geq(clock_now() - began, 0.06);
    for (size_t i = 0; i < 2; i++) {
        cr_assert_geq(recorder.jobs[i].result.seconds[PM_STAGE_READ], 0.03);
        recorder_assert_written(&recorder, i);
    }
    recorder_free(&recorder);
}

ENGINE_TEST(no_jobs_at_all_ends_at_once)
{
    struct recorder recorder;
    recorder_init(&recorder, 0);
    struct engine_config config = recorder_config(&recorder, 4, 2);
    recorder_run(engine, &config, 2, -1);
    cr_assert_eq(recorder.finished, 0);
    recorder_free(&recorder);
}

ENGINE_TEST(closing_early_gives_every_named_job_back)
{
    struct recorder recorder;
    struct pm_error error = {0};
    recorder_init(&recorder, 50);
    struct engine_config config = recorder_config(&recorder, 2, 3);
    struct intake *run = engine->open(&config, &error);
    struct job *job = engine->take(run);
    cr_assert_not_null(job);
    size_t taken = job->index; /* whichever was read first */
    job->status = JOB_OK;
    engine->give(run, job);
    engine->close(run);
    cr_assert_eq(recorder.finished, recorder.named);
    cr_assert_lt(recorder.named, 50);
    cr_assert_eq(recorder.used, 0);
    for (size_t i = 0; i < recorder.named; i++)
        cr_assert_eq(recorder.jobs[i].result.error.kind, i == taken ? PM_OK : PM_ERROR_CANCELLED);
    recorder_free(&recorder);
}

ENGINE_TEST(few_descriptors_are_enough)
{
    struct recorder recorder;
    recorder_init(&recorder, 300);
    rlim_t most = 0; /* so that eight descriptors are free; Criterion holds some */
    for (int free = 0; free < 8; most++)
        free += fcntl((int)most, F_GETFD) < 0;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){most, most}), 0);
    struct engine_config config = recorder_config(&recorder, 2, 4);
    recorder_run(engine, &config, 2, -1);
    cr_assert_eq(recorder.finished, 300);
    cr_assert_eq(recorder.failed, 0);
    recorder_free(&recorder);
}

ENGINE_TEST(seconds_and_mode_are_filled)
{
    struct recorder recorder;
    recorder_init(&recorder, 1);
    cr_assert_eq(chmod(recorder.inputs[0], 0640), 0);
    struct engine_config config = recorder_config(&recorder, 1, 1);
    config.care = FILE_DURABLE;
    recorder_run(engine, &config, 1, -1);
    cr_assert_gt(recorder.jobs[0].result.seconds[PM_STAGE_READ], 0);
    cr_assert_gt(recorder.jobs[0].result.seconds[PM_STAGE_WRITE], 0);
    struct stat status;
    cr_assert_eq(stat(recorder.outputs[0], &status), 0);
    cr_assert_eq(status.st_mode & 0777, 0640);
    recorder_free(&recorder);
}
