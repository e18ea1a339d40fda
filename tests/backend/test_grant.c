#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/fault.h"
#include "backend/grant.h"
#include "base/clock.h"

/* A process that computes until it is killed, or only sleeps. */
static pid_t start(bool works)
{
    pid_t child = fork();
    if (child == 0) {
        signal(SIGXCPU, SIG_DFL);
        for (;;) {
            if (!works)
                pause();
        }
    }
    cr_assert_gt(child, 0);
    return child;
}

static struct rlimit limit_of(pid_t worker, enum __rlimit_resource resource)
{
    struct rlimit limit;
    cr_assert_eq(prlimit(worker, resource, NULL, &limit), 0);
    return limit;
}

static int end(pid_t worker)
{
    int status;
    kill(worker, SIGKILL);
    cr_assert_eq(waitpid(worker, &status, 0), worker);
    return status;
}

Test(grant, a_process_that_computes_longer_is_ended, .timeout = 120)
{
    struct grant grant = {.worker = start(true)};
    cr_assert(grant_works(grant.worker));
    cr_assert_eq(grant_job(&grant, 0, 0.1), 0);
    int status;
    cr_assert_eq(waitpid(grant.worker, &status, 0), grant.worker);
    cr_assert(WIFSIGNALED(status));
    cr_assert_eq(WTERMSIG(status), SIGXCPU);

    struct pm_error error = {0};
    fault_tell(&(struct fault){.kind = FAULT_DIED, .ended = status}, NULL, &error);
    cr_assert_eq(error.kind, PM_ERROR_TIMEOUT);
    cr_assert_str_eq(error.message, "the worker process used up its CPU time");
    cr_assert_eq(error.hint, PM_HINT_MAX_TIME);
}

Test(grant, each_job_has_time_of_its_own)
{
    struct grant grant = {.worker = start(false)};
    while (grant_cpu_taken(grant.worker) <= 0)
        clock_sleep_until(clock_now() + 0.001);
    rlim_t hard = limit_of(grant.worker, RLIMIT_CPU).rlim_max;
    cr_assert_eq(grant_job(&grant, 0, 10), 0);
    /* Two seconds more than it has used so far, rounded up. */
    cr_assert_eq(limit_of(grant.worker, RLIMIT_CPU).rlim_cur, 13);
    cr_assert_eq(grant_job(&grant, 100 << 20, 0), 0);
    cr_assert_eq(limit_of(grant.worker, RLIMIT_CPU).rlim_cur, 461, "a minute, and 4 s for each MiB");
    cr_assert_eq(grant_job(&grant, 0, 0), 0);
    cr_assert_eq(limit_of(grant.worker, RLIMIT_CPU).rlim_cur, hard, "nothing is known of the job");
    cr_assert_eq(limit_of(grant.worker, RLIMIT_CPU).rlim_max, hard, "which could never be raised again");
    end(grant.worker);
}

Test(grant, memory_that_was_granted_is_not_taken_away)
{
    struct grant grant = {.worker = start(false)};
    const rlim_t mib = 1 << 20;
    cr_assert_eq(grant_job(&grant, 100 * mib, 0), 0);
    cr_assert_eq(limit_of(grant.worker, RLIMIT_DATA).rlim_cur, 556 * mib);
    cr_assert_eq(grant_job(&grant, mib, 0), 0);
    cr_assert_eq(limit_of(grant.worker, RLIMIT_DATA).rlim_cur, 556 * mib);
    cr_assert_eq(grant_job(&grant, 200 * mib, 0), 0);
    cr_assert_eq(limit_of(grant.worker, RLIMIT_DATA).rlim_cur, 856 * mib);
    cr_assert_eq(grant_job(&grant, UINT64_MAX, 0), 0);
    cr_assert_eq(limit_of(grant.worker, RLIMIT_DATA).rlim_cur, limit_of(grant.worker, RLIMIT_DATA).rlim_max);
    end(grant.worker);
}

Test(grant, a_process_that_is_no_more_is_granted_nothing)
{
    struct grant grant = {.worker = start(false)};
    end(grant.worker);
    cr_assert_eq(grant_job(&grant, 1, 1), -1);
    cr_assert_eq(errno, ESRCH);
    cr_assert_not(grant_works(grant.worker));
    cr_assert_lt(grant_cpu_taken(grant.worker), 0);
}

Test(grant, cpu_time_is_counted)
{
    pid_t worker = start(true);
    while (grant_cpu_taken(worker) < 0.01)
        ;
    end(worker);
}

Test(grant, memory_is_counted)
{
    enum { SIZE = 24 << 20 };
    int ready[2];
    char byte;
    cr_assert_eq(pipe(ready), 0);
    const int64_t before = grant_memory_taken(getpid());
    cr_assert_gt(before, 0);
    pid_t worker = fork();
    if (worker == 0) {
        memset(mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, SIZE);
        (void)!write(ready[1], "", 1);
        pause();
    }
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    const int64_t taken = grant_memory_taken(worker);
    cr_assert_geq(taken, SIZE);
    cr_assert_leq(taken, SIZE + before + (16 << 20));
    end(worker);
    cr_assert_lt(grant_memory_taken(worker), 0);
}

Test(grant, more_may_be_resident_than_was_granted)
{
    const uint64_t mib = 1 << 20;
    cr_assert_eq(grant_resident_max(100 * mib), 588 * mib);
    cr_assert_eq(grant_resident_max(0), UINT64_MAX, "nothing is known of the job");
    cr_assert_eq(grant_resident_max(UINT64_MAX), UINT64_MAX);
}
