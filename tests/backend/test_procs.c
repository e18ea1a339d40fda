/* The purpose of worker processes: whatever happens to one, the batch continues. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "backend/fake.h"
#include "backend/processes.h"
#include "base/clock.h"

extern const struct backend backend_procs;

static void check_crashes(unsigned workers, enum fake_behaviour behaviour, const char *message)
{
    struct fake fake;
    fake_init(&fake, 60, FAKE_SUMS);
    unsigned crashes = 0;
    for (size_t i = 0; i < fake.count; i++) {
        fake.jobs[i].charge = 1 << 20;
        if (i % 10 == 3) {
            fake_behave(&fake, i, behaviour);
            crashes++;
        }
    }
    struct backend_config config = fake_config(workers);
    config.timeout = 20;
    struct backend_report report = fake_run(&fake, &backend_procs, &config);
    fake_assert_all_given(&fake);
    cr_assert_eq(report.deaths, crashes);
    for (size_t i = 0; i < fake.count; i++) {
        const struct job *job = &fake.jobs[i];
        if (i % 10 != 3) {
            fake_assert_sums(&fake, i);
            continue;
        }
        cr_assert_eq(job->status, JOB_FAILED);
        cr_assert_eq(job->result.error.kind, PM_ERROR_WORKER);
        cr_assert_str_eq(job->result.error.message, message);
        cr_assert_eq(job->out.size, 0);
        if (behaviour != FAKE_LIE && behaviour != FAKE_SCRIBBLE)
            cr_assert_eq(job->result.error.stage, PM_STAGE_FILTER);
    }
    fake_free(&fake);
}

Test(procs, a_crash_fails_its_own_job_only)
{
    for (unsigned workers = 1; workers <= 3; workers++) {
        check_crashes(
            workers, FAKE_SEGV,
            "the worker process was killed by signal 11, Segmentation fault (the image is the likely cause)");
        check_crashes(workers, FAKE_ABORT,
                      "the worker process was killed by signal 6, Aborted (the image is the likely cause)");
    }
}

Test(procs, an_exit_fails_its_own_job_only)
{
    check_crashes(2, FAKE_EXIT, "the worker process ended with status 3 (the image is the likely cause)");
}

Test(procs, writing_past_the_region_fails_its_own_job_only)
{
    check_crashes(2, FAKE_OVERRUN,
                  "the worker process was killed by signal 7, Bus error (the image is the likely cause)");
}

Test(procs, a_worker_that_claims_a_huge_result_is_not_believed)
{
    check_crashes(2, FAKE_LIE, "the worker process sent an invalid reply (the image is the likely cause)");
}

Test(procs, a_worker_that_writes_over_its_report_is_not_believed)
{
    check_crashes(2, FAKE_SCRIBBLE,
                  "the worker process sent an invalid reply (the image is the likely cause)");
}

Test(procs, a_result_over_the_jobs_charge_is_refused)
{
    struct fake fake;
    fake_init(&fake, 2, FAKE_LARGE);
    fake.jobs[0].charge = FAKE_LARGE_BYTES;
    fake.jobs[1].charge = FAKE_LARGE_BYTES - 1;
    struct backend_config config = fake_config(1);
    struct backend_report report = fake_run(&fake, &backend_procs, &config);
    cr_assert_eq(report.deaths, 0);
    cr_assert_eq(fake.jobs[0].status, JOB_OK);
    cr_assert_eq(fake.jobs[1].result.error.kind, PM_ERROR_MEMORY);
    fake_free(&fake);
}

Test(procs, a_worker_that_never_asks_is_stopped)
{
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO); /* where FAKE_HANG writes */
    struct fake fake;
    fake_init(&fake, 8, FAKE_SUMS);
    fake_behave(&fake, 2, FAKE_HANG);
    struct backend_config config = fake_config(2);
    config.timeout = 0.3;
    config.sandbox = SANDBOX_OFF;
    double began = clock_now();
    struct backend_report report = fake_run(&fake, &backend_procs, &config);
    cr_assert_lt(clock_now() - began, 100); /* it would have slept for a thousand seconds */
    fake_assert_all_given(&fake);
    cr_assert(report.deaths == 0 || fake_has_replaced_worker(&fake));
    for (size_t i = 0; i < fake.count; i++) { /* on a busy machine the other jobs may take as long, too */
        if (i != 2 && !fake_was_over_time(&backend_procs, &fake.jobs[i], config.timeout))
            fake_assert_sums(&fake, i);
    }
    cr_assert_eq(fake.jobs[2].result.error.kind, PM_ERROR_TIMEOUT);
    cr_assert_str_eq(fake.jobs[2].result.error.message, "took longer than 0.3 s");
    fake_free(&fake);
}

/* Kills the worker of the job just returned, before the next job. */
static void kill_idle_worker(struct fake *fake, struct job *job)
{
    (void)fake;
    if (job->index == 1)
        kill_and_wait(*(pid_t *)job->out.data);
}

Test(procs, a_worker_that_dies_idle_fails_no_job)
{
    struct fake fake;
    fake_init(&fake, 4, FAKE_PID);
    fake.on_give = kill_idle_worker;
    struct backend_config config = fake_config(1);
    struct backend_report report = fake_run(&fake, &backend_procs, &config);
    cr_assert_eq(report.deaths, 1);
    pid_t pids[4];
    for (size_t i = 0; i < fake.count; i++) {
        cr_assert_eq(fake.jobs[i].status, JOB_OK, "%s", fake.jobs[i].result.error.message);
        pids[i] = *(pid_t *)fake.jobs[i].out.data;
    }
    cr_assert_eq(pids[0], pids[1]);
    cr_assert_neq(pids[1], pids[2]);
    cr_assert_eq(pids[2], pids[3]);
    fake_free(&fake);
}

/* Kills the worker of the last job. */
static void kill_last_worker(struct fake *fake, struct job *job)
{
    if (job->index == fake->count - 1)
        kill_and_wait(*(pid_t *)job->out.data);
}

Test(procs, a_worker_that_dies_after_its_last_job_is_counted)
{
    struct fake fake;
    fake_init(&fake, 4, FAKE_PID);
    fake.on_give = kill_last_worker;
    struct backend_config config = fake_config(1);
    struct backend_report report = fake_run(&fake, &backend_procs, &config);
    cr_assert_eq(report.deaths, 1);
    for (size_t i = 0; i < fake.count; i++)
        cr_assert_eq(fake.jobs[i].status, JOB_OK, "%s", fake.jobs[i].result.error.message);
    fake_free(&fake);
}

#ifndef PIXMILL_SANITIZED /* whose workers have no sandbox, and are never renewed */

/* The processes that do `count` jobs, one after the other; job `failing` fails. */
static void collect_pids(enum sandbox_mode mode, size_t count, size_t failing, pid_t pids[])
{
    struct fake fake;
    fake_init(&fake, count, FAKE_PID);
    if (failing < count)
        fake_behave(&fake, failing, FAKE_ERROR);
    struct backend_config config = fake_config(1);
    config.sandbox = mode;
    struct backend_report report = fake_run(&fake, &backend_procs, &config);
    cr_assert_eq(report.deaths, 0);
    for (size_t i = 0; i < count; i++)
        pids[i] = i != failing ? *(pid_t *)fake.jobs[i].out.data : 0;
    fake_free(&fake);
}

Test(procs, a_worker_is_renewed_after_a_hundred_jobs)
{
    enum { JOBS = 250 };
    pid_t pids[JOBS];
    collect_pids(SANDBOX_ON, JOBS, JOBS, pids);
    for (size_t i = 1; i < JOBS; i++)
        cr_assert_eq(pids[i] != pids[i - 1], i % 100 == 0, "job %zu", i);
    collect_pids(SANDBOX_OFF, JOBS, JOBS, pids);
    for (size_t i = 1; i < JOBS; i++)
        cr_assert_eq(pids[i], pids[0]);
}

Test(procs, a_worker_is_renewed_after_an_image_that_fails)
{
    pid_t pids[5];
    collect_pids(SANDBOX_REQUIRE, 5, 2, pids);
    cr_assert_eq(pids[0], pids[1]);
    cr_assert_neq(pids[1], pids[3]);
    cr_assert_eq(pids[3], pids[4]);
}

Test(procs, strict_has_a_process_for_each_job)
{
    pid_t pids[5];
    collect_pids(SANDBOX_STRICT, 5, 5, pids);
    for (size_t i = 0; i < 5; i++) {
        for (size_t k = 0; k < i; k++)
            cr_assert_neq(pids[i], pids[k]);
    }
}

#endif

/* A worker that never calls its checkpoint is killed; the next job gets another worker. */
Test(procs, a_worker_that_does_not_hear_a_recall_is_replaced, .timeout = 120)
{
    struct fake fake;
    struct recall recall;
    struct pm_error error = {0};
    fake_init(&fake, 2, FAKE_SUMS);
    fake_behave(&fake, 0, FAKE_HANG);
    cr_assert_eq(recall_open(&recall, &error), 0);
    recall_ask(&recall);
    fake.jobs[0].recall = &recall;
    struct backend_config config = fake_config(1);
    config.sandbox = SANDBOX_OFF;
    struct backend_report report = fake_run(&fake, &backend_procs, &config);
    cr_assert_eq(fake.jobs[0].result.error.kind, PM_ERROR_CANCELLED);
    fake_assert_sums(&fake, 1);
    cr_assert_eq(report.deaths, 0);
    recall_close(&recall);
    fake_free(&fake);
}

Test(procs, the_memory_of_workers_is_reported)
{
    struct fake fake;
    fake_init(&fake, 2, FAKE_LARGE);
    struct backend_config config = fake_config(1);
    struct backend_report report = fake_run(&fake, &backend_procs, &config);
    cr_assert_geq(report.worker_peak_bytes, FAKE_LARGE_BYTES);
    cr_assert_leq(report.worker_peak_bytes, FAKE_LARGE_BYTES + ((uint64_t)256 << 20));
    fake_free(&fake);
}

#ifndef PIXMILL_SANITIZED /* a sanitizer's runtime starts processes of its own and maps terabytes */
Test(procs, without_a_process_it_does_not_open)
{
    struct backend_config config = fake_config(2);
    struct pm_error error = {0};
    fake_forbid_starting();
    cr_assert_null(backend_procs.open(&config, &error));
    cr_assert_eq(error.kind, PM_ERROR_WORKER);
    cr_assert_str_eq(error.message,
                     "no worker process can be started: Resource temporarily unavailable (raise ulimit -u)");
}

/* Limits this process to `more` bytes of addresses in addition to those in use. */
static void limit_addresses(rlim_t more)
{
    unsigned long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    cr_assert_not_null(statm);
    cr_assert_eq(fscanf(statm, "%lu", &pages), 1);
    fclose(statm);
    rlim_t limit = (rlim_t)pages * 4096 + more;
    cr_assert_eq(setrlimit(RLIMIT_AS, &(struct rlimit){limit, limit}), 0);
}

Test(procs, few_addresses_are_enough)
{
    struct fake fake;
    fake_init(&fake, 20, FAKE_SUMS);
    struct backend_config config = fake_config(2);
    limit_addresses(512 << 20);
    struct backend_report report = fake_run(&fake, &backend_procs, &config);
    cr_assert_eq(report.deaths, 0);
    for (size_t i = 0; i < fake.count; i++)
        fake_assert_sums(&fake, i);
    fake_free(&fake);
}

Test(procs, without_address_space_it_does_not_open)
{
    struct backend_config config = fake_config(2);
    struct pm_error error = {0};
    limit_addresses(4 << 20);
    cr_assert_null(backend_procs.open(&config, &error));
    cr_assert_str_eq(error.message,
                     "no address space for a worker: Cannot allocate memory (raise ulimit -v)");
}
#endif
