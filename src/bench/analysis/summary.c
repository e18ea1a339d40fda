/*
 * Trials to summaries: one per point, in the order of models, workloads and jobs. All trials of a point have
 * the same images, but those of another may have more of them (--min-time), so points are compared by
 * throughput.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "bench/analysis/analysis.h"
#include "bench/analysis/ranking.h"
#include "bench/analysis/scaling.h"
#include "bench/analysis/stats.h"

/* The warm trials of one point, and room for one value of each. */
struct sample {
    const struct trial **trials;
    double *values;
    size_t n;
};

static int compare_trials(const void *a, const void *b)
{
    const struct trial *x = *(const struct trial *const *)a, *y = *(const struct trial *const *)b;
    if (x->model != y->model)
        return x->model < y->model ? -1 : 1;
    if (x->workload != y->workload)
        return x->workload < y->workload ? -1 : 1;
    if (x->jobs != y->jobs)
        return x->jobs < y->jobs ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static bool same_point(const struct trial *a, const struct trial *b)
{
    return a->model == b->model && a->workload == b->workload && a->jobs == b->jobs;
}

static double throughput(const struct trial *trial)
{
    return (double)trial->images / trial->wall_s;
}

static double wall(const struct trial *trial)
{
    return trial->wall_s;
}

static double images(const struct trial *trial)
{
    return (double)trial->images;
}

static double startup(const struct trial *trial)
{
    return trial->startup_s;
}

static double processor_time(const struct trial *trial)
{
    return trial->user_s + trial->system_s;
}

static double processor_time_each(const struct trial *trial)
{
    return processor_time(trial) / (double)trial->images;
}

static double peak_pss(const struct trial *trial)
{
    return (double)trial->peak_pss_bytes;
}

static double voluntary(const struct trial *trial)
{
    return (double)trial->voluntary_switches;
}

static double involuntary(const struct trial *trial)
{
    return (double)trial->involuntary_switches;
}

static const double *gather(struct sample *sample, double (*of)(const struct trial *))
{
    for (size_t i = 0; i < sample->n; i++)
        sample->values[i] = of(sample->trials[i]);
    return sample->values;
}

static double median(struct sample *sample, double (*of)(const struct trial *))
{
    return stats_median(gather(sample, of), sample->n);
}

static double stages_together(const struct trial *trial)
{
    double sum = 0;
    for (size_t stage = 0; stage < PM_STAGES; stage++)
        sum += trial->stage_s[stage];
    return sum;
}

static void summarise_stages(struct summary *point, struct sample *sample)
{
    for (size_t stage = 0; stage < PM_STAGES; stage++) {
        for (size_t i = 0; i < sample->n; i++)
            sample->values[i] = sample->trials[i]->stage_s[stage];
        point->stage_s[stage] = stats_median(sample->values, sample->n);
        point->stage_ci95[stage] = stats_median_interval(sample->values, sample->n);
    }
    point->stages_s = median(sample, stages_together);
    point->stages_ci95 = stats_median_interval(sample->values, sample->n);
}

static void summarise_point(struct summary *point, struct sample *sample, unsigned processors)
{
    const struct trial *first = sample->trials[0];
    point->oversubscribed = point->jobs > processors;
    point->trials = sample->n;
    point->images = median(sample, images);
    point->startup_s = median(sample, startup);
    point->startup_ci95 = stats_median_interval(sample->values, sample->n);
    point->cpu_s = median(sample, processor_time);
    point->peak_pss_bytes = median(sample, peak_pss);
    point->peak_pss_ci95 = stats_median_interval(sample->values, sample->n);
    point->voluntary_switches = median(sample, voluntary);
    point->involuntary_switches = median(sample, involuntary);
    summarise_stages(point, sample);
    double time = 0;
    for (size_t i = 0; i < sample->n; i++) {
        point->blocked_s = fmax(point->blocked_s, sample->trials[i]->blocked_s);
        point->others += sample->trials[i]->others_s;
        time += (sample->trials[i]->startup_s + sample->trials[i]->wall_s) * processors;
    }
    /* The kernel counts busy processors in ticks of 10 ms, which may be longer than a short trial. */
    point->others = fmin(point->others / time, 1);

    gather(sample, processor_time_each);
    point->cpu_per_image_s = stats_median(sample->values, sample->n);
    point->cpu_per_image_ci95 = stats_median_interval(sample->values, sample->n);

    gather(sample, throughput);
    point->images_per_s = stats_median(sample->values, sample->n);
    point->images_per_s_ci95 = stats_median_interval(sample->values, sample->n);
    point->megapixels_per_s =
        first->images > 0 ? point->images_per_s * (double)first->pixels / (double)first->images / 1e6 : 0;

    gather(sample, wall);
    point->wall_s = stats_median(sample->values, sample->n);
    point->ci95 = stats_median_interval(sample->values, sample->n);
    point->outliers = stats_outliers(sample->values, sample->n);
    point->spread = sample->n > 1 ? stats_mad(sample->values, sample->n) / point->wall_s : NAN;
}

/* Splits the sorted trials into points. */
static void summarise_points(struct results *results, const struct trial **sorted, double *values)
{
    for (size_t begin = 0, end; begin < results->ntrials; begin = end) {
        struct summary point = {
            .model = sorted[begin]->model,
            .workload = sorted[begin]->workload,
            .jobs = sorted[begin]->jobs,
            .cold_wall_s = NAN,
            .cold_images_per_s = NAN,
        };
        /* The point's warm trials move to the front of its part. */
        struct sample sample = {.trials = sorted + begin, .values = values};
        for (end = begin; end < results->ntrials && same_point(sorted[begin], sorted[end]); end++) {
            if (!sorted[end]->cold)
                continue;
            point.cold_wall_s = sorted[end]->wall_s;
            point.cold_images_per_s = throughput(sorted[end]);
        }
        for (size_t i = begin; i < end; i++) {
            if (sorted[i]->cold)
                continue;
            const struct trial *warm = sorted[i];
            sorted[i] = sample.trials[sample.n];
            sample.trials[sample.n++] = warm;
        }
        if (sample.n == 0) /* interrupted before the first warm trial */
            continue;
        summarise_point(&point, &sample, results->machine.processors);
        results->summaries[results->nsummaries++] = point;
    }
}

/* Stores the throughputs of a point's warm trials; returns how many. */
static size_t throughputs(const struct results *results, const struct summary *point, double *values)
{
    size_t n = 0;
    for (size_t i = 0; i < results->ntrials; i++) {
        const struct trial *trial = &results->trials[i];
        if (!trial->cold && trial->model == point->model && trial->workload == point->workload &&
            trial->jobs == point->jobs)
            values[n++] = throughput(trial);
    }
    return n;
}

/* Compares points with others. `values` and `others` each have room for all trials. */
static void compare_points(struct results *results, double *values, double *others)
{
    for (size_t i = 0; i < results->nsummaries; i++) {
        struct summary *point = &results->summaries[i];
        const struct summary *one = results_point(results, point->model, point->workload, 1);
        const struct summary *serial = results_serial(results, point->workload);
        point->speedup = one != NULL ? point->images_per_s / one->images_per_s : NAN;
        point->speedup_ci95 = (struct interval){NAN, NAN};
        if (one == point) { /* by definition */
            point->speedup_ci95 = (struct interval){1, 1};
        } else if (one != NULL) {
            size_t n = throughputs(results, point, values), m = throughputs(results, one, others);
            point->speedup_ci95 = stats_ratio_interval(values, n, others, m);
        }
        point->speedup_vs_serial = NAN;
        point->vs_serial_ci95 = (struct interval){NAN, NAN};
        if (serial != NULL)
            point->speedup_vs_serial = ranking_ratio(results, point, serial, &point->vs_serial_ci95);
        point->efficiency = point->speedup / point->jobs;
        point->efficiency_ci95 =
            (struct interval){point->speedup_ci95.low / point->jobs, point->speedup_ci95.high / point->jobs};
        point->superlinear = point->jobs > 1 && point->speedup_ci95.low > point->jobs;
        point->karp_flatt = karp_flatt(point->speedup, point->jobs);
    }
}

int summarise(struct results *results, struct pm_error *error)
{
    size_t room = results->ntrials + 1;
    free(results->summaries);
    results->nsummaries = 0;
    results->summaries = calloc(room, sizeof *results->summaries);
    const struct trial **sorted = malloc(room * sizeof(struct trial *));
    double *values = malloc(2 * room * sizeof *values);
    int status = -1;
    if (results->summaries == NULL || sorted == NULL || values == NULL) {
        error_memory(error, room * sizeof *results->summaries);
    } else {
        for (size_t i = 0; i < results->ntrials; i++)
            sorted[i] = &results->trials[i];
        qsort(sorted, results->ntrials, sizeof(struct trial *), compare_trials);
        summarise_points(results, sorted, values);
        compare_points(results, values, values + room);
        status = 0;
    }
    free(sorted);
    free(values);
    return status;
}

int analyse(struct results *results, struct pm_error *error)
{
    if (summarise(results, error) != 0 || scale(results, error) != 0 || judge(results, error) != 0)
        return -1;
    return note_noise(results, error);
}
