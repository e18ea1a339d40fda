#include <criterion/criterion.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/analysis/analysis.h"
#include "bench/analysis/verdict.h"
#include "bench/figure.h"
#include "bench/fixture.h"
#include "bench/report/chart.h"
#include "bench/report/markup_check.h"
#include "bench/report/outputs.h"
#include "bench/report/report.h"
#include "bench/report/written.h"
#include "temp.h"

TestSuite(report, .init = written_begin, .fini = written_end);

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
    const char *json = written_as(report_json);
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
    cr_expect_eq(written_count(json, "\"cold\": "), written_results.ntrials, "every trial is there");
    cr_expect_eq(written_count(json, "\"efficiency\": "), written_results.nsummaries);
    cr_expect_eq(written_count(json, "\"held_by_lock\": true"), 1);
}

Test(report, json_says_null_where_there_is_no_number)
{
    written_sweep(2, 2);
    const char *json = written_as(report_json);
    cr_assert(is_json(json));
    cr_expect_eq(written_count(json, "\"usl\": null"), written_results.nfits);
    cr_expect_eq(written_count(json, "\"amdahl\": null"), written_results.nfits);
    cr_expect_eq(written_count(json, "job counts up to the number of processors"), written_results.nfits);
    cr_expect_null(strstr(json, "nan"));
    cr_expect_null(strstr(json, "inf,"));
}

Test(report, csv_has_a_row_a_trial_and_quotes_what_needs_it)
{
    snprintf(written_results.models[FIXTURE_OMP].name, sizeof written_results.models->name, "a \"b\", c");
    const char *csv = written_as(report_csv);
    cr_expect_eq(written_count(csv, "\r\n"), written_results.ntrials + 1);
    cr_expect_eq(written_count(csv, "\r\n\"a \"\"b\"\", c\",cpu,"), 6 * 8);
    size_t commas = 0, rows = 0;
    for (const char *line = csv; *line != '\0'; line = strstr(line, "\r\n") + 2, rows++) {
        size_t length = strcspn(line, "\r"), here = 0;
        for (size_t i = 0; i < length; i++)
            here += line[i] == ',';
        here -= line[0] == '"'; /* the comma in the quoted name */
        commas = rows == 0 ? here : commas;
        cr_assert_eq(here, commas, "row %zu has %zu commas, not %zu", rows, here, commas);
    }
    cr_expect_eq(rows, written_results.ntrials + 1);
}

Test(report, a_picture_says_itself_what_disturbed_it)
{
    cr_expect_null(strstr(written_as(report_svg), "Disturbed"));
    written_results.summaries[1].others = 0.4;
    written_results.interrupted = true;
    cr_expect_not_null(strstr(written_as(report_svg), "Disturbed: other programs had up to 40 %"));
    cr_expect_not_null(strstr(written_text, "Interrupted: "));
}

Test(report, an_interval_that_says_nothing_does_not_flatten_the_picture)
{
    for (size_t i = 0; i < written_results.nsummaries; i++)
        written_results.summaries[i].speedup_ci95 = (struct interval){1e-5, 1e5};
    written_as(report_svg);
    cr_expect_not_null(strstr(written_text, ">64×<"));
    cr_expect_not_null(strstr(written_text, ">1/64×<"));
    cr_expect_null(strstr(written_text, ">1024×<"));
    cr_expect_null(strstr(written_text, ">1/1024×<"));
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
        written_sweep(processors, 2 * processors);
        expect_lines_within(written_as(report_text), 100);
    }
}

static void write_narrow(FILE *out, const struct results *own)
{
    report_text_within(out, own, 80);
}

Test(report, text_fits_a_narrow_terminal)
{
    for (unsigned processors = 2; processors <= 16; processors *= 8) {
        written_sweep(processors, 2 * processors);
        expect_lines_within(written_as(write_narrow), 80);
    }
    cr_expect_not_null(strstr(written_text, "effic."));
    cr_expect_not_null(strstr(written_text, "In 100 columns, the tables have"));
    for (size_t i = 0; i < written_results.nsummaries; i++) /* wide cells do not touch the next column */
        written_results.summaries[i].speedup_ci95 = (struct interval){0.00082, 12345};
    expect_lines_within(written_as(write_narrow), 80);
    cr_expect_not_null(strstr(written_text, " 0.00 to 12345"));
    cr_expect_not_null(strstr(written_text, "(threads) best for: "));
}

Test(report, text_lists_cold_trials_and_a_blocked_loop_separately)
{
    const char *report = written_as(report_text);
    cr_expect_eq(written_count(report, "with cold caches, is not in these rates"), 2, "for cpu and for io");
    cr_expect_eq(written_count(report, "async: its loop was blocked for 61.0 ms at most."), 3);
    for (size_t i = 0; i < written_results.nsummaries; i++) {
        written_results.summaries[i].cold_images_per_s = NAN;
        written_results.summaries[i].blocked_s = 0;
    }
    report = written_as(report_text);
    cr_expect_null(strstr(report, "cold caches"));
    cr_expect_null(strstr(report, "blocked"));
    cr_expect_null(strstr(report, "nan"));
}

Test(report, text_says_once_why_no_law_was_fitted)
{
    written_sweep(2, 2);
    const char *report = written_as(report_text);
    cr_expect_eq(written_count(report, "No law of scaling was fitted: Amdahl's law needs at least 4"), 1);
    written_sweep(16, 16);
    cr_expect_eq(written_count(written_as(report_text), "o law "), 0);
}

Test(report, text_reports_laws_in_words)
{
    const char *report = written_as(report_text);
    cr_expect_not_null(strstr(report, "procs: by Amdahl's law 0."), "%s", report);
    cr_expect_not_null(strstr(report, "Scalability Law"));
    cr_expect_eq(written_count(report, "gil: Amdahl's law does not hold here (no faster with more jobs)"), 1);
    cr_expect_null(strstr(report, "sigma"));
}

Test(report, text_speaks_of_what_was_measured_alone)
{
    struct pm_error error = {0};
    size_t kept = 0;
    cr_expect_not_null(strstr(written_as(report_text), "reads of io"));
    cr_expect_eq(written_count(written_text, "images/s"), 2 + 2, "in two tables and two answers");
    cr_expect_eq(written_count(written_text, " jobs/s"), 1 + 1);
    cr_expect_not_null(strstr(written_text, "MiB*"));
    cr_expect_not_null(strstr(written_text, "* in all: it has one worker"));
    for (size_t i = 0; i < written_results.ntrials; i++) {
        if (written_results.trials[i].workload != WORKLOAD_IO &&
            written_results.trials[i].model == FIXTURE_OMP)
            written_results.trials[kept++] = written_results.trials[i];
    }
    written_results.ntrials = kept;
    cr_assert_eq(analyse(&written_results, &error), 0);
    cr_expect_null(strstr(written_as(report_text), "reads of io"));
    cr_expect_null(strstr(written_text, "in all: it"));
}

Test(report, a_load_before_the_sweep_is_reported_at_the_top)
{
    struct pm_error error = {0};
    written_results.machine.load = 9;
    written_results.nnotes = 0;
    cr_assert_eq(analyse(&written_results, &error), 0);
    const char *html = written_as(report_html),
               *told = strstr(html, "busy before the sweep began: load 9.00");
    cr_assert_not_null(told);
    cr_expect_lt(told, strstr(html, "class=\"answers\""));
    const char *report = written_as(report_text);
    told = strstr(report, "busy before the sweep began");
    cr_assert_not_null(told);
    cr_expect_lt(told, strstr(report, "Fastest here"));
}

Test(report, answers_stand_in_text_and_page)
{
    cr_expect_not_null(
        strstr(written_as(report_text), "\nFastest here\n  cpu: procs, 346 images/s at 16 jobs ("));
    const char *html = written_as(report_html);
    cr_expect_not_null(strstr(html, "<p>procs, 346 images/s at 16 jobs ("));
    cr_expect_not_null(strstr(html, "\n1.10 times as fast as threads, the next (1.09 to 1.11), "));
    cr_expect_not_null(strstr(html, "nearly equal; fastest: omp, "));
}

Test(report, a_date_is_written_as_people_do)
{
    char words[64];
    cr_expect_str_eq(figure_date("2026-11-05T18:02:34Z", words, sizeof words), "5 November 2026, 18:02 UTC");
    cr_expect_str_eq(figure_date("lately", words, sizeof words), "lately");
}

Test(report, saving_replaces_a_file_or_leaves_it_alone)
{
    struct pm_error error = {0};
    const char *path = temp_text("report.csv", "older");
    cr_assert_eq(report_save(&report_formats[REPORT_csv], &written_results, path, &error), 0, "%s",
                 error.message);
    char *saved = temp_read(path, NULL);
    cr_assert_not_null(saved);
    cr_expect_str_eq(saved, written_as(report_csv));
    free(saved);
    /* A link to it stays one. */
    cr_assert_eq(truncate(path, 0), 0);
    char link[PATH_MAX];
    snprintf(link, sizeof link, "%s.link", path);
    cr_assert_eq(symlink(path, link), 0);
    cr_assert_eq(report_save(&report_formats[REPORT_csv], &written_results, link, &error), 0);
    saved = temp_read(path, NULL);
    cr_assert_not_null(saved);
    cr_expect_str_eq(saved, written_as(report_csv));
    free(saved);
    cr_assert_eq(unlink(link), 0);
    /* The file's name is taken by a folder. */
    cr_expect_eq(report_save(&report_formats[REPORT_csv], &written_results, temp_folder(), &error), -1);
    cr_expect_neq(error.message[0], '\0');
    cr_expect_eq(temp_count(temp_folder()), 1);
}
