/* The fork server and its reserve: their loss costs no job, and nothing outlives the parent. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/fake.h"
#include "backend/processes.h"
#include "base/clock.h"

extern const struct backend backend_procs;

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

Test(forkserver, a_worker_that_dies_at_its_start_is_made_again_and_counted)
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

Test(forkserver, a_killed_fork_server_is_replaced, .timeout = 120)
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
Test(forkserver, fork_servers_may_be_lost_again_and_again, .timeout = 120)
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

Test(forkserver, without_fork_server_and_reserve_a_run_ends_with_every_taken_job_given)
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
Test(forkserver, how_processes_that_do_not_start_ended_is_reported, .timeout = 120)
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
Test(forkserver, a_stopped_fork_server_is_not_waited_for_without_end, .timeout = 120)
{
    check_stopped_server(true);
}
#endif

Test(forkserver, a_stopped_fork_server_does_not_outlive_its_workers, .timeout = 120)
{
    check_stopped_server(false);
}

/* Server and workers have their parent's standard error, so this pipe closes when all of them have ended. */
Test(forkserver, nothing_outlives_a_killed_parent, .timeout = 120)
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
