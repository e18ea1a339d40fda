#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/cgroup.h"
#include "backend/fake.h"
#include "backend/sandbox.h"
#include "calls.h"
#include "forbid.h"
#include "temp.h"

extern const struct backend backend_procs;

/* Two jobs for each kind of escape: one tries it, one computes sums. */
static void attempt_escapes(struct fake *fake, enum sandbox_mode mode)
{
    fake_init(fake, 2 * FAKE_ESCAPES, FAKE_SUMS);
    for (int way = 0; way < FAKE_ESCAPES; way++)
        fake_behave(fake, 2 * (size_t)way, FAKE_ESCAPE + way);
    struct backend_config config = fake_config(2);
    config.sandbox = mode;
    struct backend_report report = fake_run(fake, &backend_procs, &config);
    fake_assert_all_given(fake);
    cr_assert_eq(report.deaths, mode == SANDBOX_OFF ? 0 : FAKE_ESCAPES);
    for (int way = 0; way < FAKE_ESCAPES; way++)
        fake_assert_sums(fake, 2 * (size_t)way + 1);
}

Test(sandbox, without_it_a_worker_can_do_what_any_process_can)
{
    struct fake fake;
    attempt_escapes(&fake, SANDBOX_OFF);
    for (int way = 0; way < FAKE_ESCAPES; way++) {
        const struct job *job = &fake.jobs[2 * way];
        cr_assert_eq(job->status, JOB_OK, "way %d: %s", way, job->result.error.message);
        cr_assert_eq(*(int *)job->out.data, way == FAKE_ESCAPE_EXEC ? ENOENT : 0, "way %d", way);
    }
    fake_free(&fake);
}

#ifndef PIXMILL_SANITIZED

Test(sandbox, a_worker_is_stopped_at_the_call_that_is_not_allowed)
{
    static const char *const calls[FAKE_ESCAPES] = {
        [FAKE_ESCAPE_OPEN] = "openat",        [FAKE_ESCAPE_CREATE] = "openat",
        [FAKE_ESCAPE_SOCKET] = CALL_SOCKET,   [FAKE_ESCAPE_FORK] = "clone",
        [FAKE_ESCAPE_SIGNAL] = "getppid",     [FAKE_ESCAPE_MAP_CODE] = CALL_MMAP,
        [FAKE_ESCAPE_MAP_SHARED] = CALL_MMAP, [FAKE_ESCAPE_WRITE] = "write",
        [FAKE_ESCAPE_EXEC] = "execve",
    };
    static const enum sandbox_mode modes[] = {SANDBOX_ON, SANDBOX_REQUIRE, SANDBOX_STRICT};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct fake fake;
        attempt_escapes(&fake, modes[i]);
        for (int way = 0; way < FAKE_ESCAPES; way++) {
            const struct job *job = &fake.jobs[2 * way];
            char text[64];
            cr_assert_eq(job->status, JOB_FAILED, "way %d", way);
            snprintf(text, sizeof text, "was stopped at the forbidden %s (system call ", calls[way]);
            cr_assert_not_null(strstr(job->result.error.message, text), "way %d: %s", way,
                               job->result.error.message);
        }
        fake_free(&fake);
    }
}

/* Runs `attempt` in a process with Landlock only; returns its exit status. */
static int behind_landlock(int (*attempt)(void))
{
    pid_t child = fork();
    if (child == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || sandbox_shut_landlock() != 0)
            _exit(255);
        _exit(attempt());
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int try_open(void)
{
    return open("/etc/passwd", O_RDONLY) < 0 ? errno : 0;
}

static int try_list(void)
{
    return open("/", O_RDONLY | O_DIRECTORY) < 0 ? errno : 0;
}

static int try_exec(void)
{
    execl("/bin/true", "true", (char *)NULL);
    return errno;
}

static int try_connect(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return connect(fd, (struct sockaddr *)&to, sizeof to) < 0 ? errno : 0;
}

static int try_signal(void)
{
    return kill(getppid(), 0) < 0 ? errno : 0;
}

Test(sandbox, landlock_alone_denies_files)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
    if (abi < 1)
        cr_skip_test("this kernel has no Landlock");
    cr_assert_eq(try_open(), 0, "and without it they can be opened");
    cr_assert_eq(try_list(), 0);
    cr_assert_eq(behind_landlock(try_open), EACCES);
    cr_assert_eq(behind_landlock(try_list), EACCES);
    cr_assert_eq(behind_landlock(try_exec), EACCES);
    if (abi >= 4)
        cr_assert_eq(behind_landlock(try_connect), EACCES);
    if (abi >= 6)
        cr_assert_eq(behind_landlock(try_signal), EPERM);
}

/* The owner of a process's files in /proc shows whether other processes of the user may access it. */
static void expect_closed(struct fake *fake, struct job *job)
{
    (void)fake;
    char path[64];
    struct stat status;
    pid_t worker = *(pid_t *)job->out.data;
    snprintf(path, sizeof path, "/proc/%d/mem", (int)worker);
    cr_assert_eq(stat(path, &status), 0);
    cr_assert_eq(status.st_uid, 0);
    cr_assert_lt(open(path, O_RDONLY), 0);
    cr_assert_eq(errno, EACCES);
}

static void expect_open(struct fake *fake, struct job *job)
{
    (void)fake;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", (int)*(pid_t *)job->out.data);
    int memory = open(path, O_RDONLY);
    cr_assert_geq(memory, 0);
    close(memory);
}

static void look_at_memory(enum sandbox_mode mode, void (*look)(struct fake *, struct job *))
{
    struct fake fake;
    fake_init(&fake, 1, FAKE_PID);
    fake.on_give = look;
    struct backend_config config = fake_config(1);
    config.sandbox = mode;
    fake_run(&fake, &backend_procs, &config);
    fake_free(&fake);
}

Test(sandbox, a_worker_is_closed_to_other_processes_of_its_user)
{
    temp_folder();
    temp_drop_root();                                    /* root may read all memory */
    cr_assert_eq(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0); /* which dropping root has removed */
    look_at_memory(SANDBOX_OFF, expect_open);
    look_at_memory(SANDBOX_ON, expect_closed);
}

static void run_pids(enum sandbox_mode mode, pid_t *pids, size_t count)
{
    struct fake fake;
    fake_init(&fake, count, FAKE_PID);
    struct backend_config config = fake_config(1);
    config.sandbox = mode;
    struct backend_report report = fake_run(&fake, &backend_procs, &config);
    cr_assert_eq(report.deaths, 0);
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(fake.jobs[i].status, JOB_OK, "%s", fake.jobs[i].result.error.message);
        pids[i] = *(pid_t *)fake.jobs[i].out.data;
    }
    fake_free(&fake);
}

Test(sandbox, strict_is_a_process_for_every_job)
{
    enum { JOBS = 5 };
    pid_t pids[JOBS];
    run_pids(SANDBOX_REQUIRE, pids, JOBS);
    for (int i = 1; i < JOBS; i++)
        cr_assert_eq(pids[i], pids[0]);
    run_pids(SANDBOX_STRICT, pids, JOBS);
    for (int i = 1; i < JOBS; i++)
        cr_assert_neq(pids[i], pids[i - 1]);
}

Test(sandbox, a_worker_gets_the_memory_that_its_job_is_charged_and_little_more)
{
    struct fake fake;
    fake_init(&fake, 2, FAKE_GREED);
    fake_behave(&fake, 1, FAKE_SUMS);
    fake.jobs[0].charge = fake.jobs[1].charge = 8 << 20;
    struct backend_config config = fake_config(1);
    fake_run(&fake, &backend_procs, &config);
    cr_assert_eq(fake.jobs[0].status, JOB_OK, "%s", fake.jobs[0].result.error.message);
    size_t got = *(size_t *)fake.jobs[0].out.data;
    cr_assert_geq(got, 3 * fake.jobs[0].charge);
    cr_assert_leq(got, 3 * fake.jobs[0].charge + (256 << 20));
    fake_free(&fake);
}

/* Without /proc the parent can't check memory. */
static bool hide_proc(void)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", "/proc", "tmpfs", 0, NULL) == 0;
}

/* With all other walls missing, the cgroup kills a worker that uses too much memory. */
Test(sandbox, a_worker_is_killed_at_the_limit_of_its_cgroup, .timeout = 120)
{
    struct cgroups probe;
    cgroups_open(&probe, "/");
    if (probe.version == 0)
        cr_skip_test("this process can't make cgroups with a limit of memory");
    cgroups_close(&probe);
    const struct rlimit not_all = {.rlim_cur = (rlim_t)2 << 30, .rlim_max = (rlim_t)2 << 30};
    const struct scmp_arg_cmp another = {.arg = 0, .op = SCMP_CMP_NE, .datum_a = 0};
    cr_assert_eq(setrlimit(RLIMIT_DATA, &not_all), 0);
    cr_assert_eq(forbid_call(SCMP_SYS(prlimit64), EPERM, another), 0);

    struct fake fake;
    fake_init(&fake, 3, FAKE_SUMS);
    fake_behave(&fake, 1, FAKE_GREED);
    for (size_t i = 0; i < fake.count; i++)
        fake.jobs[i].charge = 8 << 20;
    struct backend_config config = fake_config(1);
    struct backend_report report;
    struct pm_error error = {0};
    struct workers *workers = backend_procs.open(&config, &error);
    cr_assert_not_null(workers, "%s", error.message);
    if (!hide_proc())
        cr_skip_test("/proc can't be hidden from this process");
    cr_assert_eq(backend_procs.run(workers, &fake.source, &fake.sink, &report, &error), 0, "%s",
                 error.message);
    backend_procs.close(workers);
    const struct pm_error *killed = &fake.jobs[1].result.error;
    cr_assert_eq(fake.jobs[1].status, JOB_FAILED);
    cr_assert_not_null(strstr(killed->message, "exceeded its memory limit of 3"), "%s", killed->message);
    cr_assert_geq(killed->limit, (uint64_t)(256 + 3 * 8 + 32 + 8) << 20);
    cr_assert_leq(killed->limit, (uint64_t)(256 + 3 * 8 + 32 + 8 + 16) << 20);
    fake_assert_sums(&fake, 0);
    fake_assert_sums(&fake, 2);
    fake_free(&fake);
}

#else

Test(sandbox, builds_with_sanitizers_have_none_and_say_so)
{
    struct backend_config config = fake_config(1);
    struct pm_error error = {0};
    struct workers *workers = backend_procs.open(&config, &error);
    cr_assert_not_null(workers);
    cr_assert_not_null(strstr(backend_procs.note(workers), "this build has sanitizers"));
    backend_procs.close(workers);
    for (enum sandbox_mode mode = SANDBOX_REQUIRE; mode <= SANDBOX_STRICT; mode++) {
        error = (struct pm_error){0};
        config.sandbox = mode;
        cr_assert_null(backend_procs.open(&config, &error));
        cr_assert_eq(error.kind, PM_ERROR_UNSUPPORTED);
        cr_assert_not_null(strstr(error.message, "this build has sanitizers"), "%s", error.message);
    }
}

#endif

Test(sandbox, what_is_missing_is_reported_in_words)
{
    char text[256];
#ifndef PIXMILL_SANITIZED
    cr_assert_str_eq(sandbox_tell(1u << WALL_SECCOMP, text, sizeof text), "seccomp filters");
    cr_assert_str_eq(
        sandbox_tell(1u << WALL_LIMITS | 1u << WALL_LANDLOCK | 1u << WALL_SECCOMP, text, sizeof text),
        "resource limits, Landlock (Linux 5.13 or later, enabled) and seccomp filters");
    sandbox_tell(SANDBOX_ALL_MISSING, text, sizeof text);
    cr_assert_lt(strlen(text), sizeof text - 1, "all of it has room");
#endif
    char openat_name[64];
    snprintf(openat_name, sizeof openat_name, "openat (system call %d)", SYS_openat);
    cr_assert_str_eq(sandbox_call_name(SYS_openat, text, sizeof text), openat_name);
    cr_assert_str_eq(sandbox_call_name(99999, text, sizeof text), "an unknown one (system call 99999)");
}
