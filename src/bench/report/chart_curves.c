/*
 * Curves over jobs, both axes on a scale of doublings, with intervals. Of speedup: the linear one, the fitted
 * law and, dashed beyond what was measured, its prediction with its interval. Of throughput, on the overhead
 * workload: points joined; models of one worker as a level line.
 */
#include <math.h>

#include "bench/analysis/scaling.h"
#include "bench/figure.h"
#include "bench/report/chart.h"
#include "bench/report/escape.h"

enum { HEIGHT = CHART_CURVES_HEIGHT, LEFT = 52, RIGHT = 104, TOP = 68, BOTTOM = 48, LABELS_MAX = 32 };

/* The part of the plane that is shown, in doublings of jobs and of what is drawn. */
struct plot {
    FILE *out;
    const struct results *results;
    enum workload workload;
    bool rates; /* throughput is drawn, not speedup */
    double right, bottom, top;
    unsigned lines; /* models with several workers */
};

static double x_of(const struct plot *plot, double jobs)
{
    return LEFT + log2(jobs) / plot->right * (CHART_WIDTH - LEFT - RIGHT);
}

static double y_of(const struct plot *plot, double value)
{
    double share = (log2(value) - plot->bottom) / (plot->top - plot->bottom);
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
}

static double value_of(const struct plot *plot, const struct summary *point)
{
    return plot->rates ? point->images_per_s : point->speedup;
}

/* Without an interval, only the value. */
static struct interval interval_of(const struct plot *plot, const struct summary *point)
{
    const struct interval interval = plot->rates ? point->images_per_s_ci95 : point->speedup_ci95;
    const double value = value_of(plot, point);
    return isfinite(interval.low) && isfinite(interval.high) ? interval : (struct interval){value, value};
}

/* Is this point drawn? A speedup needs several numbers of jobs. */
static bool shown(const struct plot *plot, const struct summary *point)
{
    return point->workload == plot->workload && isfinite(value_of(plot, point)) &&
           (plot->rates || !plot->results->models[point->model].one_worker);
}

static void fit_points(struct plot *plot)
{
    static const double wide = 64;
    double low = INFINITY, high = 0;
    for (size_t i = 0; i < plot->results->nsummaries; i++) {
        const struct summary *point = &plot->results->summaries[i];
        if (!shown(plot, point))
            continue;
        const double value = value_of(plot, point);
        const struct interval interval = interval_of(plot, point);
        plot->right = fmax(plot->right, log2(point->jobs));
        /* A very wide interval may be cut off, points may not. */
        low = fmin(low, fmax(interval.low, plot->rates ? value / wide : fmin(value, 1 / wide)));
        high = fmax(high, fmin(interval.high, plot->rates ? value * wide : fmax(value, wide)));
    }
    plot->bottom = plot->rates ? log2(low) : fmin(0, log2(low));
    plot->top = plot->rates ? log2(high) : fmax(log2(high) + 0.02, plot->right);
}

static struct plot measure(FILE *out, const struct results *results, enum workload workload)
{
    struct plot plot = {
        .out = out, .results = results, .workload = workload, .rates = workload == WORKLOAD_OVERHEAD};
    fit_points(&plot);
    for (size_t i = 0; i < results->nfits; i++) {
        const struct fit *fit = &results->fits[i];
        struct interval unused;
        if (fit->workload != workload || fit_law(fit) == NULL)
            continue;
        plot.right = fmax(plot.right, log2(SCALING_FARTHEST));
        /* A prediction gets only the height that it needs, so that measured points get the rest. */
        for (double power = 0; power <= plot.right; power++)
            plot.top = fmax(plot.top, log2(fit_speedup(results, fit, exp2(power), &unused)) + 0.3);
    }
    plot.bottom -= 0.06 * (plot.top - plot.bottom);
    for (size_t model = 0; model < results->nmodels; model++)
        plot.lines += !results->models[model].one_worker;
    return plot;
}

static void write_level(const struct plot *plot, double value, const char *text)
{
    const double y = y_of(plot, value);
    fprintf(plot->out,
            "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" "
            "text-anchor=\"end\">%s</text>",
            LEFT, y, CHART_WIDTH - RIGHT, LEFT - 11, y + 4.5, text);
}

/* Throughput: powers of ten, or steps of 1, 2 and 5 if there would be too few. */
static void write_rates(const struct plot *plot)
{
    static const double steps[] = {1, 2, 5};
    const double decades = (plot->top - plot->bottom) / log2(10);
    for (double power = floor(plot->bottom / log2(10)); power <= plot->top / log2(10); power++) {
        for (size_t i = 0; i < (decades < 2 ? 3 : 1); i++) {
            const double rate = steps[i] * pow(10, power);
            if (log2(rate) >= plot->bottom && log2(rate) <= plot->top)
                write_level(plot, rate, figure_level(rate).text);
        }
    }
}

static void write_speedups(const struct plot *plot)
{
    char text[32];
    for (double power = ceil(plot->bottom); power <= plot->top; power++) {
        snprintf(text, sizeof text, "%s%g×", power < 0 ? "1/" : "", exp2(fabs(power)));
        write_level(plot, exp2(power), text);
    }
    if (plot->bottom < -0.2 &&
        plot->bottom > -1) { /* the range below 1 is less than a doubling: label its end */
        snprintf(text, sizeof text, "%.2f×", exp2(plot->bottom));
        write_level(plot, exp2(plot->bottom), text);
    }
    const double max = exp2(fmin(plot->right, plot->top));
    fprintf(plot->out, "<path class=\"ideal\" d=\"M%.1f %.1fL%.1f %.1f\"/>", x_of(plot, 1), y_of(plot, 1),
            x_of(plot, max), y_of(plot, max));
}

static void write_grid(const struct plot *plot)
{
    const double left = LEFT, right = CHART_WIDTH - RIGHT, low = HEIGHT - BOTTOM;
    (plot->rates ? write_rates : write_speedups)(plot);
    for (double power = 0; power <= plot->right; power++) {
        double x = x_of(plot, exp2(power));
        fprintf(plot->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%g</text>", x, low + 20,
                exp2(power));
    }
    fprintf(plot->out, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>", left, low, right);
    fprintf(plot->out, "<text class=\"small\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">jobs</text>",
            (left + right) / 2, low + 38);
}

/* The number of processors; to its right, workers share them. */
static void write_limit(const struct plot *plot)
{
    unsigned processors = plot->results->machine.processors;
    if (processors < 1 || log2(processors) > plot->right)
        return;
    double x = x_of(plot, processors);
    fprintf(plot->out,
            "<path class=\"limit\" d=\"M%.1f %dV%d\"/><text class=\"small\" x=\"%.1f\" y=\"%d\" "
            "text-anchor=\"middle\">%u %s</text>",
            x, TOP, HEIGHT - BOTTOM, x, TOP - 6, processors, processors == 1 ? "processor" : "processors");
}

/* The law from jobs to jobs, in steps of an eighth of a doubling. */
static void write_curve(const struct plot *plot, const struct fit *fit, const char *class, double from,
                        double to)
{
    struct interval unused;
    unsigned model = chart_class(plot->results, fit->model);
    fprintf(plot->out, "<path class=\"%s l%u\" d=\"", class, model);
    for (double power = log2(from); power < log2(to) + 0.124; power += 0.125) {
        double jobs = fmin(exp2(power), to);
        fprintf(plot->out, "%c%.1f %.1f", jobs == from ? 'M' : 'L', x_of(plot, jobs),
                y_of(plot, fit_speedup(plot->results, fit, jobs, &unused)));
    }
    fputs("\"/>", plot->out);
}

/* The prediction's interval, limited to what is possible: n jobs are at most n times as fast. */
static struct interval band_at(const struct plot *plot, const struct fit *fit, double jobs)
{
    struct interval interval;
    double speedup = fit_speedup(plot->results, fit, jobs, &interval);
    interval.high = fmin(interval.high, fmax(jobs, speedup));
    return interval;
}

/* A band is drawn until it becomes too wide to be useful. */
static double band_end(const struct plot *plot, const struct fit *fit, double from, double to)
{
    static const double says_nothing = 4;
    double end = from;
    for (double power = log2(from); power < log2(to) + 0.124; power += 0.125) {
        const double jobs = fmin(exp2(power), to);
        const struct interval interval = band_at(plot, fit, jobs);
        if (!(interval.high <= says_nothing * interval.low))
            break;
        end = jobs;
    }
    return end;
}

static void write_band(const struct plot *plot, const struct fit *fit, double from, double to)
{
    fprintf(plot->out, "<path class=\"band m%u\" d=\"", chart_class(plot->results, fit->model));
    for (double power = log2(from); power < log2(to) + 0.124; power += 0.125) {
        double jobs = fmin(exp2(power), to);
        fprintf(plot->out, "%c%.1f %.1f", jobs == from ? 'M' : 'L', x_of(plot, jobs),
                y_of(plot, band_at(plot, fit, jobs).high));
    }
    for (double power = log2(to); power > log2(from) - 0.124; power -= 0.125) {
        double jobs = fmax(exp2(power), from);
        fprintf(plot->out, "L%.1f %.1f", x_of(plot, jobs),
                y_of(plot, fmax(band_at(plot, fit, jobs).low, 1e-3)));
    }
    fputs("z\"/>", plot->out);
}

/* The max jobs that the fit used. */
static double fitted_to(const struct plot *plot, const struct fit *fit)
{
    double max = 1;
    for (size_t i = 0; i < plot->results->nsummaries; i++) {
        const struct summary *point = &plot->results->summaries[i];
        if (point->model == fit->model && point->workload == fit->workload && !point->oversubscribed)
            max = fmax(max, point->jobs);
    }
    return max;
}

/* Bands first, so that they cover nothing; without a law, measured points are joined by a line. */
static void write_laws(const struct plot *plot)
{
    const struct results *results = plot->results;
    double end = exp2(plot->right);
    for (size_t i = 0; i < results->nfits; i++) {
        const struct fit *fit = &results->fits[i];
        if (fit->workload != plot->workload || fit_law(fit) == NULL)
            continue;
        const double from = fitted_to(plot, fit), to = band_end(plot, fit, from, end);
        if (from < to)
            write_band(plot, fit, from, to);
    }
    for (size_t i = 0; i < results->nfits; i++) {
        const struct fit *fit = &results->fits[i];
        if (fit->workload != plot->workload || fit_law(fit) == NULL)
            continue;
        write_curve(plot, fit, "law", 1, fitted_to(plot, fit));
        if (fitted_to(plot, fit) < end)
            write_curve(plot, fit, "guess", fitted_to(plot, fit), end);
    }
}

static bool has_law(const struct plot *plot, size_t model)
{
    const struct fit *fit = results_fit(plot->results, model, plot->workload);
    return fit != NULL && fit_law(fit) != NULL;
}

static void write_joints(const struct plot *plot)
{
    const struct summary *last = NULL;
    for (size_t i = 0; i < plot->results->nsummaries; i++) {
        const struct summary *point = &plot->results->summaries[i];
        if (!shown(plot, point) || has_law(plot, point->model))
            continue;
        const unsigned class = chart_class(plot->results, point->model);
        const double x = x_of(plot, point->jobs), y = y_of(plot, value_of(plot, point));
        if (plot->results->models[point->model].one_worker)
            fprintf(plot->out, "<path class=\"alone l%u\" d=\"M%.1f %.1fH%d\"/>", class, x, y,
                    CHART_WIDTH - RIGHT);
        else if (last != NULL && last->model == point->model)
            fprintf(plot->out, "<path class=\"law l%u\" d=\"M%.1f %.1fL%.1f %.1f\"/>", class,
                    x_of(plot, last->jobs), y_of(plot, value_of(plot, last)), x, y);
        last = point;
    }
}

/* Draw models side by side, or they would cover each other; at 1 job all have the same value. */
static double aside(const struct plot *plot, size_t model, unsigned jobs)
{
    double slot = 0;
    if (jobs == 1)
        return 0;
    for (size_t i = 0; i < model; i++)
        slot += !plot->results->models[i].one_worker;
    return 4 * (slot - (plot->lines - 1) / 2.0);
}

static void write_point(const struct plot *plot, const struct summary *point)
{
    const unsigned class = chart_class(plot->results, point->model);
    const double value = value_of(plot, point);
    const struct interval interval = interval_of(plot, point);
    const double x = x_of(plot, point->jobs) + aside(plot, point->model, point->jobs), y = y_of(plot, value);
    if (interval.high > interval.low)
        fprintf(plot->out, "<path class=\"whisker l%u\" d=\"M%.1f %.1fV%.1f\"/>", class, x,
                fmax(y_of(plot, interval.high), TOP), fmin(y_of(plot, interval.low), HEIGHT - BOTTOM));
    if (point->superlinear && !plot->rates)
        fprintf(plot->out, "<circle class=\"beyond\" cx=\"%.1f\" cy=\"%.1f\" r=\"8.5\"/>", x, y);
    chart_draw_mark(plot->out, plot->results, point->model, point->oversubscribed ? "over " : "", x, y);
    fputs("<title>", plot->out);
    markup_text(plot->out, plot->results->models[point->model].name);
    fprintf(plot->out, " at %u: %s%s (%s to %s)%s%s</title></path>", point->jobs, figure_rate(value).text,
            plot->rates ? "/s" : "×", figure_rate(interval.low).text, figure_rate(interval.high).text,
            point->oversubscribed ? ", more jobs than processors" : "",
            point->superlinear && !plot->rates ? ", above linear" : "");
}

/* A model's name, at the end of its line. */
struct label {
    size_t model;
    double y;
};

static size_t gather_labels(const struct plot *plot, struct label labels[LABELS_MAX])
{
    const struct results *results = plot->results;
    size_t count = 0;
    for (size_t model = 0; model < results->nmodels && count < LABELS_MAX; model++) {
        double value = NAN;
        for (size_t i = 0; i < results->nsummaries; i++) {
            if (results->summaries[i].model == model && shown(plot, &results->summaries[i]))
                value = value_of(plot, &results->summaries[i]);
        }
        struct interval unused;
        if (has_law(plot, model))
            value =
                fit_speedup(results, results_fit(results, model, plot->workload), exp2(plot->right), &unused);
        if (isfinite(value))
            labels[count++] = (struct label){model, y_of(plot, value)};
    }
    return count;
}

/* From top to bottom, each at least one line below the previous one; then moves up those that are too low. */
static void spread_labels(struct label *labels, size_t count)
{
    const double line = 17, floor = HEIGHT - BOTTOM;
    for (size_t i = 1; i < count; i++) {
        struct label label = labels[i];
        size_t j = i;
        for (; j > 0 && labels[j - 1].y > label.y; j--)
            labels[j] = labels[j - 1];
        labels[j] = label;
    }
    for (size_t i = 1; i < count; i++)
        labels[i].y = fmax(labels[i].y, labels[i - 1].y + line);
    for (size_t i = count; i-- > 0;)
        labels[i].y = fmin(labels[i].y, i + 1 < count ? labels[i + 1].y - line : floor);
}

static void write_labels(const struct plot *plot)
{
    const double x = CHART_WIDTH - RIGHT + 22;
    struct label labels[LABELS_MAX];
    size_t count = gather_labels(plot, labels);
    spread_labels(labels, count);
    for (size_t i = 0; i < count; i++) {
        chart_draw_mark(plot->out, plot->results, labels[i].model, "", x, labels[i].y);
        fprintf(plot->out, "</path><text class=\"name\" x=\"%.1f\" y=\"%.1f\">", x + 10, labels[i].y + 4.5);
        markup_text(plot->out, plot->results->models[labels[i].model].name);
        fputs("</text>", plot->out);
    }
}

void chart_curves(FILE *out, const struct results *results, enum workload workload)
{
    const struct plot plot = measure(out, results, workload);
    const char *name = workload_name(workload);
    fprintf(out, "<clipPath id=\"plot-%s\"><path d=\"M%d %dH%dV%dH%dz\"/></clipPath>", name, LEFT, TOP,
            CHART_WIDTH - RIGHT, HEIGHT - BOTTOM, LEFT);
    write_grid(&plot);
    write_limit(&plot);
    fprintf(out, "<g clip-path=\"url(#plot-%s)\">", name);
    write_laws(&plot);
    write_joints(&plot);
    fputs("</g>", out);
    for (size_t i = 0; i < results->nsummaries; i++) {
        if (shown(&plot, &results->summaries[i]))
            write_point(&plot, &results->summaries[i]);
    }
    write_labels(&plot);
}
