/* The words of the textbook's table. Each threshold in them is a constant of verdict.c or ranking.c. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/analysis/ranking.h"
#include "bench/analysis/verdict.h"
#include "bench/figure.h"

const struct verdict_column verdict_columns[COLUMNS] = {
    [COLUMN_PARALLEL] =
        {"parallel on CPU?",
         "Figure: the speedup on the cpu workload at 2 jobs, or else at the fewest above 1.\n"
         "Yes: the lower end of its 95 % interval is above 1.3.\n"
         "No: the upper end is 1.3 or below.\n"
         "Unclear: the interval includes 1.3.\n"
         "Unclear: it would be no, but other programs had more than a tenth of the processors' time.\n"
         "A model with one worker: yes when its processor time is more than 1.3 times the wall time."},
    [COLUMN_LOCK] =
        {"affected by the lock?",
         "No: it has one worker, so no other thread needs the lock.\n"
         "No: it is parallel on the CPU.\n"
         "No: not even its waits overlap.\n"
         "No: the lower end of its cpu speedup's interval is above 1.2.\n"
         "Yes: its waits overlap, that interval's upper end is 1.2 or below, and another model here is "
         "parallel.\n"
         "Unclear: anything else."},
    [COLUMN_OVERLAP] =
        {"overlaps I/O?",
         "Figure: the share of each read's delay that is paid in wall time, at its highest number of jobs: "
         "the time per image on io, less that on cpu, over the delay.\n"
         "Yes: the upper end of its 95 % interval is 70 % or below.\n"
         "No: the lower end is above 70 %.\n"
         "Unclear: the interval includes 70 %."},
    [COLUMN_MEMORY] =
        {"memory per worker",
         "Several workers: the slope of peak memory over jobs on the cpu workload, by least squares.\n"
         "One worker: the peak of the whole process.\n"
         "Memory is the proportional set size, summed over all processes of the model."},
    [COLUMN_STARTUP] = {"start-up",
                        "Figure: the time from exec to the first job taken, median of the trials.\n"
                        "At the highest number of jobs that is no more than the processors."},
    [COLUMN_HANDOVER] =
        {"cost of one hand-over",
         "Figure: the processor time of a tiny job on the overhead workload, start-up included, less that of "
         "the serial model.\n"
         "Several workers: at 2 jobs, or else at the fewest above 1; with 1 job nothing is handed over.\n"
         "One worker: at 1 job.\n"
         "≤: the interval of the difference includes 0, and its upper end is shown.\n"
         "None seen: the interval is below 0."},
    [COLUMN_BEST] =
        {"best for",
         "Compared is each model's highest throughput, at whatever number of jobs.\n"
         "Figure: how many times as fast the fastest model is, trial by trial of the same round; median "
         "and 95 % interval.\n"
         "Best: the fastest.\n"
         "Best: the lower end is 1.05 or below and the upper end 1.25 or below (nearly equal).\n"
         "Perhaps: the lower end is 1.05 or below and the upper end above 1.25; the fastest then is one, "
         "too.\n"
         "Not: the lower end is above 1.05.\n"
         "A model that is best on no workload: by its other cells."},
};

const char *verdict_range(const struct verdict *verdict, enum column column, char *text, size_t size)
{
    struct interval interval = {NAN, NAN};
    struct figure (*figure)(double) = figure_seconds;
    if (column == COLUMN_MEMORY) {
        interval = verdict->memory_ci95;
        figure = figure_bytes;
    } else if (column == COLUMN_STARTUP) {
        interval = verdict->startup_ci95;
    } else if (column == COLUMN_HANDOVER &&
               verdict->handover_ci95.low >= 0) { /* else the cell shows only its end */
        interval = verdict->handover_ci95;
    }
    text[0] = '\0';
    if (strcmp(figure(interval.low).text, figure(interval.high).text) != 0)
        snprintf(text, size, "%s", figure_range(interval, figure).text);
    return text;
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
        /* A hand-over can't have a negative cost, even if a model was faster than serial. */
        if (verdict->handover_s == 0 && verdict->handover_ci95.high == 0) /* it has no hand-overs */
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

/* Writes "cpu, io and overhead" to text[size]. */
static void join(const char *const *names, size_t count, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s",
                                 i == 0           ? ""
                                 : i + 1 == count ? " and "
                                                  : ", ",
                                 names[i]);
}

/* The workloads without a clear winner, because of other programs. */
static size_t unclear_workloads(const struct results *results, const char *names[WORKLOADS])
{
    size_t count = 0;
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        if (!ranking_is_settled(results, workload) && ranking_disturbance(results, workload) > 0)
            names[count++] = workload_name(workload);
    }
    return count;
}

bool verdict_left_unclear(const struct results *results, size_t index, char *text, size_t size)
{
    enum { NAMES_MAX = 16 };
    const char *names[NAMES_MAX];
    char joined[256];
    size_t count = unclear_workloads(results, names);
    if (count > 0 && index-- == 0) {
        join(names, count, joined, sizeof joined);
        snprintf(text, size, "This leaves unclear which model is the fastest on %s.", joined);
        return true;
    }
    count = 0;
    for (size_t i = 0; i < results->nverdicts && count < NAMES_MAX; i++) {
        if (results->verdicts[i].disturbed)
            names[count++] = results->models[results->verdicts[i].model].name;
    }
    if (count == 0 || index > 0)
        return false;
    join(names, count, joined, sizeof joined);
    snprintf(text, size, "This leaves unclear whether %s %s in parallel.", joined,
             count == 1 ? "computes" : "compute");
    return true;
}
