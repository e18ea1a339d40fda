/*
 * The part of Criterion that the tests use, for systems without a Criterion package (its isolation supports
 * only x86 and ARM). The Makefile uses this header where pkg-config does not find Criterion; standin.c runs
 * the tests.
 */
#ifndef CRITERION_CRITERION_H
#define CRITERION_CRITERION_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct standin_options {
    void (*init)(void), (*fini)(void);
    double timeout; /* seconds; 0: the default */
};

struct criterion_test_params {
    size_t size, count;
    void *items;
};

/* A test, or a suite, whose options apply to all its tests. */
struct standin_test {
    const char *suite, *name; /* name NULL: the suite */
    void (*run)(void), (*run_with)(void *);
    struct criterion_test_params (*params)(void);
    struct standin_options options;
    struct standin_test *next;
};

void standin_add(struct standin_test *test);

/* Report where and why a check failed; the second also ends the test. */
void standin_expect(const char *file, int line, const char *text, const char *format, ...);
_Noreturn void standin_assert(const char *file, int line, const char *text, const char *format, ...);
_Noreturn void standin_skip(const char *format, ...);

#define STANDIN_ADD(id, ...)                                                                                 \
    static struct standin_test id = {__VA_ARGS__};                                                           \
    __attribute__((constructor)) static void id##_add(void)                                                  \
    {                                                                                                        \
        standin_add(&id);                                                                                    \
    }

#define TestSuite(suite_name, ...)                                                                           \
    STANDIN_ADD(suite_name##_suite, .suite = #suite_name, .options = {__VA_ARGS__})

#define Test(suite_name, test_name, ...)                                                                     \
    static void suite_name##_##test_name##_run(void);                                                        \
    STANDIN_ADD(suite_name##_##test_name##_test, .suite = #suite_name, .name = #test_name,                   \
                .run = suite_name##_##test_name##_run, .options = {__VA_ARGS__})                             \
    static void suite_name##_##test_name##_run(void)

#define STANDIN_CHECK(fail, condition, text, ...)                                                            \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fail(__FILE__, __LINE__, text, "" __VA_ARGS__);                                                  \
    } while (0)

#define STANDIN_COMPARE(fail, a, op, b, ...) STANDIN_CHECK(fail, (a)op(b), #a " " #op " " #b, __VA_ARGS__)
#define STANDIN_TEXTS(fail, a, op, b, ...)                                                                   \
    STANDIN_CHECK(fail, strcmp(a, b) op 0, #a " " #op " " #b, __VA_ARGS__)
#define STANDIN_BYTES(fail, a, op, b, size, ...)                                                             \
    STANDIN_CHECK(fail, memcmp(a, b, size) op 0, #a " " #op " " #b, __VA_ARGS__)

#define cr_assert(condition, ...) STANDIN_CHECK(standin_assert, condition, #condition, __VA_ARGS__)
#define cr_assert_not(condition, ...)                                                                        \
    STANDIN_CHECK(standin_assert, !(condition), "!(" #condition ")", __VA_ARGS__)
#define cr_assert_eq(a, b, ...) STANDIN_COMPARE(standin_assert, a, ==, b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...) STANDIN_COMPARE(standin_assert, a, !=, b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...) STANDIN_COMPARE(standin_assert, a, <, b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...) STANDIN_COMPARE(standin_assert, a, <=, b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...) STANDIN_COMPARE(standin_assert, a, >, b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...) STANDIN_COMPARE(standin_assert, a, >=, b, __VA_ARGS__)
#define cr_assert_null(a, ...) STANDIN_COMPARE(standin_assert, a, ==, NULL, __VA_ARGS__)
#define cr_assert_not_null(a, ...) STANDIN_COMPARE(standin_assert, a, !=, NULL, __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...) STANDIN_TEXTS(standin_assert, a, ==, b, __VA_ARGS__)
#define cr_assert_str_neq(a, b, ...) STANDIN_TEXTS(standin_assert, a, !=, b, __VA_ARGS__)
#define cr_assert_str_empty(a, ...) STANDIN_CHECK(standin_assert, *(a) == '\0', #a " is empty", __VA_ARGS__)
#define cr_assert_arr_eq(a, b, size, ...) STANDIN_BYTES(standin_assert, a, ==, b, size, __VA_ARGS__)
#define cr_assert_arr_neq(a, b, size, ...) STANDIN_BYTES(standin_assert, a, !=, b, size, __VA_ARGS__)
#define cr_assert_float_eq(a, b, most, ...)                                                                  \
    STANDIN_CHECK(standin_assert, fabs((double)(a) - (double)(b)) <= (most), #a " is near " #b, __VA_ARGS__)
#define cr_assert_fail(...) standin_assert(__FILE__, __LINE__, "", "" __VA_ARGS__)

#define cr_expect(condition, ...) STANDIN_CHECK(standin_expect, condition, #condition, __VA_ARGS__)
#define cr_expect_not(condition, ...)                                                                        \
    STANDIN_CHECK(standin_expect, !(condition), "!(" #condition ")", __VA_ARGS__)
#define cr_expect_eq(a, b, ...) STANDIN_COMPARE(standin_expect, a, ==, b, __VA_ARGS__)
#define cr_expect_neq(a, b, ...) STANDIN_COMPARE(standin_expect, a, !=, b, __VA_ARGS__)
#define cr_expect_lt(a, b, ...) STANDIN_COMPARE(standin_expect, a, <, b, __VA_ARGS__)
#define cr_expect_leq(a, b, ...) STANDIN_COMPARE(standin_expect, a, <=, b, __VA_ARGS__)
#define cr_expect_gt(a, b, ...) STANDIN_COMPARE(standin_expect, a, >, b, __VA_ARGS__)
#define cr_expect_geq(a, b, ...) STANDIN_COMPARE(standin_expect, a, >=, b, __VA_ARGS__)
#define cr_expect_null(a, ...) STANDIN_COMPARE(standin_expect, a, ==, NULL, __VA_ARGS__)
#define cr_expect_not_null(a, ...) STANDIN_COMPARE(standin_expect, a, !=, NULL, __VA_ARGS__)
#define cr_expect_str_empty(a, ...) STANDIN_CHECK(standin_expect, *(a) == '\0', #a " is empty", __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...) STANDIN_TEXTS(standin_expect, a, ==, b, __VA_ARGS__)
#define cr_expect_str_neq(a, b, ...) STANDIN_TEXTS(standin_expect, a, !=, b, __VA_ARGS__)
#define cr_expect_arr_eq(a, b, size, ...) STANDIN_BYTES(standin_expect, a, ==, b, size, __VA_ARGS__)
#define cr_expect_float_eq(a, b, most, ...)                                                                  \
    STANDIN_CHECK(standin_expect, fabs((double)(a) - (double)(b)) <= (most), #a " is near " #b, __VA_ARGS__)

#define cr_skip_test(...) standin_skip("" __VA_ARGS__)

#endif
