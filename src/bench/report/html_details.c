/* What stands behind the answers: where the time goes, every point, the machine and how to repeat it. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "bench/analysis/stats.h"
#include "bench/figure.h"
#include "bench/report/chart.h"
#include "bench/report/html.h"
#include "bench/report/markup.h"
#include "bench/report/report.h"

static double stage_sum(const struct summary *point)
{
    double sum = 0;
    for (size_t stage = 0; stage < PM_STAGES; stage++)
        sum += point->stage_s[stage];
    return sum / point->images;
}

/* The point whose stages are shown: at most jobs that the processors can run side by side. */
static const struct summary *stage_point(const struct results *results, size_t model, enum workload workload)
{
    const struct summary *last = NULL;
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        if (point->model == model && point->workload == workload && !point->oversubscribed)
            last = point;
    }
    return last;
}

static void write_stage_bar(FILE *out, const struct results *results, const struct summary *point)
{
    fputs("<div>", out);
    html_model(out, results, point->model);
    fprintf(out, "&nbsp;<small>at %u</small></div><div class=\"bar\"><i style=\"width:80%%\">", point->jobs);
    for (size_t stage = 0; stage < PM_STAGES; stage++) {
        double each = point->stage_s[stage] / point->images;
        fprintf(out, "<u class=\"s%zu\" style=\"width:%.2f%%\" title=\"%s %s\"></u>", stage,
                100 * each / stage_sum(point), pm_stage_name((enum pm_stage)stage),
                figure_seconds(each).text);
    }
    fprintf(out, "</i><em>%s</em></div>", figure_seconds(stage_sum(point)).text);
}

static void write_stages(FILE *out, const struct results *results, enum workload workload)
{
    bool begun = false; /* tiny jobs have no stages */
    for (size_t model = 0; model < results->nmodels; model++) {
        const struct summary *point = stage_point(results, model, workload);
        if (point == NULL || !(stage_sum(point) > 0))
            continue;
        if (!begun)
            fprintf(out, "<h3>%s</h3><div class=\"bars\">", workload_name(workload));
        begun = true;
        write_stage_bar(out, results, point);
    }
    if (begun)
        fputs("</div>\n", out);
}

/* What an event loop costs those who wait for it: the longest work between two of its turns. */
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

void html_stages(FILE *out, const struct results *results)
{
    fputs(
        "<h2>Where the time goes</h2><p class=\"soft\">Shares of the time that an image is on its way, with "
        "the mean of the whole beside them, at the most jobs that the processors can run side by "
        "side.</p><div class=\"key\">",
        out);
    for (size_t stage = 0; stage < PM_STAGES; stage++)
        fprintf(out, "<span><span class=\"swatch s%zu\"></span>%s</span>", stage,
                pm_stage_name((enum pm_stage)stage));
    fputs("</div>\n", out);
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        write_stages(out, results, workload);
        write_blocked(out, results, workload);
    }
}

static void write_figure(FILE *out, struct figure figure)
{
    fprintf(out, "<td class=\"number\">%s</td>", figure.text);
}

static void write_interval(FILE *out, struct interval interval, struct figure (*figure)(double))
{
    if (interval.low == interval.high) /* a definition, not a measurement */
        fputs("<td>–</td>", out);
    else
        fprintf(out, "<td>%s to %s</td>", figure(interval.low).text, figure(interval.high).text);
}

static void write_point(FILE *out, const struct results *results, const struct summary *point)
{
    fputs("<tr><td>", out);
    html_model(out, results, point->model);
    fprintf(out, "</td><td class=\"number\">%u%s</td>", point->jobs, point->oversubscribed ? "*" : "");
    write_figure(out, figure_rate(point->images_per_s));
    write_interval(out, point->images_per_s_ci95, figure_rate);
    write_figure(out, figure_number(point->speedup));
    write_interval(out, point->speedup_ci95, figure_rate);
    write_figure(out, figure_percent(point->efficiency));
    write_interval(out, point->efficiency_ci95, figure_percent);
    if (point->karp_flatt > 1)
        fputs("<td class=\"number\">slower</td>", out);
    else
        write_figure(out, figure_percent(point->karp_flatt));
    write_figure(out, figure_number(point->speedup_vs_serial));
    write_figure(out, figure_seconds(point->wall_s));
    write_figure(out, figure_rate(point->cold_images_per_s));
    write_figure(out, figure_seconds(point->startup_s));
    write_figure(out, figure_seconds(point->cpu_per_image_s));
    write_figure(out, figure_bytes(point->peak_pss_bytes));
    write_figure(out, figure_number(1e3 * point->voluntary_switches / point->images));
    write_figure(out, figure_number(1e3 * point->involuntary_switches / point->images));
    write_figure(out, point->blocked_s > 0 ? figure_seconds(point->blocked_s) : figure_seconds(NAN));
    write_figure(out, figure_percent(point->spread));
    fprintf(out, "<td class=\"number\">%zu of %zu</td></tr>\n", point->outliers, point->trials);
}

void html_points(FILE *out, const struct results *results)
{
    fputs("<section class=\"points\"><h2>Every point</h2>", out);
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        if (results_fastest(results, workload) == NULL)
            continue;
        const char *item = workload_item(workload);
        fprintf(out,
                "<details><summary>%s: %s</summary><div class=\"wide\"><table><thead><tr><th>model</th>"
                "<th>jobs</th><th>%ss/s</th><th>95 %% interval</th><th>speedup</th><th>95 %% interval</th>"
                "<th>efficiency</th><th>95 %% interval</th><th>Karp-Flatt</th><th>× "
                "serial</th><th>wall</th><th>cold %ss/s</th>"
                "<th>start-up</th><th>CPU/%s</th><th>peak memory</th><th>voluntary switches per 1000</th>"
                "<th>involuntary switches per 1000</th><th>loop "
                "blocked</th><th>spread</th><th>outliers</th></tr></thead><tbody>",
                workload_name(workload), workload_text(workload), item, item, item);
        for (size_t i = 0; i < results->nsummaries; i++) {
            if (results->summaries[i].workload == workload)
                write_point(out, results, &results->summaries[i]);
        }
        fputs("</tbody></table></div></details>\n", out);
    }
    fputs("<p><small>* more jobs than processors. Every single trial stands in the JSON and the CSV report."
          "</small></p></section>",
          out);
}

static void write_term(FILE *out, const char *term, const char *text)
{
    fprintf(out, "<dt>%s</dt><dd>", term);
    markup_text(out, text);
    fputs("</dd>", out);
}

static void write_notes(FILE *out, const struct results *results)
{
    if (results->nnotes > 0)
        fputs("<h2>What makes it less certain</h2>", out);
    for (size_t i = 0; i < results->nnotes; i++) {
        fputs("<p class=\"note\">", out);
        markup_text(out, results->notes[i].text);
        fputs(" <span class=\"soft\">", out);
        markup_text(out, results->notes[i].remedy);
        fputs("</span></p>", out);
    }
}

/* A line may end between two words of it, and where one is longer than the line. */
static void write_command(FILE *out, const char *command)
{
    while (*command != '\0') {
        char word[4096];
        size_t length = strcspn(command, " ");
        snprintf(word, sizeof word, "%.*s", (int)length, command);
        fputs("<span>", out);
        markup_text(out, word);
        fputs("</span>", out);
        command += length;
        for (; *command == ' '; command++)
            fputc(' ', out);
    }
}

void html_setup(FILE *out, const struct results *results)
{
    const struct machine *machine = &results->machine;
    const struct sweep_settings *settings = &results->settings;
    char text[512];
    write_notes(out, results);
    fputs("<h2>Repeat it</h2><pre><code>", out);
    write_command(out, settings->command);
    fputs("</code></pre><dl>", out);
    write_term(out, "recipe", settings->recipe[0] != '\0' ? settings->recipe : "no filters");
    snprintf(text, sizeof text, "%zu images, %s", settings->inputs,
             figure_bytes((double)settings->input_bytes).text);
    write_term(out, "input", text);
    snprintf(text, sizeof text,
             "%u a point beside a cold one, about %s or more each, in random order (seed %" PRIu64 ")%s",
             settings->repeat, figure_seconds(settings->min_time_s).text, settings->seed,
             settings->pin ? ", workers pinned to cores" : "");
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
    fputs(
        "</dl><h2>How it was measured</h2><p>Each trial is a process of its own, started by a small helper, "
        "so that memory, page faults and start-up are its own. Trials of all points are interleaved in "
        "random order: what drifts hits all alike. Figures are medians; their 95 % intervals come from ",
        out);
    fputs(settings->repeat < STATS_ENOUGH
              ? "Student’s t of the logarithms, as so few trials allow, "
              : "interpolated order statistics (Hettmansperger &amp; Sheather 1986), ",
          out);
    fputs("those of speedups from both medians’ intervals of 93.5 % by the same way, which together (MOVER) "
          "hold 95 %, those of laws from their residuals and Student’s t. Nothing "
          "is dropped. Memory is the proportional set size, summed over a model’s processes.</p>\n",
          out);
}
