#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "bench/analysis/scaling.h"
#include "bench/figure.h"
#include "bench/report/chart.h"
#include "bench/report/escape.h"
#include "bench/report/html.h"

/* Laws and predictions are explained only if there are some. */
static void write_key(FILE *out, const struct results *results)
{
    const char *drawing, *text;
    fputs("<div class=\"key\"><h3>How to read it</h3>", out);
    for (size_t i = 0; chart_key(results, i, &drawing, &text); i++)
        fprintf(out,
                "<span><svg class=\"chart\" viewBox=\"0 -11 30 22\" aria-hidden=\"true\">%s</svg>%s</span>",
                drawing, text);
    fputs("</div>", out);
}

void html_charts(FILE *out, const struct results *results)
{
    if (results->nsummaries == 0) {
        fputs("<p>Nothing was measured.</p>\n", out);
        return;
    }
    fputs("<div class=\"charts\">\n", out);
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        if (chart_height(results, workload) > 0)
            chart_write(out, results, workload, "");
    }
    write_key(out, results);
    fputs("</div>\n", out);
}

/* Titles are separated by bars: "model|#jobs". One that begins with # is above numbers, an empty one above
 * what the script draws. */
static void write_heads(FILE *out, const char *class, const char *titles)
{
    fprintf(out, "<div class=\"wide\"><table class=\"%s\"><thead><tr>", class);
    while (*titles != '\0') {
        const size_t length = strcspn(titles, "|");
        const bool number = *titles == '#';
        fprintf(out, "<th%s>%.*s</th>",
                number        ? " class=\"number\""
                : length == 0 ? " class=\"bar\""
                              : "",
                (int)(length - number), titles + number);
        titles += length + (titles[length] == '|');
    }
    fputs("</tr></thead><tbody>\n", out);
}

static void write_end(FILE *out)
{
    fputs("</tbody></table></div>\n", out);
}

static void write_name(FILE *out, const struct results *results, size_t model)
{
    fputs("<tr><th>", out);
    html_model(out, results, model);
    fputs("</th>", out);
}

static void write_figure(FILE *out, struct figure figure)
{
    fprintf(out, "<td class=\"number\">%s</td>", figure.text);
}

static void write_interval(FILE *out, struct interval interval, struct figure (*figure)(double))
{
    if (interval.low == interval.high || isnan(interval.low)) /* no figure: a definition, or too few trials */
        fputs("<td>–</td>", out);
    else
        fprintf(out, "<td>%s</td>", figure_range(interval, figure).text);
}

static void write_range(FILE *out, double value, struct interval interval, struct figure (*figure)(double))
{
    fprintf(out, "<td>%s <small>%s</small></td>", figure(value).text, figure_range(interval, figure).text);
}

/* The cell that the script draws a bar in. */
static void write_bar(FILE *out, const struct results *results, const struct summary *point)
{
    fprintf(out, "<td class=\"bar\" data-point=\"%zu\" data-colour=\"m%u\"></td>",
            (size_t)(point - results->summaries), chart_class(results, point->model));
}

static void write_fit(FILE *out, const struct results *results, const struct fit *fit)
{
    write_name(out, results, fit->model);
    fprintf(out, "<td>%s</td>", workload_name(fit->workload));
    if (fit->has_amdahl && !fit_amdahl_holds(fit))
        fputs("<td>does not hold</td>", out);
    else if (fit->has_amdahl)
        write_range(out, fit->amdahl.sigma, fit->amdahl.sigma_ci95, figure_percent);
    if (fit->has_usl) {
        const struct law *usl = &fit->usl;
        write_range(out, usl->sigma, usl->sigma_ci95, figure_number);
        write_range(out, usl->kappa, usl->kappa_ci95, figure_number);
        write_range(out, usl->lambda, usl->lambda_ci95, figure_number);
        write_range(out, fit->peak_jobs, fit->peak_jobs_ci95, figure_jobs);
    } else {
        fprintf(out, "<td colspan=\"%d\">not fitted: ", fit->has_amdahl ? 4 : 5);
        markup_text(out, fit->why_not);
        fputs("</td>", out);
    }
    fputs("</tr>\n", out);
}

void html_fits(FILE *out, const struct results *results)
{
    if (results->nfits == 0)
        return;
    fputs("<h3>Laws of scaling</h3>", out);
    if (results_no_law(results) != NULL) {
        fputs("<p>No law is drawn: ", out);
        markup_text(out, results_no_law(results));
        fputs(".</p>\n", out);
        return;
    }
    fputs("<p class=\"soft\">Amdahl’s serial fraction, and the Universal Scalability Law: throughput at n "
          "jobs is λn / (1 + σ(n − 1) + κn(n − 1)). σ is contention, κ the cost of coherence, λ images per "
          "second at one job. All are fitted, λ too, by least squares of the throughput’s logarithm, so that "
          "a law need not go through a point, not even the first. Intervals are of 95 %.</p>\n",
          out);
    write_heads(out, "fits", "model|workload|serial fraction|σ|κ|λ|peak at jobs");
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        for (size_t i = 0; i < results->nfits; i++) {
            if (results->fits[i].workload == workload)
                write_fit(out, results, &results->fits[i]);
        }
    }
    write_end(out);
}

/* "<h3>cpu: the recipe on files in the page cache</h3>" */
static void write_heading(FILE *out, enum workload workload)
{
    fprintf(out, "<h3>%s: %s</h3>", workload_name(workload), workload_text(workload));
}

void html_best(FILE *out, const struct results *results)
{
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        char titles[128];
        if (results_fastest(results, workload) == NULL)
            continue;
        write_heading(out, workload);
        snprintf(titles, sizeof titles,
                 "model||#%ss/s|95 %% interval|#× serial|95 %% interval|#jobs|#peak memory|95 %% interval",
                 workload_item(workload));
        write_heads(out, "best", titles);
        for (size_t model = 0; model < results->nmodels; model++) {
            const struct summary *best = results_best(results, model, workload);
            if (best == NULL)
                continue;
            write_name(out, results, model);
            write_bar(out, results, best);
            write_figure(out, figure_rate(best->images_per_s));
            write_interval(out, best->images_per_s_ci95, figure_rate);
            write_figure(out, figure_ratio(best->speedup_vs_serial));
            write_interval(out, best->vs_serial_ci95, figure_ratio);
            fprintf(out, "<td class=\"number\">%u</td>", best->jobs);
            write_figure(out, figure_bytes(best->peak_pss_bytes));
            write_interval(out, best->peak_pss_ci95, figure_bytes);
            fputs("</tr>\n", out);
        }
        write_end(out);
    }
}

/* The point whose stages are shown: at the max jobs that are not above the processors. */
static const struct summary *stage_point(const struct results *results, size_t model, enum workload workload)
{
    const struct summary *last = NULL;
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        if (point->model == model && point->workload == workload && !point->oversubscribed &&
            point->stages_s > 0)
            last = point;
    }
    return last;
}

/* The longest time that an event loop was blocked by work, so that others waited. */
static void write_blocked(FILE *out, const struct results *results, enum workload workload)
{
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        if (point->workload != workload || !(point->blocked_s > 0))
            continue;
        fputs("<p class=\"soft\">The event loop of ", out);
        markup_text(out, results->models[point->model].name);
        fprintf(out, " was blocked for %s at most on %s.</p>\n", figure_seconds(point->blocked_s).text,
                workload_name(workload));
    }
}

static void write_stage_heads(FILE *out)
{
    char titles[512] = "model|#jobs|";
    for (size_t stage = 0; stage < PM_STAGES; stage++) {
        const size_t used = strlen(titles);
        snprintf(titles + used, sizeof titles - used, "|#<span class=\"swatch s%zu\"></span>%s", stage,
                 pm_stage_name((enum pm_stage)stage));
    }
    const size_t used = strlen(titles);
    snprintf(titles + used, sizeof titles - used, "|#total");
    write_heads(out, "stages", titles);
}

/* Time per image, with its interval below. */
static void write_stage(FILE *out, const struct summary *point, double seconds, struct interval interval)
{
    const struct interval each = {interval.low / point->images, interval.high / point->images};
    fprintf(out, "<td class=\"number\">%s", figure_seconds(seconds / point->images).text);
    if (!isnan(each.low) && each.low < each.high)
        fprintf(out, "<small>%s</small>", figure_range(each, figure_seconds).text);
    fputs("</td>", out);
}

static void write_stages(FILE *out, const struct results *results, enum workload workload)
{
    bool begun = false; /* tiny jobs have no stages */
    for (size_t model = 0; model < results->nmodels; model++) {
        const struct summary *point = stage_point(results, model, workload);
        if (point == NULL)
            continue;
        if (!begun) {
            write_heading(out, workload);
            write_stage_heads(out);
        }
        begun = true;
        write_name(out, results, model);
        fprintf(out, "<td class=\"number\">%u</td>", point->jobs);
        write_bar(out, results, point);
        for (size_t stage = 0; stage < PM_STAGES; stage++)
            write_stage(out, point, point->stage_s[stage], point->stage_ci95[stage]);
        write_stage(out, point, point->stages_s, point->stages_ci95);
        fputs("</tr>\n", out);
    }
    if (begun)
        write_end(out);
}

void html_stages(FILE *out, const struct results *results)
{
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        write_stages(out, results, workload);
        write_blocked(out, results, workload);
    }
}

static void write_point(FILE *out, const struct results *results, const struct summary *point)
{
    write_name(out, results, point->model);
    fprintf(out, "<td class=\"number\">%u%s</td>", point->jobs, point->oversubscribed ? "*" : "");
    write_figure(out, figure_rate(point->images_per_s));
    write_interval(out, point->images_per_s_ci95, figure_rate);
    fprintf(out, "<td class=\"number\">%s%s</td>", figure_ratio(point->speedup).text,
            point->superlinear ? "▲" : "");
    write_interval(out, point->speedup_ci95, figure_ratio);
    write_figure(out, figure_percent(point->efficiency));
    write_interval(out, point->efficiency_ci95, figure_percent);
    if (point->karp_flatt > 1)
        fputs("<td class=\"number\">slower</td>", out);
    else
        write_figure(out, figure_percent(point->karp_flatt));
    write_figure(out, figure_ratio(point->speedup_vs_serial));
    write_interval(out, point->vs_serial_ci95, figure_ratio);
    write_figure(out, figure_seconds(point->wall_s));
    write_interval(out, point->ci95, figure_seconds);
    write_figure(out, figure_rate(point->cold_images_per_s));
    write_figure(out, figure_seconds(point->startup_s));
    write_interval(out, point->startup_ci95, figure_seconds);
    write_figure(out, figure_seconds(point->cpu_per_image_s));
    write_interval(out, point->cpu_per_image_ci95, figure_seconds);
    write_figure(out, figure_bytes(point->peak_pss_bytes));
    write_interval(out, point->peak_pss_ci95, figure_bytes);
    write_figure(out, figure_number(1e3 * point->voluntary_switches / point->images));
    write_figure(out, figure_number(1e3 * point->involuntary_switches / point->images));
    write_figure(out, point->blocked_s > 0 ? figure_seconds(point->blocked_s) : figure_seconds(NAN));
    write_figure(out, figure_percent(point->others));
    write_figure(out, figure_percent(point->spread));
    fprintf(out, "<td class=\"number\">%zu of %zu</td></tr>\n", point->outliers, point->trials);
}

void html_points(FILE *out, const struct results *results)
{
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        char titles[512];
        const char *item = workload_item(workload);
        if (results_fastest(results, workload) == NULL)
            continue;
        fprintf(out, "<details><summary>%s: %s</summary>", workload_name(workload), workload_text(workload));
        snprintf(
            titles, sizeof titles,
            "model|#jobs|#%ss/s|95 %% interval|#speedup|95 %% interval|#efficiency|95 %% interval|"
            "#Karp-Flatt|#× serial|95 %% interval|#wall|95 %% interval|#cold %ss/s|#start-up|95 %% interval|"
            "#CPU per %s|95 %% interval|#peak memory|95 %% interval|#voluntary switches per 1000|"
            "#involuntary switches per 1000|#loop blocked|#other programs|#spread|#outliers",
            item, item, item);
        write_heads(out, "all", titles);
        for (size_t i = 0; i < results->nsummaries; i++) {
            if (results->summaries[i].workload == workload)
                write_point(out, results, &results->summaries[i]);
        }
        write_end(out);
        fputs("</details>\n", out);
    }
}

static void write_term(FILE *out, const char *term, const char *text)
{
    fprintf(out, "<dt>%s</dt><dd>", term);
    markup_text(out, text);
    fputs("</dd>\n", out);
}

void html_setup(FILE *out, const struct results *results)
{
    const struct machine *machine = &results->machine;
    const struct sweep_settings *settings = &results->settings;
    char text[512];
    write_term(out, "recipe", settings->recipe[0] != '\0' ? settings->recipe : "no filters");
    snprintf(text, sizeof text, "%zu images, %s", settings->inputs,
             figure_bytes((double)settings->input_bytes).text);
    write_term(out, "input", text);
    char each[64] = "";
    if (settings->sampling.min_time_s > 0)
        snprintf(each, sizeof each, "about %s or more each; ",
                 figure_seconds(settings->sampling.min_time_s).text);
    snprintf(text, sizeof text, "%u per point, plus one cold start; %srandom order (seed %" PRIu64 ")%s",
             settings->sampling.repeat, each, settings->sampling.seed,
             settings->sampling.pin ? "; workers pinned to cores" : "");
    write_term(out, "trials", text);
    if (settings->urls > 0)
        snprintf(text, sizeof text, "%zu URLs from their servers; every read of a file waits %g ms",
                 settings->urls, settings->io_delay_ms);
    else
        snprintf(text, sizeof text, "every read waits %g ms", settings->io_delay_ms);
    write_term(out, "io workload", text);
    write_term(out, "processor", machine->cpu);
    write_term(out, "topology", machine->topology);
    snprintf(text, sizeof text, "%u (%s)", machine->processors, machine->processors_source);
    write_term(out, "usable processors", text);
    write_term(out, "memory", figure_bytes((double)machine->memory_bytes).text);
    write_term(out, "system", machine->os);
    snprintf(text, sizeof text, "pixmill %s, %s", machine->version, machine->compiler);
    write_term(out, "built", text);
    write_term(out, "measured", figure_date(machine->date, text, sizeof text));
}
