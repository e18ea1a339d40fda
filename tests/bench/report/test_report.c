#include "bench/report/report.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/analysis/analysis.h"
#include "bench/analysis/verdict.h"
#include "bench/figure.h"
#include "bench/fixture.h"
#include "bench/report/chart.h"
#include "bench/report/markup_check.h"
#include "bench/report/outputs.h"
#include "temp.h"

static struct results results;
static char *text; /* of the last report */

static const char *write_as(void (*write)(FILE *out, const struct results *results))
{
    size_t size;
    free(text);
    FILE *out = open_memstream(&text, &size);
    cr_assert_not_null(out);
    write(out, &results);
    cr_assert_eq(fclose(out), 0);
    cr_assert_eq(strlen(text), size, "it has a NUL within");
    return text;
}

static void sweep(unsigned processors, unsigned jobs)
{
    struct pm_error error = {0};
    results_free(&results);
    results = fixture_sweep(processors, jobs);
    cr_assert_eq(analyse(&results, &error), 0, "%s", error.message);
}

static void begin(void)
{
    sweep(16, 32);
}

static void end(void)
{
    results_free(&results);
    free(text);
}

TestSuite(report, .init = begin, .fini = end);

static size_t count(const char *haystack, const char *needle)
{
    size_t found = 0;
    for (; (haystack = strstr(haystack, needle)) != NULL; haystack += strlen(needle))
        found++;
    return found;
}

/* Does the first object of the array `name` have the keys in this order? */
static void expect_keys(const char *json, const char *name, const char *const *keys)
{
    char head[64];
    snprintf(head, sizeof head, "\"%s\": [", name);
    const char *at = strstr(json, head);
    cr_assert_not_null(at, "%s is missing", name);
    const char *line_end = strchr(strchr(at, '{'), '\n');
    for (; *keys != NULL; keys++) {
        char key[64];
        snprintf(key, sizeof key, "\"%s\": ", *keys);
        at = strstr(at, key);
        cr_assert(at != NULL && at < line_end, "%s has no %s, or not in its place", name, *keys);
    }
}

Test(report, json_has_every_key_of_the_contract)
{
    const char *json = write_as(report_json);
    cr_assert(is_json(json));
    cr_expect_not_null(strstr(json, "\"machine\": {"));
    cr_expect_not_null(strstr(json, "\"settings\": {"));
    expect_keys(json, "trials",
                (const char *[]){"model",
                                 "jobs",
                                 "workers",
                                 "workload",
                                 "trial",
                                 "wall_s",
                                 "startup_s",
                                 "cpu_s",
                                 "images",
                                 "megapixels",
                                 "peak_pss_bytes",
                                 "voluntary_switches",
                                 "involuntary_switches",
                                 "stages",
                                 "read",
                                 "wait",
                                 "decode",
                                 "filter",
                                 "encode",
                                 "write",
                                 NULL});
    expect_keys(json, "summary",
                (const char *[]){"model", "jobs", "workload", "wall_s", "ci95", "images_per_s",
                                 "megapixels_per_s", "speedup", "speedup_ci95", "speedup_vs_serial",
                                 "efficiency", "efficiency_ci95", "peak_pss_bytes", NULL});
    expect_keys(json, "fits",
                (const char *[]){"model", "workload", "amdahl", "serial_fraction", "ci95", "usl", "sigma",
                                 "kappa", "lambda", "peak_jobs", "why_not", NULL});
    expect_keys(json, "verdict",
                (const char *[]){"model", "parallel_cpu", "overlaps_io", "held_by_lock",
                                 "memory_bytes_per_worker", "startup_s", "best_for", NULL});
    cr_expect_eq(count(json, "\"cold\": "), results.ntrials, "every trial is there");
    cr_expect_eq(count(json, "\"efficiency\": "), results.nsummaries);
    cr_expect_eq(count(json, "\"held_by_lock\": true"), 1);
}

Test(report, json_says_null_where_there_is_no_number)
{
    sweep(2, 2);
    const char *json = write_as(report_json);
    cr_assert(is_json(json));
    cr_expect_eq(count(json, "\"usl\": null"), results.nfits);
    cr_expect_eq(count(json, "\"amdahl\": null"), results.nfits);
    cr_expect_eq(count(json, "job counts up to the number of processors"), results.nfits);
    cr_expect_null(strstr(json, "nan"));
    cr_expect_null(strstr(json, "inf,"));
}

Test(report, csv_has_a_row_a_trial_and_quotes_what_needs_it)
{
    snprintf(results.models[FIXTURE_OMP].name, sizeof results.models->name, "a \"b\", c");
    const char *csv = write_as(report_csv);
    cr_expect_eq(count(csv, "\r\n"), results.ntrials + 1);
    cr_expect_eq(count(csv, "\r\n\"a \"\"b\"\", c\",cpu,"), 6 * 8);
    size_t commas = 0, rows = 0;
    for (const char *line = csv; *line != '\0'; line = strstr(line, "\r\n") + 2, rows++) {
        size_t length = strcspn(line, "\r"), here = 0;
        for (size_t i = 0; i < length; i++)
            here += line[i] == ',';
        here -= line[0] == '"'; /* the comma in the quoted name */
        commas = rows == 0 ? here : commas;
        cr_assert_eq(here, commas, "row %zu has %zu commas, not %zu", rows, here, commas);
    }
    cr_expect_eq(rows, results.ntrials + 1);
}

Test(report, a_picture_says_itself_what_disturbed_it)
{
    cr_expect_null(strstr(write_as(report_svg), "Disturbed"));
    results.summaries[1].others = 0.4;
    results.interrupted = true;
    cr_expect_not_null(strstr(write_as(report_svg), "Disturbed: other programs had up to 40 %"));
    cr_expect_not_null(strstr(text, "Interrupted: "));
}

Test(report, an_interval_that_says_nothing_does_not_flatten_the_picture)
{
    for (size_t i = 0; i < results.nsummaries; i++)
        results.summaries[i].speedup_ci95 = (struct interval){1e-5, 1e5};
    write_as(report_svg);
    cr_expect_not_null(strstr(text, ">64×<"));
    cr_expect_not_null(strstr(text, ">1/64×<"));
    cr_expect_null(strstr(text, ">1024×<"));
    cr_expect_null(strstr(text, ">1/1024×<"));
}

static void expect_lines_within(const char *lines, size_t width)
{
    for (const char *line = lines; *line != '\0';) {
        size_t bytes = strcspn(line, "\n"), columns = 0;
        for (size_t i = 0; i < bytes; i++)
            columns += ((unsigned char)line[i] & 0xc0) != 0x80;
        cr_expect_leq(columns, width, "%zu columns: %.*s", columns, (int)bytes, line);
        line += bytes + 1;
    }
}

Test(report, text_fits_a_terminal)
{
    for (unsigned processors = 2; processors <= 16; processors *= 8) {
        sweep(processors, 2 * processors);
        expect_lines_within(write_as(report_text), 100);
    }
}

static void write_narrow(FILE *out, const struct results *own)
{
    report_text_within(out, own, 80);
}

Test(report, text_fits_a_narrow_terminal)
{
    for (unsigned processors = 2; processors <= 16; processors *= 8) {
        sweep(processors, 2 * processors);
        expect_lines_within(write_as(write_narrow), 80);
    }
    cr_expect_not_null(strstr(text, "effic."));
    cr_expect_not_null(strstr(text, "In 100 columns, the tables have"));
    for (size_t i = 0; i < results.nsummaries; i++) /* wide cells do not touch the next column */
        results.summaries[i].speedup_ci95 = (struct interval){0.00082, 12345};
    expect_lines_within(write_as(write_narrow), 80);
    cr_expect_not_null(strstr(text, " 0.00 to 12345"));
    cr_expect_not_null(strstr(text, "(threads) best for: "));
}

Test(report, text_lists_cold_trials_and_a_blocked_loop_separately)
{
    const char *report = write_as(report_text);
    cr_expect_eq(count(report, "with cold caches, is not in these rates"), 2, "for cpu and for io");
    cr_expect_eq(count(report, "async: its loop was blocked for 61.0 ms at most."), 3);
    for (size_t i = 0; i < results.nsummaries; i++) {
        results.summaries[i].cold_images_per_s = NAN;
        results.summaries[i].blocked_s = 0;
    }
    report = write_as(report_text);
    cr_expect_null(strstr(report, "cold caches"));
    cr_expect_null(strstr(report, "blocked"));
    cr_expect_null(strstr(report, "nan"));
}

Test(report, text_says_once_why_no_law_was_fitted)
{
    sweep(2, 2);
    const char *report = write_as(report_text);
    cr_expect_eq(count(report, "No law of scaling was fitted: Amdahl's law needs at least 4"), 1);
    sweep(16, 16);
    cr_expect_eq(count(write_as(report_text), "o law "), 0);
}

Test(report, text_reports_laws_in_words)
{
    const char *report = write_as(report_text);
    cr_expect_not_null(strstr(report, "procs: by Amdahl's law 0."), "%s", report);
    cr_expect_not_null(strstr(report, "Scalability Law"));
    cr_expect_eq(count(report, "gil: Amdahl's law does not hold here (no faster with more jobs)"), 1);
    cr_expect_null(strstr(report, "sigma"));
}

Test(report, text_speaks_of_what_was_measured_alone)
{
    struct pm_error error = {0};
    size_t kept = 0;
    cr_expect_not_null(strstr(write_as(report_text), "reads of io"));
    cr_expect_eq(count(text, "images/s"), 2 + 2, "in two tables and two answers");
    cr_expect_eq(count(text, " jobs/s"), 1 + 1);
    cr_expect_not_null(strstr(text, "MiB*"));
    cr_expect_not_null(strstr(text, "* in all: it has one worker"));
    for (size_t i = 0; i < results.ntrials; i++) {
        if (results.trials[i].workload != WORKLOAD_IO && results.trials[i].model == FIXTURE_OMP)
            results.trials[kept++] = results.trials[i];
    }
    results.ntrials = kept;
    cr_assert_eq(analyse(&results, &error), 0);
    cr_expect_null(strstr(write_as(report_text), "reads of io"));
    cr_expect_null(strstr(text, "in all: it"));
}

static void expect_well_formed(void (*write)(FILE *out, const struct results *results))
{
    const char *where = "";
    cr_expect(is_well_formed(write_as(write), &where), "%.60s", where);
}

Test(report, pictures_and_pages_are_well_formed)
{
    static const unsigned machines[][2] = {{16, 32}, {2, 2}, {1, 1}, {1, 4}, {64, 64}};
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        sweep(machines[i][0], machines[i][1]);
        expect_well_formed(report_svg);
        cr_expect_null(strstr(text, "nan"));
        expect_well_formed(report_html);
        cr_expect_null(strstr(text, "nan"));
    }
}

Test(report, a_picture_shows_each_model_with_several_workers)
{
    const char *svg = write_as(report_svg);
    cr_expect_eq(count(svg, "class=\"guess"), 8 + 1, "a prediction for each of four models on cpu and io");
    cr_expect_eq(count(svg, "class=\"band"), 8 + 1, "and how to read one");
    cr_expect_eq(count(svg, "more jobs than processors</title>"), 4 * 3);
    cr_expect_eq(count(svg, "class=\"ideal\""), 2 + 1, "of cpu and io, and how to read it");
    cr_expect_eq(count(svg, ">async<"), 1, "it has one worker, so throughput and no speedup");
}

/* By speedup, a model that is slow at 1 job would appear best. */
Test(report, overhead_is_drawn_as_throughput)
{
    const char *svg = write_as(report_svg);
    cr_expect_not_null(strstr(svg, ">overhead: jobs per second<"));
    cr_expect_not_null(strstr(svg, ">cpu: speedup<"));
    cr_expect_not_null(strstr(svg, ">50 k<"));
    cr_expect_eq(count(svg, "class=\"alone "), 2 + 1, "serial and async, and how to read it");
    sweep(2, 2);
    svg = write_as(report_svg);
    cr_expect_not_null(strstr(svg, ">overhead: jobs per second<"));
    cr_expect_not_null(strstr(svg, ">100 k<"));
}

Test(report, two_numbers_of_jobs_are_dots_and_no_lines)
{
    sweep(2, 2);
    const char *svg = write_as(report_svg);
    cr_expect_null(strstr(svg, "class=\"law"));
    cr_expect_null(strstr(svg, "class=\"guess"));
    cr_expect_null(strstr(svg, "class=\"ideal"));
    cr_expect_not_null(strstr(svg, ">cpu: images per second<"));
    cr_expect_eq(count(svg, "class=\"linear\""), 4 * 3 + 1, "where two jobs would be linear");
    cr_expect_eq(count(svg, ">1 job</text>"), 6 * 3);
    cr_expect_eq(count(svg, ">2 jobs</text>"), 4 * 3);
    sweep(1, 1);
    svg = write_as(report_svg);
    cr_expect_null(strstr(svg, "class=\"linear\""));
    cr_expect_eq(count(svg, ">1 job</text>"), 6 * 3);
}

Test(report, points_above_linear_are_marked_and_explained)
{
    cr_expect_null(strstr(write_as(report_svg), "class=\"beyond\""));
    cr_expect_eq(count(write_as(report_html), "▲</td>"), 0);
    results.summaries[results_point(&results, FIXTURE_PROCS, WORKLOAD_CPU, 4) - results.summaries]
        .superlinear = true;
    cr_expect_eq(count(write_as(report_svg), "class=\"beyond\""), 1 + 1, "and how to read it");
    cr_expect_not_null(strstr(text, ", above linear</title>"));
    cr_expect_eq(count(write_as(report_html), "▲</td>"), 1);
    cr_expect_not_null(strstr(text, "above linear: at 1 job it also spent"));
}

/* In every report, independent of the other models in it. */
Test(report, a_model_keeps_its_colour_and_mark)
{
    const unsigned gil = chart_class(&results, FIXTURE_GIL);
    const char *mark = chart_mark(&results, FIXTURE_GIL);
    struct model models[] = {results.models[FIXTURE_GIL], results.models[FIXTURE_GIL],
                             results.models[FIXTURE_GIL], results.models[FIXTURE_GIL]};
    const struct results other = {.models = models, .nmodels = 4};
    snprintf(models[1].name, sizeof models->name, "gil-released");
    snprintf(models[2].name, sizeof models->name, "gil+async");
    snprintf(models[3].name, sizeof models->name, "gil+threads");
    cr_expect_eq(chart_class(&other, 0), gil);
    cr_expect_str_eq(chart_mark(&other, 0), mark);
    cr_expect_neq(chart_class(&other, 1), gil);
    cr_expect_neq(chart_class(&other, 2), gil);
    cr_expect_str_neq(chart_mark(&other, 2), chart_mark(&other, 3));
    for (size_t model = 0; model < results.nmodels; model++) {
        for (size_t i = 0; i < model; i++)
            cr_expect_neq(chart_class(&results, i), chart_class(&results, model));
    }
}

Test(report, a_busy_machine_is_reported_at_the_top)
{
    struct pm_error error = {0};
    cr_expect_null(strstr(write_as(report_html), "This machine was busy"));
    cr_expect_null(strstr(write_as(report_text), "This machine was busy"));
    for (size_t i = 0; i < results.ntrials; i++) {
        struct trial *trial = &results.trials[i];
        if (trial->model == FIXTURE_GIL && trial->workload == WORKLOAD_CPU)
            trial->others_s = 0.2 * (trial->wall_s + trial->startup_s) * results.machine.processors;
    }
    results.nnotes = 0;
    cr_assert_eq(analyse(&results, &error), 0);
    const char *html = write_as(report_html);
    const char *told = strstr(html, "other programs had more than 5 %");
    cr_assert_not_null(told);
    cr_expect_lt(told, strstr(html, "class=\"answers\""));
    cr_expect_not_null(strstr(html, "This leaves unclear whether gil computes in parallel."));
    cr_expect_eq(count(html, "Other programs had up to 20 % of the processors’ time meanwhile."), 1);
    cr_expect_eq(count(html, ">busy machine<"), 1);
    const char *report = write_as(report_text);
    cr_assert_not_null(strstr(report, "This machine was busy"));
    cr_expect_lt(strstr(report, "other programs had more than"), strstr(report, "Fastest here"));
    cr_expect_eq(count(report, "other programs had more than"), 1, "not among the notes again");
    cr_expect_null(strstr(report, "unclear which model is the fastest"));
    results.verdicts[FIXTURE_OMP].ranks[WORKLOAD_CPU].standing = STANDING_UNCLEAR;
    results.verdicts[FIXTURE_OMP].ranks[WORKLOAD_IO].standing = STANDING_UNCLEAR; /* on an idle machine */
    cr_expect_eq(count(write_as(report_text), "leaves unclear which model is the fastest on cpu."), 1);
    cr_expect_eq(count(write_as(report_html), "leaves unclear which model is the fastest on "), 1);
}

Test(report, a_load_before_the_sweep_is_reported_at_the_top)
{
    struct pm_error error = {0};
    results.machine.load = 9;
    results.nnotes = 0;
    cr_assert_eq(analyse(&results, &error), 0);
    const char *html = write_as(report_html), *told = strstr(html, "busy before the sweep began: load 9.00");
    cr_assert_not_null(told);
    cr_expect_lt(told, strstr(html, "class=\"answers\""));
    const char *report = write_as(report_text);
    told = strstr(report, "busy before the sweep began");
    cr_assert_not_null(told);
    cr_expect_lt(told, strstr(report, "Fastest here"));
}

Test(report, answers_stand_in_text_and_page)
{
    cr_expect_not_null(
        strstr(write_as(report_text), "\nFastest here\n  cpu: procs, 346 images/s at 16 jobs ("));
    const char *html = write_as(report_html);
    cr_expect_not_null(strstr(html, "<p>procs, 346 images/s at 16 jobs ("));
    cr_expect_not_null(strstr(html, "\n1.10 times as fast as threads, the next (1.09 to 1.11)\n"));
    cr_expect_not_null(strstr(html, "nearly equal; fastest: omp, "));
}

/* Returns the page's JSON, NUL-terminated in place. */
static char *data_of_page(void)
{
    write_as(report_html);
    char *data = strstr(text, "id=\"data\">");
    cr_assert_not_null(data);
    data += strlen("id=\"data\">");
    char *end = strstr(data, "</script>");
    cr_assert_not_null(end);
    *end = '\0';
    return data;
}

Test(report, a_page_holds_all_figures_as_json)
{
    snprintf(results.settings.recipe, sizeof results.settings.recipe, "</script><!-- & \u2028 \u2029");
    const char *data = data_of_page();
    cr_expect(is_json(data));
    cr_expect_eq(count(data, "\"cold\": "), results.ntrials);
    cr_expect_null(strpbrk(data, "<>&"));
    cr_expect_not_null(strstr(data, "\\u003c/script\\u003e\\u003c!-- \\u0026 \\u2028 \\u2029\""));
}

Test(report, a_page_has_all_its_parts)
{
    const char *html = write_as(report_html);
    cr_expect_null(strstr(html, "{{"));
    cr_expect_not_null(strstr(html, "; script-src 'sha256-"));
    cr_expect_eq(count(html, "<noscript>"), 1);
    cr_expect_eq(count(html, "<table "), 1 + 1 + 3 + 3 + 3, "verdicts, fits, best, stages, points");
    for (size_t i = 0; i < results.nmodels; i++)
        cr_expect_not_null(strstr(html, results.models[i].about), "%s", results.models[i].name);
    for (enum column column = 0; column < COLUMNS; column++)
        cr_expect_eq(count(verdict_columns[column].rules, "\n\n"), 0);
    cr_expect_eq(count(html, "<li>Best: the fastest.</li>"), 1 + 6, "in each cell and below the table");
}

Test(report, a_page_needs_nothing_from_elsewhere)
{
    const char *html = write_as(report_html);
    static const char *const calls[] = {"src=", "<link", "@import", "url(h", "https:", "fetch("};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        cr_expect_null(strstr(html, calls[i]), "it has %s", calls[i]);
    cr_expect_eq(count(html, "http:"), count(html, "xmlns=\"http://www.w3.org/2000/svg\""));
    cr_expect_not_null(strstr(html, "<span>--repeat=7</span>"));
    cr_expect_eq(count(html, "<td data-label="), 6 * COLUMNS);
    cr_expect_eq(count(html, " id=\"plot-cpu\""), 1);
    cr_expect_eq(count(html, "The event loop of async was blocked for 61.0 ms at most on "), 3);
}

/* The first table of the class. */
static const char *table_of(const char *html, const char *class)
{
    static char table[1 << 16];
    char head[64];
    snprintf(head, sizeof head, "<table class=\"%s\">", class);
    const char *begin = strstr(html, head);
    cr_assert_not_null(begin);
    const char *end = strstr(begin, "</table>");
    cr_assert(end != NULL && (size_t)(end - begin) < sizeof table);
    snprintf(table, sizeof table, "%.*s", (int)(end - begin), begin);
    return table;
}

Test(report, each_stage_and_each_peak_of_memory_has_its_interval)
{
    struct pm_error error = {0};
    for (size_t i = 0; i < results.ntrials; i++) {
        struct trial *trial = &results.trials[i];
        trial->peak_pss_bytes += (uint64_t)trial->number << 20;
        for (size_t stage = 0; stage < PM_STAGES; stage++)
            trial->stage_s[stage] *= 1 + 0.05 * trial->number;
    }
    cr_assert_eq(analyse(&results, &error), 0);
    const char *html = write_as(report_html);
    const char *stages = table_of(html, "stages");
    cr_expect_eq(count(stages, "<td class=\"number\">"), results.nmodels * (1 + PM_STAGES + 1));
    cr_expect_eq(count(stages, "<small>"), results.nmodels * (PM_STAGES + 1));
    const struct summary *serial = results_point(&results, FIXTURE_SERIAL, WORKLOAD_CPU, 1);
    const struct interval decode = {serial->stage_ci95[PM_STAGE_DECODE].low / serial->images,
                                    serial->stage_ci95[PM_STAGE_DECODE].high / serial->images};
    cr_expect_not_null(strstr(stages, figure_range(decode, figure_seconds).text));
    const char *best = table_of(html, "best");
    cr_expect_eq(count(best, "95 % interval"), 3, "rate, ratio, memory");
    const struct summary *fastest = results_best(&results, FIXTURE_PROCS, WORKLOAD_CPU);
    cr_expect_not_null(strstr(best, figure_range(fastest->peak_pss_ci95, figure_bytes).text));
}

Test(report, a_page_says_how_its_intervals_came_about)
{
    const char *html = write_as(report_html);
    cr_expect_not_null(strstr(html, "interpolated order statistics"));
    cr_expect_not_null(strstr(html, "intervals of 93.5 %"));
    cr_expect_not_null(strstr(html, " on 23 November 2026, 08:15 UTC."));
    cr_expect_not_null(strstr(html, "<span>pixmill</span> <span>bench</span> <span>--resize=800x800</span>"));
    cr_expect_not_null(strstr(html, "its 95 % interval, unless it is too"));
    cr_expect_eq(count(html, "<td>1.00 to 1.00</td>"), 0);
    cr_expect_eq(count(html, "<th class=\"number\">jobs/s</th>"), 2);
    results.settings.sampling.repeat = 5;
    html = write_as(report_html);
    cr_expect_null(strstr(html, "interpolated order statistics"));
    cr_expect_not_null(strstr(html, "t of the logarithms"));
    sweep(2, 2);
    cr_expect_null(strstr(write_as(report_html), "its 95 % interval, unless it is too"));
}

/* A prediction that is too uncertain has a line and no band, and no band passes the ideal. */
Test(report, bands_that_say_nothing_are_not_drawn)
{
    const size_t bands = count(write_as(report_svg), "class=\"band");
    for (size_t i = 0; i < results.nfits; i++) {
        results.fits[i].usl.residual = 2;
        results.fits[i].amdahl.residual = 2;
    }
    cr_expect_eq(count(write_as(report_svg), "class=\"band"), 1, "only how to read one");
    cr_expect_gt(bands, 1);
    cr_expect_eq(count(text, "class=\"guess"), 8 + 1, "the prediction itself stays");
    cr_expect_not_null(strstr(text, ">128<"));
}

Test(report, a_date_is_written_as_people_do)
{
    char words[64];
    cr_expect_str_eq(figure_date("2026-11-05T18:02:34Z", words, sizeof words), "5 November 2026, 18:02 UTC");
    cr_expect_str_eq(figure_date("lately", words, sizeof words), "lately");
}

/* Names of models, files and processors can't inject markup into a report. */
Test(report, foreign_text_stays_text)
{
    static const char evil[] = "<script>alert('&\"')</script>\x01\xff";
    snprintf(results.models[FIXTURE_THREADS].name, sizeof results.models->name, "%s", evil);
    snprintf(results.machine.cpu, sizeof results.machine.cpu, "%s", evil);
    snprintf(results.machine.topology, sizeof results.machine.topology, "%s", evil);
    snprintf(results.machine.date, sizeof results.machine.date, "</style>&");
    snprintf(results.machine.version, sizeof results.machine.version, "<&>");
    snprintf(results.settings.command, sizeof results.settings.command, "%s", evil);
    snprintf(results.settings.recipe, sizeof results.settings.recipe, "%s", evil);
    for (size_t i = 0; i < results.nnotes; i++)
        snprintf(results.notes[i].text, sizeof results.notes[i].text, "%s", evil);
    for (size_t i = 0; i < results.nverdicts; i++)
        snprintf(results.verdicts[i].why[0], sizeof results.verdicts->why[0], "%s", evil);
    expect_well_formed(report_html);
    cr_expect_eq(count(text, "<script>"), 1, "the page's own");
    cr_expect_eq(count(text, "</script>"), 2, "its own and that of the figures");
    cr_expect_not_null(strstr(text, "&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;\\x01\\xff"));
    expect_well_formed(report_svg);
    cr_expect_null(strstr(text, "<script>"));
    cr_expect(is_json(write_as(report_json)));
    cr_expect_null(strchr(write_as(report_text), '\x01'));
}

Test(report, an_empty_sweep_is_reported_in_every_format)
{
    struct pm_error error = {0};
    results.ntrials = 0;
    results.interrupted = true;
    cr_assert_eq(analyse(&results, &error), 0);
    for (size_t i = 0; i < REPORTS; i++)
        cr_expect_gt(strlen(write_as(report_formats[i].write)), 200, "%s", report_formats[i].name);
    cr_expect(is_json(write_as(report_json)));
    expect_well_formed(report_svg);
    expect_well_formed(report_html);
    cr_expect_not_null(strstr(text, "The sweep was interrupted"));
}

Test(report, saving_replaces_a_file_or_leaves_it_alone)
{
    struct pm_error error = {0};
    const char *path = temp_text("report.csv", "older");
    cr_assert_eq(report_save(&report_formats[REPORT_csv], &results, path, &error), 0, "%s", error.message);
    char *saved = temp_read(path, NULL);
    cr_assert_not_null(saved);
    cr_expect_str_eq(saved, write_as(report_csv));
    free(saved);
    /* The file's name is taken by a folder. */
    cr_expect_eq(report_save(&report_formats[REPORT_csv], &results, temp_folder(), &error), -1);
    cr_expect_neq(error.message[0], '\0');
    cr_expect_eq(temp_count(temp_folder()), 1);
}
