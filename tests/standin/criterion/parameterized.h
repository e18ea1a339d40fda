/* Tests that run once for each of several values; see criterion.h in this folder. */
#ifndef CRITERION_PARAMETERIZED_H
#define CRITERION_PARAMETERIZED_H

#include "criterion.h"

#define ParameterizedTestParameters(suite_name, test_name)                                                   \
    static struct criterion_test_params suite_name##_##test_name##_params(void)

#define cr_make_param_array(type, array, length)                                                             \
    ((struct criterion_test_params){.size = sizeof(type), .count = (length), .items = (array)})

#define ParameterizedTest(parameter, suite_name, test_name, ...)                                             \
    static void suite_name##_##test_name##_run(parameter);                                                   \
    STANDIN_ADD(suite_name##_##test_name##_test, .suite = #suite_name, .name = #test_name,                   \
                .run_with = (void (*)(void *))(void (*)(void))suite_name##_##test_name##_run,                \
                .params = suite_name##_##test_name##_params, .options = {__VA_ARGS__})                       \
    static void suite_name##_##test_name##_run(parameter)

#endif
