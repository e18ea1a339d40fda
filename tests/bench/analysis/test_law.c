#include "bench/analysis/law.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const double jobs[] = {1, 2, 4, 8, 16, 32};

static void follow(double *throughput, size_t n, double lambda, double sigma, double kappa)
{
    const struct law law = {.lambda = lambda, .sigma = sigma, .kappa = kappa};
    for (size_t i = 0; i < n; i++)
        throughput[i] = law_throughput(&law, jobs[i]);
}

static void expect_near(double value, double truth, double tolerance, const char *what)
{
    cr_expect(fabs(value - truth) <= tolerance, "%s is %g, not %g", what, value, truth);
}

Test(law, without_noise_the_parameters_come_out_exactly)
{
    double throughput[6];
    char why[160] = "";
    struct law law;
    follow(throughput, 6, 40, 0.05, 0.002);
    cr_assert_eq(law_fit_usl(&law, jobs, throughput, 6, why, sizeof why), 0, "%s", why);
    expect_near(law.lambda, 40, 1e-6, "lambda");
    expect_near(law.sigma, 0.05, 1e-8, "sigma");
    expect_near(law.kappa, 0.002, 1e-9, "kappa");
    cr_expect_lt(law.residual, 1e-8);
    cr_expect_eq(law.freedom, 3);

    follow(throughput, 6, 40, 0.2, 0);
    cr_assert_eq(law_fit_amdahl(&law, jobs, throughput, 6, why, sizeof why), 0, "%s", why);
    expect_near(law.lambda, 40, 1e-6, "lambda");
    expect_near(law.sigma, 0.2, 1e-8, "serial fraction");
    cr_expect_eq(law.kappa, 0);
}

Test(law, a_perfectly_parallel_series_has_no_contention)
{
    double throughput[6];
    char why[160] = "";
    struct law law;
    follow(throughput, 6, 12, 0, 0);
    throughput[3] *= 1.004; /* even if noise makes it better than linear */
    throughput[5] *= 1.01;
    cr_assert_eq(law_fit_usl(&law, jobs, throughput, 6, why, sizeof why), 0, "%s", why);
    cr_expect_eq(law.sigma, 0);
    cr_expect_eq(law.kappa, 0);
    cr_expect_eq(law.sigma_ci95.low, 0);
    expect_near(law.lambda, 12, 0.2, "lambda");
}

Test(law, a_series_that_only_gets_slower_is_all_contention)
{
    static const double throughput[] = {100, 80, 72, 70, 69, 68};
    char why[160] = "";
    struct law law;
    cr_assert_eq(law_fit_amdahl(&law, jobs, throughput, 6, why, sizeof why), 0, "%s", why);
    cr_expect_eq(law.sigma, 1);
    cr_expect_eq(law.sigma_ci95.high, 1);
    cr_assert_eq(law_fit_usl(&law, jobs, throughput, 6, why, sizeof why), 0, "%s", why);
    cr_expect(law.sigma <= 1 && law.kappa >= 0);
}

Test(law, too_few_points_are_refused_with_the_reason)
{
    double throughput[6];
    char why[160];
    struct law law;
    follow(throughput, 6, 40, 0.05, 0.002);
    cr_expect_eq(law_fit_usl(&law, jobs, throughput, 4, why, sizeof why), -1);
    cr_expect_str_eq(why, "the Universal Scalability Law needs at least 5 job counts up to the number of "
                          "processors, and here are 4");
    cr_expect_eq(law_fit_usl(&law, jobs, throughput, 5, why, sizeof why), 0);
    cr_expect_eq(law_fit_amdahl(&law, jobs, throughput, 1, why, sizeof why), -1);
    cr_expect_str_eq(
        why, "Amdahl's law needs at least 4 job counts up to the number of processors, and here is 1");
    cr_expect_eq(law_fit_amdahl(&law, jobs, throughput, 4, why, sizeof why), 0);
    cr_expect_eq(law_fit_amdahl(&law, jobs, throughput, 0, why, sizeof why), -1);
}

Test(law, a_prediction_is_the_law_and_grows_less_certain_with_distance)
{
    double throughput[6];
    char why[160] = "";
    struct law law;
    follow(throughput, 6, 40, 0.05, 0.002);
    for (int i = 0; i < 6; i++)
        throughput[i] *= 1 + 0.01 * (i % 2 ? 1 : -1);
    cr_assert_eq(law_fit_usl(&law, jobs, throughput, 6, why, sizeof why), 0, "%s", why);
    double before = 0;
    for (double n = 32; n <= 128; n *= 2) {
        struct interval interval = law_prediction(&law, n);
        double centre = law_throughput(&law, n);
        cr_expect(interval.low < centre && centre < interval.high);
        cr_expect_gt(interval.high / interval.low, before);
        before = interval.high / interval.low;
    }
    /* Predictions never exceed linear scaling plus noise. */
    cr_expect_lt(law_prediction(&law, 128).high, 128 * law.lambda_ci95.high * 1.2);
}
