#include "bench/figure.h"

#include <criterion/criterion.h>
#include <math.h>

Test(figure, three_digits_count)
{
    cr_expect_str_eq(figure_number(0.0124).text, "0.0124");
    cr_expect_str_eq(figure_number(1.978).text, "1.98");
    cr_expect_str_eq(figure_number(33.14).text, "33.1");
    cr_expect_str_eq(figure_number(12345).text, "12345");
    cr_expect_str_eq(figure_number(0).text, "0");
    cr_expect_str_eq(figure_number(1e-30).text, "1.0e-30");
    cr_expect_str_eq(figure_number(NAN).text, "–");
    cr_expect_str_eq(figure_number(INFINITY).text, "∞");
}

Test(figure, the_unit_suits)
{
    cr_expect_str_eq(figure_rate(99999).text, "99999");
    cr_expect_str_eq(figure_rate(123456).text, "123 k");
    cr_expect_str_eq(figure_rate(9030323).text, "9.03 M");
    cr_expect_str_eq(figure_rate(33.14).text, "33.1");
    cr_expect_str_eq(figure_rate(NAN).text, "–");
    cr_expect_str_eq(figure_seconds(35e-6).text, "35.0 µs");
    cr_expect_str_eq(figure_seconds(0.0123).text, "12.3 ms");
    cr_expect_str_eq(figure_seconds(0.99999).text, "1.00 s");
    cr_expect_str_eq(figure_seconds(1234).text, "1234 s");
    cr_expect_str_eq(figure_seconds(-4e-7).text, "-400 ns");
    cr_expect_str_eq(figure_bytes(812).text, "812 B");
    cr_expect_str_eq(figure_bytes(9.1 * 1048576).text, "9.10 MiB");
    cr_expect_str_eq(figure_bytes(NAN).text, "–");
    cr_expect_str_eq(figure_percent(0.984).text, "98 %");
    cr_expect_str_eq(figure_percent(0.0012).text, "0.12 %");
    cr_expect_str_eq(figure_jobs(70.4).text, "70");
    cr_expect_str_eq(figure_jobs(INFINITY).text, "never");
}
