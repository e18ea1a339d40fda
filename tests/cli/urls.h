/* Tests of inputs by URL on every engine, with a real server (net/server.h). */
#ifndef TESTS_CLI_URLS_H
#define TESTS_CLI_URLS_H

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "cli/run.h"

struct url_variant {
    const char *io, *backend;
    bool forbid_uring;
};
extern const struct url_variant *url_variant; /* the one that is tested */

struct criterion_test_params url_each_variant(void);

void url_choose(size_t index);

#define URL_TEST(name)                                                                                       \
    static void name(void);                                                                                  \
    ParameterizedTestParameters(urls, name)                                                                  \
    {                                                                                                        \
        return url_each_variant();                                                                           \
    }                                                                                                        \
    ParameterizedTest(size_t *index, urls, name)                                                             \
    {                                                                                                        \
        url_choose(*index);                                                                                  \
        name();                                                                                              \
    }                                                                                                        \
    static void name(void)

/* sync has no loop and reports that; it is given other inputs. */
const char *url_io_jobs(const char *option);

#define FETCH(...)                                                                                           \
    RUN("run", "-o", "out", "--rotate=90", "--log=log", "--retry-delay=0.02", "--allow-private",             \
        url_variant->io, url_variant->backend, __VA_ARGS__)

/* The expected result. */
void expect_result(const char *result, const char *picture);

void expect_log(const char *words);

#endif
