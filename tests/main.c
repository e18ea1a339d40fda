/* Criterion's runner, with a last line that counts skipped tests, too: Criterion's own leaves them out. */
#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <criterion/options.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "temp.h"

#define EXPORT __attribute__((visibility("default")))

static struct {
    size_t passed, failed, skipped;
} counts;

/* In a run with --filter Criterion counts the tests that were not chosen as skipped, so they are counted
 * here. */
ReportHook(POST_FINI)(struct criterion_test_stats *stats)
{
    if (stats->test_status != CR_STATUS_SKIPPED)
        return;
    counts.skipped++;
    fprintf(stderr, "SKIPPED %s::%s: %s\n", stats->test->category, stats->test->name, stats->message);
}

/* Criterion counts a test that crashes among the failed. */
ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
    counts.passed = stats->tests_passed;
    counts.failed = stats->tests_failed;
}

/* In place of mbedTLS's: Criterion uses libgit2, which would parse all certificates of the machine whenever a
 * process starts, a third of the CPU time that starting a test takes. Nothing here needs them. */
EXPORT int mbedtls_x509_crt_parse_file(void *chain, const char *path)
{
    (void)chain, (void)path;
    return 0;
}

/* Many tests wait most of their time, for time-outs to pass above all: they must not keep others from a
 * processor. -j and CRITERION_JOBS say otherwise. */
static size_t usual_jobs(void)
{
#ifdef PIXMILL_SANITIZED /* which computes more, and takes several times the memory */
    enum { WAITING = 0 };
#else
    enum { WAITING = 6 };
#endif
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (size_t)CPU_COUNT(&set) + WAITING : 0;
}

/* Exported: the process of each test looks for it by its name. */
EXPORT int main(int argc, char *argv[])
{
    struct criterion_test_set *tests = criterion_initialize();
    int status = 0;
    criterion_options.jobs = usual_jobs();
    temp_sweep();
    if (criterion_handle_args(argc, argv, true)) {
        status = !criterion_run_all_tests(tests);
        fprintf(stderr, "%zu passed, %zu failed, %zu skipped\n", counts.passed, counts.failed,
                counts.skipped);
    }
    criterion_finalize(tests);
#ifdef PIXMILL_SANITIZED /* whose search for leaks would find Criterion's own; those of tests are found in   \
                            theirs */
    fflush(NULL);
    _exit(status);
#else
    return status;
#endif
}
