/* Trials as the sweep runs them, with the real program pixmill-trial, in the folder of $PIXMILL. */
#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/backend.h"
#include "base/clock.h"
#include "bench/measure/trial.h"
#include "bench/measure/trial_report.h"
#include "cli/run.h"
#include "temp.h"

static struct trial_request request;
static struct trial_lab lab;
static struct trial trial;
static char culprit[160];
static struct pm_error error;
static char program[4096], output[4096], max_pixels[64], more[64];

/* A trial of `threads` with 2 workers and two small pictures; tests change what they need. */
static void begin(void)
{
    const char *pixmill = getenv("PIXMILL");
    cr_assert_not_null(pixmill, "PIXMILL names the command");
    snprintf(program, sizeof program, "%.*spixmill-trial", (int)(strrchr(pixmill, '/') + 1 - pixmill),
             pixmill);
    cr_assert_eq(chdir(temp_folder()), 0);
    put_picture("a.png", 64, 64);
    put_picture("b.jpg", 64, 64);
    lab = (struct trial_lab){.program = program, .inputs = memfd_create("inputs", MFD_CLOEXEC), .stop = -1};
    dprintf(lab.inputs, "%s/a.png%c%s/b.jpg%c", temp_folder(), 0, temp_folder(), 0);
    static const char *const options[] = {
        output, "--memory=64M", "--available=1G", "--resize=32x32", max_pixels, more, NULL};
    request = (struct trial_request){.backend = "threads",
                                     .engine = "sync",
                                     .workload = WORKLOAD_CPU,
                                     .jobs = 2,
                                     .rounds = 3,
                                     .options = options};
    snprintf(output, sizeof output, "--output=%s/out", temp_folder());
    snprintf(max_pixels, sizeof max_pixels, "--max-pixels=1000000");
    snprintf(more, sizeof more, "--gil=held"); /* which is so anyway */
}

static enum trial_end run(void)
{
    error = (struct pm_error){0};
    return trial_run(&lab, &request, &trial, culprit, &error);
}

static void runs_well(void)
{
    cr_assert_eq(run(), TRIAL_MEASURED, "%s: %s", culprit, error.message);
}

Test(trial, measures_time_memory_and_stages_of_every_backend)
{
    begin();
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        request.backend = (*backend)->name;
        request.jobs = (*backend)->one_worker ? 1 : 2;
        double began = clock_now();
        runs_well();
        double took = clock_now() - began;
        cr_assert_eq(trial.images, 6);
        cr_assert_eq(trial.workers, request.jobs);
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
}

/* The report has the granted number, not the requested one. */
Test(trial, a_thread_limit_of_openmp_is_recorded)
{
    cr_assert_eq(setenv("OMP_THREAD_LIMIT", "2", 1), 0);
    begin();
    request.backend = "omp";
    request.jobs = 3;
    runs_well();
    cr_assert_eq(trial.workers, 2);
    request.backend = "threads";
    runs_well();
    cr_assert_eq(trial.workers, 3);
}

Test(trial, worker_processes_count_with_their_memory_and_time)
{
    begin();
    request.rounds = 20;
    put_picture("a.png", 600, 400); /* compared with which reading and writing the file takes little */
    request.backend = "serial";
    request.jobs = 1;
    runs_well();
    double work = trial.user_s + trial.system_s;
    request.backend = "procs";
    runs_well();
    uint64_t one = trial.peak_pss_bytes, one_rss = trial.peak_rss_bytes;
    /* The parent alone takes far less; the same work may take twice the time while a processor is shared. */
    cr_assert_gt(trial.user_s + trial.system_s, work / 4, "the workers' time is missing");
    request.jobs = 6;
    runs_well();
    cr_assert_gt(trial.peak_pss_bytes, one + 5 * (100 << 10));
    cr_assert_gt(trial.peak_rss_bytes, one_rss + 5 * (1 << 20));
}

Test(trial, overhead_hands_ten_thousand_jobs_over_each_round)
{
    begin();
    request.workload = WORKLOAD_OVERHEAD;
    request.rounds = 2;
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        request.backend = (*backend)->name;
        request.jobs = (*backend)->one_worker ? 1 : 3;
        runs_well();
        cr_assert_eq(trial.images, 2 * TINY_JOBS, "%s: %lu", (*backend)->name, (unsigned long)trial.images);
    }
    cr_assert_eq(access("out", F_OK), -1, "no file is written");
}

#ifndef PIXMILL_SANITIZED /* a sanitizer needs memory of its own */
/* Compares resident sets: proportional sizes depend on other processes that map the same pages. */
Test(trial, memory_is_the_trials_own_whatever_ran_before)
{
    begin();
    request.backend = "serial";
    request.jobs = 1;
    runs_well();
    uint64_t small = trial.peak_rss_bytes;
    put_picture("b.jpg", 3000, 2000);
    snprintf(max_pixels, sizeof max_pixels, "--max-pixels=1000000000");
    runs_well();
    cr_assert_gt(trial.peak_rss_bytes, small + (1 << 20));
    put_picture("b.jpg", 64, 64);
    runs_well();
    cr_assert_lt(trial.peak_rss_bytes, small + (1 << 20));
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
}

Test(trial, a_trial_that_dies_or_never_starts_is_reported_and_the_next_one_runs)
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
}

Test(trial, is_ended_at_once_when_the_sweep_is_to_stop)
{
    begin();
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    lab.stop = ends[0];
    request.rounds = 1000000;
    alarm(60); /* ends the test, should the trial not be */
    cr_assert_eq(write(ends[1], "", 1), 1);
    double began = clock_now();
    cr_assert_eq(run(), TRIAL_STOPPED);
    cr_assert_lt(clock_now() - began, 30);
    lab.stop = -1;
    request.rounds = 1;
    runs_well();
}

Test(trial, the_time_that_another_program_had_is_reported)
{
    begin();
    request.rounds = 300;
    int begun[2];
    char byte;
    cr_assert_eq(pipe(begun), 0);
    pid_t other = fork();
    if (other == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (ssize_t wrote = write(begun[1], "", 1); wrote == 1;)
            ;
        _exit(1);
    }
    cr_assert_eq(read(begun[0], &byte, 1), 1);
    runs_well();
    kill(other, SIGKILL);
    cr_expect_gt(trial.others_s, 0.1 * trial.wall_s, "%g of %g s", trial.others_s, trial.wall_s);
}

Test(trial, is_ended_and_fails_when_it_lasts_too_long)
{
    begin();
    request.rounds = 1000000;
    lab.timeout = 0.2;
    alarm(60); /* ends the test, should the trial not be */
    cr_assert_eq(run(), TRIAL_FAILED);
    cr_assert_eq(error.kind, PM_ERROR_TIMEOUT);
    cr_assert(strstr(error.message, "over 0.2 s") != NULL, "%s", error.message);
    lab.timeout = 60;
    request.rounds = 1;
    runs_well();
}

/* It sends its report but does not end. */
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
}

Test(trial, pinned_workers)
{
    begin();
    snprintf(more, sizeof more, "--cpus=0");
    runs_well();
}

/* The option parser reads the request, and its error message is returned. */
Test(trial, a_wrong_option_fails_the_trial_and_is_named)
{
    begin();
    snprintf(more, sizeof more, "--gil=open");
    cr_assert_eq(run(), TRIAL_FAILED);
    cr_assert_str_eq(culprit, "--gil=open");
    cr_assert_eq(error.kind, PM_ERROR_USAGE);
    snprintf(more, sizeof more, "--cpus=");
    cr_assert_eq(run(), TRIAL_FAILED);
    snprintf(more, sizeof more, "--cpus=one");
    cr_assert_eq(run(), TRIAL_FAILED);
    cr_assert_str_eq(culprit, "--cpus=one");
}

/* Starts a process as the lab, which is killed during a trial. */
Test(trial, ends_when_the_lab_is_killed)
{
    begin();
    int ends[2];
    char byte;
    request.rounds = 1000000;
    cr_assert_eq(pipe(ends), 0);
    pid_t killed = fork();
    if (killed == 0) {
        cr_assert_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO); /* which the trial inherits */
        close(ends[1]);
        run();
        _exit(0);
    }
    close(ends[1]);
    alarm(60); /* ends the test, should the trial not end */
    while (access("out", F_OK) != 0)
        poll(NULL, 0, 10);
    kill(killed, SIGKILL);
    waitpid(killed, NULL, 0);
    while (read(ends[0], &byte, 1) > 0) /* until the other end is closed everywhere */
        ;
}
