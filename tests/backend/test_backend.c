/* What every backend must do, whatever its model. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "backend/fake.h"
#include "base/clock.h"

static const unsigned worker_counts[] = {1, 2, 3, 8};

/* Calls `check` for every backend and number of workers. */
static void for_each_backend(void (*check)(const struct backend *backend, unsigned workers))
{
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        for (size_t i = 0; i < sizeof worker_counts / sizeof *worker_counts; i++) {
            if (worker_counts[i] == 1 || !(*backend)->one_worker)
                check(*backend, worker_counts[i]);
        }
    }
}

static void check_sums(const struct backend *backend, unsigned workers)
{
    struct fake fake;
    fake_init(&fake, 300, FAKE_SUMS);
    struct backend_config config = fake_config(workers);
    fake_run(&fake, backend, &config);
    fake_assert_all_given(&fake);
    for (size_t i = 0; i < fake.count; i++)
        fake_assert_sums(&fake, i);
    fake_free(&fake);
}

Test(backend, every_job_is_done_right_and_given_once)
{
    for_each_backend(check_sums);
}

static void check_empty(const struct backend *backend, unsigned workers)
{
    struct fake fake;
    fake_init(&fake, 0, FAKE_SUMS);
    struct backend_config config = fake_config(workers);
    struct backend_report report = fake_run(&fake, backend, &config);
    cr_assert_eq(report.deaths, 0);
    cr_assert_eq(fake.given_total, 0);
    fake_free(&fake);
}

Test(backend, source_that_ends_at_once)
{
    for_each_backend(check_empty);
}

static void check_arguments(const struct backend *backend, unsigned workers)
{
    static const size_t sizes[] = {0, 1, 100, JOB_ARGUMENT_MAX};
    static uint8_t arguments[60][JOB_ARGUMENT_MAX];
    struct fake fake;
    fake_init(&fake, 60, FAKE_ARGUMENT);
    for (size_t i = 0; i < fake.count; i++) {
        memset(arguments[i], (int)i + 1, sizeof arguments[i]);
        fake.jobs[i].argument_size = sizes[i % 4];
        fake.jobs[i].argument = sizes[i % 4] > 0 ? arguments[i] : NULL;
    }
    struct backend_config config = fake_config(workers);
    fake_run(&fake, backend, &config);
    fake_assert_all_given(&fake);
    for (size_t i = 0; i < fake.count; i++) {
        cr_assert_eq(fake.jobs[i].status, JOB_OK);
        cr_assert_eq(fake.jobs[i].out.size, sizes[i % 4]);
        if (sizes[i % 4] > 0)
            cr_assert_arr_eq(fake.jobs[i].out.data, arguments[i], sizes[i % 4]);
    }
    fake_free(&fake);
}

Test(backend, each_job_brings_its_own_argument)
{
    for_each_backend(check_arguments);
}

/* The exact time does not matter: the job would never end by itself. */
static void *ask_later(void *recall)
{
    clock_sleep_until(clock_now() + 0.02);
    recall_ask(recall);
    return NULL;
}

static void check_recall(const struct backend *backend, enum fake_behaviour behaviour)
{
    struct fake fake;
    struct recall recall;
    struct pm_error error = {0};
    pthread_t asker;
    fake_init(&fake, 3, FAKE_SUMS);
    fake_behave(&fake, 1, behaviour);
    cr_assert_eq(recall_open(&recall, &error), 0);
    fake.jobs[1].recall = &recall;
    cr_assert_eq(pthread_create(&asker, NULL, ask_later, &recall), 0);
    struct backend_config config = fake_config(1);
    fake_run(&fake, backend, &config);
    pthread_join(asker, NULL);
    fake_assert_all_given(&fake);
    fake_assert_sums(&fake, 0);
    cr_assert_eq(fake.jobs[1].status, JOB_FAILED);
    cr_assert_eq(fake.jobs[1].result.error.kind, PM_ERROR_CANCELLED, "%s: %s", backend->name,
                 fake.jobs[1].result.error.message);
    cr_assert_eq(fake.jobs[1].out.size, 0);
    fake_assert_sums(&fake, 2);
    recall_close(&recall);
    fake_free(&fake);
}

Test(backend, a_cancelled_job_ends_at_its_next_checkpoint, .timeout = 120)
{
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        check_recall(*backend, FAKE_LOOP);
        check_recall(*backend, FAKE_BAND_LOOP);
    }
}

static void check_errors(const struct backend *backend, unsigned workers)
{
    struct fake fake;
    fake_init(&fake, 40, FAKE_SUMS);
    for (size_t i = 0; i < fake.count; i += 4) {
        fake_behave(&fake, i, FAKE_ERROR);
        fake_behave(&fake, i + 1, FAKE_BAND_ERROR);
    }
    struct backend_config config = fake_config(workers);
    fake_run(&fake, backend, &config);
    fake_assert_all_given(&fake);
    for (size_t i = 0; i < fake.count; i++) {
        const struct job *job = &fake.jobs[i];
        if (i % 4 > 1) {
            fake_assert_sums(&fake, i);
            continue;
        }
        cr_assert_eq(job->status, JOB_FAILED);
        cr_assert_eq(job->result.error.kind, i % 4 == 0 ? PM_ERROR_CORRUPT : PM_ERROR_MEMORY);
        cr_assert_eq(job->out.size, 0, "half a result was left behind");
    }
    cr_assert_str_eq(fake.jobs[0].result.error.message, "broken on purpose");
    fake_free(&fake);
}

Test(backend, an_error_fails_its_own_job_only)
{
    for_each_backend(check_errors);
}

/* On a busy machine the other jobs may also exceed their time limit. */
static void check_timeout(const struct backend *backend, unsigned workers)
{
    struct fake fake;
    fake_init(&fake, 6, FAKE_SUMS);
    fake_behave(&fake, 0, FAKE_LOOP);
    fake_behave(&fake, 1, FAKE_BAND_LOOP);
    struct backend_config config = fake_config(workers);
    config.timeout = 0.1;
    struct backend_report report = fake_run(&fake, backend, &config);
    cr_assert(report.deaths == 0 || fake_has_replaced_worker(&fake));
    fake_assert_all_given(&fake);
    for (size_t i = 0; i < 2; i++) {
        cr_assert(fake_was_over_time(backend, &fake.jobs[i], config.timeout));
        cr_assert_str_eq(fake.jobs[i].result.error.message, "took longer than 0.1 s");
    }
    for (size_t i = 2; i < fake.count; i++) {
        if (!fake_was_over_time(backend, &fake.jobs[i], config.timeout))
            fake_assert_sums(&fake, i);
    }
    fake_free(&fake);
}

Test(backend, a_job_over_its_time_fails_alone)
{
    for_each_backend(check_timeout);
}

static void check_secret(const struct backend *backend, unsigned workers)
{
    struct fake fake;
    fake_init(&fake, 10, FAKE_SIGN);
    for (size_t i = 0; i < fake.count - 1; i++) {
        fake.jobs[i].secrets.has_encrypt = true;
        memset(fake.jobs[i].secrets.encrypt.check, (int)i, PM_CHECK_BYTES);
    }
    struct backend_config config = fake_config(workers);
    fake_run(&fake, backend, &config);
    for (size_t i = 0; i < fake.count - 1; i++) {
        cr_assert_eq(fake.jobs[i].out.size, PM_CHECK_BYTES);
        cr_assert_arr_eq(fake.jobs[i].out.data, fake.jobs[i].secrets.encrypt.check, PM_CHECK_BYTES);
    }
    cr_assert_eq(fake.jobs[9].result.error.kind, PM_ERROR_KEY);
    fake_free(&fake);
}

Test(backend, each_job_gets_its_own_secret)
{
    for_each_backend(check_secret);
}

static void check_large(const struct backend *backend, unsigned workers)
{
    struct fake fake;
    fake_init(&fake, 3, FAKE_LARGE);
    struct backend_config config = fake_config(workers);
    fake_run(&fake, backend, &config);
    for (size_t i = 0; i < fake.count; i++) {
        cr_assert_eq(fake.jobs[i].out.size, FAKE_LARGE_BYTES);
        cr_assert_eq(fake.jobs[i].out.data[4096 * 250], 250);
        cr_assert_eq(fake.jobs[i].out.data[FAKE_LARGE_BYTES - 1], (FAKE_LARGE_BYTES / 4096 - 1) % 251);
    }
    fake_free(&fake);
}

Test(backend, a_result_may_be_much_larger_than_its_input)
{
    for_each_backend(check_large);
}

static void check_result(const struct backend *backend, unsigned workers)
{
    struct fake fake;
    fake_init(&fake, 4, FAKE_SUMS);
    fake.jobs[2].result.seconds[PM_STAGE_READ] = 1.5; /* as an engine leaves it */
    struct backend_config config = fake_config(workers);
    double began = clock_now();
    fake_run(&fake, backend, &config);
    double took = clock_now() - began;
    const struct job_result *result = &fake.jobs[2].result;
    cr_assert_str_eq(result->warnings, "75 bytes\n");
    cr_assert_eq(result->seconds[PM_STAGE_READ], 1.5);
    for (enum pm_stage stage = PM_STAGE_WAIT; stage < PM_STAGES; stage++) {
        cr_assert_geq(result->seconds[stage], 0);
        cr_assert_leq(result->seconds[stage], took);
    }
    cr_assert_gt(result->seconds[PM_STAGE_WAIT], 0);
    cr_assert_gt(result->seconds[PM_STAGE_FILTER], 0);
    cr_assert_eq(result->seconds[PM_STAGE_WRITE], 0);
    fake_free(&fake);
}

Test(backend, seconds_and_warnings_are_reported)
{
    for_each_backend(check_result);
}

static void check_pinned(const struct backend *backend, unsigned workers)
{
    unsigned last = CPU_SETSIZE;
    cpu_set_t before;
    cr_assert_eq(sched_getaffinity(0, sizeof before, &before), 0);
    while (last > 0 && !CPU_ISSET(last - 1, &before))
        last--;
    const unsigned cpus[] = {last - 1};
    struct fake fake;
    fake_init(&fake, 20, FAKE_CPUS);
    struct backend_config config = fake_config(workers);
    config.sandbox = SANDBOX_OFF;
    config.cpus = cpus;
    config.ncpus = 1;
    fake_run(&fake, backend, &config);
    for (size_t i = 0; i < fake.count; i++) {
        cr_assert_eq(fake.jobs[i].out.size, sizeof(cpu_set_t));
        const cpu_set_t *set = (const cpu_set_t *)fake.jobs[i].out.data;
        cr_assert(CPU_COUNT(set) == 1 && CPU_ISSET(last - 1, set), "%s: %d processors", backend->name,
                  CPU_COUNT(set));
    }
    fake_free(&fake);
    cr_assert_eq(sched_setaffinity(0, sizeof before, &before), 0);
}

Test(backend, pinned_workers_run_on_their_processor_alone)
{
    for_each_backend(check_pinned);
}

Test(backend, is_found_by_its_name_and_says_what_it_is)
{
    cr_assert_str_eq(backends[0]->name, "threads");
    cr_assert_null(backend_find("fibers"));
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        cr_assert_eq(backend_find((*backend)->name), *backend);
        cr_assert_gt(strlen((*backend)->help), 0);
        cr_assert_null((*backend)->why_not());
    }
}
