/* The one-thread event loop: when it pumps, and the blocked time that it reports. */
#include <criterion/criterion.h>
#include <time.h>

#include "backend/fake.h"
#include "base/clock.h"

enum { CHECKPOINTS = 7 };

static unsigned pumps;
static bool computing;

static void pump(void *self)
{
    (void)self;
    pumps++;
}

static void compute(const struct work *work, const struct job_input *input, struct buffer *out,
                    struct job_result *result, struct context *context)
{
    (void)work, (void)input, (void)out, (void)result;
    cr_assert(!computing, "two jobs at once");
    computing = true;
    for (int i = 0; i < CHECKPOINTS; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        context_checkpoint(context);
    }
    nanosleep(&(struct timespec){.tv_nsec = 60000000}, NULL);
    computing = false;
}

Test(async, pumps_at_each_checkpoint_and_reports_the_longest_time_without)
{
    struct fake fake;
    fake_init(&fake, 3, FAKE_SUMS);
    fake.source.pump = pump;
    struct backend_config config = fake_config(1);
    config.work = (struct work){.run = compute};
    double began = clock_now();
    struct backend_report report = fake_run(&fake, backend_find("async"), &config);
    double took = clock_now() - began;
    fake_assert_all_given(&fake);
    cr_assert_eq(pumps, 3 * (CHECKPOINTS + 1), "%u", pumps);
    cr_assert_geq(report.blocked_s, 0.06);
    cr_assert_leq(report.blocked_s, took - 2 * 0.06);
    fake_free(&fake);
}

Test(async, needs_no_pump)
{
    struct fake fake;
    fake_init(&fake, 3, FAKE_SUMS);
    struct backend_config config = fake_config(1);
    struct backend_report report = fake_run(&fake, backend_find("async"), &config);
    for (size_t i = 0; i < fake.count; i++)
        fake_assert_sums(&fake, i);
    cr_assert_gt(report.blocked_s, 0);
    fake_free(&fake);
}

Test(async, no_other_backend_pumps)
{
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        cr_assert_eq((*backend)->pumps, *backend == backend_find("async"));
        cr_assert(!(*backend)->pumps || (*backend)->one_worker, "a loop has one thread");
    }
}
