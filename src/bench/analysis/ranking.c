#include "bench/analysis/ranking.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/analysis/analysis.h"
#include "bench/analysis/stats.h"
#include "bench/figure.h"

/* By the 95 % interval of how many times as fast the fastest is: slower if its lower end is above 1.05; else
 * nearly equal if its upper end is at most 1.25. */
static const double NEAR = 1.05, NEAR_MAX = 1.25;

/* Writes the throughput of the point's trial in each round, NAN where there is none. */
static void gather(const struct results *results, const struct summary *point, double rates[STATS_MAX])
{
    for (size_t round = 0; round < STATS_MAX; round++)
        rates[round] = NAN;
    for (size_t i = 0; i < results->ntrials; i++) {
        const struct trial *trial = &results->trials[i];
        if (!trial->cold && trial->number < STATS_MAX && trial->model == point->model &&
            trial->workload == point->workload && trial->jobs == point->jobs)
            rates[trial->number] = (double)trial->images / trial->wall_s;
    }
}

double ranking_ratio(const struct results *results, const struct summary *over, const struct summary *under,
                     struct interval *interval)
{
    double above[STATS_MAX], below[STATS_MAX], ratios[STATS_MAX];
    size_t pairs = 0;
    gather(results, over, above);
    gather(results, under, below);
    for (size_t round = 0; round < STATS_MAX; round++) {
        if (!isnan(above[round]) && !isnan(below[round]))
            ratios[pairs++] = above[round] / below[round];
    }
    *interval = stats_median_interval(ratios, pairs);
    return pairs > 0 ? stats_median(ratios, pairs) : over->images_per_s / under->images_per_s;
}

static struct rank rank_against(const struct results *results, const struct summary *own,
                                const struct summary *fastest)
{
    struct rank rank = {.jobs = own->jobs, .ratio = 1, .ratio_ci95 = {1, 1}, .standing = STANDING_FASTEST};
    if (own == fastest)
        return rank;
    rank.ratio = ranking_ratio(results, fastest, own, &rank.ratio_ci95);
    if (rank.ratio_ci95.low > NEAR)
        rank.standing = STANDING_SLOWER;
    else
        rank.standing = rank.ratio_ci95.high <= NEAR_MAX ? STANDING_NEAR : STANDING_UNCLEAR;
    return rank;
}

void rank_models(struct results *results)
{
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        const struct summary *fastest = results_fastest(results, workload);
        for (size_t i = 0; i < results->nverdicts; i++) {
            struct verdict *verdict = &results->verdicts[i];
            const struct summary *own = results_best(results, verdict->model, workload);
            verdict->ranks[workload] = own != NULL ? rank_against(results, own, fastest) : (struct rank){0};
        }
    }
}

/* The fastest (by median) comes first, even if it lost most rounds to another. */
static double order_of(const struct rank *rank)
{
    return rank->standing == STANDING_FASTEST ? 0 : rank->ratio;
}

size_t ranking_leaders(const struct results *results, enum workload workload,
                       const struct verdict *leaders[LEADERS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < results->nverdicts; i++) {
        const struct rank *rank = &results->verdicts[i].ranks[workload];
        if (rank->standing == STANDING_NONE || rank->standing == STANDING_SLOWER || count == LEADERS_MAX)
            continue;
        size_t at = count++;
        for (; at > 0 && order_of(rank) < order_of(&leaders[at - 1]->ranks[workload]); at--)
            leaders[at] = leaders[at - 1];
        leaders[at] = &results->verdicts[i];
    }
    return count;
}

bool ranking_is_settled(const struct results *results, enum workload workload)
{
    for (size_t i = 0; i < results->nverdicts; i++) {
        if (results->verdicts[i].ranks[workload].standing == STANDING_UNCLEAR)
            return false;
    }
    return true;
}

/* The fastest of the slower models; NULL if there is none. */
static const struct verdict *next_of(const struct results *results, enum workload workload)
{
    const struct verdict *next = NULL;
    for (size_t i = 0; i < results->nverdicts; i++) {
        const struct rank *rank = &results->verdicts[i].ranks[workload];
        if (rank->standing == STANDING_SLOWER && (next == NULL || rank->ratio < next->ranks[workload].ratio))
            next = &results->verdicts[i];
    }
    return next;
}

__attribute__((format(printf, 3, 4))) static void add(char *text, size_t size, const char *format, ...)
{
    const size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, size - length, format, arguments);
    va_end(arguments);
}

/* The answer of a workload, as it is written. */
struct words {
    const struct results *results;
    enum workload workload;
    const char *separator; /* before the first ratio */
    unsigned ratios;       /* written */
    char *text;
    size_t size;
};

/* "1.04 times as fast as threads (0.99 to 1.06)"; after the first ratio "1.07 as omp (1.01 to 1.10)" */
static void add_ratio(struct words *words, const struct verdict *other, const char *role)
{
    const struct rank *rank = &other->ranks[words->workload];
    char *text = words->text;
    const size_t size = words->size;
    const bool first = words->ratios++ == 0;
    add(text, size, "%s%s %s %s%s", first ? words->separator : ", ", figure_ratio(rank->ratio).text,
        first ? "times as fast as" : "as", words->results->models[other->model].name, role);
    if (isnan(rank->ratio_ci95.low))
        add(text, size, " (too few trials for an interval)");
    else
        add(text, size, " (%s to %s)", figure_ratio(rank->ratio_ci95.low).text,
            figure_ratio(rank->ratio_ci95.high).text);
}

const char *ranking_text(const struct results *results, enum workload workload, const char *separator,
                         char *text, size_t size)
{
    const struct verdict *leaders[LEADERS_MAX];
    const size_t count = ranking_leaders(results, workload, leaders);
    const struct summary *fastest = results_fastest(results, workload);
    const struct verdict *next = next_of(results, workload);
    struct words words = {results, workload, separator, 0, text, size};
    text[0] = '\0';
    if (count == 0)
        return text;
    add(text, size, "%s%s, %s %ss/s at %u %s",
        !ranking_is_settled(results, workload) ? "no clear winner; fastest: "
        : count > 1                            ? "nearly equal; fastest: "
                                               : "",
        results->models[leaders[0]->model].name, figure_rate(fastest->images_per_s).text,
        workload_item(workload), fastest->jobs, fastest->jobs == 1 ? "job" : "jobs");
    if (isfinite(fastest->images_per_s_ci95.low))
        add(text, size, " (%s to %s)", figure_rate(fastest->images_per_s_ci95.low).text,
            figure_rate(fastest->images_per_s_ci95.high).text);
    for (size_t i = 1; i < count; i++)
        add_ratio(&words, leaders[i], "");
    if (count == 1 && next != NULL)
        add_ratio(&words, next, ", the next");
    /* Adds the serial model as the reference, unless it is among the leaders. */
    for (size_t i = 0; i < results->nverdicts; i++) {
        const struct verdict *other = &results->verdicts[i];
        if (other->ranks[workload].standing == STANDING_SLOWER && (count > 1 || other != next) &&
            strcmp(results->models[other->model].name, "serial") == 0)
            add_ratio(&words, other, "");
    }
    return text;
}

double ranking_disturbance(const struct results *results, enum workload workload)
{
    double max = 0;
    for (size_t i = 0; i < results->nsummaries; i++) {
        if (results->summaries[i].workload == workload)
            max = fmax(max, results->summaries[i].others);
    }
    return max > MUCH_OTHERS ? max : 0;
}
