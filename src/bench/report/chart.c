#include "bench/report/chart.h"

#include <math.h>
#include <string.h>

#include "bench/analysis/scaling.h"
#include "bench/report/markup.h"
#include "bench/report/report.h"

enum { LEFT = 52, RIGHT = 104, TOP = 48, BOTTOM = 48, COLOURS = 8, GREY = 7, MOST_LABELS = 32 };

/* The part of the plane that is shown, in doublings of jobs and speedup. */
struct plot {
    FILE *out;
    const struct results *results;
    enum workload workload;
    double right, bottom, top;
    unsigned lines; /* models shown */
};

unsigned chart_class(const struct results *results, size_t model)
{
    unsigned at = 0;
    if (strcmp(results->models[model].name, "serial") == 0)
        return GREY;
    for (size_t i = 0; i < model; i++)
        at += strcmp(results->models[i].name, "serial") != 0;
    return at % GREY;
}

const char *chart_mark(unsigned class)
{
    static const char *const marks[COLOURS] = {
        "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",              /* circle */
        "M-4 -4h8v8h-8z",                                             /* square */
        "M0 -5.5L5.2 4H-5.2z",                                        /* triangle */
        "M0 -5.8L5.8 0L0 5.8L-5.8 0z",                                /* diamond */
        "M0 5.5L5.2 -4H-5.2z",                                        /* triangle, upside down */
        "M-1.7 -5h3.4v3.3h3.3v3.4h-3.3v3.3h-3.4v-3.3h-3.3v-3.4h3.3z", /* plus */
        "M0 -5.6L5.3 -1.7L3.3 4.5H-3.3L-5.3 -1.7z",                   /* pentagon */
        "M-5 -2.5h10v5h-10z",                                         /* bar */
    };
    return marks[class % COLOURS];
}

void chart_style(FILE *out)
{
    /* From Okabe & Ito's palette, its light colours darkened for light ground, its dark ones lightened. */
    static const char *const light[COLOURS] = {"#0072b2", "#d55e00", "#00815e", "#b0478c",
                                               "#8a6a00", "#3b8ac4", "#6a4fb3", "#6b7078"};
    static const char *const dark[COLOURS] = {"#56b4e9", "#ff8f4a", "#2ec99b", "#e58cc3",
                                              "#e3b93f", "#9bd0f5", "#b6a2ee", "#a7adb6"};
    for (unsigned i = 0; i < COLOURS; i++)
        fprintf(out, ".m%u{fill:%s;background-color:%s}.l%u{stroke:%s}", i, light[i], light[i], i, light[i]);
    fputs(
        ".chart text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;fill:#3c4149}"
        ".chart .title{font-size:18px;font-weight:650;fill:#15181c}.chart "
        ".small{font-size:12px;font-weight:400}"
        ".chart .name{font-weight:600}.chart .grid{stroke:#dfe2e6;stroke-width:1}"
        ".chart .ideal{stroke:#8b9199;stroke-width:1.5;stroke-dasharray:2 4;fill:none}"
        ".chart .limit{stroke:#8b9199;stroke-width:1;stroke-dasharray:6 4}"
        ".chart .law{fill:none;stroke-width:2}.chart .guess{fill:none;stroke-width:1.6;stroke-dasharray:7 5}"
        ".chart .band{opacity:.13;stroke:none}.chart .whisker{stroke-width:1.6;fill:none}"
        ".chart .over{fill:#fff;stroke-width:1.8}",
        out);
    fputs("@media (prefers-color-scheme:dark){", out);
    for (unsigned i = 0; i < COLOURS; i++)
        fprintf(out, ".m%u{fill:%s;background-color:%s}.l%u{stroke:%s}", i, dark[i], dark[i], i, dark[i]);
    fputs(".chart text{fill:#b9bfc8}.chart .title{fill:#f0f2f5}.chart .grid{stroke:#31363d}"
          ".chart .ideal,.chart .limit{stroke:#7d848e}.chart .band{opacity:.17}.chart .over{fill:#16191d}}",
          out);
}

static double x_of(const struct plot *plot, double jobs)
{
    return LEFT + log2(jobs) / plot->right * (CHART_WIDTH - LEFT - RIGHT);
}

static double y_of(const struct plot *plot, double speedup)
{
    double share = (log2(speedup) - plot->bottom) / (plot->top - plot->bottom);
    return CHART_HEIGHT - BOTTOM - share * (CHART_HEIGHT - TOP - BOTTOM);
}

/* Does this point belong to a line of the chart? */
static bool shown(const struct plot *plot, const struct summary *point)
{
    return point->workload == plot->workload && isfinite(point->speedup) &&
           !plot->results->models[point->model].one_worker;
}

static struct plot measure(FILE *out, const struct results *results, enum workload workload)
{
    struct plot plot = {.out = out, .results = results, .workload = workload};
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        if (!shown(&plot, point))
            continue;
        double low = isfinite(point->speedup_ci95.low) ? point->speedup_ci95.low : point->speedup;
        double high = isfinite(point->speedup_ci95.high) ? point->speedup_ci95.high : point->speedup;
        plot.right = fmax(plot.right, log2(point->jobs));
        /* An interval that says nothing may be cut off; the points may not. */
        plot.bottom = fmin(plot.bottom, log2(fmax(low, fmin(point->speedup, 1.0 / 64))));
        plot.top = fmax(plot.top, log2(fmin(high, fmax(point->speedup, 64))));
    }
    plot.top = fmax(plot.top + 0.02, plot.right);
    for (size_t i = 0; i < results->nfits; i++) {
        const struct fit *fit = &results->fits[i];
        struct interval unused;
        if (fit->workload != workload || fit_law(fit) == NULL)
            continue;
        plot.right = fmax(plot.right, log2(SCALING_FARTHEST));
        /* What is predicted takes no more height than it needs, and what was measured keeps the rest. */
        for (double power = 0; power <= plot.right; power++)
            plot.top = fmax(plot.top, log2(fit_speedup(results, fit, exp2(power), &unused)) + 0.3);
    }
    plot.bottom -= 0.06 * (plot.top - plot.bottom);
    for (size_t model = 0; model < results->nmodels; model++)
        plot.lines += !results->models[model].one_worker;
    return plot;
}

bool chart_worthwhile(const struct results *results, enum workload workload)
{
    return measure(NULL, results, workload).right > 0;
}

static void write_grid(const struct plot *plot)
{
    const double left = LEFT, right = CHART_WIDTH - RIGHT, low = CHART_HEIGHT - BOTTOM;
    for (double power = ceil(plot->bottom); power <= plot->top; power++) {
        double y = y_of(plot, exp2(power));
        fprintf(plot->out,
                "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/><text x=\"%.1f\" y=\"%.1f\" "
                "text-anchor=\"end\">%s%g×</text>",
                left, y, right, left - 11, y + 4.5, power < 0 ? "1/" : "", exp2(fabs(power)));
    }
    for (double power = 0; power <= plot->right; power++) {
        double x = x_of(plot, exp2(power));
        fprintf(plot->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%g</text>", x, low + 20,
                exp2(power));
    }
    fprintf(plot->out, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>", left, low, right);
    fprintf(plot->out, "<text class=\"small\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">jobs</text>",
            (left + right) / 2, low + 38);
    if (plot->bottom < -0.2 && plot->bottom > -1) /* less than a doubling below 1: told all the same */
        fprintf(plot->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.2f×</text>", left - 11,
                low + 4.5, exp2(plot->bottom));
    double ideal = exp2(fmin(plot->right, plot->top));
    fprintf(plot->out, "<path class=\"ideal\" d=\"M%.1f %.1fL%.1f %.1f\"/>", x_of(plot, 1), y_of(plot, 1),
            x_of(plot, ideal), y_of(plot, ideal));
}

/* Where the machine ends: right of it nothing can be measured without crowding. */
static void write_limit(const struct plot *plot)
{
    unsigned processors = plot->results->machine.processors;
    if (processors < 1 || log2(processors) > plot->right)
        return;
    double x = x_of(plot, processors);
    fprintf(plot->out,
            "<path class=\"limit\" d=\"M%.1f %dV%d\"/><text class=\"small\" x=\"%.1f\" y=\"%d\" "
            "text-anchor=\"middle\">%u %s</text>",
            x, TOP, CHART_HEIGHT - BOTTOM, x, TOP - 6, processors,
            processors == 1 ? "processor" : "processors");
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

/* The prediction's interval, cut where no throughput can be: n jobs are at most n times as fast. */
static struct interval band_at(const struct plot *plot, const struct fit *fit, double jobs)
{
    struct interval interval;
    double speedup = fit_speedup(plot->results, fit, jobs, &interval);
    interval.high = fmin(interval.high, fmax(jobs, speedup));
    return interval;
}

/* How far a band is drawn: to where it spans so much that it says nothing. */
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

/* The most jobs that the fit was made from. */
static double fitted_to(const struct plot *plot, const struct fit *fit)
{
    double most = 1;
    for (size_t i = 0; i < plot->results->nsummaries; i++) {
        const struct summary *point = &plot->results->summaries[i];
        if (point->model == fit->model && point->workload == fit->workload && !point->oversubscribed)
            most = fmax(most, point->jobs);
    }
    return most;
}

/* Bands first, so that nothing lies below them; without a law, measured points are joined by a line. */
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
        if (last != NULL && last->model == point->model)
            fprintf(plot->out, "<path class=\"law l%u\" d=\"M%.1f %.1fL%.1f %.1f\"/>",
                    chart_class(plot->results, point->model), x_of(plot, last->jobs),
                    y_of(plot, last->speedup), x_of(plot, point->jobs), y_of(plot, point->speedup));
        last = point;
    }
}

/* Models that scale alike stand side by side rather than one on the other; at 1 job all are alike. */
static double aside(const struct plot *plot, size_t model, unsigned jobs)
{
    double place = 0;
    if (jobs == 1)
        return 0;
    for (size_t i = 0; i < model; i++)
        place += !plot->results->models[i].one_worker;
    return 4 * (place - (plot->lines - 1) / 2.0);
}

static void write_point(const struct plot *plot, const struct summary *point)
{
    unsigned class = chart_class(plot->results, point->model);
    double x = x_of(plot, point->jobs) + aside(plot, point->model, point->jobs),
           y = y_of(plot, point->speedup);
    const struct interval *interval = &point->speedup_ci95;
    if (isfinite(interval->low) && interval->high > interval->low)
        fprintf(plot->out, "<path class=\"whisker l%u\" d=\"M%.1f %.1fV%.1f\"/>", class, x,
                y_of(plot, interval->high), y_of(plot, fmax(interval->low, 1.0 / 64)));
    fprintf(plot->out, "<path class=\"%s%u l%u\" d=\"%s\" transform=\"translate(%.1f %.1f)\"><title>",
            point->oversubscribed ? "over m" : "m", class, class, chart_mark(class), x, y);
    markup_text(plot->out, plot->results->models[point->model].name);
    fprintf(plot->out, " at %u: %.2f× (%.2f to %.2f)%s</title></path>", point->jobs, point->speedup,
            interval->low, interval->high, point->oversubscribed ? ", more jobs than processors" : "");
}

/* A model's name stands where its line ends. */
struct label {
    size_t model;
    double y;
};

static size_t gather_labels(const struct plot *plot, struct label labels[MOST_LABELS])
{
    const struct results *results = plot->results;
    size_t count = 0;
    for (size_t model = 0; model < results->nmodels && count < MOST_LABELS; model++) {
        double speedup = NAN;
        for (size_t i = 0; i < results->nsummaries; i++) {
            if (results->summaries[i].model == model && shown(plot, &results->summaries[i]))
                speedup = results->summaries[i].speedup;
        }
        struct interval unused;
        if (has_law(plot, model))
            speedup =
                fit_speedup(results, results_fit(results, model, plot->workload), exp2(plot->right), &unused);
        if (isfinite(speedup))
            labels[count++] = (struct label){model, y_of(plot, speedup)};
    }
    return count;
}

/* From top to bottom, each at least a line below the one before; what then stands too low moves up again. */
static void spread_labels(struct label *labels, size_t count)
{
    const double line = 17, floor = CHART_HEIGHT - BOTTOM;
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
    struct label labels[MOST_LABELS];
    size_t count = gather_labels(plot, labels);
    spread_labels(labels, count);
    for (size_t i = 0; i < count; i++) {
        unsigned class = chart_class(plot->results, labels[i].model);
        double x = CHART_WIDTH - RIGHT + 22;
        fprintf(plot->out,
                "<path class=\"m%u\" d=\"%s\" transform=\"translate(%.1f %.1f)\"/>"
                "<text class=\"name\" x=\"%.1f\" y=\"%.1f\">",
                class, chart_mark(class), x, labels[i].y, x + 10, labels[i].y + 4.5);
        markup_text(plot->out, plot->results->models[labels[i].model].name);
        fputs("</text>", plot->out);
    }
}

void chart_write(FILE *out, const struct results *results, enum workload workload, const char *attributes)
{
    const struct plot plot = measure(out, results, workload);
    const char *name = workload_name(workload);
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" "
            "aria-label=\"Speedup against jobs on the %s workload\" %s>"
            "<clipPath id=\"plot-%s\"><path d=\"M%d %dH%dV%dH%dz\"/></clipPath>"
            "<text class=\"title\" x=\"%d\" y=\"16\">%s<tspan class=\"small\" dx=\"10\">%s</tspan></text>",
            CHART_WIDTH, CHART_HEIGHT, name, attributes, name, LEFT, TOP, CHART_WIDTH - RIGHT,
            CHART_HEIGHT - BOTTOM, LEFT, LEFT, name, workload_text(workload));
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
    fputs("</svg>\n", out);
}
