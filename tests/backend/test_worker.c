#include "backend/worker.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/context.h"

static unsigned lines_of(const char *text)
{
    unsigned lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static void open_worker(struct worker *worker, struct job_result *result)
{
    static const struct backend_config config = {0};
    worker_init(worker, &config, &worker_ops, NULL);
    worker->result = result;
}

Test(worker, the_same_warning_is_told_once_a_job)
{
    struct worker worker;
    struct job_result result = {0};
    open_worker(&worker, &result);
    for (int i = 0; i < 3; i++) {
        context_warn(&worker.context, "one");
        context_warn(&worker.context, "one and more");
    }
    cr_assert_str_eq(result.warnings, "one\none and more\n");
    worker_free(&worker);
}

Test(worker, warnings_that_do_not_fit_are_no_secret)
{
    struct worker worker;
    struct job_result result = {0};
    open_worker(&worker, &result);
    char last[] = "there are more warnings than fit here\n";
    for (int i = 0; i < 1000; i++)
        context_warn(&worker.context, "%0*d", 1 + i * 37 % 200, i);
    size_t size = strlen(result.warnings);
    cr_assert_lt(size, sizeof result.warnings);
    cr_assert_gt(lines_of(result.warnings), 5);
    cr_assert_str_eq(result.warnings + size - strlen(last), last);
    cr_assert_eq(strstr(result.warnings, last), result.warnings + size - strlen(last));
    worker_free(&worker);
}
