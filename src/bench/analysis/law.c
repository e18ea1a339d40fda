/*
 * The law in logarithms, log X(n) = log lambda + log n - log(1 + sigma (n - 1) + kappa n (n - 1)), is fitted
 * by GSL's trust region. The parameters are box-bounded, and the bound is often where the truth is (no
 * contention at all), so the fit is done on the whole space and, when that lies outside, on each face of the
 * box; the best one inside is the estimate. Intervals come from the unbounded fit, cut to the box: there the
 * usual theory holds, and the truth is never cut away.
 */
#include "bench/analysis/law.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>
#include <stdio.h>

enum { LOG_LAMBDA, SIGMA, KAPPA, PARAMETERS };

struct data {
    const double *jobs, *log_throughput;
    size_t n;
    double fixed[PARAMETERS]; /* values of the fixed parameters */
    bool vary[PARAMETERS];
};

struct solution {
    double value[PARAMETERS];
    double covariance[PARAMETERS][PARAMETERS]; /* without the residual variance */
    double squares;                            /* sum of squared residuals */
};

static double slowdown(const double *value, double n)
{
    return 1 + value[SIGMA] * (n - 1) + value[KAPPA] * n * (n - 1);
}

/* d log X / d parameter. */
static void gradient(const double *value, double n, double g[PARAMETERS])
{
    g[LOG_LAMBDA] = 1;
    g[SIGMA] = -(n - 1) / slowdown(value, n);
    g[KAPPA] = -n * (n - 1) / slowdown(value, n);
}

static void unpack(const struct data *data, const gsl_vector *x, double value[PARAMETERS])
{
    size_t next = 0;
    for (size_t p = 0; p < PARAMETERS; p++)
        value[p] = data->vary[p] ? gsl_vector_get(x, next++) : data->fixed[p];
}

static int residuals(const gsl_vector *x, void *argument, gsl_vector *f)
{
    const struct data *data = argument;
    double value[PARAMETERS];
    unpack(data, x, value);
    for (size_t i = 0; i < data->n; i++) {
        double slow = slowdown(value, data->jobs[i]);
        /* A negative throughput is impossible: a large residual makes the solver reject such a step. */
        double model = slow > 0 ? value[LOG_LAMBDA] + log(data->jobs[i] / slow) : 1e3;
        gsl_vector_set(f, i, model - data->log_throughput[i]);
    }
    return GSL_SUCCESS;
}

static int jacobian(const gsl_vector *x, void *argument, gsl_matrix *j)
{
    const struct data *data = argument;
    double value[PARAMETERS], g[PARAMETERS];
    unpack(data, x, value);
    for (size_t i = 0; i < data->n; i++) {
        gradient(value, data->jobs[i], g);
        size_t next = 0;
        for (size_t p = 0; p < PARAMETERS; p++) {
            if (data->vary[p])
                gsl_matrix_set(j, i, next++, g[p]);
        }
    }
    return GSL_SUCCESS;
}

static void spread_covariance(const struct data *data, const gsl_matrix *small, struct solution *solution)
{
    for (size_t p = 0, row = 0; p < PARAMETERS; p++) {
        for (size_t q = 0, column = 0; q < PARAMETERS; q++) {
            bool both = data->vary[p] && data->vary[q];
            solution->covariance[p][q] = both ? gsl_matrix_get(small, row, column) : 0;
            column += data->vary[q];
        }
        row += data->vary[p];
    }
}

/* Fits the parameters that vary, from `start`. 0, or -1 when it does not converge. */
static int solve(const struct data *data, const double start[PARAMETERS], struct solution *solution)
{
    double x[PARAMETERS], c[PARAMETERS * PARAMETERS];
    size_t count = 0;
    for (size_t p = 0; p < PARAMETERS; p++) {
        if (data->vary[p])
            x[count++] = start[p];
    }
    gsl_vector_view begin = gsl_vector_view_array(x, count);
    gsl_matrix_view covariance = gsl_matrix_view_array(c, count, count);
    gsl_multifit_nlinear_parameters how = gsl_multifit_nlinear_default_parameters();
    gsl_multifit_nlinear_fdf system = {
        .f = residuals, .df = jacobian, .n = data->n, .p = count, .params = (void *)data};
    gsl_multifit_nlinear_workspace *fit =
        gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &how, data->n, count);
    if (fit == NULL)
        return -1;
    int info = 0, status = gsl_multifit_nlinear_init(&begin.vector, &system, fit);
    if (status == GSL_SUCCESS)
        status = gsl_multifit_nlinear_driver(200, 1e-10, 1e-10, 0, NULL, NULL, &info, fit);
    /* If the start is the optimum, no step improves it, which GSL reports as a failure. */
    if (status == GSL_ENOPROG || (status == GSL_EMAXITER && info == GSL_ENOPROG))
        status = GSL_SUCCESS;
    if (status == GSL_SUCCESS)
        status = gsl_multifit_nlinear_covar(gsl_multifit_nlinear_jac(fit), 0, &covariance.matrix);
    if (status == GSL_SUCCESS) {
        unpack(data, gsl_multifit_nlinear_position(fit), solution->value);
        spread_covariance(data, &covariance.matrix, solution);
        gsl_blas_ddot(gsl_multifit_nlinear_residual(fit), gsl_multifit_nlinear_residual(fit),
                      &solution->squares);
    }
    gsl_multifit_nlinear_free(fit);
    return status == GSL_SUCCESS && isfinite(solution->squares) ? 0 : -1;
}

/* The start: n / X(n) = (1 + sigma (n - 1) + kappa n (n - 1)) / lambda is linear in the coefficients;
 * weighted by (X / n)^2 its residuals are relative as well. 0, or -1 when there is no memory. */
static int linear_start(const struct data *data, double start[PARAMETERS])
{
    size_t columns = data->vary[KAPPA] ? 3 : 2;
    double rows[LAW_POINTS_MAX * 3], sides[LAW_POINTS_MAX], weights[LAW_POINTS_MAX], c[3], covariances[9];
    for (size_t i = 0; i < data->n; i++) {
        double n = data->jobs[i], each = exp(data->log_throughput[i]) / n;
        const double row[] = {1, n - 1, n * (n - 1)};
        for (size_t k = 0; k < columns; k++)
            rows[i * columns + k] = row[k];
        sides[i] = 1 / each;
        weights[i] = each * each;
    }
    gsl_matrix_view x = gsl_matrix_view_array(rows, data->n, columns),
                    covariance = gsl_matrix_view_array(covariances, columns, columns);
    gsl_vector_view y = gsl_vector_view_array(sides, data->n), w = gsl_vector_view_array(weights, data->n),
                    coefficients = gsl_vector_view_array(c, columns);
    gsl_multifit_linear_workspace *work = gsl_multifit_linear_alloc(data->n, columns);
    if (work == NULL)
        return -1;
    double squares = 0;
    int status = gsl_multifit_wlinear(&x.matrix, &w.vector, &y.vector, &coefficients.vector,
                                      &covariance.matrix, &squares, work);
    gsl_multifit_linear_free(work);
    bool usable = status == GSL_SUCCESS && c[0] > 0;
    start[LOG_LAMBDA] = usable ? -log(c[0]) : data->log_throughput[0] - log(data->jobs[0]);
    start[SIGMA] = usable ? fmin(1, fmax(0, c[1] / c[0])) : 0.5;
    start[KAPPA] = usable && columns == 3 ? fmax(0, c[2] / c[0]) : 0;
    return 0;
}

/* The best fit inside the box, of those with sigma free, 0 or 1, and kappa free (if it varies) or 0. The one
 * with both fixed is always inside. */
static int solve_inside(const struct data *whole, const double start[PARAMETERS], struct solution *best)
{
    static const double sigma_bounds[] = {0, 0, 1};
    int found = -1;
    for (size_t face = 0; face < 6; face++) {
        struct data data = *whole;
        size_t sigma = face % 3, kappa = face / 3;
        data.vary[SIGMA] = sigma == 0;
        data.fixed[SIGMA] = sigma_bounds[sigma];
        data.vary[KAPPA] = whole->vary[KAPPA] && kappa == 0;
        data.fixed[KAPPA] = 0;
        struct solution solution;
        if (solve(&data, start, &solution) != 0 || solution.value[SIGMA] < 0 || solution.value[SIGMA] > 1 ||
            solution.value[KAPPA] < 0)
            continue;
        if (found != 0 || solution.squares < best->squares)
            *best = solution;
        found = 0;
    }
    return found;
}

/* The interval of parameter p, cut to its range, with the estimate in it. */
static struct interval bounded(const struct solution *free, size_t p, double estimate, double t,
                               double variance, struct interval bounds)
{
    double half = t * sqrt(variance * free->covariance[p][p]);
    double low = fmin(free->value[p] - half, estimate), high = fmax(free->value[p] + half, estimate);
    return (struct interval){fmax(low, bounds.low), fmin(high, bounds.high)};
}

static double quantile(const struct law *law)
{
    return gsl_cdf_tdist_Pinv(0.975, law->freedom);
}

static void describe(struct law *law, const struct solution *free, const struct solution *best, size_t points,
                     size_t parameters)
{
    law->freedom = (unsigned)(points - parameters);
    double t = quantile(law), variance = free->squares / law->freedom;
    law->lambda = exp(best->value[LOG_LAMBDA]);
    law->sigma = best->value[SIGMA];
    law->kappa = best->value[KAPPA];
    struct interval scale = bounded(free, LOG_LAMBDA, best->value[LOG_LAMBDA], t, variance,
                                    (struct interval){-INFINITY, INFINITY});
    law->lambda_ci95 = (struct interval){exp(scale.low), exp(scale.high)};
    law->sigma_ci95 = bounded(free, SIGMA, law->sigma, t, variance, (struct interval){0, 1});
    law->kappa_ci95 = bounded(free, KAPPA, law->kappa, t, variance, (struct interval){0, INFINITY});
    law->residual = sqrt(best->squares / law->freedom);
    for (size_t p = 0; p < PARAMETERS; p++) {
        for (size_t q = 0; q < PARAMETERS; q++)
            law->covariance[p][q] = variance * free->covariance[p][q];
    }
}

static int fit(struct law *law, bool usl, const double *jobs, const double *throughput, size_t n,
               char *why_not, size_t size)
{
    size_t parameters = usl ? 3 : 2, min = parameters + LAW_SPARE_POINTS;
    const char *name = usl ? "the Universal Scalability Law" : "Amdahl's law";
    if (n < min) {
        snprintf(why_not, size,
                 "%s needs at least %zu job counts up to the number of processors, and here %s %zu", name,
                 min, n == 1 ? "is" : "are", n);
        return -1;
    }
    n = n < LAW_POINTS_MAX ? n : LAW_POINTS_MAX;
    double logs[LAW_POINTS_MAX], start[PARAMETERS];
    for (size_t i = 0; i < n; i++)
        logs[i] = log(throughput[i]);
    struct data data = {.jobs = jobs, .log_throughput = logs, .n = n, .vary = {true, true, usl}};
    /* GSL's default handler ends the program. */
    gsl_error_handler_t *handler = gsl_set_error_handler_off();
    struct solution free, best;
    int status = linear_start(&data, start);
    if (status == 0)
        status = solve(&data, start, &free);
    if (status == 0)
        status = solve_inside(&data, start, &best);
    gsl_set_error_handler(handler);
    if (status != 0) {
        snprintf(why_not, size, "%s does not describe these points (the fit did not converge)", name);
        return -1;
    }
    *law = (struct law){0};
    describe(law, &free, &best, n, parameters);
    return 0;
}

int law_fit_amdahl(struct law *law, const double *jobs, const double *throughput, size_t n, char *why_not,
                   size_t size)
{
    return fit(law, false, jobs, throughput, n, why_not, size);
}

int law_fit_usl(struct law *law, const double *jobs, const double *throughput, size_t n, char *why_not,
                size_t size)
{
    return fit(law, true, jobs, throughput, n, why_not, size);
}

double law_throughput(const struct law *law, double jobs)
{
    return law->lambda * jobs / (1 + law->sigma * (jobs - 1) + law->kappa * jobs * (jobs - 1));
}

struct interval law_prediction(const struct law *law, double jobs)
{
    const double value[] = {log(law->lambda), law->sigma, law->kappa};
    double g[PARAMETERS], noise = law->residual * law->residual, variance = noise;
    gradient(value, jobs, g);
    for (size_t p = 0; p < PARAMETERS; p++) {
        for (size_t q = 0; q < PARAMETERS; q++)
            variance += g[p] * law->covariance[p][q] * g[q];
    }
    double t = quantile(law), centre = log(law_throughput(law, jobs));
    /* The law itself never exceeds lambda n; only lambda's error and the noise may. */
    double max = log(law->lambda * jobs) + t * sqrt(noise + law->covariance[LOG_LAMBDA][LOG_LAMBDA]);
    return (struct interval){
        .low = exp(centre - t * sqrt(variance)),
        .high = exp(fmin(centre + t * sqrt(variance), max)),
    };
}
