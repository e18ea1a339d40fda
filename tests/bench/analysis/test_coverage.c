/*
 * Tests the coverage of intervals: on simulated trials with a known true value, the 95 % intervals must
 * contain it 93 to 97 times in 100. Random numbers are seeded, so results are reproducible.
 */
#include <criterion/criterion.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdarg.h>

#include "bench/analysis/law.h"
#include "bench/analysis/stats.h"

enum { SWEEPS = 2000 };

/* The logarithm of a trial's time relative to the true value. */
typedef double noise_function(gsl_rng *rng, double share);

static double lognormal(gsl_rng *rng, double share)
{
    return gsl_ran_gaussian(rng, share);
}

/* With a minimum, sometimes much slower. */
static double exponential(gsl_rng *rng, double share)
{
    return log1p(gsl_ran_exponential(rng, share));
}

/* One in ten trials is disturbed by another program. */
static double contaminated(gsl_rng *rng, double share)
{
    bool hit = gsl_rng_uniform(rng) < 0.1;
    return gsl_ran_gaussian(rng, share) + (hit ? gsl_ran_exponential(rng, 8 * share) : 0);
}

static const struct {
    noise_function *noise;
    const char *name;
} noises[] = {{lognormal, "lognormal"}, {exponential, "exponential"}, {contaminated, "contaminated"}};

/* The median of a noise, from a large sample. */
static double centre(gsl_rng *rng, noise_function *noise, double share)
{
    enum { LARGE = 100001 };
    static double sample[LARGE];
    for (int i = 0; i < LARGE; i++)
        sample[i] = noise(rng, share);
    return gsl_stats_median(sample, 1, LARGE);
}

static void draw(gsl_rng *rng, noise_function *noise, double share, double factor, double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        values[i] = factor * exp(noise(rng, share));
}

static bool covers(struct interval interval, double truth)
{
    return interval.low <= truth && truth <= interval.high;
}

__attribute__((format(printf, 2, 3))) static void expect_95(unsigned covered, const char *format, ...)
{
    char what[96];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    double share = 100.0 * covered / SWEEPS;
    cr_expect(share >= 93 && share <= 97, "%s: covered %.1f times in 100", what, share);
    if (getenv("COVERAGE_SHOW") != NULL)
        fprintf(stderr, "%-44s %.1f\n", what, share);
}

Test(coverage, intervals_of_a_median_hold_whatever_the_noise)
{
    static const unsigned repeats[] = {6, 7, 9, 15};
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, 1);
    for (size_t k = 0; k < 3; k++) {
        double truth = 3.2 * exp(centre(rng, noises[k].noise, 0.04));
        for (size_t r = 0; r < 4; r++) {
            unsigned covered = 0;
            for (int sweep = 0; sweep < SWEEPS; sweep++) {
                double values[15];
                draw(rng, noises[k].noise, 0.04, 3.2, values, repeats[r]);
                covered += covers(stats_median_interval(values, repeats[r]), truth);
            }
            expect_95(covered, "median of %u, %s", repeats[r], noises[k].name);
        }
    }
    gsl_rng_free(rng);
}

Test(coverage, few_repeats_rely_on_lognormal_noise)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, 2);
    for (unsigned n = 2; n <= 5; n++) {
        unsigned covered = 0;
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            double values[5];
            draw(rng, lognormal, 0.04, 3.2, values, n);
            covered += covers(stats_median_interval(values, n), 3.2);
        }
        expect_95(covered, "median of %u", n);
    }
    gsl_rng_free(rng);
}

/* Coverage for a ratio of medians with noise of `shares` on each side. */
static void check_ratio(gsl_rng *rng, size_t k, const double shares[2], unsigned n)
{
    noise_function *noise = noises[k].noise;
    double truth = 1.9 * exp(centre(rng, noise, shares[0]) - centre(rng, noise, shares[1]));
    unsigned covered = 0;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double over[15], under[15];
        draw(rng, noise, shares[0], 1.9, over, n);
        draw(rng, noise, shares[1], 1, under, n);
        covered += covers(stats_ratio_interval(over, n, under, n), truth);
    }
    expect_95(covered, "ratio of %u, %s, %g and %g", n, noises[k].name, shares[0], shares[1]);
}

Test(coverage, intervals_of_a_ratio_hold_for_even_and_uneven_noise)
{
    static const unsigned repeats[] = {6, 7, 15};
    static const double shares[][2] = {{0.04, 0.04}, {0.02, 0.1}};
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, 3);
    for (size_t k = 0; k < 3; k++) {
        for (size_t r = 0; r < 3; r++) {
            check_ratio(rng, k, shares[0], repeats[r]);
            check_ratio(rng, k, shares[1], repeats[r]);
        }
    }
    gsl_rng_free(rng);
}

Test(coverage, intervals_of_a_ratio_of_few_hold_for_lognormal_noise)
{
    static const double shares[] = {0.04, 0.04};
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, 6);
    check_ratio(rng, 0, shares, 5);
    gsl_rng_free(rng);
}

/* A simulated model: its throughput follows a law, its trials are noisy, and medians of 7 are fitted. */
struct mock {
    const char *name;
    bool usl;
    struct law law;
    double noise;
    size_t points;
};

static void mock_medians(gsl_rng *rng, const struct mock *mock, double *jobs, double *throughput)
{
    for (size_t i = 0; i < mock->points; i++) {
        double trials[7];
        jobs[i] = (double)(1u << i);
        draw(rng, lognormal, mock->noise, law_throughput(&mock->law, jobs[i]), trials, 7);
        throughput[i] = stats_median(trials, 7);
    }
}

static void check_mock(gsl_rng *rng, const struct mock *mock)
{
    enum { PREDICTED = 100 };
    struct {
        double lambda, sigma, kappa;
    } sum = {0};
    unsigned lambda = 0, sigma = 0, kappa = 0, prediction = 0;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double jobs[8], throughput[8];
        char why[160];
        struct law law;
        mock_medians(rng, mock, jobs, throughput);
        int status = mock->usl ? law_fit_usl(&law, jobs, throughput, mock->points, why, sizeof why)
                               : law_fit_amdahl(&law, jobs, throughput, mock->points, why, sizeof why);
        cr_assert_eq(status, 0, "%s: %s", mock->name, why);
        sum.lambda += law.lambda / SWEEPS;
        sum.sigma += law.sigma / SWEEPS;
        sum.kappa += law.kappa / SWEEPS;
        lambda += covers(law.lambda_ci95, mock->law.lambda);
        sigma += covers(law.sigma_ci95, mock->law.sigma);
        kappa += covers(law.kappa_ci95, mock->law.kappa);
        /* A simulated later measurement on more processors. */
        double trials[7];
        draw(rng, lognormal, mock->noise, law_throughput(&mock->law, PREDICTED), trials, 7);
        prediction += covers(law_prediction(&law, PREDICTED), stats_median(trials, 7));
    }
    cr_expect(fabs(sum.lambda / mock->law.lambda - 1) < 0.05, "%s: lambda %g", mock->name, sum.lambda);
    cr_expect(fabs(sum.sigma / mock->law.sigma - 1) < 0.05, "%s: sigma %g", mock->name, sum.sigma);
    expect_95(lambda, "%s: lambda", mock->name);
    expect_95(sigma, "%s: sigma", mock->name);
    expect_95(prediction, "%s: prediction at %d", mock->name, PREDICTED);
    if (!mock->usl)
        return;
    cr_expect(fabs(sum.kappa / mock->law.kappa - 1) < 0.05, "%s: kappa %g", mock->name, sum.kappa);
    expect_95(kappa, "%s: kappa", mock->name);
}

Test(coverage, mock_models_on_known_laws_are_recovered)
{
    static const struct mock mocks[] = {
        {"Amdahl, 4 points", false, {.lambda = 40, .sigma = 0.05}, 0.02, 4},
        {"Amdahl, 7 points", false, {.lambda = 40, .sigma = 0.3}, 0.04, 7},
        {"USL, 5 points", true, {.lambda = 40, .sigma = 0.1, .kappa = 0.005}, 0.02, 5},
        {"USL, 7 points", true, {.lambda = 300, .sigma = 0.03, .kappa = 0.0005}, 0.03, 7},
    };
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, 4);
    for (size_t i = 0; i < sizeof mocks / sizeof *mocks; i++)
        check_mock(rng, &mocks[i]);
    gsl_rng_free(rng);
}

Test(coverage, with_little_noise_every_single_fit_is_within_5_percent)
{
    static const struct mock mock = {"USL", true, {.lambda = 40, .sigma = 0.1, .kappa = 0.005}, 0.001, 7};
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, 5);
    double worst = 0;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double jobs[8], throughput[8];
        char why[160];
        struct law law;
        mock_medians(rng, &mock, jobs, throughput);
        cr_assert_eq(law_fit_usl(&law, jobs, throughput, mock.points, why, sizeof why), 0, "%s", why);
        worst = fmax(worst, fabs(law.lambda / mock.law.lambda - 1));
        worst = fmax(worst, fabs(law.sigma / mock.law.sigma - 1));
        worst = fmax(worst, fabs(law.kappa / mock.law.kappa - 1));
    }
    cr_expect_lt(worst, 0.05, "worst by %.1f %%", 100 * worst);
    gsl_rng_free(rng);
}
