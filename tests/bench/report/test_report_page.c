/* Pictures and pages of a report: what they show, explain and need. */
#include <criterion/criterion.h>
#include <string.h>

#include "bench/analysis/analysis.h"
#include "bench/analysis/verdict.h"
#include "bench/figure.h"
#include "bench/fixture.h"
#include "bench/report/chart.h"
#include "bench/report/markup_check.h"
#include "bench/report/outputs.h"
#include "bench/report/report.h"
#include "bench/report/written.h"

static void expect_well_formed(void (*write)(FILE *out, const struct results *written_results))
{
    const char *where = "";
    cr_expect(is_well_formed(written_as(write), &where), "%.60s", where);
}

Test(report, pictures_and_pages_are_well_formed)
{
    static const unsigned machines[][2] = {{16, 32}, {2, 2}, {1, 1}, {1, 4}, {64, 64}};
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        written_sweep(machines[i][0], machines[i][1]);
        expect_well_formed(report_svg);
        cr_expect_null(strstr(written_text, "nan"));
        expect_well_formed(report_html);
        cr_expect_null(strstr(written_text, "nan"));
    }
}

Test(report, a_picture_shows_each_model_with_several_workers)
{
    const char *svg = written_as(report_svg);
    cr_expect_eq(written_count(svg, "class=\"guess"), 8 + 1,
                 "a prediction for each of four models on cpu and io");
    cr_expect_eq(written_count(svg, "class=\"band"), 8 + 1, "and how to read one");
    cr_expect_eq(written_count(svg, "more jobs than processors</title>"), 4 * 3);
    cr_expect_eq(written_count(svg, "class=\"ideal\""), 2 + 1, "of cpu and io, and how to read it");
    cr_expect_eq(written_count(svg, ">async<"), 1, "it has one worker, so throughput and no speedup");
}

/* By speedup, a model that is slow at 1 job would appear best. */
Test(report, overhead_is_drawn_as_throughput)
{
    const char *svg = written_as(report_svg);
    cr_expect_not_null(strstr(svg, ">overhead: jobs per second<"));
    cr_expect_not_null(strstr(svg, ">cpu: speedup<"));
    cr_expect_not_null(strstr(svg, ">50 k<"));
    cr_expect_eq(written_count(svg, "class=\"alone "), 2 + 1, "serial and async, and how to read it");
    written_sweep(2, 2);
    svg = written_as(report_svg);
    cr_expect_not_null(strstr(svg, ">overhead: jobs per second<"));
    cr_expect_not_null(strstr(svg, ">100 k<"));
}

Test(report, two_numbers_of_jobs_are_dots_and_no_lines)
{
    written_sweep(2, 2);
    const char *svg = written_as(report_svg);
    cr_expect_null(strstr(svg, "class=\"law"));
    cr_expect_null(strstr(svg, "class=\"guess"));
    cr_expect_null(strstr(svg, "class=\"ideal"));
    cr_expect_not_null(strstr(svg, ">cpu: images per second<"));
    cr_expect_eq(written_count(svg, "class=\"linear\""), 4 * 3 + 1, "where two jobs would be linear");
    cr_expect_eq(written_count(svg, ">1 job</text>"), 6 * 3);
    cr_expect_eq(written_count(svg, ">2 jobs</text>"), 4 * 3);
    written_sweep(1, 1);
    svg = written_as(report_svg);
    cr_expect_null(strstr(svg, "class=\"linear\""));
    cr_expect_eq(written_count(svg, ">1 job</text>"), 6 * 3);
}

Test(report, points_above_linear_are_marked_and_explained)
{
    cr_expect_null(strstr(written_as(report_svg), "class=\"beyond\""));
    cr_expect_eq(written_count(written_as(report_html), "▲</td>"), 0);
    written_results
        .summaries[results_point(&written_results, FIXTURE_PROCS, WORKLOAD_CPU, 4) -
                   written_results.summaries]
        .superlinear = true;
    cr_expect_eq(written_count(written_as(report_svg), "class=\"beyond\""), 1 + 1, "and how to read it");
    cr_expect_not_null(strstr(written_text, ", above linear</title>"));
    cr_expect_eq(written_count(written_as(report_html), "▲</td>"), 1);
    cr_expect_not_null(strstr(written_text, "above linear: at 1 job it also spent"));
}

/* In every report, independent of the other models in it. */
Test(report, a_model_keeps_its_colour_and_mark)
{
    const unsigned gil = chart_class(&written_results, FIXTURE_GIL);
    const char *mark = chart_mark(&written_results, FIXTURE_GIL);
    struct model models[] = {written_results.models[FIXTURE_GIL], written_results.models[FIXTURE_GIL],
                             written_results.models[FIXTURE_GIL], written_results.models[FIXTURE_GIL]};
    const struct results other = {.models = models, .nmodels = 4};
    snprintf(models[1].name, sizeof models->name, "gil-released");
    snprintf(models[2].name, sizeof models->name, "gil+async");
    snprintf(models[3].name, sizeof models->name, "gil+threads");
    cr_expect_eq(chart_class(&other, 0), gil);
    cr_expect_str_eq(chart_mark(&other, 0), mark);
    cr_expect_neq(chart_class(&other, 1), gil);
    cr_expect_neq(chart_class(&other, 2), gil);
    cr_expect_str_neq(chart_mark(&other, 2), chart_mark(&other, 3));
    for (size_t model = 0; model < written_results.nmodels; model++) {
        for (size_t i = 0; i < model; i++)
            cr_expect_neq(chart_class(&written_results, i), chart_class(&written_results, model));
    }
}

Test(report, a_busy_machine_is_reported_at_the_top)
{
    struct pm_error error = {0};
    cr_expect_null(strstr(written_as(report_html), "This machine was busy"));
    cr_expect_null(strstr(written_as(report_text), "This machine was busy"));
    for (size_t i = 0; i < written_results.ntrials; i++) {
        struct trial *trial = &written_results.trials[i];
        if (trial->model == FIXTURE_GIL && trial->workload == WORKLOAD_CPU)
            trial->others_s = 0.2 * (trial->wall_s + trial->startup_s) * written_results.machine.processors;
    }
    written_results.nnotes = 0;
    cr_assert_eq(analyse(&written_results, &error), 0);
    const char *html = written_as(report_html);
    const char *told = strstr(html, "other programs had more than 5 %");
    cr_assert_not_null(told);
    cr_expect_lt(told, strstr(html, "class=\"answers\""));
    cr_expect_not_null(strstr(html, "This leaves unclear whether gil computes in parallel."));
    cr_expect_eq(written_count(html, "Other programs had up to 20 % of the processors’ time meanwhile."), 1);
    cr_expect_eq(written_count(html, ">busy machine<"), 1);
    const char *report = written_as(report_text);
    cr_assert_not_null(strstr(report, "This machine was busy"));
    cr_expect_lt(strstr(report, "other programs had more than"), strstr(report, "Fastest here"));
    cr_expect_eq(written_count(report, "other programs had more than"), 1, "not among the notes again");
    cr_expect_null(strstr(report, "unclear which model is the fastest"));
    written_results.verdicts[FIXTURE_OMP].ranks[WORKLOAD_CPU].standing = STANDING_UNCLEAR;
    written_results.verdicts[FIXTURE_OMP].ranks[WORKLOAD_IO].standing =
        STANDING_UNCLEAR; /* on an idle machine */
    cr_expect_eq(written_count(written_as(report_text), "leaves unclear which model is the fastest on cpu."),
                 1);
    cr_expect_eq(written_count(written_as(report_html), "leaves unclear which model is the fastest on "), 1);
    for (size_t i = 0; i < written_results.nsummaries; i++)
        written_results.summaries[i].others = 0.2;
    written_results.verdicts[FIXTURE_OMP].ranks[WORKLOAD_OVERHEAD].standing = STANDING_UNCLEAR;
    written_results.verdicts[FIXTURE_OMP].disturbed = true;
    html = written_as(report_html);
    cr_expect_not_null(
        strstr(html, "This leaves unclear which model is the fastest on cpu, io and overhead."));
    cr_expect_not_null(strstr(html, "This leaves unclear whether gil and omp compute in parallel."));
}

/* Returns the page's JSON, NUL-terminated in place. */
static char *data_of_page(void)
{
    written_as(report_html);
    char *data = strstr(written_text, "id=\"data\">");
    cr_assert_not_null(data);
    data += strlen("id=\"data\">");
    char *written_end = strstr(data, "</script>");
    cr_assert_not_null(written_end);
    *written_end = '\0';
    return data;
}

Test(report, a_page_holds_all_figures_as_json)
{
    snprintf(written_results.settings.recipe, sizeof written_results.settings.recipe,
             "</script><!-- & \u2028 \u2029");
    const char *data = data_of_page();
    cr_expect(is_json(data));
    cr_expect_eq(written_count(data, "\"cold\": "), written_results.ntrials);
    cr_expect_null(strpbrk(data, "<>&"));
    cr_expect_not_null(strstr(data, "\\u003c/script\\u003e\\u003c!-- \\u0026 \\u2028 \\u2029\""));
}

Test(report, a_page_has_all_its_parts)
{
    const char *html = written_as(report_html);
    cr_expect_null(strstr(html, "{{"));
    cr_expect_not_null(strstr(html, "; script-src 'sha256-"));
    cr_expect_eq(written_count(html, "<noscript>"), 1);
    cr_expect_eq(written_count(html, "<table "), 1 + 1 + 3 + 3 + 3, "verdicts, fits, best, stages, points");
    for (size_t i = 0; i < written_results.nmodels; i++)
        cr_expect_not_null(strstr(html, written_results.models[i].about), "%s",
                           written_results.models[i].name);
    for (enum column column = 0; column < COLUMNS; column++)
        cr_expect_eq(written_count(verdict_columns[column].rules, "\n\n"), 0);
    cr_expect_eq(written_count(html, "<li>Best: the fastest.</li>"), 1 + 6,
                 "in each cell and below the table");
}

Test(report, a_page_needs_nothing_from_elsewhere)
{
    const char *html = written_as(report_html);
    static const char *const calls[] = {"src=", "<link", "@import", "url(h", "https:", "fetch("};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        cr_expect_null(strstr(html, calls[i]), "it has %s", calls[i]);
    cr_expect_eq(written_count(html, "http:"), written_count(html, "xmlns=\"http://www.w3.org/2000/svg\""));
    cr_expect_not_null(strstr(html, "<span>--repeat=7</span>"));
    cr_expect_eq(written_count(html, "<td data-label="), 6 * COLUMNS);
    cr_expect_eq(written_count(html, " id=\"plot-cpu\""), 1);
    cr_expect_eq(written_count(html, "The event loop of async was blocked for 61.0 ms at most on "), 3);
}

/* The first table of the class. */
static const char *table_of(const char *html, const char *class)
{
    static char table[1 << 16];
    char head[64];
    snprintf(head, sizeof head, "<table class=\"%s\">", class);
    const char *written_begin = strstr(html, head);
    cr_assert_not_null(written_begin);
    const char *written_end = strstr(written_begin, "</table>");
    cr_assert(written_end != NULL && (size_t)(written_end - written_begin) < sizeof table);
    snprintf(table, sizeof table, "%.*s", (int)(written_end - written_begin), written_begin);
    return table;
}

Test(report, each_stage_and_each_peak_of_memory_has_its_interval)
{
    struct pm_error error = {0};
    for (size_t i = 0; i < written_results.ntrials; i++) {
        struct trial *trial = &written_results.trials[i];
        trial->peak_pss_bytes += (uint64_t)trial->number << 20;
        for (size_t stage = 0; stage < PM_STAGES; stage++)
            trial->stage_s[stage] *= 1 + 0.05 * trial->number;
    }
    cr_assert_eq(analyse(&written_results, &error), 0);
    const char *html = written_as(report_html);
    const char *stages = table_of(html, "stages");
    cr_expect_eq(written_count(stages, "<td class=\"number\">"),
                 written_results.nmodels * (1 + PM_STAGES + 1));
    cr_expect_eq(written_count(stages, "<small>"), written_results.nmodels * (PM_STAGES + 1));
    const struct summary *serial = results_point(&written_results, FIXTURE_SERIAL, WORKLOAD_CPU, 1);
    const struct interval decode = {serial->stage_ci95[PM_STAGE_DECODE].low / serial->images,
                                    serial->stage_ci95[PM_STAGE_DECODE].high / serial->images};
    cr_expect_not_null(strstr(stages, figure_range(decode, figure_seconds).text));
    const char *best = table_of(html, "best");
    cr_expect_eq(written_count(best, "95 % interval"), 3, "rate, ratio, memory");
    const struct summary *fastest = results_best(&written_results, FIXTURE_PROCS, WORKLOAD_CPU);
    cr_expect_not_null(strstr(best, figure_range(fastest->peak_pss_ci95, figure_bytes).text));
}

Test(report, a_page_says_how_its_intervals_came_about)
{
    const char *html = written_as(report_html);
    cr_expect_not_null(strstr(html, "interpolated order statistics"));
    cr_expect_not_null(strstr(html, "intervals of 93.5 %"));
    cr_expect_not_null(strstr(html, " on 23 November 2026, 08:15 UTC."));
    cr_expect_not_null(strstr(html, "<span>pixmill</span> <span>bench</span> <span>--resize=800x800</span>"));
    cr_expect_not_null(strstr(html, "its 95 % interval, unless it is too"));
    cr_expect_eq(written_count(html, "<td>1.00 to 1.00</td>"), 0);
    cr_expect_eq(written_count(html, "<th class=\"number\">jobs/s</th>"), 2);
    written_results.settings.sampling.repeat = 5;
    html = written_as(report_html);
    cr_expect_null(strstr(html, "interpolated order statistics"));
    cr_expect_not_null(strstr(html, "t of the logarithms"));
    written_sweep(2, 2);
    cr_expect_null(strstr(written_as(report_html), "its 95 % interval, unless it is too"));
}

/* A prediction that is too uncertain has a line and no band, and no band passes the ideal. */
Test(report, bands_that_say_nothing_are_not_drawn)
{
    const size_t bands = written_count(written_as(report_svg), "class=\"band");
    for (size_t i = 0; i < written_results.nfits; i++) {
        written_results.fits[i].usl.residual = 2;
        written_results.fits[i].amdahl.residual = 2;
    }
    cr_expect_eq(written_count(written_as(report_svg), "class=\"band"), 1, "only how to read one");
    cr_expect_gt(bands, 1);
    cr_expect_eq(written_count(written_text, "class=\"guess"), 8 + 1, "the prediction itself stays");
    cr_expect_not_null(strstr(written_text, ">128<"));
}

/* Names of models, files and processors can't inject markup into a report. */
Test(report, foreign_text_stays_text)
{
    static const char evil[] = "<script>alert('&\"')</script>\x01\xff";
    snprintf(written_results.models[FIXTURE_THREADS].name, sizeof written_results.models->name, "%s", evil);
    snprintf(written_results.machine.cpu, sizeof written_results.machine.cpu, "%s", evil);
    snprintf(written_results.machine.topology, sizeof written_results.machine.topology, "%s", evil);
    snprintf(written_results.machine.date, sizeof written_results.machine.date, "</style>&");
    snprintf(written_results.machine.version, sizeof written_results.machine.version, "<&>");
    snprintf(written_results.settings.command, sizeof written_results.settings.command, "%s", evil);
    snprintf(written_results.settings.recipe, sizeof written_results.settings.recipe, "%s", evil);
    for (size_t i = 0; i < written_results.nnotes; i++)
        snprintf(written_results.notes[i].text, sizeof written_results.notes[i].text, "%s", evil);
    for (size_t i = 0; i < written_results.nverdicts; i++)
        snprintf(written_results.verdicts[i].why[0], sizeof written_results.verdicts->why[0], "%s", evil);
    expect_well_formed(report_html);
    cr_expect_eq(written_count(written_text, "<script>"), 1, "the page's own");
    cr_expect_eq(written_count(written_text, "</script>"), 2, "its own and that of the figures");
    cr_expect_not_null(
        strstr(written_text, "&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;\\x01\\xff"));
    expect_well_formed(report_svg);
    cr_expect_null(strstr(written_text, "<script>"));
    cr_expect(is_json(written_as(report_json)));
    cr_expect_null(strchr(written_as(report_text), '\x01'));
}

Test(report, an_empty_sweep_is_reported_in_every_format)
{
    struct pm_error error = {0};
    written_results.ntrials = 0;
    written_results.interrupted = true;
    cr_assert_eq(analyse(&written_results, &error), 0);
    for (size_t i = 0; i < REPORTS; i++)
        cr_expect_gt(strlen(written_as(report_formats[i].write)), 200, "%s", report_formats[i].name);
    cr_expect(is_json(written_as(report_json)));
    expect_well_formed(report_svg);
    expect_well_formed(report_html);
    cr_expect_not_null(strstr(written_text, "The sweep was interrupted"));
}
