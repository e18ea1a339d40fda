#include "bench/fixture.h"

#include <criterion/criterion.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <string.h>

#include "bench/analysis/law.h"

enum { REPEATS = 7 };
static const double DELAY = 0.02, TINY = 60e-6;

/* The true properties of each model: scaling, cost of hand-overs and start-up, memory. */
static const struct truth {
    struct model model;
    struct law cpu;
    double handover_s, startup_s, startup_each_s, base_bytes, worker_bytes;
} truths[] = {
    [FIXTURE_SERIAL] = {{"serial", "serial", "sync", "Serial", "One at a time. Compared with.", true},
                        {.lambda = 25.2, .sigma = 1},
                        0,
                        0.0031,
                        0,
                        21e6,
                        0},
    [FIXTURE_THREADS] = {{"threads", "threads", "sync", "Threading", "Several at once. Or not.", false},
                         {.lambda = 25, .sigma = 0.012, .kappa = 0.0003},
                         4.2e-6,
                         0.0034,
                         4e-5,
                         13e6,
                         8.6e6},
    [FIXTURE_GIL] = {{"gil", "gil", "sync", "GIL", "Several at once. Or not.", false},
                     {.lambda = 24.6, .sigma = 0.99, .kappa = 0.004},
                     6.1e-6,
                     0.0036,
                     4e-5,
                     13e6,
                     8.9e6},
    [FIXTURE_PROCS] = {{"procs", "procs", "sync", "Multiprocessing", "Several at once. Or not.", false},
                       {.lambda = 24.4, .sigma = 0.006, .kappa = 0.0001},
                       31e-6,
                       0.0072,
                       0.0011,
                       15e6,
                       11.8e6},
    [FIXTURE_OMP] = {{"omp", "omp", "sync", "OpenMP", "Several at once. Or not.", false},
                     {.lambda = 25.1, .sigma = 0.015, .kappa = 0.0003},
                     1.1e-6,
                     0.0035,
                     5e-5,
                     13e6,
                     8.7e6},
    [FIXTURE_ASYNC] = {{"async", "async", "async", "Async/await", "One loop. Many waits.", true},
                       {.lambda = 24.9, .sigma = 1},
                       2.4e-6,
                       0.0038,
                       0,
                       46e6,
                       0},
};
enum { MODELS = sizeof truths / sizeof *truths };

/* Images per second without disturbance. More workers than processors are only faster while waiting. */
static double throughput(size_t model, enum workload workload, unsigned jobs, unsigned processors)
{
    const struct truth *truth = &truths[model];
    unsigned busy = jobs < processors ? jobs : processors;
    double cpu = law_throughput(&truth->cpu, busy);
    switch (workload) {
    case WORKLOAD_CPU:
        return jobs > processors ? 0.97 * cpu : cpu;
    case WORKLOAD_IO:
        if (model == FIXTURE_ASYNC)
            return 0.985 * cpu;
        return fmin(0.98 * cpu, jobs / (busy / cpu + DELAY));
    default:
        return (model == FIXTURE_GIL ? 1 : pow(busy, 0.6)) / (TINY + truth->handover_s);
    }
}

static void fill_stages(struct trial *trial)
{
    static const double shares[PM_STAGES] = {0.004, 0.006, 0.47, 0.3, 0.2, 0.02};
    double work = trial->user_s + trial->system_s;
    for (size_t stage = 0; stage < PM_STAGES; stage++)
        trial->stage_s[stage] = shares[stage] * work;
    if (trial->workload == WORKLOAD_IO)
        trial->stage_s[PM_STAGE_READ] += DELAY * (double)trial->images;
    if (trial->model == FIXTURE_GIL && trial->workload == WORKLOAD_CPU)
        trial->stage_s[PM_STAGE_WAIT] += work * (trial->jobs - 1);
}

static struct trial make_trial(gsl_rng *rng, size_t model, enum workload workload, unsigned jobs,
                               unsigned processors, int number)
{
    const struct truth *truth = &truths[model];
    double noise = 0.012 * (number < 0 ? 1 : fabs(gsl_ran_ugaussian(rng)) + 0.5);
    if (gsl_rng_uniform(rng) < 0.01) /* another program ran */
        noise += 0.35;
    struct trial trial = {
        .model = model,
        .workload = workload,
        .jobs = jobs,
        .workers = jobs,
        .number = number < 0 ? 0 : (unsigned)number,
        .cold = number < 0,
        .images = workload == WORKLOAD_OVERHEAD ? 10000 : 57,
        .startup_s =
            (truth->startup_s + jobs * truth->startup_each_s) * exp(fabs(gsl_ran_gaussian(rng, 0.05))),
        .peak_pss_bytes = (uint64_t)(truth->base_bytes + jobs * truth->worker_bytes),
        .minor_faults = 5200 + 2100 * jobs,
        .load = 0.6,
    };
    trial.pixels = trial.images * (workload == WORKLOAD_OVERHEAD ? 64 : 8847360);
    trial.wall_s = (double)trial.images / throughput(model, workload, jobs, processors) * exp(noise);
    if (trial.cold)
        trial.wall_s *= 1.4;
    trial.peak_rss_bytes = trial.peak_pss_bytes + 3000000;
    double busy = model == FIXTURE_GIL ? 1 : jobs < processors ? jobs : processors;
    double computing = busy * trial.wall_s * 0.98;
    if (workload == WORKLOAD_IO)
        computing = (double)trial.images * 0.04;
    else if (workload == WORKLOAD_OVERHEAD) /* waiting for the queue takes no processor time */
        computing = (double)trial.images * (TINY + truth->handover_s) * exp(noise);
    trial.user_s = computing * 0.94;
    trial.system_s = computing * 0.06;
    trial.voluntary_switches = trial.images * (workload == WORKLOAD_IO ? 3 : 1);
    trial.involuntary_switches = (uint64_t)(4 * trial.wall_s * jobs);
    trial.blocked_s = model == FIXTURE_ASYNC ? 0.061 : 0;
    fill_stages(&trial);
    return trial;
}

static void describe(struct results *results, unsigned processors)
{
    results->machine = (struct machine){
        .cpu = "AMD EPYC 7R13 & <friends>",
        .os = "Debian GNU/Linux 12, Linux 6.1.0",
        .compiler = "gcc 12.2.0",
        .version = "0.1.0",
        .topology = "1 socket, 8 cores, 16 threads, 1 NUMA node",
        .processors = processors,
        .memory_bytes = 33554432000,
        .date = "2026-11-23T08:15:00Z",
        .frequency_scaling = true,
        .load = 0.6,
    };
    snprintf(results->machine.processors_source, sizeof results->machine.processors_source,
             "%u in the affinity mask", processors);
    results->settings = (struct sweep_settings){
        .recipe = "resize=800x800/quality=80",
        .command = "pixmill bench --resize=800x800 --repeat=7 --json=report.json 'photos of \"A\" & B/'",
        .sampling = {.repeat = REPEATS, .min_time_s = 0.2, .seed = 20261123},
        .io_delay_ms = DELAY * 1e3,
        .inputs = 57,
        .input_bytes = 98123456,
    };
}

struct results fixture_sweep(unsigned processors, unsigned most_jobs)
{
    struct results results = {0};
    describe(&results, processors);
    results.nmodels = MODELS;
    results.models = calloc(MODELS, sizeof *results.models);
    results.trials = calloc(MODELS * WORKLOADS * (REPEATS + 1) * 32, sizeof *results.trials);
    cr_assert(results.models != NULL && results.trials != NULL);
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, 42);
    for (size_t model = 0; model < MODELS; model++) {
        results.models[model] = truths[model].model;
        unsigned most = truths[model].model.one_worker ? 1 : most_jobs;
        for (enum workload workload = 0; workload < WORKLOADS; workload++) {
            for (unsigned jobs = 1; jobs <= most; jobs *= 2) {
                for (int number = -1; number < REPEATS; number++)
                    results.trials[results.ntrials++] =
                        make_trial(rng, model, workload, jobs, processors, number);
            }
        }
    }
    gsl_rng_free(rng);
    return results;
}
