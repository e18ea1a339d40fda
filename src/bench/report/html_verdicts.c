/* The answers: who is best at what, and the textbook's table with the figure and the rule behind each cell.
 */
#include <string.h>

#include "bench/analysis/verdict.h"
#include "bench/figure.h"
#include "bench/report/chart.h"
#include "bench/report/html.h"
#include "bench/report/markup.h"

void html_model(FILE *out, const struct results *results, size_t model)
{
    fprintf(out, "<span class=\"swatch m%u\"></span>", chart_class(results, model));
    markup_text(out, results->models[model].name);
}

static void write_answer(FILE *out, const struct results *results, enum workload workload)
{
    static const char *const questions[] = {[WORKLOAD_CPU] = "For CPU-bound work",
                                            [WORKLOAD_IO] = "For I/O-bound work",
                                            [WORKLOAD_OVERHEAD] = "For tiny jobs"};
    const struct summary *best = results_fastest(results, workload);
    if (best == NULL)
        return;
    size_t count = 0;
    fprintf(out, "<div class=\"answer\"><small>%s</small><b>", questions[workload]);
    for (size_t model = 0; model < results->nmodels; model++) {
        if (!verdict_is_best(results, model, workload))
            continue;
        fputs("<span>", out);
        html_model(out, results, model);
        fputs("</span>", out);
        count++;
    }
    if (count == 0)
        fputs("<span>unclear</span>", out);
    fprintf(out, "</b><small>%s%s %ss/s at %u %s",
            count == 0  ? "the noise is too large; the fastest: "
            : count > 1 ? "hardly apart; the fastest: "
                        : "",
            figure_rate(best->images_per_s).text, workload_item(workload), best->jobs,
            best->jobs == 1 ? "job" : "jobs");
    if (best->speedup_vs_serial > 0)
        fprintf(out, ", %s times the serial rate", figure_number(best->speedup_vs_serial).text);
    fputs("</small></div>\n", out);
}

void html_answers(FILE *out, const struct results *results)
{
    fputs("<div class=\"answers\">", out);
    for (enum workload workload = 0; workload < WORKLOADS; workload++)
        write_answer(out, results, workload);
    fputs("</div>\n", out);
}

static void write_cell(FILE *out, const struct verdict *verdict, enum column column)
{
    char text[128];
    verdict_cell(verdict, column, text, sizeof text);
    const char *class = strcmp(text, "yes") == 0 ? "yes" : strcmp(text, "no") == 0 ? "no" : "";
    fputs("<td data-label=\"", out);
    markup_text(out, verdict_columns[column].title);
    fprintf(out, "\"><details><summary class=\"%s\">", class);
    markup_text(out, text);
    fputs("</summary><div class=\"why\"><p>", out);
    markup_text(out, verdict->why[column]);
    fputs("</p><p class=\"rule\">", out);
    markup_text(out, verdict_columns[column].rule);
    fputs("</p></div></details></td>", out);
}

void html_verdicts(FILE *out, const struct results *results)
{
    fputs("<h2>The textbook’s table, measured</h2><p class=\"soft\">Each cell is decided by a rule from "
          "the figures. Open one to see both.</p><table class=\"verdicts\"><thead><tr><th>model</th>",
          out);
    for (enum column column = 0; column < COLUMNS; column++)
        fprintf(out, "<th>%s</th>", verdict_columns[column].title);
    fputs("</tr></thead><tbody>\n", out);
    for (size_t i = 0; i < results->nverdicts; i++) {
        const struct verdict *verdict = &results->verdicts[i];
        fputs("<tr><th>", out);
        markup_text(out, results->models[verdict->model].title);
        fputs("<small>", out);
        html_model(out, results, verdict->model);
        fputs("</small></th>", out);
        for (enum column column = 0; column < COLUMNS; column++)
            write_cell(out, verdict, column);
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table>\n<details class=\"rules\"><summary>All rules</summary><dl>", out);
    for (enum column column = 0; column < COLUMNS; column++) {
        fprintf(out, "<dt>%s</dt><dd>", verdict_columns[column].title);
        markup_text(out, verdict_columns[column].rule);
        fputs("</dd>", out);
    }
    fputs("</dl></details>\n", out);
}
