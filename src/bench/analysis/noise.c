/*
 * Notes on what makes the figures less certain, each with a remedy, as in hyperfine. No trial is removed
 * because of them. One function per cause.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "bench/analysis/analysis.h"
#include "bench/analysis/stats.h"
#include "bench/figure.h"

static const double MUCH_SPREAD = 0.05, MUCH_STEAL = 0.01, MUCH_LOAD = 0.25, MUCH_DRIFT = 0.03;
static const double SHORT_TRIAL = 0.05; /* seconds */

/* "threads at 4 jobs on cpu" */
struct point_name {
    char text[96];
};
static struct point_name name_of(const struct results *results, const struct summary *point)
{
    struct point_name name;
    snprintf(name.text, sizeof name.text, "%s at %u %s on %s", results->models[point->model].name,
             point->jobs, point->jobs == 1 ? "job" : "jobs", workload_name(point->workload));
    return name;
}

static int note_interruption(struct results *results)
{
    if (!results->interrupted)
        return 0;
    return results_note(results, "Run it again to the end.",
                        "The sweep was interrupted: the figures are those measured until then.");
}

/* A point of four jobs that got only one thread is no measurement of four jobs. */
static int note_fewer_workers(struct results *results)
{
    const struct trial *worst = NULL;
    for (size_t i = 0; i < results->ntrials; i++) {
        const struct trial *trial = &results->trials[i];
        if (trial->workers < trial->jobs &&
            (worst == NULL || trial->jobs - trial->workers > worst->jobs - worst->workers))
            worst = trial;
    }
    if (worst == NULL)
        return 0;
    return results_note(results, "Unset OMP_THREAD_LIMIT, raise ulimit -u, or measure fewer --jobs.",
                        "Fewer workers were granted than jobs asked for (most: %s, %u of %u).",
                        results->models[worst->model].name, worst->workers, worst->jobs);
}

static int note_outliers(struct results *results)
{
    const struct summary *worst = NULL;
    size_t points = 0;
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        points += point->outliers > 0;
        if (point->outliers > 0 && (worst == NULL || point->outliers > worst->outliers))
            worst = point;
    }
    if (worst == NULL)
        return 0;
    return results_note(results,
                        "They are in every figure and in the JSON; medians hardly change. For fewer, close "
                        "other programs and run it again.",
                        "%zu of %zu points %s outliers, more than 10 scaled MAD from the median (most: %s, "
                        "%zu of %zu trials).",
                        points, results->nsummaries, points == 1 ? "has" : "have",
                        name_of(results, worst).text, worst->outliers, worst->trials);
}

static int note_spread(struct results *results)
{
    const struct summary *worst = NULL;
    size_t points = 0;
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        points += point->spread > MUCH_SPREAD;
        if (point->spread > MUCH_SPREAD && (worst == NULL || point->spread > worst->spread))
            worst = point;
    }
    if (worst == NULL)
        return 0;
    return results_note(
        results, "Longer trials (--min-time) or more of them (--repeat) narrow the intervals.",
        "%zu of %zu points %s by more than 5 %% (most: %s, %s).", points, results->nsummaries,
        points == 1 ? "spreads" : "spread", name_of(results, worst).text, figure_percent(worst->spread).text);
}

static int note_short_trials(struct results *results)
{
    const struct summary *shortest = NULL;
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        if (point->wall_s < SHORT_TRIAL && (shortest == NULL || point->wall_s < shortest->wall_s))
            shortest = point;
    }
    if (shortest == NULL)
        return 0;
    return results_note(results, "Raise --min-time, or give it more images.",
                        "Some trials are so short that clock and scheduler affect them (%s: %s).",
                        name_of(results, shortest).text, figure_seconds(shortest->wall_s).text);
}

static int note_few_repeats(struct results *results)
{
    char remedy[48];
    if (results->settings.sampling.repeat >= STATS_ENOUGH)
        return 0;
    snprintf(remedy, sizeof remedy, "Use --repeat=%d or more.", STATS_ENOUGH);
    return results_note(
        results, remedy, "With fewer than %d repeats, intervals suppose that noise is log-normal%s.",
        STATS_ENOUGH, results->settings.sampling.repeat < 2 ? ", and a single one has none" : "");
}

static int note_steal(struct results *results)
{
    double stolen = 0, time = 0;
    for (size_t i = 0; i < results->ntrials; i++) {
        stolen += results->trials[i].steal_s;
        time += (results->trials[i].startup_s + results->trials[i].wall_s) * results->machine.processors;
    }
    if (!(stolen > MUCH_STEAL * time))
        return 0;
    return results_note(results, "Measure on a dedicated machine, or when the host is less busy.",
                        "Other guests of this host took %s of the processors' time.",
                        figure_percent(stolen / time).text);
}

static int note_others(struct results *results)
{
    const struct summary *worst = NULL;
    size_t points = 0;
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        points += point->others > MUCH_OTHERS;
        if (point->others > MUCH_OTHERS && (worst == NULL || point->others > worst->others))
            worst = point;
    }
    if (worst == NULL)
        return 0;
    return results_note(results, "Close them and run it again.",
                        "During the trials of %zu of %zu points other programs had more than 5 %% of the "
                        "processors' time (most: %s, %s).",
                        points, results->nsummaries, name_of(results, worst).text,
                        figure_percent(worst->others).text);
}

static int note_load(struct results *results)
{
    if (!(results->machine.load > MUCH_LOAD * results->machine.processors))
        return 0;
    return results_note(results, "Close other programs and run it again.",
                        "The machine was busy before the sweep began: load %.2f on %u processors.",
                        results->machine.load, results->machine.processors);
}

static int note_frequency(struct results *results)
{
    if (!results->machine.frequency_scaling)
        return 0;
    return results_note(results, "Fix it while measuring: cpupower frequency-set -g performance.",
                        "The processors change their frequency with load and heat: one busy core runs "
                        "faster than many, which makes scaling look worse than the software's.");
}

static int note_oversubscription(struct results *results)
{
    size_t points = 0;
    for (size_t i = 0; i < results->nsummaries; i++)
        points += results->summaries[i].oversubscribed;
    if (points == 0)
        return 0;
    return results_note(results, "", "%zu %s more jobs than the %u %s: marked, and in no fit.", points,
                        points == 1 ? "point has" : "points have", results->machine.processors,
                        results->machine.processors == 1 ? "processor" : "processors");
}

static int note_superlinear(struct results *results)
{
    const struct summary *worst = NULL;
    size_t points = 0;
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        points += point->superlinear;
        if (point->superlinear &&
            (worst == NULL || point->speedup / point->jobs > worst->speedup / worst->jobs))
            worst = point;
    }
    if (worst == NULL)
        return 0;
    return results_note(
        results,
        "Judge such a model by its images per second or against the serial model, not by its speedup.",
        "%zu %s above linear (most: %s, %s times as fast as at 1 job): the trial at 1 job also spent time on "
        "something else than work, such as two processes that wake each other for every job.",
        points, points == 1 ? "point lies" : "points lie", name_of(results, worst).text,
        figure_number(worst->speedup).text);
}

/* By how much the second half of a point's trials was slower than the first, by medians. NAN with fewer than
 * 4 trials. `times` has room for all trials. */
static double drift_of(const struct results *results, const struct summary *point, double *times)
{
    size_t n = 0;
    for (size_t i = 0; i < results->ntrials; i++) {
        const struct trial *trial = &results->trials[i];
        if (!trial->cold && trial->model == point->model && trial->workload == point->workload &&
            trial->jobs == point->jobs)
            times[n++] = trial->wall_s;
    }
    size_t half = n / 2;
    return n >= 4 ? stats_median(times + n - half, half) / stats_median(times, half) - 1 : NAN;
}

/* The drift of one point is mostly noise; the median over all points is the machine's. */
static int note_drift(struct results *results)
{
    double *times = malloc((results->ntrials + 1) * sizeof *times);
    double *drifts = malloc((results->nsummaries + 1) * sizeof *drifts);
    if (times == NULL || drifts == NULL) {
        free(times);
        free(drifts);
        return -1;
    }
    size_t n = 0;
    for (size_t i = 0; i < results->nsummaries; i++) {
        double drift = drift_of(results, &results->summaries[i], times);
        if (!isnan(drift))
            drifts[n++] = drift;
    }
    double drift = n > 0 ? stats_median(drifts, n) : 0;
    free(times);
    free(drifts);
    if (!(fabs(drift) > MUCH_DRIFT))
        return 0;
    return results_note(
        results,
        drift > 0 ? "Trials are interleaved, so it affects all models alike; let the machine cool down "
                    "and close other programs."
                  : "Trials are interleaved, so it affects all models alike; the machine was warming "
                    "up, or other programs ended: run it again.",
        "The machine got %s %s during the sweep.", figure_percent(fabs(drift)).text,
        drift > 0 ? "slower" : "faster");
}

int note_noise(struct results *results, struct pm_error *error)
{
    static const struct {
        int (*note)(struct results *results);
        bool busy;
    } causes[] = {
        {note_others, true},        {note_steal, true},          {note_load, true},
        {note_interruption, false}, {note_fewer_workers, false}, {note_outliers, false},
        {note_spread, false},       {note_drift, false},         {note_short_trials, false},
        {note_few_repeats, false},  {note_frequency, false},     {note_oversubscription, false},
        {note_superlinear, false},
    };
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        size_t before = results->nnotes;
        if (causes[i].note(results) != 0)
            return error_memory(error, 0);
        if (results->nnotes > before) {
            results->notes[before].busy = causes[i].busy;
            results->notes[before].derived = true;
        }
    }
    return 0;
}
