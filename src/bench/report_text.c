/* What stands in the terminal: within 100 columns, no colours, small bars of Unicode's block elements. */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "bench/figure.h"
#include "bench/report.h"
#include "bench/scaling.h"
#include "bench/verdict.h"

enum { WIDTH = 100, BAR = 12 };

/* Terminal columns of `text`: none of ours are wide. */
static size_t columns(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static void left(FILE *out, size_t width, const char *text)
{
    size_t used = columns(text);
    fprintf(out, "%s%*s", text, (int)(used < width ? width - used : 0), "");
}

static void right(FILE *out, size_t width, const char *text)
{
    size_t used = columns(text);
    fprintf(out, "%*s%s", (int)(used < width ? width - used : 0), "", text);
}

/* Words of `text` on lines of at most WIDTH columns: the first behind `at` spaces, the others `indent`. */
static void wrap(FILE *out, size_t at, size_t indent, const char *text)
{
    bool first = true;
    fprintf(out, "%*s", (int)at, "");
    while (*text != '\0') {
        size_t bytes = strcspn(text, " ");
        char word[512];
        snprintf(word, sizeof word, "%.*s", (int)bytes, text);
        size_t wide = columns(word);
        if (!first && at + 1 + wide > WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            at = indent;
            first = true;
        }
        if (!first) {
            fputc(' ', out);
            at++;
        }
        text_show_message(out, word);
        at += wide;
        first = false;
        text += bytes;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

__attribute__((format(printf, 4, 5))) static void wrapf(FILE *out, size_t at, size_t indent,
                                                        const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    wrap(out, at, indent, text);
}

/* A bar of `share` of BAR columns, in eighths of a column. */
static void bar(FILE *out, double share)
{
    static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    unsigned eighths = share > 0 ? (unsigned)lround(fmin(share, 1) * BAR * 8) : 0;
    unsigned used = eighths / 8 + (eighths % 8 > 0);
    for (unsigned i = 0; i < eighths / 8; i++)
        fputs("█", out);
    fprintf(out, "%s%*s", parts[eighths % 8], (int)(BAR - used), "");
}

static void write_head(FILE *out, const struct results *results)
{
    const struct machine *machine = &results->machine;
    const struct settings *settings = &results->settings;
    wrapf(out, 0, 2, "%s: %s; %u processors usable (%s), %s", machine->cpu, machine->topology,
          machine->processors, machine->processors_source, machine->os);
    wrapf(out, 0, 2, "%s: %zu files, %s; %u trials a point of %s or more, reads delayed by %g ms%s",
          settings->recipe[0] != '\0' ? settings->recipe : "no filters", settings->inputs - settings->urls,
          figure_bytes((double)settings->input_bytes).text, settings->repeat,
          figure_seconds(settings->min_time_s).text, settings->io_delay_ms,
          settings->pin ? ", workers pinned" : "");
    if (settings->urls > 0)
        wrapf(out, 0, 2, "%zu URLs, which take the time that their servers take", settings->urls);
    if (settings->io_jobs > 0)
        wrapf(out, 0, 2, "%u in transfer at once", settings->io_jobs);
}

/* A row of the workloads' tables; the bar has no heading. */
enum { MODEL, JOBS, RATE, SPEEDUP, INTERVAL, EFFICIENCY, SERIAL, CPU, MEMORY, CELLS };

static void write_row(FILE *out, const char *const cells[CELLS], double share)
{
    static const size_t widths[CELLS] = {15, 5, 8, 8, 15, 7, 8, 9, 9};
    fputs("  ", out);
    left(out, widths[MODEL], cells[MODEL]);
    for (size_t cell = JOBS; cell < CELLS; cell++) {
        right(out, widths[cell], cells[cell]);
        if (cell == RATE) {
            fputs("  ", out);
            bar(out, share);
        }
    }
    fputc('\n', out);
}

static void write_point(FILE *out, const struct results *results, const struct summary *point, bool first)
{
    char name[16], jobs[16], interval[80] = "";
    snprintf(jobs, sizeof jobs, "%u%s", point->jobs, point->oversubscribed ? "*" : " ");
    bool compared = point->jobs > 1 && isfinite(point->speedup_ci95.low);
    if (compared)
        snprintf(interval, sizeof interval, "%s to %s", figure_number(point->speedup_ci95.low).text,
                 figure_number(point->speedup_ci95.high).text);
    const struct figure rate = figure_rate(point->images_per_s), speedup = figure_number(point->speedup),
                        efficiency = figure_percent(point->efficiency),
                        serial = figure_number(point->speedup_vs_serial),
                        cpu = figure_seconds(point->cpu_s / point->images),
                        memory = figure_bytes(point->peak_pss_bytes);
    const char *const cells[CELLS] = {
        [MODEL] = first ? text_shown(results->models[point->model].name, name, sizeof name) : "",
        [JOBS] = jobs,
        [RATE] = rate.text,
        [SPEEDUP] = speedup.text,
        [INTERVAL] = interval,
        [EFFICIENCY] = point->jobs > 1 ? efficiency.text : "",
        [SERIAL] = serial.text,
        [CPU] = cpu.text,
        [MEMORY] = memory.text,
    };
    write_row(out, cells, point->images_per_s / results_fastest(results, point->workload)->images_per_s);
}

static void write_fit(FILE *out, const struct results *results, const struct fit *fit)
{
    const char *name = results->models[fit->model].name;
    if (fit_law(fit) == NULL) {
        wrapf(out, 2, 4, "%s: no law fitted: %s", name, fit->why_not);
        return;
    }
    char usl[256] = "";
    const struct law *law = &fit->usl;
    if (fit->has_usl)
        snprintf(usl, sizeof usl, "; sigma %s, kappa %s, lambda %s/s, peak at jobs: %s (%s to %s)",
                 figure_number(law->sigma).text, figure_number(law->kappa).text,
                 figure_number(law->lambda).text, figure_jobs(fit->peak_jobs).text,
                 figure_jobs(fit->peak_jobs_ci95.low).text, figure_jobs(fit->peak_jobs_ci95.high).text);
    else
        snprintf(usl, sizeof usl, "; %s", fit->why_not);
    wrapf(out, 2, 4, "%s: serial fraction %s (%s to %s)%s", name, figure_percent(fit->amdahl.sigma).text,
          figure_percent(fit->amdahl.sigma_ci95.low).text, figure_percent(fit->amdahl.sigma_ci95.high).text,
          usl);
}

/* The reason why nothing was fitted is mostly the same for all; then it stands there once. */
static void write_fits(FILE *out, const struct results *results, enum workload workload)
{
    const struct fit *first = NULL;
    bool same = true;
    for (size_t i = 0; i < results->nfits; i++) {
        const struct fit *fit = &results->fits[i];
        if (fit->workload != workload)
            continue;
        first = first == NULL ? fit : first;
        same = same && fit_law(fit) == NULL && strcmp(fit->why_not, first->why_not) == 0;
    }
    if (first != NULL && same)
        wrapf(out, 2, 4, "No law fitted: %s.", first->why_not);
    for (size_t i = 0; i < results->nfits && !same; i++) {
        if (results->fits[i].workload == workload)
            write_fit(out, results, &results->fits[i]);
    }
}

static void write_workload(FILE *out, const struct results *results, enum workload workload)
{
    if (results_fastest(results, workload) == NULL)
        return;
    fprintf(out, "\n%s: %s\n", workload_name(workload), report_workload(workload));
    static const char *const headings[CELLS] = {"model",  "jobs ",   "images/s", "speedup", "95 % interval",
                                                "effic.", "×serial", "CPU/img",  "memory"};
    write_row(out, headings, 0);
    const struct summary *last = NULL;
    bool marked = false;
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        if (point->workload != workload)
            continue;
        write_point(out, results, point, last == NULL || last->model != point->model);
        marked = marked || point->oversubscribed;
        last = point;
    }
    if (marked)
        fputs("  * more jobs than processors\n", out);
    write_fits(out, results, workload);
}

static void write_verdicts(FILE *out, const struct results *results)
{
    static const size_t widths[] = {26, 11, 13, 10, 11, 11, 11};
    static const char *const headings[][7] = {
        {"", "parallel", "affected by", "overlaps", "memory", "start-", "one"},
        {"model", "on CPU?", "the lock?", "I/O?", "a worker", "up", "hand-over"},
    };
    fputs("\nThe textbook's table, measured here\n", out);
    for (size_t row = 0; row < 2; row++) {
        fputs("  ", out);
        left(out, widths[0], headings[row][0]);
        for (size_t column = 1; column < 7; column++)
            right(out, widths[column], headings[row][column]);
        fputc('\n', out);
    }
    for (size_t i = 0; i < results->nverdicts; i++) {
        const struct verdict *verdict = &results->verdicts[i];
        const struct model *model = &results->models[verdict->model];
        char text[128], shown[28];
        snprintf(text, sizeof text, "%s (%s)", model->title, model->name);
        fputs("  ", out);
        left(out, widths[0], text_shown(text, shown, sizeof shown));
        for (enum column column = 0; column < COLUMN_BEST; column++)
            right(out, widths[column + 1], verdict_cell(verdict, column, text, sizeof text));
        fprintf(out, "\n    best for: %s\n", verdict->best_for);
    }
}

static void write_notes(FILE *out, const struct results *results)
{
    if (results->nnotes > 0)
        fputs("\nNotes\n", out);
    for (size_t i = 0; i < results->nnotes; i++)
        wrapf(out, 2, 4, "- %s %s", results->notes[i].text, results->notes[i].remedy);
}

static void write_report(FILE *out, const struct results *results)
{
    write_head(out, results);
    for (enum workload workload = 0; workload < WORKLOADS; workload++)
        write_workload(out, results, workload);
    write_verdicts(out, results);
    write_notes(out, results);
}

const struct report_format report_text = {
    .name = "text",
    .help = "what the terminal shows",
    .write = write_report,
};
