#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "backend/fake.h"
#include "backend/sandbox.h"

extern const struct backend backend_procs;

/* Runs FAKE_ESCAPE in a worker process under `wish`. */
static void escape(enum sandbox_wish wish, int results[FAKE_ESCAPES])
{
    struct fake fake;
    fake_init(&fake, 1, FAKE_ESCAPE);
    struct backend_config config = fake_config(1);
    config.sandbox = wish;
    fake_run(&fake, &backend_procs, &config);
    cr_assert_eq(fake.jobs[0].out.size, FAKE_ESCAPES * sizeof(int), "%s", fake.jobs[0].result.error.message);
    memcpy(results, fake.jobs[0].out.data, FAKE_ESCAPES * sizeof(int));
    fake_free(&fake);
}

Test(sandbox, without_it_a_worker_can_do_what_any_process_can)
{
    int results[FAKE_ESCAPES];
    escape(SANDBOX_OFF, results);
    for (int way = 0; way < FAKE_ESCAPES; way++)
        cr_assert_eq(results[way], way == FAKE_ESCAPE_EXEC ? ENOENT : 0, "way %d: errno %d", way,
                     results[way]);
}

/* Where a part is missing, as in a build with sanitizers, requiring it must fail and say what. */
Test(sandbox, whole_or_refused_when_required)
{
    struct backend_config config = fake_config(1);
    config.sandbox = SANDBOX_REQUIRE;
    struct pm_error error = {0};
    struct crew *crew = backend_procs.open(&config, &error);
    const char *missing = sandbox_missing();
    if (missing == NULL) {
        cr_assert_not_null(crew, "%s", error.message);
        backend_procs.close(crew);
        int results[FAKE_ESCAPES];
        escape(SANDBOX_REQUIRE, results);
        for (int way = 0; way < FAKE_ESCAPES; way++)
            cr_assert_eq(results[way], EPERM, "way %d: errno %d", way, results[way]);
    } else {
        cr_assert_null(crew);
        cr_assert_eq(error.kind, PM_ERROR_UNSUPPORTED);
        cr_assert_not_null(strstr(error.message, missing), "%s", error.message);
    }
}
