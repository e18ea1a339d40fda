#include "bench/analysis/scaling.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "bench/analysis/analysis.h"
#include "bench/analysis/law.h"

double karp_flatt(double speedup, double jobs)
{
    return jobs > 1 ? (1 / speedup - 1 / jobs) / (1 - 1 / jobs) : NAN;
}

const struct law *fit_law(const struct fit *fit)
{
    if (fit->has_usl)
        return &fit->usl;
    return fit->has_amdahl ? &fit->amdahl : NULL;
}

const struct fit *results_fit(const struct results *results, size_t model, enum workload workload)
{
    for (size_t i = 0; i < results->nfits; i++) {
        if (results->fits[i].model == model && results->fits[i].workload == workload)
            return &results->fits[i];
    }
    return NULL;
}

const char *results_no_law(const struct results *results)
{
    for (size_t i = 0; i < results->nfits; i++) {
        const struct fit *fit = &results->fits[i];
        if (fit_law(fit) != NULL || strcmp(fit->why_not, results->fits[0].why_not) != 0)
            return NULL;
    }
    return results->nfits > 0 ? results->fits[0].why_not : NULL;
}

bool fit_amdahl_holds(const struct fit *fit)
{
    return fit->has_amdahl && fit->amdahl.sigma < 1;
}

double fit_speedup(const struct results *results, const struct fit *fit, double jobs,
                   struct interval *interval)
{
    const struct law *law = fit_law(fit);
    const struct summary *one = results_point(results, fit->model, fit->workload, 1);
    double base = one != NULL ? one->images_per_s : law->lambda;
    struct interval throughput = law_prediction(law, jobs);
    *interval = (struct interval){throughput.low / base, throughput.high / base};
    return law_throughput(law, jobs) / base;
}

/* dX/dn = 0 at n = sqrt((1 - sigma) / kappa); below one job, throughput falls from the first on. */
static double peak(double sigma, double kappa)
{
    return kappa > 0 ? fmax(1, sqrt((1 - sigma) / kappa)) : sigma < 1 ? INFINITY : 1;
}

static void fit_series(struct fit *fit, const struct results *results)
{
    double jobs[LAW_POINTS_MAX], throughput[LAW_POINTS_MAX];
    for (size_t i = 0; i < results->nsummaries && fit->points < LAW_POINTS_MAX; i++) {
        const struct summary *point = &results->summaries[i];
        if (point->model != fit->model || point->workload != fit->workload || point->oversubscribed ||
            !(point->images_per_s > 0))
            continue;
        jobs[fit->points] = point->jobs;
        throughput[fit->points++] = point->images_per_s;
    }
    fit->has_usl =
        law_fit_usl(&fit->usl, jobs, throughput, fit->points, fit->why_not, sizeof fit->why_not) == 0;
    fit->has_amdahl =
        law_fit_amdahl(&fit->amdahl, jobs, throughput, fit->points, fit->why_not, sizeof fit->why_not) == 0;
    fit->peak_jobs = NAN;
    fit->peak_jobs_ci95 = (struct interval){NAN, NAN};
    if (!fit->has_usl)
        return;
    const struct law *usl = &fit->usl;
    fit->peak_jobs = peak(usl->sigma, usl->kappa);
    /* Conservative: each end takes the worst of both parameters. */
    fit->peak_jobs_ci95 = (struct interval){peak(usl->sigma_ci95.high, usl->kappa_ci95.high),
                                            peak(usl->sigma_ci95.low, usl->kappa_ci95.low)};
}

int scale(struct results *results, struct pm_error *error)
{
    static const enum workload workloads[] = {WORKLOAD_CPU, WORKLOAD_IO};
    struct fit *fits = calloc(2 * results->nmodels + 1, sizeof *fits);
    if (fits == NULL)
        return error_memory(error, 0);
    free(results->fits);
    results->fits = fits;
    results->nfits = 0;
    for (size_t model = 0; model < results->nmodels; model++) {
        for (size_t w = 0; w < 2 && !results->models[model].one_worker; w++) {
            if (results_point(results, model, workloads[w], 0) == NULL)
                continue;
            struct fit *fit = &fits[results->nfits++];
            *fit = (struct fit){.model = model, .workload = workloads[w]};
            fit_series(fit, results);
        }
    }
    return 0;
}
