/* What the lock allows and what it prevents. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "backend/fake.h"
#include "base/clock.h"

enum { TURNS = 20 };

/* Data shared by the threads of a test. */
static struct {
    atomic_int inside, computed;
    atomic_bool crowded; /* two threads held the lock at the same time */
    atomic_uint turns[2];
    atomic_uint next_number, changes;
    atomic_int last;
} shared;

static void spin(double seconds)
{
    for (double until = clock_now() + seconds; clock_now() < until;)
        ;
}

static void compute_alone(double seconds)
{
    if (atomic_fetch_add(&shared.inside, 1) != 0)
        atomic_store(&shared.crowded, true);
    spin(seconds);
    atomic_fetch_sub(&shared.inside, 1);
}

static void run_jobs(void (*run)(const struct work *work, const struct job_input *input, struct buffer *out,
                                 struct job_result *result, struct context *context),
                     size_t count, struct backend_config config)
{
    struct fake fake;
    fake_init(&fake, count, FAKE_SUMS);
    config.work = (struct work){.run = run};
    config.timeout = 120;
    fake_run(&fake, backend_find("gil"), &config);
    fake_assert_all_given(&fake);
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(fake.jobs[i].status, JOB_OK, "job %zu: %s", i, fake.jobs[i].result.error.message);
    fake_free(&fake);
}

#define WORK(name)                                                                                           \
    static void name(const struct work *work, const struct job_input *input, struct buffer *out,             \
                     struct job_result *result, struct context *context)
#define UNUSED (void)work, (void)input, (void)out, (void)result

/* The lock may be released at a checkpoint and during native work, nowhere else. */
WORK(compute_between_checkpoints)
{
    UNUSED;
    for (int i = 0; i < TURNS; i++) {
        compute_alone(100e-6);
        context_native_begin(context);
        context_checkpoint(context); /* as from a library's callback */
        context_native_end(context);
        compute_alone(100e-6);
        if (context_checkpoint(context) != 0)
            return;
    }
}

Test(gil, never_do_two_threads_compute)
{
    for (int released = 0; released <= 1; released++) {
        struct backend_config config = fake_config(4);
        config.gil_interval = 300e-6;
        config.gil = released != 0 ? GIL_RELEASED : GIL_HELD;
        run_jobs(compute_between_checkpoints, 40, config);
        cr_assert(!atomic_load(&shared.crowded));
    }
}

/* Computes until both jobs have had the lock, so that it ends only if the lock switches between them. */
WORK(compute_in_turns)
{
    UNUSED;
    unsigned self = atomic_fetch_add(&shared.next_number, 1);
    while (atomic_load(&shared.turns[0]) < TURNS || atomic_load(&shared.turns[1]) < TURNS) {
        if (context_checkpoint(context) != 0)
            return;
        spin(100e-6);
        if (atomic_exchange(&shared.last, (int)self) != (int)self) {
            atomic_fetch_add(&shared.changes, 1);
            atomic_fetch_add(&shared.turns[self], 1);
        }
    }
}

static void expect_turns(void)
{
    struct backend_config config = fake_config(2);
    config.gil_interval = 2e-3;
    atomic_store(&shared.last, -1);
    double began = clock_now();
    run_jobs(compute_in_turns, 2, config);
    double took = clock_now() - began;
    cr_assert_geq(atomic_load(&shared.changes), 2 * TURNS);
    cr_assert_leq(atomic_load(&shared.changes), took / config.gil_interval + 2, "handed over too soon");
}

Test(gil, a_thread_that_waits_is_handed_the_lock_once_an_interval)
{
    expect_turns();
}

/* A thread that is woken rarely runs before the thread that released the lock waits for it again. */
Test(gil, the_lock_is_handed_over_on_a_single_processor)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
    cr_assert_eq(sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0}), 0);
    expect_turns();
}

/* Waits until another thread arrives here; false on timeout. */
static bool meet(double seconds)
{
    atomic_fetch_add(&shared.inside, 1);
    double until = clock_now() + seconds;
    while (atomic_load(&shared.inside) < 2 && clock_now() < until)
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    return atomic_load(&shared.inside) >= 2;
}

WORK(meet_in_native_work)
{
    UNUSED;
    context_native_begin(context);
    bool met = meet(60);
    context_native_end(context);
    if (!met)
        error_set(&result->error, PM_ERROR_INTERNAL, "alone in native work");
}

static int meet_in_band(void *argument, unsigned band, struct arena *scratch)
{
    (void)band, (void)scratch;
    *(bool *)argument = meet(60);
    return 0;
}

WORK(meet_in_bands)
{
    UNUSED;
    bool met = false;
    if (context_for_bands(context, 1, meet_in_band, &met) == 0 && !met)
        error_set(&result->error, PM_ERROR_INTERNAL, "alone in a band");
}

Test(gil, released_native_work_overlaps)
{
    struct backend_config config = fake_config(2);
    config.gil = GIL_RELEASED;
    run_jobs(meet_in_native_work, 2, config);
    atomic_store(&shared.inside, 0);
    run_jobs(meet_in_bands, 2, config);
}

WORK(be_alone_in_native_work)
{
    UNUSED;
    context_native_begin(context);
    compute_alone(1e-3);
    context_native_end(context);
    context_checkpoint(context);
}

Test(gil, held_native_work_does_not)
{
    run_jobs(be_alone_in_native_work, 20, fake_config(4));
    cr_assert(!atomic_load(&shared.crowded));
}

WORK(count_computed)
{
    UNUSED, (void)result, (void)context;
    atomic_fetch_add(&shared.computed, 1);
}

/* Returns job 0 only after the other one was computed, which needs the lock meanwhile. */
static void wait_for_the_other(struct fake *fake, struct job *job)
{
    (void)fake;
    if (job->index != 0)
        return;
    double until = clock_now() + 60;
    while (atomic_load(&shared.computed) < 2 && clock_now() < until)
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    cr_assert_eq(atomic_load(&shared.computed), 2, "the lock was held while a result was written");
}

Test(gil, a_thread_that_writes_does_not_hold_the_lock)
{
    struct fake fake;
    fake_init(&fake, 2, FAKE_SUMS);
    fake.on_give = wait_for_the_other;
    struct backend_config config = fake_config(2);
    config.work = (struct work){.run = count_computed};
    fake_run(&fake, backend_find("gil"), &config);
    fake_assert_all_given(&fake);
    fake_free(&fake);
}

#ifndef PIXMILL_SANITIZED /* a sanitizer's runtime starts processes of its own */
Test(gil, the_caller_does_it_alone_when_no_thread_can_be_started)
{
    struct fake fake;
    fake_init(&fake, 20, FAKE_SUMS);
    struct backend_config config = fake_config(4);
    fake_forbid_starting();
    fake_run(&fake, backend_find("gil"), &config);
    fake_assert_all_given(&fake);
    for (size_t i = 0; i < fake.count; i++)
        fake_assert_sums(&fake, i);
    fake_free(&fake);
}
#endif
