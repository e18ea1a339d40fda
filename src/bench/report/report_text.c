/* What the terminal shows: within 100 columns, or 80 if it is narrower; no colours, bars of Unicode's block
 * elements. */
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/text.h"
#include "bench/analysis/ranking.h"
#include "bench/analysis/scaling.h"
#include "bench/analysis/statements.h"
#include "bench/analysis/verdict.h"
#include "bench/figure.h"
#include "bench/report/report.h"

enum { WIDE = 100, NARROW = 80, BAR = 12, NARROW_BAR = 10 };

struct page {
    FILE *out;
    size_t width; /* WIDE or NARROW */
};

static bool is_narrow(const struct page *page)
{
    return page->width < WIDE;
}

/* Files and pipes are WIDE. */
static size_t width_of(FILE *out)
{
    struct winsize size;
    return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_col < WIDE ? NARROW
                                                                                               : WIDE;
}

/* Terminal columns of `text`: there are no wide characters here. */
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

/* Words of `text` on lines of at most the page's width: the first after `at` spaces, the others after
 * `indent`. */
static void wrap(const struct page *page, size_t at, size_t indent, const char *text)
{
    bool first = true;
    fprintf(page->out, "%*s", (int)at, "");
    while (*text != '\0') {
        size_t bytes = strcspn(text, " ");
        char word[512];
        snprintf(word, sizeof word, "%.*s", (int)bytes, text);
        size_t wide = columns(word);
        if (!first && at + 1 + wide > page->width) {
            fprintf(page->out, "\n%*s", (int)indent, "");
            at = indent;
            first = true;
        }
        if (!first) {
            fputc(' ', page->out);
            at++;
        }
        text_show_message(page->out, word);
        at += wide;
        first = false;
        text += bytes;
        text += strspn(text, " ");
    }
    fputc('\n', page->out);
}

__attribute__((format(printf, 4, 5))) static void wrapf(const struct page *page, size_t at, size_t indent,
                                                        const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    wrap(page, at, indent, text);
}

/* A bar of `share` of `size` columns, in eighths of a column. */
static void bar(FILE *out, unsigned size, double share)
{
    static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    unsigned eighths = share > 0 ? (unsigned)lround(fmin(share, 1) * size * 8) : 0;
    unsigned used = eighths / 8 + (eighths % 8 > 0);
    for (unsigned i = 0; i < eighths / 8; i++)
        fputs("█", out);
    fprintf(out, "%s%*s", parts[eighths % 8], (int)(size - used), "");
}

static void write_head(const struct page *page, const struct results *results)
{
    const struct machine *machine = &results->machine;
    const struct sweep_settings *settings = &results->settings;
    const size_t files = settings->inputs - settings->urls;
    wrapf(page, 0, 2, "%s: %s; %u processor%s usable (%s), %s", machine->cpu, machine->topology,
          machine->processors, machine->processors == 1 ? "" : "s", machine->processors_source, machine->os);
    char trials[64] = "", delay[64] = "";
    if (settings->sampling.min_time_s > 0)
        snprintf(trials, sizeof trials, ", %s or more each",
                 figure_seconds(settings->sampling.min_time_s).text);
    if (results_fastest(results, WORKLOAD_IO) != NULL)
        snprintf(delay, sizeof delay, ", reads of io delayed by %g ms", settings->io_delay_ms);
    wrapf(page, 0, 2, "%s: %zu file%s, %s; %u trial%s per point%s%s%s",
          settings->recipe[0] != '\0' ? settings->recipe : "no filters", files, files == 1 ? "" : "s",
          figure_bytes((double)settings->input_bytes).text, settings->sampling.repeat,
          settings->sampling.repeat == 1 ? "" : "s", trials, delay,
          settings->sampling.pin ? ", workers pinned" : "");
    if (settings->urls > 0)
        wrapf(page, 0, 2, "%zu URLs, whose servers affect the times", settings->urls);
    if (settings->io_jobs > 0)
        wrapf(page, 0, 2, "%u in transfer at once", settings->io_jobs);
    if (is_narrow(page))
        wrap(page, 0, 2, "In 100 columns, the tables have processor time and memory as well.");
}

/* The fastest models, and what disturbed the measurement. */
static void write_answers(const struct page *page, const struct results *results)
{
    char text[1024];
    bool begun = false;
    for (size_t i = 0; i < results->nnotes; i++) {
        if (!results->notes[i].busy)
            continue;
        fputs(begun ? "" : "\nThis machine was busy\n", page->out);
        wrapf(page, 2, 4, "- %s %s", results->notes[i].text, results->notes[i].remedy);
        begun = true;
    }
    for (size_t i = 0; begun && verdict_left_unclear(results, i, text, sizeof text); i++)
        wrapf(page, 2, 4, "- %s", text);
    if (results->nsummaries > 0)
        fputs("\nFastest here\n", page->out);
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        if (results_fastest(results, workload) != NULL)
            wrapf(page, 2, 4, "%s: %s", workload_name(workload),
                  ranking_text(results, workload, ", ", text, sizeof text));
    }
}

/* A row of the workloads' tables; the bar has no heading. */
enum { MODEL_WIDTH = 15 };
enum { MODEL, JOBS, RATE, SPEEDUP, INTERVAL, EFFICIENCY, SERIAL, CPU, MEMORY, CELLS };

static void write_row(const struct page *page, const char *const cells[CELLS], double share)
{
    /* On a narrow page memory is in the verdicts only, and processor time in the other reports only. */
    static const size_t widths[CELLS] = {MODEL_WIDTH, 5, 8, 8, 15, 7, 8, 9, 9};
    const size_t shown = is_narrow(page) ? CPU : CELLS;
    fputs("  ", page->out);
    left(page->out, widths[MODEL], cells[MODEL]);
    for (size_t cell = JOBS; cell < shown; cell++) {
        right(page->out, widths[cell], cells[cell]);
        if (cell == RATE) {
            fputs("  ", page->out);
            bar(page->out, is_narrow(page) ? NARROW_BAR : BAR, share);
        }
    }
    fputc('\n', page->out);
}

/* An interval of speedups, with fewer digits if it is very small. */
static struct figure figure_end(double value)
{
    struct figure figure = figure_number(value);
    if (value < 0.0995)
        snprintf(figure.text, sizeof figure.text, "%.2f", value);
    return figure;
}

static void write_point(const struct page *page, const struct results *results, const struct summary *point,
                        bool first)
{
    char name[sizeof results->models->name], jobs[16], interval[80] = "";
    text_shown(first ? results->models[point->model].name : "", name, sizeof name);
    if (columns(name) > MODEL_WIDTH) { /* of Python: on a line of its own */
        fprintf(page->out, "  %s\n", name);
        name[0] = '\0';
    }
    snprintf(jobs, sizeof jobs, "%u%s", point->jobs, point->oversubscribed ? "*" : " ");
    bool compared = point->jobs > 1 && isfinite(point->speedup_ci95.low);
    if (compared)
        snprintf(interval, sizeof interval, "%s to %s", figure_end(point->speedup_ci95.low).text,
                 figure_end(point->speedup_ci95.high).text);
    const struct figure rate = figure_rate(point->images_per_s), speedup = figure_number(point->speedup),
                        efficiency = figure_percent(point->efficiency),
                        serial = figure_number(point->speedup_vs_serial),
                        cpu = figure_seconds(point->cpu_per_image_s),
                        memory = figure_bytes(point->peak_pss_bytes);
    const char *const cells[CELLS] = {
        [MODEL] = name,         [JOBS] = jobs,
        [RATE] = rate.text,     [SPEEDUP] = speedup.text,
        [INTERVAL] = interval,  [EFFICIENCY] = point->jobs > 1 ? efficiency.text : "",
        [SERIAL] = serial.text, [CPU] = cpu.text,
        [MEMORY] = memory.text,
    };
    write_row(page, cells, point->images_per_s / results_fastest(results, point->workload)->images_per_s);
}

static void write_fit(const struct page *page, const struct results *results, const struct fit *fit)
{
    const char *name = results->models[fit->model].name;
    if (fit_law(fit) == NULL) {
        wrapf(page, 2, 4, "%s: no law fitted: %s", name, fit->why_not);
        return;
    }
    char amdahl[160] = "Amdahl's law does not hold here (no faster with more jobs)", usl[320];
    const struct law *law = &fit->usl;
    if (fit_amdahl_holds(fit))
        snprintf(amdahl, sizeof amdahl, "by Amdahl's law %s of it is serial (%s to %s)",
                 figure_percent(fit->amdahl.sigma).text, figure_percent(fit->amdahl.sigma_ci95.low).text,
                 figure_percent(fit->amdahl.sigma_ci95.high).text);
    if (fit->has_usl && isfinite(fit->peak_jobs))
        snprintf(usl, sizeof usl, "peak at %s jobs (%s to %s)", figure_jobs(fit->peak_jobs).text,
                 figure_jobs(fit->peak_jobs_ci95.low).text, figure_jobs(fit->peak_jobs_ci95.high).text);
    else if (fit->has_usl)
        snprintf(usl, sizeof usl, "no peak in sight (%s jobs or more)",
                 figure_jobs(fit->peak_jobs_ci95.low).text);
    if (fit->has_usl)
        wrapf(page, 2, 4, "%s: %s; by the Universal Scalability Law contention %s, coherence %s, %s.", name,
              amdahl, figure_percent(law->sigma).text, figure_percent(law->kappa).text, usl);
    else
        wrapf(page, 2, 4, "%s: %s; %s.", name, amdahl, fit->why_not);
}

/* The reason why nothing was fitted is usually the same for all models; then write it once. */
static void write_fits(const struct page *page, const struct results *results, enum workload workload)
{
    const struct fit *first = NULL;
    bool same = true;
    if (results_no_law(results) != NULL) /* written once for all workloads */
        return;
    for (size_t i = 0; i < results->nfits; i++) {
        const struct fit *fit = &results->fits[i];
        if (fit->workload != workload)
            continue;
        first = first == NULL ? fit : first;
        same = same && fit_law(fit) == NULL && strcmp(fit->why_not, first->why_not) == 0;
    }
    if (first != NULL && same)
        wrapf(page, 2, 4, "No law fitted: %s.", first->why_not);
    for (size_t i = 0; i < results->nfits && !same; i++) {
        if (results->fits[i].workload == workload)
            write_fit(page, results, &results->fits[i]);
    }
}

/* The rates of the trials with cold caches, which are in no other figure, against those with warm ones. */
static void write_cold(const struct page *page, const struct results *results, enum workload workload)
{
    const struct summary *min = NULL;
    double share = INFINITY;
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        if (point->workload == workload && point->cold_images_per_s < share * point->images_per_s) {
            share = point->cold_images_per_s / point->images_per_s;
            min = point;
        }
    }
    if (min != NULL)
        wrapf(page, 2, 4,
              "Each point's first trial, with cold caches, is not in these rates: it had %s of them or more "
              "(min: %s at %u).",
              figure_percent(share).text, results->models[min->model].name, min->jobs);
}

static void write_blocked(const struct page *page, const struct results *results, enum workload workload)
{
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        if (point->workload == workload && point->blocked_s > 0)
            wrapf(page, 2, 4, "%s: its loop was blocked for %s at most.", results->models[point->model].name,
                  figure_seconds(point->blocked_s).text);
    }
}

static void write_workload(const struct page *page, const struct results *results, enum workload workload)
{
    if (results_fastest(results, workload) == NULL)
        return;
    fprintf(page->out, "\n%s: %s\n", workload_name(workload), workload_text(workload));
    const bool jobs = workload == WORKLOAD_OVERHEAD;
    const char *const headings[CELLS] = {
        "model",  "jobs ",   jobs ? "jobs/s" : "images/s", "speedup", "95 % interval",
        "effic.", "×serial", jobs ? "CPU/job" : "CPU/img", "memory"};
    write_row(page, headings, 0);
    const struct summary *last = NULL;
    bool marked = false;
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        if (point->workload != workload)
            continue;
        write_point(page, results, point, last == NULL || last->model != point->model);
        marked = marked || point->oversubscribed;
        last = point;
    }
    if (marked)
        fputs("  * more jobs than processors\n", page->out);
    write_blocked(page, results, workload);
    if (workload != WORKLOAD_OVERHEAD) /* overhead reads no files */
        write_cold(page, results, workload);
    write_fits(page, results, workload);
}

static void write_verdicts(const struct page *page, const struct results *results)
{
    static const size_t wide[] = {29, 11, 13, 10, 11, 11, 11}, narrow[] = {16, 10, 12, 9, 10, 10, 11};
    const size_t *widths = is_narrow(page) ? narrow : wide;
    static const char *const headings[][7] = {
        {"", "parallel", "affected by", "overlaps", "memory", "start-", "one"},
        {"model", "on CPU?", "the lock?", "I/O?", "a worker", "up", "hand-over"},
    };
    bool in_all = false;
    fputs("\nThe textbook's table, measured here\n", page->out);
    for (size_t row = 0; row < 2; row++) {
        fputs("  ", page->out);
        left(page->out, widths[0], headings[row][0]);
        for (size_t column = 1; column < 7; column++)
            right(page->out, widths[column], headings[row][column]);
        fputc('\n', page->out);
    }
    for (size_t i = 0; i < results->nverdicts; i++) {
        const struct verdict *verdict = &results->verdicts[i];
        const struct model *model = &results->models[verdict->model];
        char text[128], shown[sizeof model->name], name[sizeof model->name + 4] = ""; /* either fits */
        snprintf(text, sizeof text, "%s (%s)", model->title, model->name);
        const bool apart = is_narrow(page) || columns(text) > widths[0]; /* the name is in the next line */
        fputs("  ", page->out);
        left(page->out, widths[0], text_shown(apart ? model->title : text, shown, widths[0] + 1));
        for (enum column column = 0; column < COLUMN_BEST; column++) {
            verdict_cell(verdict, column, text, sizeof text);
            if (column == COLUMN_MEMORY && verdict->memory_in_all)
                snprintf(text, sizeof text, "%s*", figure_bytes(verdict->memory_bytes_per_worker).text);
            right(page->out, widths[column + 1], text);
        }
        in_all |= verdict->memory_in_all;
        if (apart)
            snprintf(name, sizeof name, "(%s) ", text_shown(model->name, shown, sizeof shown));
        fputc('\n', page->out);
        wrapf(page, 4, 4, "%sbest for: %s", name, verdict->best_for);
    }
    if (in_all)
        fputs("  * in all: it has one worker\n", page->out);
}

static void write_statements(const struct page *page, const struct results *results)
{
    struct statement statement;
    if (!results_python(results))
        return;
    fputs("\nWhat textbooks say about Python\n", page->out);
    for (size_t i = 0; i < STATEMENTS; i++) {
        if (!statement_find(results, i, &statement))
            continue;
        wrapf(page, 2, 4, "%s: %s", statement.text, statement.versions);
        for (size_t k = 0; k < statement.nfindings; k++)
            wrapf(page, 4, 6, "- %s %s: %s", statement.findings[k].python,
                  statement_word(statement.findings[k].holds), statement.findings[k].text);
    }
}

/* Notes on a busy machine are at the top. */
static void write_notes(const struct page *page, const struct results *results)
{
    bool begun = false;
    for (size_t i = 0; i < results->nnotes; i++) {
        if (results->notes[i].busy)
            continue;
        fputs(begun ? "" : "\nNotes\n", page->out);
        wrapf(page, 2, 4, "- %s %s", results->notes[i].text, results->notes[i].remedy);
        begun = true;
    }
}

void report_text_within(FILE *out, const struct results *results, size_t width)
{
    const struct page page = {.out = out, .width = width < WIDE ? NARROW : WIDE};
    write_head(&page, results);
    write_answers(&page, results);
    for (enum workload workload = 0; workload < WORKLOADS; workload++)
        write_workload(&page, results, workload);
    if (results_no_law(results) != NULL) {
        fputc('\n', out);
        wrapf(&page, 0, 2, "No law of scaling was fitted: %s.", results_no_law(results));
    }
    write_verdicts(&page, results);
    write_statements(&page, results);
    write_notes(&page, results);
}

void report_text(FILE *out, const struct results *results)
{
    report_text_within(out, results, width_of(out));
}
