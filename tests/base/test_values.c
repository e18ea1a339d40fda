#include <criterion/criterion.h>
#include <string.h>

#include "base/values.h"

Test(values, count_takes_whole_numbers_in_range_only)
{
    uint64_t value = 0;
    struct pm_error error = {0};
    cr_assert_eq(value_count("1", 1, 8, &value, &error), 0);
    cr_assert_eq(value, 1);
    cr_assert_eq(value_count("8", 1, 8, &value, &error), 0);
    cr_assert_eq(value, 8);
    static const char *const bad[] = {
        "", "0", "9", "-1", "+1", " 1", "1 ", "1.5", "1e3", "0x1", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        error = (struct pm_error){0};
        cr_expect_eq(value_count(bad[i], 1, 8, &value, &error), -1, "'%s'", bad[i]);
        cr_expect_not_null(strstr(error.message, "from 1 to 8"));
        cr_expect_eq(error.kind, PM_ERROR_USAGE);
    }
    cr_assert_eq(value, 8);
}

Test(values, size_takes_binary_suffixes)
{
    uint64_t bytes = 0;
    struct pm_error error = {0};
    cr_assert_eq(value_size("1", &bytes, &error), 0);
    cr_assert_eq(bytes, 1);
    cr_assert_eq(value_size("256M", &bytes, &error), 0);
    cr_assert_eq(bytes, 256u << 20);
    cr_assert_eq(value_size("2g", &bytes, &error), 0);
    cr_assert_eq(bytes, 2ull << 30);
    cr_assert_eq(value_size("10MB", &bytes, &error), 0);
    cr_assert_eq(bytes, 10u << 20);
    cr_assert_eq(value_size("10MiB", &bytes, &error), 0);
    cr_assert_eq(bytes, 10u << 20);
    cr_assert_eq(value_size("16777215T", &bytes, &error), 0);
    static const char *const bad[] = {"",   "0",   "0M",  "M",   "1X",        "1MM", "1MBB",
                                      "1B", "1Mb", "1 M", "-1M", "16777216T", "1.5G"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        error = (struct pm_error){0};
        cr_expect_eq(value_size(bad[i], &bytes, &error), -1, "'%s'", bad[i]);
    }
}

Test(values, seconds_take_decimals_only)
{
    double seconds = 0;
    struct pm_error error = {0};
    cr_assert_eq(value_seconds("0.25", &seconds, &error), 0);
    cr_assert_eq(seconds, 0.25);
    cr_assert_eq(value_seconds("1000000", &seconds, &error), 0);
    static const char *const bad[] = {"",    "0",    "0.0001", "-1",    "1s",      "nan",
                                      "inf", "0x10", "1e3",    "1.2.3", "1000001", " 1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        error = (struct pm_error){0};
        cr_expect_eq(value_seconds(bad[i], &seconds, &error), -1, "'%s'", bad[i]);
    }
}

Test(values, milliseconds_become_seconds)
{
    double seconds = 0;
    struct pm_error error = {0};
    cr_assert_eq(value_milliseconds("5", &seconds, &error), 0);
    cr_assert_eq(seconds, 5e-3);
    cr_assert_eq(value_milliseconds("0", &seconds, &error), -1);
    cr_assert_str_eq(error.message, "must be a time in milliseconds, from 0.001 to 1000000");
}
