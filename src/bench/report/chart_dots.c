/*
 * Dot plot: a row for each model and number of jobs, throughput from left to right with its interval; of the
 * overhead workload on a logarithmic axis. In each row of several jobs a tick marks where the model would
 * be if it were linear: as many times its rate at 1 job as it has jobs.
 */
#include <math.h>
#include <string.h>

#include "bench/figure.h"
#include "bench/report/chart.h"
#include "bench/report/escape.h"

enum { LEFT = 164, RIGHT = 164, TOP = 76, BOTTOM = 40, ROW = 24, GAP = 10, ABOVE = 20, SHORT_NAME = 16 };

struct dots {
    FILE *out;
    const struct results *results;
    enum workload workload;
    bool logarithmic;
    double low, high; /* of the axis */
    double bottom;    /* where the rows end */
};

/* How far the model's name is above its first row: long ones, of Python, have a line of their own. */
static double name_above(const struct results *results, const struct summary *point)
{
    return strlen(results->models[point->model].name) > SHORT_NAME ? ABOVE : 0;
}

/* Rows and the gaps between models, in order; `last` is the row before, NULL at first. */
static double next_row(const struct results *results, double y, const struct summary *last,
                       const struct summary *point)
{
    if (last == NULL)
        return y + name_above(results, point);
    return y + ROW + (last->model != point->model ? GAP + name_above(results, point) : 0);
}

unsigned chart_dots_height(const struct results *results, enum workload workload)
{
    const struct summary *last = NULL;
    double y = TOP + ROW / 2.0;
    for (size_t i = 0; i < results->nsummaries; i++) {
        if (results->summaries[i].workload != workload)
            continue;
        y = next_row(results, y, last, &results->summaries[i]);
        last = &results->summaries[i];
    }
    return (unsigned)y + ROW / 2 + BOTTOM;
}

static double linear_of(const struct dots *dots, const struct summary *point)
{
    const struct summary *one = results_point(dots->results, point->model, point->workload, 1);
    return one != NULL && point->jobs > 1 ? point->jobs * one->images_per_s : NAN;
}

static struct dots measure(FILE *out, const struct results *results, enum workload workload)
{
    static const double wide = 10;
    struct dots dots = {.out = out,
                        .results = results,
                        .workload = workload,
                        .logarithmic = workload == WORKLOAD_OVERHEAD,
                        .low = INFINITY,
                        .bottom = chart_dots_height(results, workload) - BOTTOM};
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        if (point->workload != workload)
            continue;
        const double rate = point->images_per_s, linear = linear_of(&dots, point);
        /* A very wide interval may be cut off, points may not. */
        dots.low = fmin(dots.low, fmax(fmin(rate, fmin(point->images_per_s_ci95.low, linear)), rate / wide));
        dots.high =
            fmax(dots.high, fmin(fmax(rate, fmax(point->images_per_s_ci95.high, linear)), rate * wide));
    }
    if (!dots.logarithmic) {
        dots.low = 0;
        dots.high *= 1.03;
    } else {
        dots.low = pow(10, floor(log10(dots.low)));
        dots.high = pow(10, ceil(log10(dots.high)));
    }
    return dots;
}

static double x_of(const struct dots *dots, double rate)
{
    const double span = CHART_WIDTH - LEFT - RIGHT;
    const double share = dots->logarithmic ? log(rate / dots->low) / log(dots->high / dots->low)
                                           : (rate - dots->low) / (dots->high - dots->low);
    return LEFT + span * fmin(fmax(share, 0), 1);
}

static void write_tick(const struct dots *dots, double rate)
{
    const double x = x_of(dots, rate);
    fprintf(dots->out,
            "<path class=\"grid\" d=\"M%.1f %dV%.1f\"/><text x=\"%.1f\" y=\"%.1f\" "
            "text-anchor=\"middle\">%s</text>",
            x, TOP - 8, dots->bottom + 4, x, dots->bottom + 22, figure_level(rate).text);
}

/* The largest of 1, 2 and 5 times a power of ten that makes at least three steps of `span`. */
static double step_of(double span)
{
    const double power = pow(10, floor(log10(span / 3)));
    const double share = span / 3 / power;
    return (share >= 5 ? 5 : share >= 2 ? 2 : 1) * power;
}

static void write_axis(const struct dots *dots)
{
    const double step = step_of(dots->high - dots->low);
    const double decades = dots->logarithmic ? round(log10(dots->high / dots->low)) : 0;
    for (double rate = dots->low; !dots->logarithmic && rate <= dots->high; rate += step)
        write_tick(dots, rate);
    for (double power = 0; dots->logarithmic && power <= decades; power++)
        write_tick(dots, dots->low * pow(10, power));
    const struct summary *serial = results_serial(dots->results, dots->workload);
    if (serial == NULL)
        return;
    const double x = x_of(dots, serial->images_per_s);
    fprintf(dots->out,
            "<path class=\"limit\" d=\"M%.1f %dV%.1f\"/><text class=\"small\" x=\"%d\" y=\"%d\" "
            "text-anchor=\"end\">× serial</text>",
            x, TOP - 8, dots->bottom, CHART_WIDTH - 4, TOP - 12);
}

static void write_row(const struct dots *dots, const struct summary *point, double y)
{
    const unsigned class = chart_class(dots->results, point->model);
    const struct interval *interval = &point->images_per_s_ci95;
    const double x = x_of(dots, point->images_per_s), linear = linear_of(dots, point);
    FILE *out = dots->out;
    fprintf(out, "<text class=\"small\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%u %s%s</text>", LEFT - 12,
            y + 4.5, point->jobs, point->jobs == 1 ? "job" : "jobs", point->oversubscribed ? "*" : "");
    if (isfinite(linear))
        fprintf(out, "<path class=\"linear\" d=\"M%.1f %.1fV%.1f\"/>", x_of(dots, linear), y - 8, y + 8);
    if (isfinite(interval->low) && isfinite(interval->high))
        fprintf(out, "<path class=\"whisker l%u\" d=\"M%.1f %.1fH%.1f\"/>", class, x_of(dots, interval->low),
                y, x_of(dots, interval->high));
    if (point->superlinear)
        fprintf(out, "<circle class=\"beyond\" cx=\"%.1f\" cy=\"%.1f\" r=\"8.5\"/>", x, y);
    chart_draw_mark(out, dots->results, point->model, point->oversubscribed ? "over " : "", x, y);
    fputs("<title>", out);
    markup_text(out, dots->results->models[point->model].name);
    fprintf(out, " at %u: %s %ss/s (%s to %s)%s</title></path>", point->jobs,
            figure_rate(point->images_per_s).text, workload_item(dots->workload),
            figure_rate(interval->low).text, figure_rate(interval->high).text,
            point->superlinear ? ", above linear" : "");
    fprintf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", CHART_WIDTH - 76, y + 4.5,
            figure_rate(point->images_per_s).text);
    if (isfinite(point->speedup_vs_serial))
        fprintf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", CHART_WIDTH - 4, y + 4.5,
                figure_ratio(point->speedup_vs_serial).text);
}

void chart_dots(FILE *out, const struct results *results, enum workload workload)
{
    const struct dots dots = measure(out, results, workload);
    const struct summary *last = NULL;
    double y = TOP + ROW / 2.0;
    fprintf(out, "<text class=\"small\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%ss/s</text>", CHART_WIDTH - 76,
            TOP - 12, workload_item(workload));
    write_axis(&dots);
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        if (point->workload != workload)
            continue;
        y = next_row(results, y, last, point);
        if (last == NULL || last->model != point->model) {
            const double name = y - name_above(results, point);
            chart_draw_mark(dots.out, dots.results, point->model, "", 10, name);
            fprintf(dots.out, "</path><text class=\"name\" x=\"24\" y=\"%.1f\">", name + 4.5);
            markup_text(dots.out, dots.results->models[point->model].name);
            fputs("</text>", dots.out);
        }
        write_row(&dots, point, y);
        last = point;
    }
}
