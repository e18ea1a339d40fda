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

Test(worker, the_same_warning_is_reported_once_a_job)
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

static void keep_a_table(const struct work *work, const struct job_input *input, struct buffer *out,
                         struct job_result *result, struct context *context)
{
    (void)work, (void)input, (void)out, (void)result;
    memo_keep(context->memo, "key", 3, "value", 6);
}

/* Does a later job find what earlier jobs kept? */
static bool keeps(bool forgets)
{
    static const struct backend_config config = {.work.run = keep_a_table};
    struct worker worker;
    struct job_result result = {0};
    struct buffer out = {0};
    const struct job_input input = {.size = 0};
    worker_init(&worker, &config, &worker_ops, NULL);
    if (forgets)
        worker_forget(&worker);
    for (unsigned i = 0; i < 2; i++)
        worker_compute(&worker, &input, &out, &result);
    const bool found = memo_find(worker.context.memo, "key", 3) != NULL;
    const bool empty = worker.memo.count == 0 && worker.memo.arena.base == NULL;
    cr_assert(found != empty);
    worker_free(&worker);
    return found;
}

Test(worker, tables_are_kept_for_the_next_job_unless_it_shall_forget)
{
    cr_assert(keeps(false));
    cr_assert_not(keeps(true));
}
