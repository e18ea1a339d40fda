/* Trials as the sweep runs them: the real program pixmill-trial, which stands beside $PIXMILL. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/backend.h"
#include "base/clock.h"
#include "bench/measure/trial.h"
#include "cli/run.h"
#include "temp.h"

static struct spawner spawner;
static struct order order;
static struct trial_lab lab;
static struct trial trial;
static char culprit[160];
static struct pm_error error;
static char program[4096];

/* A trial of `threads` with 2 workers over two small pictures; tests change what they are about. */
static void begin(void)
{
    const char *pixmill = getenv("PIXMILL");
    cr_assert_not_null(pixmill, "PIXMILL names the command");
    snprintf(program, sizeof program, "%.*spixmill-trial", (int)(strrchr(pixmill, '/') + 1 - pixmill),
             pixmill);
    cr_assert_eq(spawner_start(&spawner, &error), 0);
    cr_assert_eq(chdir(temp_folder()), 0);
    put_picture("a.png", 64, 64);
    put_picture("b.jpg", 64, 64);
    lab = (struct trial_lab){
        .spawner = &spawner, .program = program, .inputs = memfd_create("inputs", MFD_CLOEXEC), .stop = -1};
    dprintf(lab.inputs, "%s/a.png%c%s/b.jpg%c", temp_folder(), 0, temp_folder(), 0);
    order = (struct order){.backend = "threads",
                           .engine = "sync",
                           .workload = WORKLOAD_CPU,
                           .jobs = 2,
                           .rounds = 3,
                           .memory = 64 << 20,
                           .available = 1 << 30,
                           .max_pixels = 1 << 20,
                           .recipe = "resize=32x32"};
    snprintf(order.output, sizeof order.output, "%s/out", temp_folder());
}

static enum trial_end run(void)
{
    error = (struct pm_error){0};
    return trial_run(&lab, &order, &trial, culprit, &error);
}

static void runs_well(void)
{
    cr_assert_eq(run(), TRIAL_MEASURED, "%s: %s", culprit, error.message);
}

Test(trial, measures_time_memory_and_stages_of_every_backend)
{
    begin();
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        snprintf(order.backend, sizeof order.backend, "%s", (*backend)->name);
        order.jobs = (*backend)->one_worker ? 1 : 2;
        double began = clock_now();
        runs_well();
        double took = clock_now() - began;
        cr_assert_eq(trial.images, 6);
        cr_assert_eq(trial.workers, order.jobs);
        cr_assert_eq(trial.pixels, 6 * 64 * 64);
        cr_assert(trial.wall_s > 0 && trial.wall_s < took);
        cr_assert(trial.startup_s > 0 && trial.startup_s + trial.wall_s < took);
        cr_assert(trial.user_s + trial.system_s > 0 && trial.user_s + trial.system_s < 3 * took);
        cr_assert_gt(trial.peak_pss_bytes, 200 << 10);
        cr_assert_gt(trial.peak_rss_bytes, trial.peak_pss_bytes);
        cr_assert_gt(trial.minor_faults, 50);
        cr_assert_gt(trial.stage_s[PM_STAGE_DECODE], 0);
        cr_assert_gt(trial.stage_s[PM_STAGE_WRITE], 0);
        cr_assert_eq(access(temp_path("out%s/a.png", temp_folder()), F_OK), 0);
    }
    spawner_stop(&spawner);
}

/* The account tells what was granted, not what was asked for. */
Test(trial, a_thread_limit_of_openmp_is_recorded)
{
    cr_assert_eq(setenv("OMP_THREAD_LIMIT", "2", 1), 0);
    begin();
    snprintf(order.backend, sizeof order.backend, "omp");
    order.jobs = 3;
    runs_well();
    cr_assert_eq(trial.workers, 2);
    snprintf(order.backend, sizeof order.backend, "threads");
    runs_well();
    cr_assert_eq(trial.workers, 3);
    spawner_stop(&spawner);
}

Test(trial, worker_processes_count_with_their_memory_and_time)
{
    begin();
    order.rounds = 20;
    put_picture("a.png", 600, 400); /* next to which reading and writing the file is little */
    snprintf(order.backend, sizeof order.backend, "serial");
    order.jobs = 1;
    runs_well();
    double work = trial.user_s + trial.system_s;
    snprintf(order.backend, sizeof order.backend, "procs");
    runs_well();
    uint64_t one = trial.peak_pss_bytes, one_rss = trial.peak_rss_bytes;
    cr_assert_gt(trial.user_s + trial.system_s, work / 2, "the workers' time is missing");
    order.jobs = 6;
    runs_well();
    cr_assert_gt(trial.peak_pss_bytes, one + 5 * (100 << 10));
    cr_assert_gt(trial.peak_rss_bytes, one_rss + 5 * (1 << 20));
    spawner_stop(&spawner);
}

Test(trial, overhead_hands_ten_thousand_jobs_over_each_round)
{
    begin();
    order.workload = WORKLOAD_OVERHEAD;
    order.rounds = 2;
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        snprintf(order.backend, sizeof order.backend, "%s", (*backend)->name);
        order.jobs = (*backend)->one_worker ? 1 : 3;
        runs_well();
        cr_assert_eq(trial.images, 2 * TINY_JOBS, "%s: %lu", (*backend)->name, (unsigned long)trial.images);
    }
    cr_assert_eq(access("out", F_OK), -1, "no file is written");
    spawner_stop(&spawner);
}

#ifndef PIXMILL_SANITIZED /* a sanitizer keeps memory of its own */
Test(trial, memory_is_the_trials_own_whatever_ran_before)
{
    begin();
    snprintf(order.backend, sizeof order.backend, "serial");
    order.jobs = 1;
    runs_well();
    uint64_t small = trial.peak_pss_bytes;
    put_picture("b.jpg", 3000, 2000);
    order.max_pixels = 1 << 30;
    runs_well();
    cr_assert_gt(trial.peak_pss_bytes, small + (1 << 20));
    put_picture("b.jpg", 64, 64);
    runs_well();
    cr_assert_lt(trial.peak_pss_bytes, small + (1 << 20));
    spawner_stop(&spawner);
}
#endif

Test(trial, a_job_that_fails_fails_the_trial_and_is_named)
{
    begin();
    temp_text("b.jpg", "no picture");
    cr_assert_eq(run(), TRIAL_FAILED);
    cr_assert(strstr(culprit, "b.jpg") != NULL, "%s", culprit);
    cr_assert_gt(strlen(error.message), 0);
    put_picture("b.jpg", 64, 64);
    runs_well();
    spawner_stop(&spawner);
}

Test(trial, a_trial_that_dies_or_never_starts_is_told_and_the_next_one_runs)
{
    begin();
    lab.program = "/bin/false";
    cr_assert_eq(run(), TRIAL_FAILED);
    cr_assert(strstr(error.message, "status 1") != NULL, "%s", error.message);
    lab.program = "./missing";
    cr_assert_eq(run(), TRIAL_FAILED);
    cr_assert(strstr(error.message, "could not be started") != NULL, "%s", error.message);
    temp_text("dies", "#!/bin/sh\nkill -SEGV $$\n");
    cr_assert_eq(chmod("dies", 0755), 0);
    lab.program = temp_path("dies");
    cr_assert_eq(run(), TRIAL_FAILED);
    cr_assert(strstr(error.message, "signal 11") != NULL, "%s", error.message);
    lab.program = program;
    runs_well();
    spawner_stop(&spawner);
}

Test(trial, is_ended_at_once_when_the_sweep_is_to_stop)
{
    begin();
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    lab.stop = ends[0];
    order.rounds = 1000000;
    alarm(60); /* ends the test, should the trial not be */
    cr_assert_eq(write(ends[1], "", 1), 1);
    double began = clock_now();
    cr_assert_eq(run(), TRIAL_STOPPED);
    cr_assert_lt(clock_now() - began, 30);
    lab.stop = -1;
    order.rounds = 1;
    runs_well();
    spawner_stop(&spawner);
}

Test(trial, the_time_that_another_program_had_is_told)
{
    begin();
    order.rounds = 300;
    pid_t other = fork();
    if (other == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            ;
    }
    runs_well();
    kill(other, SIGKILL);
    cr_expect_gt(trial.others_s, 0.1 * trial.wall_s, "%g of %g s", trial.others_s, trial.wall_s);
    spawner_stop(&spawner);
}

Test(trial, is_ended_and_fails_when_it_lasts_too_long)
{
    begin();
    order.rounds = 1000000;
    lab.timeout = 0.2;
    alarm(60); /* ends the test, should the trial not be */
    cr_assert_eq(run(), TRIAL_FAILED);
    cr_assert_eq(error.kind, PM_ERROR_TIMEOUT);
    cr_assert(strstr(error.message, "over 0.2 s") != NULL, "%s", error.message);
    lab.timeout = 60;
    order.rounds = 1;
    runs_well();
    spawner_stop(&spawner);
}

/* The account comes, the end does not. */
Test(trial, is_ended_when_it_does_not_end_by_itself)
{
    begin();
    char script[sizeof program + 64];
    snprintf(script, sizeof script, "#!/bin/sh\n'%s' \"$@\"\nexec sleep 1000\n", program);
    temp_text("lingers", script);
    cr_assert_eq(chmod("lingers", 0755), 0);
    lab.program = temp_path("lingers");
    lab.timeout = 3;
    alarm(60);
    cr_assert_eq(run(), TRIAL_FAILED);
    cr_assert_eq(error.kind, PM_ERROR_TIMEOUT);
    spawner_stop(&spawner);
}

Test(trial, pinned_workers_and_a_lost_spawner)
{
    begin();
    order.ncpus = 1;
    order.cpus[0] = 0;
    runs_well();
    kill(spawner.pid, SIGKILL);
    cr_assert_eq(run(), TRIAL_FAILED);
    cr_assert(strstr(error.message, "was lost") != NULL, "%s", error.message);
    spawner_stop(&spawner);
}
