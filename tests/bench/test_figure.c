#include "bench/figure.h"

#include <criterion/criterion.h>
#include <math.h>

/* The text is part of the figure, which lives as long as the parameter. */
static void shows(struct figure figure, const char *text)
{
    cr_expect_str_eq(figure.text, text);
}

Test(figure, three_digits_count)
{
    shows(figure_number(0.0124), "0.0124");
    shows(figure_number(1.978), "1.98");
    shows(figure_number(33.14), "33.1");
    shows(figure_number(12345), "12345");
    shows(figure_number(0), "0");
    shows(figure_number(1e-30), "1.0e-30");
    shows(figure_number(NAN), "–");
    shows(figure_number(INFINITY), "∞");
}

Test(figure, the_unit_suits)
{
    shows(figure_rate(99999), "99999");
    shows(figure_rate(123456), "123 k");
    shows(figure_rate(9030323), "9.03 M");
    shows(figure_rate(33.14), "33.1");
    shows(figure_rate(NAN), "–");
    shows(figure_seconds(35e-6), "35.0 µs");
    shows(figure_seconds(0.0123), "12.3 ms");
    shows(figure_seconds(0.99999), "1.00 s");
    shows(figure_seconds(1234), "1234 s");
    shows(figure_seconds(-4e-7), "-400 ns");
    shows(figure_bytes(812), "812 B");
    shows(figure_bytes(9.1 * 1048576), "9.10 MiB");
    shows(figure_bytes(NAN), "–");
    shows(figure_percent(0.984), "98 %");
    shows(figure_percent(0.0012), "0.12 %");
    shows(figure_jobs(70.4), "70");
    shows(figure_jobs(INFINITY), "never");
}

Test(figure, ratios_and_the_levels_of_an_axis)
{
    shows(figure_ratio(0.00208), "0.0021");
    shows(figure_ratio(0.987), "0.99");
    shows(figure_ratio(0.9996), "1.00");
    shows(figure_ratio(3.745), "3.75");
    shows(figure_ratio(NAN), "–");
    shows(figure_level(0), "0");
    shows(figure_level(0.5), "0.5");
    shows(figure_level(1000), "1000");
    shows(figure_level(10000), "10 k");
    shows(figure_level(2e6), "2 M");
    shows(figure_seconds(1e300), "inf s"); /* beyond all units, and no fault */
}

Test(figure, a_range_has_its_unit_once)
{
    cr_expect_str_eq(figure_range((struct interval){3.58e-3, 3.69e-3}, figure_seconds).text,
                     "3.58 to 3.69 ms");
    cr_expect_str_eq(figure_range((struct interval){8.9e-7, 7.87e-6}, figure_seconds).text,
                     "890 ns to 7.87 µs");
    cr_expect_str_eq(figure_range((struct interval){1, 2}, figure_number).text, "1.00 to 2.00");
    cr_expect_str_eq(figure_range((struct interval){NAN, NAN}, figure_bytes).text, "–");
}
