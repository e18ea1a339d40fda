/* The purpose of worker processes: whatever happens to one, the batch continues. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/fake.h"
#include "backend/sandbox.h"
#include "base/clock.h"

extern const struct backend backend_procs;

/* The fork server: this process's only child. */
static pid_t fork_server(void)
{
    DIR *proc = opendir("/proc");
    pid_t found = 0;
    for (struct dirent *entry; (entry = readdir(proc)) != NULL && found == 0;) {
        char path[300];
        int parent = 0;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *stat = fopen(path, "r");
        if (stat != NULL) {
            if (fscanf(stat, "%*d (%*[^)]) %*c %d", &parent) == 1 && parent == getpid())
                found = atoi(entry->d_name);
            fclose(stat);
        }
    }
    closedir(proc);
    cr_assert_neq(found, 0);
    return found;
}

static void kill_and_wait(pid_t pid)
{
    int pidfd = pidfd_open(pid, 0);
    cr_assert_geq(pidfd, 0);
    kill(pid, SIGKILL);
    cr_assert_eq(poll(&(struct pollfd){.fd = pidfd, .events = POLLIN}, 1, 60000), 1);
    close(pidfd);
}

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
    config.timeout = 3; /* longer than the other jobs take on a busy machine */
    config.sandbox = SANDBOX_OFF;
    double began = clock_now();
    struct backend_report report = fake_run(&fake, &backend_procs, &config);
    cr_assert_lt(clock_now() - began, 100); /* it would have slept for a thousand seconds */
    fake_assert_all_given(&fake);
    cr_assert_eq(report.deaths, 0);
    for (size_t i = 0; i < fake.count; i++) {
        if (i != 2)
            fake_assert_sums(&fake, i);
    }
    cr_assert_eq(fake.jobs[2].result.error.kind, PM_ERROR_TIMEOUT);
    cr_assert_str_eq(fake.jobs[2].result.error.message, "took longer than 3 s");
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

static atomic_uint *births; /* shared with the fork server and its workers */

/* Runs in each process that the fork server forks. */
static void die_as_the_second(void)
{
    if (atomic_fetch_add(births, 1) == 1)
        _exit(1);
}

static void warm_to_die(const struct work *work)
{
    (void)work;
    pthread_atfork(NULL, NULL, die_as_the_second);
}

Test(procs, a_worker_that_dies_at_its_start_is_made_again_and_counted)
{
    struct fake fake;
    births = mmap(NULL, sizeof *births, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(births, MAP_FAILED);
    fake_init(&fake, 8, FAKE_SUMS);
    struct backend_config config = fake_config(2);
    config.work.warm = warm_to_die;
    struct backend_report report = fake_run(&fake, &backend_procs, &config);
    cr_assert_eq(*births, 3);
    cr_assert_eq(report.deaths, 1);
    for (size_t i = 0; i < fake.count; i++)
        fake_assert_sums(&fake, i);
    fake_free(&fake);
}

/* Gives no other job until the fork server has ended, or its workers could finish all of them before. */
__attribute__((unused)) static void kill_server(struct fake *fake, struct job *job)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    (void)fake;
    pthread_mutex_lock(&lock);
    if (job->index == 20)
        kill_and_wait(fork_server());
    pthread_mutex_unlock(&lock);
}

/* The children of this process, by number; returns how many. */
static int children(pid_t found[], int most)
{
    DIR *proc = opendir("/proc");
    int count = 0;
    for (struct dirent *entry; (entry = readdir(proc)) != NULL;) {
        char path[300], state = '\0';
        int parent = 0;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *stat = fopen(path, "r");
        if (stat == NULL)
            continue;
        if (fscanf(stat, "%*d (%*[^)]) %c %d", &state, &parent) == 2 && parent == getpid() && state != 'Z' &&
            count < most)
            found[count++] = atoi(entry->d_name);
        fclose(stat);
    }
    closedir(proc);
    return count;
}

#ifndef PIXMILL_SANITIZED /* a sanitizer build has no reserve: its runtime must see every fork */

enum { LOSSES = 5 };

static bool sleeps(pid_t pid)
{
    char path[64], state = '\0';
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *stat = fopen(path, "r");
    if (stat != NULL) {
        cr_assert_eq(fscanf(stat, "%*d (%*[^)]) %c", &state), 1);
        fclose(stat);
    }
    return state == 'S';
}

/* Kills the server and its reserve alternately. */
static void kill_servers(struct fake *fake, struct job *job)
{
    (void)fake;
    pid_t found[8];
    if (job->index % 20 != 10 || job->index / 20 >= LOSSES)
        return;
    const double deadline = clock_now() + 60;
    while (children(found, 8) != 2 || !sleeps(found[0])) { /* a server that has made its reserve */
        cr_assert_lt(clock_now(), deadline);
        clock_sleep_until(clock_now() + 0.001);
    }
    kill_and_wait(found[job->index / 20 % 2]);
}

Test(procs, a_killed_fork_server_is_replaced, .timeout = 120)
{
    for (unsigned workers = 1; workers <= 3; workers++) {
        struct fake fake;
        fake_init(&fake, 400, FAKE_SUMS);
        fake.on_give = kill_server;
        struct backend_config config = fake_config(workers);
        fake_run(&fake, &backend_procs, &config);
        fake_assert_all_given(&fake);
        for (size_t i = 0; i < fake.count; i++)
            fake_assert_sums(&fake, i);
        fake_free(&fake);
        cr_assert_eq(children((pid_t[1]){0}, 1), 0, "none outlives the run");
    }
}

/* At most as often as a server may be lost, during a job and between jobs; where the server is used for every
 * job, and where it is used for one in a hundred. */
Test(procs, fork_servers_may_be_lost_again_and_again, .timeout = 120)
{
    static const enum sandbox_mode modes[] = {SANDBOX_STRICT, SANDBOX_ON};
    for (size_t mode = 0; mode < sizeof modes / sizeof *modes; mode++) {
        struct fake fake;
        fake_init(&fake, 200, FAKE_SUMS);
        fake.on_give = kill_servers;
        struct backend_config config = fake_config(1);
        config.sandbox = modes[mode];
        fake_run(&fake, &backend_procs, &config);
        fake_assert_all_given(&fake);
        for (size_t i = 0; i < fake.count; i++)
            fake_assert_sums(&fake, i);
        fake_free(&fake);
    }
}

#endif

/* Losing both at the same time can't be survived. */
static void kill_all(struct fake *fake, struct job *job)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pid_t found[8];
    (void)fake;
    pthread_mutex_lock(&lock);
    const int count = job->index == 20 ? children(found, 8) : 0;
    for (int i = count - 1; i >= 0; i--)
        kill(found[i], SIGSTOP); /* one must not replace the other meanwhile */
    for (int i = count - 1; i >= 0; i--)
        kill_and_wait(found[i]);
    pthread_mutex_unlock(&lock);
}

Test(procs, without_fork_server_and_reserve_a_run_ends_with_every_taken_job_given)
{
    struct fake fake;
    fake_init(&fake, 10000, FAKE_SUMS);
    fake.on_give = kill_all;
    struct backend_config config = fake_config(3);
    struct pm_error error = {0};
    struct backend_report report;
    struct workers *workers = backend_procs.open(&config, &error);
    cr_assert_not_null(workers);
    cr_assert_eq(backend_procs.run(workers, &fake.source, &fake.sink, &report, &error), -1);
    cr_assert_eq(error.kind, PM_ERROR_WORKER);
    cr_assert_str_eq(error.message,
                     "the fork server of the worker processes was killed by signal 9, Killed; memory may "
                     "have run out");
    backend_procs.close(workers);

    cr_assert_lt(fake.taken, fake.count);
    cr_assert_eq(fake.given_total, fake.taken);
    for (size_t i = 0; i < fake.taken; i++) {
        cr_assert_eq(fake.given[i], 1);
        if (fake.jobs[i].status == JOB_OK)
            fake_assert_sums(&fake, i);
        else
            cr_assert_eq(fake.jobs[i].result.error.kind, PM_ERROR_WORKER);
    }
    fake_free(&fake);
}

static void exit_as_server(const struct work *work)
{
    (void)work;
    _exit(7);
}

static void kill_as_server(const struct work *work)
{
    (void)work;
    kill(getpid(), SIGKILL);
}

static void crash_as_server(const struct work *work)
{
    (void)work;
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

static void stop_as_server(const struct work *work)
{
    (void)work;
    raise(SIGSTOP);
}

static void exit_as_worker(void)
{
    _exit(5);
}

static void exit_in_workers(const struct work *work)
{
    (void)work;
    pthread_atfork(NULL, NULL, exit_as_worker);
}

static void kill_as_worker(void)
{
    kill(getpid(), SIGKILL);
}

static void kill_in_workers(const struct work *work)
{
    (void)work;
    pthread_atfork(NULL, NULL, kill_as_worker);
}

/* Messages name the cause; "memory may have run out" is only said of the signal that the kernel sends
 * then. */
Test(procs, how_processes_that_do_not_start_ended_is_reported, .timeout = 120)
{
    static const struct {
        void (*warm)(const struct work *work);
        const char *message;
        enum pm_hint hint;
    } cases[] = {
        {exit_as_server, "the fork server of the worker processes ended with status 7", PM_HINT_NONE},
        {kill_as_server,
         "the fork server of the worker processes was killed by signal 9, Killed; memory may have run out",
         PM_HINT_LESS_AT_ONCE},
        {crash_as_server,
         "the fork server of the worker processes was killed by signal 11, Segmentation fault", PM_HINT_NONE},
        {stop_as_server, "the fork server of the worker processes did not respond (run again)", PM_HINT_NONE},
        {exit_in_workers, "a new worker process ended with status 5", PM_HINT_NONE},
        {kill_in_workers, "a new worker process was killed by signal 9, Killed; memory may have run out",
         PM_HINT_LESS_AT_ONCE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct backend_config config = fake_config(2);
        struct pm_error error = {0};
        config.work.warm = cases[i].warm;
        cr_assert_null(backend_procs.open(&config, &error));
        cr_expect_eq(error.kind, PM_ERROR_WORKER);
        cr_expect_eq(error.hint, cases[i].hint, "%s", error.message);
        cr_expect_str_eq(error.message, cases[i].message);
    }
}

static void stop_server(struct fake *fake, struct job *job)
{
    (void)fake;
    if (job->index == 2)
        cr_assert_eq(kill(fork_server(), SIGSTOP), 0);
}

/* After a crashed worker, or at the end of the run. */
static void check_stopped_server(bool crash)
{
    struct fake fake;
    fake_init(&fake, 6, FAKE_SUMS);
    fake.on_give = stop_server;
    if (crash)
        fake_behave(&fake, 4, FAKE_ABORT);
    struct backend_config config = fake_config(1);
    struct pm_error error = {0};
    struct backend_report report;
    struct workers *workers = backend_procs.open(&config, &error);
    cr_assert_not_null(workers);
    cr_assert_eq(backend_procs.run(workers, &fake.source, &fake.sink, &report, &error), 0);
    backend_procs.close(workers);
    cr_assert_eq(fake.given_total, fake.count);
    fake_free(&fake);
}

#ifndef PIXMILL_SANITIZED /* whose fork server has no reserve */
Test(procs, a_stopped_fork_server_is_not_waited_for_without_end, .timeout = 120)
{
    check_stopped_server(true);
}
#endif

Test(procs, a_stopped_fork_server_does_not_outlive_its_workers, .timeout = 120)
{
    check_stopped_server(false);
}

/* Server and workers have their parent's standard error, so this pipe closes when all of them have ended. */
Test(procs, nothing_outlives_a_killed_parent, .timeout = 120)
{
    enum { WORKERS = 3 };
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t parent = fork();
    if (parent == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        struct fake fake;
        fake_init(&fake, WORKERS, FAKE_HANG);
        struct backend_config config = fake_config(WORKERS);
        config.sandbox = SANDBOX_OFF;
        fake_run(&fake, &backend_procs, &config);
        _exit(1);
    }
    close(ends[1]);
    char byte;
    for (int i = 0; i < WORKERS; i++)
        cr_assert_eq(read(ends[0], &byte, 1), 1);
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    cr_assert_eq(read(ends[0], &byte, 1), 0);
    close(ends[0]);
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

static int oom_score(pid_t pid)
{
    char path[64];
    int score = -1;
    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", (int)pid);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    cr_assert_eq(fscanf(file, "%d", &score), 1);
    fclose(file);
    return score;
}

static void expect_scores(struct fake *fake, struct job *job)
{
    (void)fake;
    cr_assert_eq(oom_score(*(pid_t *)job->out.data), 500);
    cr_assert_eq(oom_score(fork_server()), oom_score(getpid()));
}

Test(procs, workers_alone_are_what_the_oom_killer_takes_first)
{
    struct fake fake;
    fake_init(&fake, 4, FAKE_PID);
    fake.on_give = expect_scores;
    struct backend_config config = fake_config(2);
    fake_run(&fake, &backend_procs, &config);
    fake_free(&fake);
}

static void interrupt_all(struct fake *fake, struct job *job)
{
    (void)fake;
    pid_t server = fork_server();
    pid_t worker = *(pid_t *)job->out.data;
    kill(worker, SIGINT);
    kill(worker, SIGTERM);
    kill(server, SIGINT);
    kill(server, SIGTERM);
}

Test(procs, ctrl_c_is_the_parents_affair)
{
    struct fake fake;
    fake_init(&fake, 10, FAKE_PID);
    fake.on_give = interrupt_all;
    struct backend_config config = fake_config(2);
    struct backend_report report = fake_run(&fake, &backend_procs, &config);
    cr_assert_eq(report.deaths, 0);
    for (size_t i = 0; i < fake.count; i++)
        cr_assert_eq(fake.jobs[i].status, JOB_OK);
    fake_free(&fake);
}

Test(procs, a_worker_holds_no_descriptor_but_its_own)
{
    int ours = open("/dev/null", O_RDONLY); /* not close-on-exec: forked processes have it */
    cr_assert_geq(ours, 3);
    struct fake fake;
    fake_init(&fake, 6, FAKE_DESCRIPTORS);
    struct backend_config config = fake_config(3);
    config.sandbox = SANDBOX_OFF;
    fake_run(&fake, &backend_procs, &config);
    close(ours);
    for (size_t i = 0; i < fake.count; i++) {
        cr_assert_eq(fake.jobs[i].out.size, 4 * sizeof(int));
        cr_assert_arr_eq(fake.jobs[i].out.data, ((int[]){0, 1, 2, 3}), 4 * sizeof(int));
    }
    fake_free(&fake);
}

/* A library's user may have closed standard error. Its number is then the parent's socket, which the fork
 * server must not keep open, or it would never notice the parent's end. */
Test(procs, without_standard_error_it_ends, .timeout = 120)
{
    struct fake fake;
    fake_init(&fake, 6, FAKE_SUMS);
    struct backend_config config = fake_config(2);
    int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    cr_assert_geq(kept, 3);
    close(STDERR_FILENO);
    fake_run(&fake, &backend_procs, &config);
    dup2(kept, STDERR_FILENO);
    close(kept);
    fake_assert_all_given(&fake);
    fake_free(&fake);
}

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

static pid_t warmed_in;

static void warm(const struct work *work)
{
    (void)work;
    warmed_in = getpid();
}

static void tell_warmth(const struct work *work, const struct job_input *input, struct buffer *out,
                        struct job_result *result, struct context *context)
{
    (void)work, (void)input, (void)result, (void)context;
    buffer_append(out, &warmed_in, sizeof warmed_in);
}

Test(procs, the_work_is_warmed_once_for_all_workers)
{
    struct fake fake;
    fake_init(&fake, 6, FAKE_PID);
    struct backend_config config = fake_config(3);
    config.work = (struct work){.run = tell_warmth, .warm = warm};
    fake_run(&fake, &backend_procs, &config);
    cr_assert_eq(warmed_in, 0, "it was warmed in the parent");
    pid_t first = *(pid_t *)fake.jobs[0].out.data;
    cr_assert_neq(first, 0);
    for (size_t i = 1; i < fake.count; i++)
        cr_assert_eq(*(pid_t *)fake.jobs[i].out.data, first);
    fake_free(&fake);
}

static uint32_t prepared;
static unsigned preparations;

static void prepare(const struct work *work, uint32_t needs)
{
    (void)work;
    prepared |= needs;
    preparations++;
}

/* What the worker's process has prepared, and in how many steps. */
static void tell_prepared(const struct work *work, const struct job_input *input, struct buffer *out,
                          struct job_result *result, struct context *context)
{
    (void)work, (void)input, (void)result, (void)context;
    const uint32_t told[2] = {prepared, preparations};
    buffer_append(out, told, sizeof told);
}

static void run_prepared(struct fake *fake, enum sandbox_mode sandbox, uint32_t needs)
{
    struct backend_config config = fake_config(2);
    config.sandbox = sandbox;
    config.work = (struct work){.run = tell_prepared, .prepare = prepare, .needs = needs};
    fake_run(fake, &backend_procs, &config);
    cr_assert_eq(prepared, 0, "it was prepared in the parent");
}

Test(procs, a_worker_has_prepared_what_its_job_needs)
{
    for (int strict = 0; strict < (SANDBOX_HAS_NO_WALLS ? 1 : 2); strict++) {
        struct fake fake;
        fake_init(&fake, 8, FAKE_PID);
        for (size_t i = 0; i < fake.count; i++)
            fake.jobs[i].needs = i >= 2 ? 1u << i % 3 : 0;
        run_prepared(&fake, strict ? SANDBOX_STRICT : SANDBOX_ON, 8);
        for (size_t i = 0; i < fake.count; i++) {
            const uint32_t *told = (const uint32_t *)(const void *)fake.jobs[i].out.data;
            const uint32_t needs = fake.jobs[i].needs | 8;
            cr_assert_eq(fake.jobs[i].out.size, 2 * sizeof *told);
            cr_expect_eq(told[0] & needs, needs, "job %zu: %x", i, told[0]);
            cr_expect_leq(told[1], 4, "job %zu: something was prepared twice", i);
        }
        fake_free(&fake);
    }
}

Test(procs, nothing_is_prepared_that_no_job_needs)
{
    struct fake fake;
    fake_init(&fake, 4, FAKE_PID);
    run_prepared(&fake, SANDBOX_ON, 0);
    for (size_t i = 0; i < fake.count; i++)
        cr_expect_eq(*(const uint32_t *)(const void *)fake.jobs[i].out.data, 0);
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
