#include <string.h>

#include "bench/analysis/ranking.h"
#include "bench/analysis/statements.h"
#include "bench/analysis/verdict.h"
#include "bench/figure.h"
#include "bench/report/chart.h"
#include "bench/report/escape.h"
#include "bench/report/html.h"

void html_model(FILE *out, const struct results *results, size_t model)
{
    fprintf(out, "<span class=\"swatch m%u\"></span>", chart_class(results, model));
    markup_text(out, results->models[model].name);
}

void html_machine(FILE *out, const struct results *results)
{
    char date[64];
    fprintf(out, "Measured on %u %s of ", results->machine.processors,
            results->machine.processors == 1 ? "processor" : "processors");
    markup_text(out, results->machine.cpu);
    fputs(" on ", out);
    markup_text(out, figure_date(results->machine.date, date, sizeof date));
    fputs(results->interrupted ? ". The sweep was interrupted." : ".", out);
}

static void write_item(FILE *out, const char *text, const char *more)
{
    fputs("<li>", out);
    markup_text(out, text);
    fputs(" <span class=\"soft\">", out);
    markup_text(out, more);
    fputs("</span></li>\n", out);
}

void html_busy(FILE *out, const struct results *results)
{
    bool busy = false;
    for (size_t i = 0; i < results->nnotes; i++) {
        if (!results->notes[i].busy)
            continue;
        fputs(busy ? "" : "<div class=\"busy\"><strong>This machine was busy.</strong><ul>\n", out);
        write_item(out, results->notes[i].text, results->notes[i].remedy);
        busy = true;
    }
    char text[320];
    for (size_t i = 0; busy && verdict_left_unclear(results, i, text, sizeof text); i++)
        write_item(out, text, "");
    if (busy)
        fputs("</ul></div>\n", out);
}

static void write_answer(FILE *out, const struct results *results, enum workload workload)
{
    static const char *const questions[] = {[WORKLOAD_CPU] = "For CPU-bound work",
                                            [WORKLOAD_IO] = "For I/O-bound work",
                                            [WORKLOAD_OVERHEAD] = "For tiny jobs"};
    const struct verdict *leaders[LEADERS_MAX];
    const size_t count = ranking_leaders(results, workload, leaders);
    char text[1024];
    if (count == 0)
        return;
    fprintf(out, "<div class=\"answer\"><small>%s</small><b%s>", questions[workload],
            count > 2 ? " class=\"many\"" : "");
    for (size_t i = 0; i < count; i++) {
        fputs("<span>", out);
        html_model(out, results, leaders[i]->model);
        fputs(ranking_is_settled(results, workload) ? "</span>" : "?</span>", out);
    }
    fputs("</b><p>", out);
    markup_text(out, ranking_text(results, workload, "\n", text, sizeof text));
    fputs("</p>", out);
    const double others = ranking_disturbance(results, workload);
    if (others > 0)
        fprintf(out,
                "<p class=\"busy-mark\">Other programs had up to %s of the processors’ time meanwhile.</p>",
                figure_percent(others).text);
    fputs("</div>\n", out);
}

void html_answers(FILE *out, const struct results *results)
{
    for (enum workload workload = 0; workload < WORKLOADS; workload++)
        write_answer(out, results, workload);
}

/* A line of the rules each. */
static void write_rules(FILE *out, enum column column)
{
    fputs("<ul>", out);
    for (const char *line = verdict_columns[column].rules; *line != '\0';) {
        char text[320];
        const size_t length = strcspn(line, "\n");
        snprintf(text, sizeof text, "%.*s", (int)length, line);
        fputs("<li>", out);
        markup_text(out, text);
        fputs("</li>", out);
        line += length + (line[length] == '\n');
    }
    fputs("</ul>", out);
}

static void write_cell(FILE *out, const struct verdict *verdict, enum column column)
{
    char text[128], range[80];
    verdict_cell(verdict, column, text, sizeof text);
    const char *class = strcmp(text, "yes") == 0 ? "yes" : strcmp(text, "no") == 0 ? "no" : "";
    fputs("<td data-label=\"", out);
    markup_text(out, verdict_columns[column].title);
    fprintf(out, "\"><details><summary class=\"%s\">", class);
    markup_text(out, text);
    fputs("</summary><div class=\"why\"><p>", out);
    markup_text(out, verdict->why[column]);
    fputs("</p>", out);
    write_rules(out, column);
    fputs("</div></details>", out);
    if (verdict_range(verdict, column, range, sizeof range)[0] != '\0')
        fprintf(out, "<small>%s</small>", range);
    if (column == COLUMN_PARALLEL && verdict->disturbed)
        fputs("<small class=\"busy-mark\">busy machine</small>", out);
    fputs("</td>", out);
}

void html_verdicts(FILE *out, const struct results *results)
{
    fputs("<table class=\"verdicts\"><thead><tr><th>model</th>", out);
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
    fputs("</tbody></table>\n", out);
}

void html_statements(FILE *out, const struct results *results)
{
    static const char *const classes[] = {[ANSWER_UNKNOWN] = "", [ANSWER_NO] = "not", [ANSWER_YES] = "yes"};
    struct statement statement;
    if (!results_python(results))
        return;
    fputs("<h2>What textbooks say about Python</h2>\n<p class=\"soft\">Where each statement holds, by the "
          "rules of the table above. A version that ends in t is a free-threaded build.</p>\n",
          out);
    for (size_t i = 0; i < STATEMENTS; i++) {
        if (!statement_find(results, i, &statement))
            continue;
        fputs("<h3>“", out);
        markup_text(out, statement.text);
        fputs("”</h3><table class=\"statements\"><tbody>\n", out);
        for (size_t k = 0; k < statement.nfindings; k++) {
            const struct finding *finding = &statement.findings[k];
            fputs("<tr><th>", out);
            markup_text(out, finding->python);
            fprintf(out, "</th><td class=\"%s\">%s</td><td>", classes[finding->holds],
                    statement_word(finding->holds));
            markup_text(out, finding->text);
            fputs("</td></tr>\n", out);
        }
        fputs("</tbody></table>\n", out);
    }
}

void html_rules(FILE *out, const struct results *results)
{
    (void)results;
    for (enum column column = 0; column < COLUMNS; column++) {
        fprintf(out, "<h3>%s</h3>", verdict_columns[column].title);
        write_rules(out, column);
        fputc('\n', out);
    }
}

void html_models(FILE *out, const struct results *results)
{
    for (size_t i = 0; i < results->nmodels; i++) {
        const struct model *model = &results->models[i];
        fputs("<dt>", out);
        html_model(out, results, i);
        fputs("</dt><dd>", out);
        markup_text(out, model->about);
        if (strchr(model->name, '+') != NULL && model->python[0] == '\0') {
            fputs(" Here the engine ", out);
            markup_text(out, model->engine);
            fputs(" reads and writes its files.", out);
        }
        fputs("</dd>\n", out);
    }
}

/* Notes on a busy machine are at the top. */
void html_notes(FILE *out, const struct results *results)
{
    bool begun = false;
    for (size_t i = 0; i < results->nnotes; i++) {
        const struct note *note = &results->notes[i];
        if (note->busy)
            continue;
        fputs(begun ? "" : "<h2>What makes it less certain</h2>\n", out);
        begun = true;
        fputs("<p class=\"note\">", out);
        markup_text(out, note->text);
        fputs(" <span class=\"soft\">", out);
        markup_text(out, note->remedy);
        fputs("</span></p>\n", out);
    }
}
