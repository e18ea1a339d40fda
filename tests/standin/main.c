/*
 * Runs the tests where Criterion is not packaged: one at a time, each in its own process.
 *
 * unit [--filter SUITE/NAME]...     with shell patterns; @(one|other) matches either
 */
#include <criterion/criterion.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "standin/standin.h"
#include "temp.h"

enum { TIMEOUT = 60 };

static const struct standin_options *suite_options(const char *suite)
{
    static const struct standin_options none;
    for (const struct standin_test *test = standin_tests; test != NULL; test = test->next) {
        if (test->name == NULL && strcmp(test->suite, suite) == 0)
            return &test->options;
    }
    return &none;
}

static void call(void (*function)(void))
{
    if (function != NULL)
        function();
}

/* Runs in the test's own process. */
static _Noreturn void run_one(const struct standin_test *test, void *item)
{
    const struct standin_options *suite = suite_options(test->suite);
    double timeout = test->options.timeout > 0 ? test->options.timeout : suite->timeout;
    alarm(timeout > 0 ? (unsigned)timeout : TIMEOUT);
    call(suite->init);
    call(test->options.init);
    if (test->run != NULL)
        test->run();
    else
        test->run_with(item);
    call(test->options.fini);
    call(suite->fini);
    exit(standin_failed ? STANDIN_FAILED : STANDIN_PASSED);
}

static int status_of(const struct standin_test *test, void *item)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        run_one(test, item);
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("standin");
        exit(2);
    }
    if (WIFSIGNALED(status))
        fprintf(stderr, "%s::%s: killed by signal %d, %s\n", test->suite, test->name, WTERMSIG(status),
                strsignal(WTERMSIG(status)));
    return WIFEXITED(status) ? WEXITSTATUS(status) : STANDIN_FAILED;
}

static bool is_chosen(const struct standin_test *test, char *filters[], int nfilters)
{
    char name[256];
    snprintf(name, sizeof name, "%s/%s", test->suite, test->name);
    for (int i = 0; i < nfilters; i++) {
        if (fnmatch(filters[i], name, FNM_EXTMATCH | FNM_PATHNAME) == 0)
            return true;
    }
    return nfilters == 0;
}

int main(int argc, char *argv[])
{
    size_t passed = 0, faults = 0, skipped = 0;
    int nfilters = 0;
    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--filter") != 0 || i + 1 == argc) {
            fprintf(stderr, "usage: %s [--filter SUITE/NAME]...\n", argv[0]);
            return 2;
        }
        argv[++nfilters] = argv[i + 1];
    }
    temp_sweep();
    for (const struct standin_test *test = standin_tests; test != NULL; test = test->next) {
        if (test->name == NULL || !is_chosen(test, argv + 1, nfilters))
            continue;
        const struct criterion_test_params params =
            test->params != NULL ? test->params() : (struct criterion_test_params){.count = 1};
        for (size_t i = 0; i < params.count; i++) {
            int status = status_of(test, (char *)params.items + i * params.size);
            passed += status == STANDIN_PASSED;
            skipped += status == STANDIN_SKIPPED;
            faults += status != STANDIN_PASSED && status != STANDIN_SKIPPED;
            if (status != STANDIN_PASSED)
                fprintf(stderr, "[%s] %s::%s\n", status == STANDIN_SKIPPED ? "SKIP" : "FAIL", test->suite,
                        test->name);
        }
    }
    fprintf(stderr, "%zu passed, %zu failed, %zu skipped\n", passed, faults, skipped);
    return faults > 0 || passed == 0;
}
