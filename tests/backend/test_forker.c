/* What workers have from their fork server: signals, descriptors, the OOM killer's favour, prepared work. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "backend/fake.h"
#include "backend/processes.h"
#include "backend/sandbox.h"

extern const struct backend backend_procs;

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

Test(forker, workers_alone_are_what_the_oom_killer_takes_first)
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

Test(forker, ctrl_c_is_the_parents_affair)
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

Test(forker, a_worker_holds_no_descriptor_but_its_own)
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
Test(forker, without_standard_error_it_ends, .timeout = 120)
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

Test(forker, the_work_is_warmed_once_for_all_workers)
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

Test(forker, a_worker_has_prepared_what_its_job_needs)
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

Test(forker, nothing_is_prepared_that_no_job_needs)
{
    struct fake fake;
    fake_init(&fake, 4, FAKE_PID);
    run_prepared(&fake, SANDBOX_ON, 0);
    for (size_t i = 0; i < fake.count; i++)
        cr_expect_eq(*(const uint32_t *)(const void *)fake.jobs[i].out.data, 0);
    fake_free(&fake);
}
