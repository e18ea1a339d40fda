/* What textbooks say about Python, decided from verdicts. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "bench/analysis/statements.h"

static struct model models[16];
static struct verdict verdicts[16];
static struct summary summaries[16];
static struct results results = {.models = models, .verdicts = verdicts, .summaries = summaries};
static struct statement statement;

/* A model of an interpreter and whether it is parallel. */
static void have(const char *name, const char *python, enum answer parallel)
{
    struct model *model = &models[results.nmodels];
    *model = (struct model){.one_worker = strcmp(name, "python-asyncio") == 0};
    snprintf(model->name, sizeof model->name, "%s@%s", name, python);
    snprintf(model->python, sizeof model->python, "%s", python);
    snprintf(model->lock, sizeof model->lock, "%s",
             strchr(python, 't') != NULL     ? "none"
             : strstr(name, "-kept") != NULL ? "kept"
                                             : "released");
    verdicts[results.nmodels] = (struct verdict){
        .model = results.nmodels, .parallel_cpu = parallel, .memory_bytes_per_worker = 1 << 20};
    snprintf(verdicts[results.nmodels].why[COLUMN_PARALLEL], 40, "why of %s", name);
    results.nverdicts = ++results.nmodels;
}

/* Images per second of the model that was added last, on io. */
static void rate(double images_per_s, double low, double high)
{
    verdicts[results.nmodels - 1].overlaps_io = ANSWER_YES;
    summaries[results.nsummaries++] = (struct summary){.model = results.nmodels - 1,
                                                       .workload = WORKLOAD_IO,
                                                       .jobs = 2,
                                                       .images_per_s = images_per_s,
                                                       .images_per_s_ci95 = {low, high}};
}

static void expect_finding(size_t index, const char *python, enum answer holds, const char *text)
{
    cr_assert_lt(index, statement.nfindings);
    const struct finding *finding = &statement.findings[index];
    cr_assert_str_eq(finding->python, python);
    cr_assert_eq(finding->holds, holds, "%s", finding->text);
    cr_assert(strstr(finding->text, text) != NULL, "%s", finding->text);
}

Test(statements, threads_are_parallel_without_a_lock_and_in_code_that_releases_it)
{
    have("python-threads", "3.11.2", ANSWER_YES);
    have("python-threads-kept", "3.11.2", ANSWER_NO);
    have("python-threads-kept", "3.13.5t", ANSWER_YES);
    have("python-threads-kept", "3.14.10", ANSWER_NO);
    have("python-threads-kept", "3.15.2", ANSWER_UNKNOWN);
    cr_assert(statement_find(&results, 0, &statement));
    cr_assert_str_eq(statement.text, "Threads can't run Python in parallel");
    cr_assert_eq(statement.nfindings, 5);
    expect_finding(0, "3.11.2", ANSWER_YES, "keep the lock, as Python code does: why of python-threads-kept");
    expect_finding(1, "3.11.2", ANSWER_NO, "that releases the lock: why of python-threads");
    expect_finding(2, "3.13.5t", ANSWER_NO, "without a lock");
    expect_finding(3, "3.14.10", ANSWER_YES, "keep the lock");
    expect_finding(4, "3.15.2", ANSWER_UNKNOWN, "keep the lock");
    cr_assert_str_eq(statement.versions,
                     "holds in 3.11.2, 3.14.10; does not hold in 3.13.5t; unclear in 3.15.2");
}

Test(statements, processes_are_needed_where_nothing_else_is_parallel)
{
    have("python-threads", "3.11.2", ANSWER_YES);
    have("python-threads-kept", "3.11.2", ANSWER_NO);
    have("python-procs-spawn", "3.11.2", ANSWER_YES);
    have("python-threads-kept", "3.13.5t", ANSWER_YES);
    have("python-procs-fork", "3.13.5t", ANSWER_YES);
    have("python-threads-kept", "3.14.10", ANSWER_NO);
    have("python-procs-fork-kept", "3.14.10", ANSWER_YES);
    have("python-interpreters-kept", "3.14.10", ANSWER_YES);
    cr_assert(statement_find(&results, 1, &statement));
    cr_assert_eq(statement.nfindings, 5);
    expect_finding(0, "3.11.2", ANSWER_YES,
                   "threads that keep the lock: why of python-threads-kept, with 1.00 MiB");
    expect_finding(1, "3.11.2", ANSWER_NO, "C code that releases the lock");
    expect_finding(2, "3.13.5t", ANSWER_NO, "without a lock");
    expect_finding(3, "3.14.10", ANSWER_YES, "processes: why of python-procs-fork-kept");
    expect_finding(4, "3.14.10", ANSWER_NO, "interpreters of their own in one process: why of python-int");
    cr_assert_str_eq(statement.versions, "holds in 3.11.2, 3.14.10; does not hold in 3.13.5t");
}

Test(statements, what_processes_do_not_speed_up_either_is_no_case_for_them)
{
    have("python-threads-kept", "3.11.2", ANSWER_NO);
    have("python-procs-fork", "3.11.2", ANSWER_NO);
    cr_assert(statement_find(&results, 1, &statement));
    expect_finding(0, "3.11.2", ANSWER_NO, "threads that keep the lock");
    verdicts[1].parallel_cpu = ANSWER_UNKNOWN;
    cr_assert(statement_find(&results, 1, &statement));
    expect_finding(0, "3.11.2", ANSWER_UNKNOWN, "threads that keep the lock");
}

Test(statements, asyncio_is_compared_with_threads_by_intervals)
{
    static const struct {
        double low, high;
        enum answer faster;
    } of_threads[] = {{60, 70, ANSWER_YES}, {60, 95, ANSWER_UNKNOWN}, {120, 130, ANSWER_NO}};
    for (size_t i = 0; i < 3; i++) {
        results.nmodels = results.nsummaries = 0;
        have("python-asyncio", "3.11.2", ANSWER_NO);
        rate(100, 90, 110);
        have("python-threads", "3.11.2", ANSWER_YES);
        rate((of_threads[i].low + of_threads[i].high) / 2, of_threads[i].low, of_threads[i].high);
        cr_assert(statement_find(&results, 2, &statement));
        cr_assert_eq(statement.nfindings, 2);
        expect_finding(0, "3.11.2", ANSWER_YES, "its waits overlap");
        expect_finding(1, "3.11.2", of_threads[i].faster, "100 images/s in one thread (90.0 to 110)");
    }
}

Test(statements, nothing_is_said_about_what_was_not_measured)
{
    have("python-asyncio+threads", "3.11.2", ANSWER_YES);
    for (size_t i = 0; i < STATEMENTS; i++)
        cr_assert_not(statement_find(&results, i, &statement));
    results.nmodels = results.nverdicts = 0;
    for (size_t i = 0; i < STATEMENTS; i++)
        cr_assert_not(statement_find(&results, i, &statement));
}
