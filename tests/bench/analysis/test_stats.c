#include "bench/analysis/stats.h"

#include <criterion/criterion.h>
#include <math.h>

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fabs(b);
}

Test(stats, the_median_is_the_middle_or_between_the_middle_two)
{
    cr_expect_eq(stats_median((double[]){3, 1, 2}, 3), 2);
    cr_expect_eq(stats_median((double[]){4, 1, 3, 2}, 4), 2.5);
    cr_expect_eq(stats_median((double[]){7}, 1), 7);
    cr_expect(isnan(stats_median(NULL, 0)));
}

Test(stats, the_deviation_is_scaled_to_that_of_normal_noise)
{
    cr_expect(fabs(stats_mad((double[]){1, 2, 3, 4, 100}, 5) - 1.4826) < 1e-4);
    cr_expect_eq(stats_mad((double[]){5}, 1), 0);
}

Test(stats, an_outlier_is_far_from_the_median_by_the_spread_of_the_rest)
{
    static const double quiet[] = {1.00, 1.01, 0.99, 1.02, 0.98, 1.0, 1.01};
    static const double hit[] = {1.00, 1.01, 0.99, 1.02, 0.98, 1.5, 1.01};
    /* Ten scaled deviations, 0.148, from the median 1.01. */
    static const double near_it[] = {1.00, 1.01, 0.99, 1.02, 0.98, 1.15, 1.01};
    static const double beyond[] = {1.00, 1.01, 0.99, 1.02, 0.98, 1.17, 1.01};
    cr_expect_eq(stats_outliers(quiet, 7), 0);
    cr_expect_eq(stats_outliers(near_it, 7), 0);
    cr_expect_eq(stats_outliers(beyond, 7), 1);
    cr_expect_eq(stats_outliers(hit, 7), 1);
    cr_expect_eq(stats_outliers(hit, 0), 0);
}

/* n = 7: weight 0.7333 between the extremes (98.44 %) and the second ones (87.5 %), by hand. */
Test(stats, seven_repeats_give_the_interpolated_order_statistics)
{
    static const double times[] = {7, 3, 1, 2, 6, 5, 4};
    double share = (0.984375 - 0.95) / (0.984375 - 0.875), weight = 6 * share / (1 + 5 * share);
    struct interval interval = stats_median_interval(times, 7);
    cr_expect(near(interval.low, exp(weight * log(2))), "low is %g", interval.low);
    cr_expect(near(interval.high, exp((1 - weight) * log(7) + weight * log(6))), "high is %g", interval.high);
}

Test(stats, two_repeats_give_students_interval_and_one_gives_none)
{
    struct interval two = stats_median_interval((double[]){1, exp(1)}, 2);
    /* mean 1/2, standard error 1/2, t with 1 degree of freedom 12.706 */
    cr_expect(fabs(log(two.high) - (0.5 + 0.5 * 12.7062)) < 1e-3);
    cr_expect(fabs(log(two.low) - (0.5 - 0.5 * 12.7062)) < 1e-3);
    cr_expect(isnan(stats_median_interval((double[]){1}, 1).low));
    cr_expect(isnan(stats_ratio_interval((double[]){1}, 1, (double[]){1, 2}, 2).high));
}

/* The range of five values covers 93.75 %: enough only for the parts of a ratio, so it is used for
 * neither. */
Test(stats, a_ratio_takes_the_method_of_its_medians)
{
    static const double five[] = {1.0, 1.1, 1.05, 0.98, 1.3}, still[] = {1, 1, 1, 1, 1};
    struct interval ratio = stats_ratio_interval(five, 5, still, 5), median = stats_median_interval(five, 5);
    cr_expect_lt(ratio.low, 0.98 - 1e-9, "no more than the smallest: %g", ratio.low);
    cr_expect(fabs(log(ratio.high) / log(median.high) - 1) < 0.15, "%g and %g", ratio.high, median.high);
}

Test(stats, a_ratio_turned_over_has_its_interval_turned_over)
{
    static const double fast[] = {1.0, 1.1, 1.05, 0.98, 1.02, 1.3, 1.01},
                        slow[] = {2.0, 2.1, 2.05, 1.98, 2.5, 2.3, 2.01};
    struct interval over = stats_ratio_interval(slow, 7, fast, 7),
                    under = stats_ratio_interval(fast, 7, slow, 7);
    cr_expect(near(over.low, 1 / under.high));
    cr_expect(near(over.high, 1 / under.low));
    cr_expect(over.low < 2.05 / 1.02 && 2.05 / 1.02 < over.high);
}

Test(stats, a_unit_of_time_changes_nothing_but_the_unit)
{
    double s[] = {1.0, 1.1, 1.05, 0.98, 1.02, 1.3, 1.01}, ms[7];
    for (int i = 0; i < 7; i++)
        ms[i] = 1000 * s[i];
    cr_expect(near(stats_median_interval(ms, 7).low, 1000 * stats_median_interval(s, 7).low));
    cr_expect_eq(stats_outliers(ms, 7), stats_outliers(s, 7));
}
