/*
 * The rules, one function a column, in the columns' order. A cell whose figures are missing, or whose
 * interval lies on both sides of a threshold, is left unknown and says so.
 */
#include "bench/analysis/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "bench/analysis/analysis.h"
#include "bench/figure.h"

static const double PARALLEL = 1.3, HELD = 1.2, PAID = 0.7, CLOSE = 0.95, PERHAPS_CLOSE = 0.8,
                    DISTURBED = 0.1;

const struct verdict_column verdict_columns[COLUMNS] = {
    [COLUMN_PARALLEL] =
        {"parallel on CPU?",
         "Yes when the lower end of the 95 % interval of its speedup on the cpu workload, at 2 jobs or else "
         "the fewest above 1, is above 1.3; no when the upper end is not, unless other programs had more "
         "than a "
         "tenth of the processors' time meanwhile, and the workers found none free. Of a model with one "
         "worker: "
         "processors kept busy (processor time over wall time) in place of the speedup."},
    [COLUMN_LOCK] =
        {"affected by the lock?",
         "Yes when its workers wait side by side (it overlaps I/O) but do not compute side by side "
         "(it is not parallel, and the upper end of that cpu speedup is at most 1.2) on a machine "
         "where another model does. No when it is parallel on the CPU, when the lower end is above "
         "1.2, when its workers do not even wait side by side, and with one worker, which has "
         "nobody to hold a lock against."},
    [COLUMN_OVERLAP] =
        {"overlaps I/O?",
         "How much of each read's delay is paid in wall time: the time an image takes on the io workload "
         "less "
         "that on the cpu workload, at its most jobs, over the delay. Yes when the upper end of the interval "
         "is below 70 %, no when the lower end is above."},
    [COLUMN_MEMORY] =
        {"memory a worker",
         "The slope of peak memory (proportional set size, all processes) over jobs on the cpu workload, by "
         "least squares. Of a model with one worker: the peak of all of it."},
    [COLUMN_STARTUP] =
        {"start-up",
         "From exec to the first job taken, median, at the most jobs no more than the processors."},
    [COLUMN_HANDOVER] =
        {"cost of one hand-over",
         "Processor time that a tiny job takes on the overhead workload, start-up shared out, at 2 jobs or "
         "else the fewest above 1, less what it takes the serial model. (At 1 job nothing is handed over, "
         "but by a model with one worker.) Where the interval of the difference holds 0, its upper end; "
         "where "
         "it lies below 0, none was seen."},
    [COLUMN_BEST] = {"best for",
                     "The workloads on which its best throughput, at whatever number of jobs, "
                     "reaches 95 % of the fastest "
                     "model's best, or 80 % where their intervals overlap. Unclear when the "
                     "lower end of the fastest's own interval is below 80 % of it, or other programs "
                     "had more than a tenth of the processors' time. When there is "
                     "none, what its other cells leave."},
};

__attribute__((format(printf, 3, 4))) static void why(struct verdict *verdict, enum column column,
                                                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(verdict->why[column], sizeof verdict->why[column], format, arguments);
    va_end(arguments);
}

/* Of a figure's interval against a threshold. */
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

/* The point of a series whose jobs are fewest above 1, none above the processors; NULL when there is none. */
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

/* The point of a series at its most jobs; with `within`, none above the processors. */
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
    bool disturbed = verdict->parallel_cpu == ANSWER_NO && point->others > DISTURBED;
    if (disturbed)
        verdict->parallel_cpu = ANSWER_UNKNOWN;
    why(verdict, COLUMN_PARALLEL, "speedup at %u jobs %.2f (%.2f to %.2f)%s%s%s", point->jobs, point->speedup,
        point->speedup_ci95.low, point->speedup_ci95.high, disturbed ? ", while other programs took " : "",
        disturbed ? figure_percent(point->others).text : "", disturbed ? " of the processors' time" : "");
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
    why(verdict, COLUMN_OVERLAP,
        "at %u %s an image takes %s with the delay and %s without: %ld %% (%ld to %ld) of the %s is paid",
        io->jobs, io->jobs == 1 ? "job" : "jobs", figure_seconds(with).text, figure_seconds(without).text,
        lround(100 * (with - without) / delay), lround(100 * paid.low), lround(100 * paid.high),
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
        why(verdict, COLUMN_LOCK, "one worker: there is nobody to hold a lock against");
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
                    "procs beside it)"
                  : "needs an answer to whether it is parallel and whether it overlaps I/O");
        return;
    }
    /* Neither an unclear speedup nor one on both sides of the threshold acquits or condemns. */
    if (verdict->overlaps_io == ANSWER_NO)
        verdict->held_by_lock = ANSWER_NO;
    else if (verdict->parallel_cpu == ANSWER_NO)
        verdict->held_by_lock = opposite(above(point->speedup_ci95, HELD));
    why(verdict, COLUMN_LOCK, "its workers %s side by side; %.160s",
        verdict->overlaps_io == ANSWER_YES ? "wait" : "do not even wait", verdict->why[COLUMN_PARALLEL]);
}

/* Of the least-squares line through the points [first, last], which follow each other. */
static double memory_slope(const struct summary *first, const struct summary *last)
{
    double n = (double)(last - first + 1), jobs = 0, bytes = 0, product = 0, square = 0;
    for (const struct summary *point = first; point <= last; point++) {
        jobs += point->jobs / n;
        bytes += point->peak_pss_bytes / n;
    }
    for (const struct summary *point = first; point <= last; point++) {
        product += (point->jobs - jobs) * (point->peak_pss_bytes - bytes);
        square += (point->jobs - jobs) * (point->jobs - jobs);
    }
    return product / square;
}

static void judge_memory(const struct results *results, struct verdict *verdict)
{
    verdict->memory_bytes_per_worker = NAN;
    const struct summary *first = results_point(results, verdict->model, WORKLOAD_CPU, 0);
    const struct summary *last = last_point(results, verdict->model, WORKLOAD_CPU, false);
    if (first != NULL && results->models[verdict->model].one_worker) {
        verdict->memory_bytes_per_worker = first->peak_pss_bytes;
        verdict->memory_in_all = true;
        why(verdict, COLUMN_MEMORY, "one worker: the peak of the process, %s",
            figure_bytes(first->peak_pss_bytes).text);
        return;
    }
    if (first == NULL || first == last) {
        why(verdict, COLUMN_MEMORY, "needs the cpu workload at two numbers of jobs");
        return;
    }
    double slope = memory_slope(first, last);
    verdict->memory_bytes_per_worker = fmax(0, slope);
    why(verdict, COLUMN_MEMORY, "%s at %u %s, %s at %u; slope %s a job",
        figure_bytes(first->peak_pss_bytes).text, first->jobs, first->jobs == 1 ? "job" : "jobs",
        figure_bytes(last->peak_pss_bytes).text, last->jobs, figure_bytes(slope).text);
}

static void judge_startup(const struct results *results, struct verdict *verdict)
{
    verdict->startup_s = NAN;
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        const struct summary *point = last_point(results, verdict->model, workload, true);
        if (point == NULL)
            continue;
        verdict->startup_s = point->startup_s;
        why(verdict, COLUMN_STARTUP, "%s at %u %s on the %s workload, median of %zu",
            figure_seconds(point->startup_s).text, point->jobs, point->jobs == 1 ? "job" : "jobs",
            workload_name(workload), point->trials);
        return;
    }
    why(verdict, COLUMN_STARTUP, "nothing was measured with no more jobs than processors");
}

/* With a single worker there is nobody to hand over to: a model that may have more is asked with more. */
static const struct summary *handover_point(const struct results *results, size_t model)
{
    return results->models[model].one_worker ? results_point(results, model, WORKLOAD_OVERHEAD, 1)
                                             : first_parallel_point(results, model, WORKLOAD_OVERHEAD);
}

static void judge_handover(const struct results *results, struct verdict *verdict)
{
    const struct summary *own = handover_point(results, verdict->model), *serial = NULL;
    for (size_t model = 0; model < results->nmodels && serial == NULL; model++) {
        if (strcmp(results->models[model].name, "serial") == 0)
            serial = handover_point(results, model);
    }
    verdict->handover_s = NAN;
    verdict->handover_ci95 = (struct interval){NAN, NAN};
    if (own == NULL || serial == NULL) {
        why(verdict, COLUMN_HANDOVER,
            "needs the overhead workload at more than 1 job where it may have more, none above the "
            "processors, and the serial model beside it");
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

/* Is it known well enough which model is the fastest? */
static bool is_settled(const struct results *results, const struct summary *fastest)
{
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        if (point->workload == fastest->workload && !point->oversubscribed && point->others > DISTURBED)
            return false;
    }
    return fastest->images_per_s_ci95.low >= PERHAPS_CLOSE * fastest->images_per_s;
}

bool verdict_is_best(const struct results *results, size_t model, enum workload workload)
{
    const struct summary *own = results_best(results, model, workload);
    const struct summary *best = results_fastest(results, workload);
    if (own == NULL || !is_settled(results, best))
        return false;
    bool overlap = own->images_per_s_ci95.high >= best->images_per_s_ci95.low;
    return own->images_per_s >= (overlap ? PERHAPS_CLOSE : CLOSE) * best->images_per_s;
}

static void append(char *text, size_t size, const char *separator, const char *more)
{
    size_t length = strlen(text);
    snprintf(text + length, size - length, "%s%s", length > 0 ? separator : "", more);
}

/* What a model that is fastest at nothing still has to offer. */
static const char *consolation(const struct results *results, const struct verdict *verdict)
{
    if (strcmp(results->models[verdict->model].name, "serial") == 0)
        return "a baseline";
    if (verdict->overlaps_io == ANSWER_YES && verdict->parallel_cpu == ANSWER_NO)
        return "waiting, not computing";
    if (verdict->parallel_cpu == ANSWER_YES)
        return "computing, behind the fastest";
    return "none of these";
}

static void judge_best(const struct results *results, struct verdict *verdict)
{
    static const char *const words[] = {[WORKLOAD_CPU] = "CPU-bound work",
                                        [WORKLOAD_IO] = "I/O-bound work",
                                        [WORKLOAD_OVERHEAD] = "tiny jobs"};
    char *figures = verdict->why[COLUMN_BEST];
    bool settled = true;
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        const struct summary *own = results_best(results, verdict->model, workload);
        if (own == NULL)
            continue;
        const struct summary *best = results_fastest(results, workload);
        if (verdict_is_best(results, verdict->model, workload))
            append(verdict->best_for, sizeof verdict->best_for, ", ", words[workload]);
        settled &= is_settled(results, best);
        char figure[128], place[32] = "the fastest";
        if (own != best)
            snprintf(place, sizeof place, "%.0f %% of the fastest",
                     100 * own->images_per_s / best->images_per_s);
        snprintf(figure, sizeof figure, "%s %s %ss/s at %u (%s%s)", workload_name(workload),
                 figure_rate(own->images_per_s).text, workload_item(workload), own->jobs, place,
                 is_settled(results, best) ? ""
                 : own == best             ? ", but too uncertain"
                                           : ", which is too uncertain");
        append(figures, sizeof verdict->why[COLUMN_BEST], "; ", figure);
    }
    if (figures[0] == '\0') {
        snprintf(verdict->best_for, sizeof verdict->best_for, "nothing measured here");
        why(verdict, COLUMN_BEST, "needs any of the workloads");
        return;
    }
    if (verdict->best_for[0] == '\0')
        append(verdict->best_for, sizeof verdict->best_for, "",
               settled ? consolation(results, verdict) : "unclear");
}

int judge(struct results *results, struct pm_error *error)
{
    /* A later column may look at the earlier ones of every model. */
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
    for (size_t rule = 0; rule < sizeof rules / sizeof *rules; rule++) {
        for (size_t model = 0; model < results->nmodels; model++)
            rules[rule](results, &verdicts[model]);
    }
    return 0;
}

const char *verdict_cell(const struct verdict *verdict, enum column column, char *text, size_t size)
{
    static const char *const answers[] = {
        [ANSWER_UNKNOWN] = "unclear", [ANSWER_NO] = "no", [ANSWER_YES] = "yes"};
    switch (column) {
    case COLUMN_PARALLEL:
        snprintf(text, size, "%s", answers[verdict->parallel_cpu]);
        break;
    case COLUMN_LOCK:
        snprintf(text, size, "%s", answers[verdict->held_by_lock]);
        break;
    case COLUMN_OVERLAP:
        snprintf(text, size, "%s", answers[verdict->overlaps_io]);
        break;
    case COLUMN_MEMORY:
        snprintf(text, size, "%s%s", figure_bytes(verdict->memory_bytes_per_worker).text,
                 verdict->memory_in_all ? " in all" : "");
        break;
    case COLUMN_STARTUP:
        snprintf(text, size, "%s", figure_seconds(verdict->startup_s).text);
        break;
    case COLUMN_HANDOVER:
        /* Handing over never takes less than nothing, however much faster than serial a model was. */
        if (verdict->handover_s == 0 && verdict->handover_ci95.high == 0) /* it hands nothing over */
            snprintf(text, size, "–");
        else if (verdict->handover_ci95.high <= 0 && verdict->handover_s < 0)
            snprintf(text, size, "none seen");
        else if (verdict->handover_ci95.low < 0)
            snprintf(text, size, "≤ %s", figure_seconds(verdict->handover_ci95.high).text);
        else
            snprintf(text, size, "%s", figure_seconds(verdict->handover_s).text);
        break;
    case COLUMN_BEST:
    default:
        snprintf(text, size, "%s", verdict->best_for);
        break;
    }
    return text;
}
