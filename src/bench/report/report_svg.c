/* --svg: one picture: the charts of the workloads, two in a row, and how to read them. */
#include <math.h>

#include "bench/analysis/ranking.h"
#include "bench/figure.h"
#include "bench/report/chart.h"
#include "bench/report/escape.h"
#include "bench/report/report.h"

enum { MARGIN = 24, HEAD = 64, PANELS = 2, KEY_HEIGHT = 470 };

static void write_line(FILE *out, double x, double y, const char *class, const char *text)
{
    fprintf(out, "<text class=\"%s\" x=\"%.0f\" y=\"%.0f\">", class, x, y);
    markup_text(out, text);
    fputs("</text>", out);
}

/* The picture may be shown without its report, so it has its own warnings. */
static void write_caution(FILE *out, const struct results *results, double x, double y)
{
    double max = 0;
    for (enum workload workload = 0; workload < WORKLOADS; workload++)
        max = fmax(max, ranking_disturbance(results, workload));
    char line[128];
    snprintf(line, sizeof line, "Disturbed: other programs had up to %s of the processors' time.",
             figure_percent(max).text);
    if (max > 0)
        write_line(out, x, y, "name", line);
    if (results->interrupted)
        write_line(out, x, y + 22, "name", "Interrupted: what was measured until then.");
}

/* The cell beside the charts: their legend, and what was measured on which machine. */
static void write_key(FILE *out, const struct results *results, double x, double y)
{
    const char *drawing, *text;
    double at = y + 34;
    write_line(out, x, y, "title", "How to read it");
    for (size_t i = 0; chart_key(results, i, &drawing, &text); i++, at += 28) {
        fprintf(out, "<g transform=\"translate(%.0f %.0f)\">%s</g>", x, at, drawing);
        write_line(out, x + 44, at + 4.5, "plain", text);
    }
    char line[256];
    at += 20;
    write_line(out, x, at, "name", results->machine.cpu);
    snprintf(line, sizeof line, "%.120s", results->machine.topology);
    write_line(out, x, at + 22, "plain", line);
    snprintf(line, sizeof line, "%u processors usable; %.60s", results->machine.processors,
             results->machine.os);
    write_line(out, x, at + 44, "plain", line);
    snprintf(line, sizeof line, "%zu images, %s; %u trials per point, interleaved", results->settings.inputs,
             figure_bytes((double)results->settings.input_bytes).text, results->settings.sampling.repeat);
    write_line(out, x, at + 66, "plain", line);
    snprintf(line, sizeof line, "%.64s%s", results->settings.recipe,
             results->settings.recipe[0] == '\0' ? "no filters" : "");
    write_line(out, x, at + 88, "plain", line);
    char date[64];
    snprintf(line, sizeof line, "pixmill %s, %s", results->machine.version,
             figure_date(results->machine.date, date, sizeof date));
    write_line(out, x, at + 110, "plain", line);
    write_caution(out, results, x, at + 132);
}

/* The cells of a row: charts in the order of workloads, and the key. */
static unsigned row_height(const struct results *results, const enum workload *workloads, size_t count,
                           size_t first)
{
    unsigned max = 0;
    for (size_t i = first; i < first + PANELS; i++) {
        unsigned height = i < count ? chart_height(results, workloads[i]) : i == count ? KEY_HEIGHT : 0;
        max = height > max ? height : max;
    }
    return max;
}

void report_svg(FILE *out, const struct results *results)
{
    enum workload workloads[WORKLOADS];
    size_t count = 0;
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        if (chart_height(results, workload) > 0)
            workloads[count++] = workload;
    }
    const size_t cells = count + 1, width = 2 * MARGIN + PANELS * CHART_WIDTH + (PANELS - 1) * MARGIN;
    size_t height = HEAD + MARGIN;
    for (size_t i = 0; i < cells; i += PANELS)
        height += row_height(results, workloads, count, i) + MARGIN;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %zu %zu\" width=\"%zu\" height=\"%zu\">"
            "<style>.ground{fill:#fff}.head{font:650 24px system-ui,-apple-system,'Segoe UI',Roboto,"
            "sans-serif;fill:#15181c}",
            width, height, width, height);
    chart_style(out);
    fputs("@media (prefers-color-scheme:dark){.ground{fill:#16191d}.head{fill:#f0f2f5}}</style>"
          "<rect class=\"ground\" width=\"100%\" height=\"100%\"/>",
          out);
    write_line(out, MARGIN, 44, "head", "Which concurrency model?");
    size_t y = HEAD + MARGIN;
    for (size_t i = 0; i < cells; i++) {
        const size_t x = MARGIN + i % PANELS * (CHART_WIDTH + MARGIN);
        if (i < count) {
            char attributes[96];
            snprintf(attributes, sizeof attributes, "x=\"%zu\" y=\"%zu\" width=\"%d\" height=\"%u\"", x, y,
                     CHART_WIDTH, chart_height(results, workloads[i]));
            chart_write(out, results, workloads[i], attributes);
        } else {
            fputs("<g class=\"chart\">", out);
            write_key(out, results, (double)x + 24, (double)y + 20);
            fputs("</g>", out);
        }
        if (i % PANELS == PANELS - 1)
            y += row_height(results, workloads, count, i + 1 - PANELS) + MARGIN;
    }
    fputs("</svg>\n", out);
}
