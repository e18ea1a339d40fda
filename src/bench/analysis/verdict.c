/*
 * The rules, one function per column, in the columns' order. A cell whose figures are missing, or whose
 * interval includes a threshold, stays unknown and says so.
 */
#include "bench/analysis/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "bench/analysis/analysis.h"
#include "bench/analysis/ranking.h"
#include "bench/figure.h"

static const double PARALLEL = 1.3, HELD = 1.2, PAID = 0.7, DISTURBED = 0.1;

__attribute__((format(printf, 3, 4))) static void why(struct verdict *verdict, enum column column,
                                                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(verdict->why[column], sizeof verdict->why[column], format, arguments);
    va_end(arguments);
}

/* A figure's interval against a threshold. */
static enum answer above(struct interval interval, double threshold)
{
    if (interval.low > threshold)
        return ANSWER_YES;
    return interval.high <= threshold ? ANSWER_NO : ANSWER_UNKNOWN;
}

static enum answer opposite(enum answer answer)
{
    return answer == ANSWER_UNKNOWN ? answer : answer == ANSWER_YES ? ANSWER_NO : ANSWER_YES;
}

/* The point of a series with the min jobs above 1 and not above the processors; NULL when there is none. */
static const struct summary *first_parallel_point(const struct results *results, size_t model,
                                                  enum workload workload)
{
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        if (point->model == model && point->workload == workload && point->jobs > 1 && !point->oversubscribed)
            return point;
    }
    return NULL;
}

/* The point of a series at its max jobs; with `within`, not above the processors. */
static const struct summary *last_point(const struct results *results, size_t model, enum workload workload,
                                        bool within)
{
    const struct summary *last = NULL;
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        if (point->model == model && point->workload == workload && !(within && point->oversubscribed))
            last = point;
    }
    return last;
}

static void judge_parallel(const struct results *results, struct verdict *verdict)
{
    if (results->models[verdict->model].one_worker) {
        const struct summary *point = results_point(results, verdict->model, WORKLOAD_CPU, 1);
        if (point == NULL) {
            why(verdict, COLUMN_PARALLEL, "the cpu workload was not measured");
            return;
        }
        double busy = point->cpu_s / (point->wall_s + point->startup_s);
        verdict->parallel_cpu = busy > PARALLEL ? ANSWER_YES : ANSWER_NO;
        why(verdict, COLUMN_PARALLEL, "one worker; processors kept busy: %.2f", busy);
        return;
    }
    const struct summary *point = first_parallel_point(results, verdict->model, WORKLOAD_CPU);
    if (point == NULL || isnan(point->speedup_ci95.low)) {
        why(verdict, COLUMN_PARALLEL,
            "needs the cpu workload at 1 job and at more, none above the processors, 2 trials of each");
        return;
    }
    verdict->parallel_cpu = above(point->speedup_ci95, PARALLEL);
    verdict->disturbed = verdict->parallel_cpu == ANSWER_NO && point->others > DISTURBED;
    if (verdict->disturbed)
        verdict->parallel_cpu = ANSWER_UNKNOWN;
    why(verdict, COLUMN_PARALLEL, "speedup at %u jobs %.2f (%.2f to %.2f)%s%s%s", point->jobs, point->speedup,
        point->speedup_ci95.low, point->speedup_ci95.high,
        verdict->disturbed ? ", while other programs took " : "",
        verdict->disturbed ? figure_percent(point->others).text : "",
        verdict->disturbed ? " of the processors' time" : "");
}

/* a - b of two figures with intervals, combined as in stats.c. */
static struct interval difference(double a, struct interval of_a, double b, struct interval of_b)
{
    return (struct interval){a - b - hypot(a - of_a.low, of_b.high - b),
                             a - b + hypot(of_a.high - a, b - of_b.low)};
}

/* Seconds an image, and their interval. */
static double image_time(const struct summary *point, struct interval *interval)
{
    *interval = (struct interval){1 / point->images_per_s_ci95.high, 1 / point->images_per_s_ci95.low};
    return 1 / point->images_per_s;
}

static void judge_overlap(const struct results *results, struct verdict *verdict)
{
    const struct summary *io = last_point(results, verdict->model, WORKLOAD_IO, false);
    const struct summary *cpu =
        io != NULL ? results_point(results, verdict->model, WORKLOAD_CPU, io->jobs) : NULL;
    double delay = results->settings.io_delay_ms / 1e3;
    if (io == NULL || cpu == NULL || isnan(io->ci95.low) || isnan(cpu->ci95.low) || !(delay > 0) ||
        (io->jobs == 1 && !results->models[verdict->model].one_worker)) {
        why(verdict, COLUMN_OVERLAP,
            "needs the io and the cpu workload at the same jobs (above 1 where it may have more), 2 trials "
            "of each");
        return;
    }
    struct interval of_io, of_cpu;
    double with = image_time(io, &of_io), without = image_time(cpu, &of_cpu);
    struct interval paid = difference(with, of_io, without, of_cpu);
    paid = (struct interval){paid.low / delay, paid.high / delay};
    verdict->overlaps_io = opposite(above(paid, PAID));
    char share[64] = "none"; /* a negative cost is noise */
    if (paid.high > 0)
        snprintf(share, sizeof share, "%ld %% (%ld to %ld)", lround(fmax(0, 100 * (with - without) / delay)),
                 lround(fmax(0, 100 * paid.low)), lround(100 * paid.high));
    why(verdict, COLUMN_OVERLAP,
        "at %u %s an image takes %s with the delay and %s without: %s of the %s is paid", io->jobs,
        io->jobs == 1 ? "job" : "jobs", figure_seconds(with).text, figure_seconds(without).text, share,
        figure_seconds(delay).text);
}

static bool another_is_parallel(const struct results *results, const struct verdict *verdict)
{
    for (size_t i = 0; i < results->nverdicts; i++) {
        if (&results->verdicts[i] != verdict && results->verdicts[i].parallel_cpu == ANSWER_YES)
            return true;
    }
    return false;
}

static void judge_lock(const struct results *results, struct verdict *verdict)
{
    if (results->models[verdict->model].one_worker) {
        verdict->held_by_lock = ANSWER_NO;
        why(verdict, COLUMN_LOCK, "one worker: no other thread needs the lock");
        return;
    }
    if (verdict->parallel_cpu == ANSWER_YES) {
        verdict->held_by_lock = ANSWER_NO;
        why(verdict, COLUMN_LOCK, "it is parallel: %.200s", verdict->why[COLUMN_PARALLEL]);
        return;
    }
    const struct summary *point = first_parallel_point(results, verdict->model, WORKLOAD_CPU);
    bool known = point != NULL && verdict->overlaps_io != ANSWER_UNKNOWN;
    if (!known || !another_is_parallel(results, verdict)) {
        why(verdict, COLUMN_LOCK,
            known ? "no model here computes in parallel: the machine may be the reason (measure threads or "
                    "procs as well)"
                  : "needs an answer to whether it is parallel and whether it overlaps I/O");
        return;
    }
    /* An unclear speedup, or one whose interval includes the threshold, decides nothing. */
    if (verdict->overlaps_io == ANSWER_NO)
        verdict->held_by_lock = ANSWER_NO;
    else if (verdict->parallel_cpu == ANSWER_NO)
        verdict->held_by_lock = opposite(above(point->speedup_ci95, HELD));
    why(verdict, COLUMN_LOCK, "its workers %s side by side; %.160s",
        verdict->overlaps_io == ANSWER_YES ? "wait" : "do not even wait", verdict->why[COLUMN_PARALLEL]);
}

/* The slope of the least-squares line through the consecutive points [first, last], with an interval that
 * combines those of the points, as in stats.c. */
static double memory_slope(const struct summary *first, const struct summary *last, struct interval *interval)
{
    double n = (double)(last - first + 1), jobs = 0, square = 0, slope = 0, below = 0, above = 0;
    for (const struct summary *point = first; point <= last; point++)
        jobs += point->jobs / n;
    for (const struct summary *point = first; point <= last; point++)
        square += (point->jobs - jobs) * (point->jobs - jobs);
    for (const struct summary *point = first; point <= last; point++) {
        const double weight = (point->jobs - jobs) / square;
        const double lower = weight * (point->peak_pss_bytes - point->peak_pss_ci95.low);
        const double upper = weight * (point->peak_pss_ci95.high - point->peak_pss_bytes);
        slope += weight * point->peak_pss_bytes;
        below = hypot(below, weight > 0 ? lower : upper);
        above = hypot(above, weight > 0 ? upper : lower);
    }
    *interval = (struct interval){fmax(0, slope - below), fmax(0, slope + above)};
    return fmax(0, slope);
}

static void judge_memory(const struct results *results, struct verdict *verdict)
{
    verdict->memory_bytes_per_worker = NAN;
    verdict->memory_ci95 = (struct interval){NAN, NAN};
    const struct summary *first = results_point(results, verdict->model, WORKLOAD_CPU, 0);
    const struct summary *last = last_point(results, verdict->model, WORKLOAD_CPU, false);
    if (first != NULL && results->models[verdict->model].one_worker) {
        verdict->memory_bytes_per_worker = first->peak_pss_bytes;
        verdict->memory_ci95 = first->peak_pss_ci95;
        verdict->memory_in_all = true;
        why(verdict, COLUMN_MEMORY, "one worker: the peak of the process, %s (%s)",
            figure_bytes(first->peak_pss_bytes).text, figure_range(first->peak_pss_ci95, figure_bytes).text);
        return;
    }
    if (first == NULL || first == last) {
        why(verdict, COLUMN_MEMORY, "needs the cpu workload at two numbers of jobs");
        return;
    }
    verdict->memory_bytes_per_worker = memory_slope(first, last, &verdict->memory_ci95);
    why(verdict, COLUMN_MEMORY, "%s at %u %s, %s at %u; slope %s a job (%s)",
        figure_bytes(first->peak_pss_bytes).text, first->jobs, first->jobs == 1 ? "job" : "jobs",
        figure_bytes(last->peak_pss_bytes).text, last->jobs,
        figure_bytes(verdict->memory_bytes_per_worker).text,
        figure_range(verdict->memory_ci95, figure_bytes).text);
}

static void judge_startup(const struct results *results, struct verdict *verdict)
{
    verdict->startup_s = NAN;
    verdict->startup_ci95 = (struct interval){NAN, NAN};
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        const struct summary *point = last_point(results, verdict->model, workload, true);
        if (point == NULL)
            continue;
        verdict->startup_s = point->startup_s;
        verdict->startup_ci95 = point->startup_ci95;
        why(verdict, COLUMN_STARTUP, "%s (%s) at %u %s on the %s workload, median of %zu",
            figure_seconds(point->startup_s).text, figure_range(point->startup_ci95, figure_seconds).text,
            point->jobs, point->jobs == 1 ? "job" : "jobs", workload_name(workload), point->trials);
        return;
    }
    why(verdict, COLUMN_STARTUP, "nothing was measured with no more jobs than processors");
}

static void judge_handover(const struct results *results, struct verdict *verdict)
{
    /* With a single worker nothing is handed over, so models with several workers are compared at more
     * jobs. */
    const struct summary *own = results->models[verdict->model].one_worker
                                    ? results_point(results, verdict->model, WORKLOAD_OVERHEAD, 1)
                                    : first_parallel_point(results, verdict->model, WORKLOAD_OVERHEAD);
    const struct summary *serial = results_serial(results, WORKLOAD_OVERHEAD);
    verdict->handover_s = NAN;
    verdict->handover_ci95 = (struct interval){NAN, NAN};
    if (own == NULL || serial == NULL) {
        why(verdict, COLUMN_HANDOVER,
            "needs the overhead workload at more than 1 job where it may have more, none above the "
            "processors, and the serial model");
        return;
    }
    if (own == serial) {
        verdict->handover_s = 0;
        verdict->handover_ci95 = (struct interval){0, 0};
        why(verdict, COLUMN_HANDOVER, "nothing is handed over; a tiny job takes %s of processor time",
            figure_seconds(own->cpu_per_image_s).text);
        return;
    }
    const double each = own->cpu_per_image_s, alone = serial->cpu_per_image_s;
    const struct interval more = difference(each, own->cpu_per_image_ci95, alone, serial->cpu_per_image_ci95);
    const bool less = each < alone;
    verdict->handover_ci95 = more;
    verdict->handover_s = each - alone;
    why(verdict, COLUMN_HANDOVER,
        "a tiny job takes %s of processor time at %u %s, serially %s: %s %s (%s to %s)%s",
        figure_seconds(each).text, own->jobs, own->jobs == 1 ? "job" : "jobs", figure_seconds(alone).text,
        figure_seconds(fabs(each - alone)).text, less ? "less" : "more",
        figure_seconds(less ? -more.high : more.low).text, figure_seconds(less ? -more.low : more.high).text,
        more.low < 0 && more.high > 0 ? ", no more than noise" : "");
}

static void append(char *text, size_t size, const char *separator, const char *more)
{
    size_t length = strlen(text);
    snprintf(text + length, size - length, "%s%s", length > 0 ? separator : "", more);
}

/* What a model is good for if it is not the fastest on any workload. */
static const char *other_use(const struct results *results, const struct verdict *verdict)
{
    if (strcmp(results->models[verdict->model].name, "serial") == 0)
        return "a baseline";
    if (verdict->overlaps_io == ANSWER_YES && verdict->parallel_cpu == ANSWER_NO)
        return "waiting, not computing";
    if (verdict->parallel_cpu == ANSWER_YES)
        return "computing, though another is faster";
    return "none of these";
}

/* Adds "cpu 161 images/s at 2 (omp is 1.02 times as fast, 0.99 to 1.05)" to the reasons. */
static void add_standing(const struct results *results, struct verdict *verdict, enum workload workload)
{
    char text[240], standing[160] = "the fastest";
    const struct rank *rank = &verdict->ranks[workload];
    const struct summary *own = results_best(results, verdict->model, workload);
    if (rank->standing != STANDING_FASTEST && isnan(rank->ratio_ci95.low))
        snprintf(standing, sizeof standing, "%s of the fastest, but too few trials",
                 figure_percent(1 / rank->ratio).text);
    else if (rank->standing != STANDING_FASTEST)
        snprintf(standing, sizeof standing, "%.24s is %s times as fast, %s to %s",
                 results->models[results_fastest(results, workload)->model].name,
                 figure_ratio(rank->ratio).text, figure_ratio(rank->ratio_ci95.low).text,
                 figure_ratio(rank->ratio_ci95.high).text);
    snprintf(text, sizeof text, "%s %s %ss/s at %u (%s)", workload_name(workload),
             figure_rate(own->images_per_s).text, workload_item(workload), own->jobs, standing);
    append(verdict->why[COLUMN_BEST], sizeof verdict->why[COLUMN_BEST], "; ", text);
}

static void judge_best(const struct results *results, struct verdict *verdict)
{
    static const char *const words[][2] = {
        [WORKLOAD_CPU] = {"CPU-bound work", "perhaps CPU-bound work"},
        [WORKLOAD_IO] = {"I/O-bound work", "perhaps I/O-bound work"},
        [WORKLOAD_OVERHEAD] = {"tiny jobs", "perhaps tiny jobs"},
    };
    bool measured = false;
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        const enum standing standing = verdict->ranks[workload].standing;
        if (standing == STANDING_NONE)
            continue;
        measured = true;
        const bool unclear = standing == STANDING_UNCLEAR ||
                             (standing == STANDING_FASTEST && !ranking_is_settled(results, workload));
        if (standing != STANDING_SLOWER)
            append(verdict->best_for, sizeof verdict->best_for, ", ", words[workload][unclear]);
        add_standing(results, verdict, workload);
    }
    if (!measured) {
        snprintf(verdict->best_for, sizeof verdict->best_for, "nothing measured here");
        why(verdict, COLUMN_BEST, "needs any of the workloads");
    } else if (verdict->best_for[0] == '\0') {
        append(verdict->best_for, sizeof verdict->best_for, "", other_use(results, verdict));
    }
}

int judge(struct results *results, struct pm_error *error)
{
    /* A column may use the earlier ones of every model. */
    static void (*const rules[])(const struct results *, struct verdict *) = {
        judge_parallel, judge_overlap, judge_lock, judge_memory, judge_startup, judge_handover, judge_best};
    struct verdict *verdicts = calloc(results->nmodels + 1, sizeof *verdicts);
    if (verdicts == NULL)
        return error_memory(error, 0);
    free(results->verdicts);
    results->verdicts = verdicts;
    results->nverdicts = results->nmodels;
    for (size_t model = 0; model < results->nmodels; model++)
        verdicts[model].model = model;
    rank_models(results);
    for (size_t rule = 0; rule < sizeof rules / sizeof *rules; rule++) {
        for (size_t model = 0; model < results->nmodels; model++)
            rules[rule](results, &verdicts[model]);
    }
    return 0;
}
