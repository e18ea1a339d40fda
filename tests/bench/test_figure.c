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
