/* Backends whose workers share memory help each other with the bands of the last images. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "backend/fake.h"

ParameterizedTestParameters(bands, two_bands_of_a_lone_job_run_at_the_same_time)
{
    static char names[2][8] = {"threads", "omp"};
    return cr_make_param_array(char[8], names, 2);
}

/* Each of the two bands waits for the other, so the job succeeds only if both run at the same time. */
ParameterizedTest(char name[8], bands, two_bands_of_a_lone_job_run_at_the_same_time)
{
    for (unsigned workers = 2; workers <= 8; workers *= 2) {
        struct fake fake;
        fake_init(&fake, 1, FAKE_MEET);
        struct backend_config config = fake_config(workers);
        config.timeout = 120;
        fake_run(&fake, backend_find(name), &config);
        cr_assert_eq(fake.jobs[0].status, JOB_OK, "%s, %u workers: %s", name, workers,
                     fake.jobs[0].result.error.message);
        fake_free(&fake);
    }
}

ParameterizedTestParameters(bands, several_jobs_share_the_helpers)
{
    static char names[2][8] = {"threads", "omp"};
    return cr_make_param_array(char[8], names, 2);
}

ParameterizedTest(char name[8], bands, several_jobs_share_the_helpers)
{
    struct fake fake;
    fake_init(&fake, 3, FAKE_MEET);
    struct backend_config config = fake_config(8);
    config.timeout = 120;
    fake_run(&fake, backend_find(name), &config);
    for (size_t i = 0; i < fake.count; i++)
        cr_assert_eq(fake.jobs[i].status, JOB_OK, "%s: %s", name, fake.jobs[i].result.error.message);
    fake_free(&fake);
}

#ifndef PIXMILL_SANITIZED /* a sanitizer's runtime starts processes of its own */
Test(threads, the_caller_does_it_alone_when_no_thread_can_be_started)
{
    struct fake fake;
    fake_init(&fake, 20, FAKE_SUMS);
    struct backend_config config = fake_config(4);
    fake_forbid_starting();
    fake_run(&fake, backend_find("threads"), &config);
    fake_assert_all_given(&fake);
    for (size_t i = 0; i < fake.count; i++)
        fake_assert_sums(&fake, i);
    fake_free(&fake);
}
#endif
