#include "bench/report/read_json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/analysis/analysis.h"
#include "bench/fixture.h"
#include "bench/report/outputs.h"
#include "temp.h"

static struct pm_error error;

static char *text_of(const struct results *results)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cr_assert_not_null(out);
    report_json(out, results);
    cr_assert_eq(fclose(out), 0);
    return text;
}

/* The results that follow from a JSON report. */
static struct results reread(const char *json)
{
    struct results results = {0};
    cr_assert_eq(report_read_json(temp_text("report.json", json), &results, &error), 0, "%s", error.message);
    cr_assert_eq(analyse(&results, &error), 0);
    return results;
}

Test(read_json, a_report_comes_back_as_it_was)
{
    struct results first = fixture_sweep(16, 32);
    cr_assert_eq(results_note(&first, "Do so.", "One \"thing\"."), 0);
    cr_assert_eq(analyse(&first, &error), 0);
    char *before = text_of(&first);
    struct results second = reread(before);
    char *after = text_of(&second);
    cr_expect_eq(second.ntrials, first.ntrials);
    cr_expect_eq(second.nnotes, first.nnotes, "those of the analysis are made anew, and once");
    cr_expect_str_eq(second.models[FIXTURE_GIL].about, first.models[FIXTURE_GIL].about);
    for (size_t i = 0; i < first.nverdicts; i++)
        cr_expect_str_eq(second.verdicts[i].best_for, first.verdicts[i].best_for);
    /* Values computed from 9 digits may differ in the last digit once; later rounds change nothing. */
    struct results third = reread(after);
    char *again = text_of(&third);
    cr_expect_str_eq(again, after);
    cr_expect_eq(strncmp(before, after, (size_t)(strstr(before, "\"trials\"") - before)), 0,
                 "machine, settings and models");
    free(before);
    free(after);
    free(again);
    results_free(&first);
    results_free(&second);
    results_free(&third);
}

/* A report by an older version, without all members. */
Test(read_json, an_older_report_is_read)
{
    static const char older[] =
        "{\"machine\": {\"cpu\": \"C\", \"processors\": 2}, \"settings\": {\"repeat\": 1}, "
        "\"models\": [{\"model\": \"gil+async\", \"title\": \"GIL\", \"backend\": \"gil\", \"engine\": \"async\"}], "
        "\"trials\": [{\"model\": \"gil+async\", \"jobs\": 2, \"workload\": \"io\", \"trial\": 0, "
        "\"wall_s\": 2, \"images\": 8, \"stages\": {\"read\": 1}}], "
        "\"notes\": [{\"text\": \"Old.\", \"remedy\": \"\"}]}";
    struct results results = reread(older);
    cr_expect_eq(results.summaries[0].images_per_s, 4);
    cr_expect_eq(strncmp(results.models[0].about, "Threads that must hold one lock", 31), 0);
    for (size_t i = 0; i < results.nnotes; i++) {
        cr_expect_str_neq(results.notes[i].text, "Old.");
        cr_expect_null(strstr(results.notes[i].text, "Fewer workers"));
    }
    results_free(&results);
}

Test(read_json, what_is_no_report_is_refused)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "not valid JSON"},
        {"[1, 2", "not valid JSON"},
        {"{\"a\": 1}", "is not a report of pixmill bench"},
        {"{\"machine\": {\"processors\": 1}, \"models\": [], \"trials\": []}",
         "is not a report of pixmill bench"},
        {"{\"machine\": {}, \"models\": [], \"trials\": [{}]}", "is not a report of pixmill bench"},
        {"{\"machine\": {\"processors\": 1}, \"models\": [{\"model\": \"x\"}], \"trials\": [{\"model\": \"y\", \"jobs\": 1, "
         "\"workload\": \"io\", \"wall_s\": 1, \"images\": 1}]}",
         "trial 1 is not a valid measurement"},
        {"{\"machine\": {\"processors\": 1}, \"models\": [{\"model\": \"x\"}], \"trials\": [{\"model\": \"x\", \"jobs\": 1, "
         "\"workload\": \"io\", \"wall_s\": 0, \"images\": 1}]}",
         "trial 1 is not a valid measurement"},
        {"{\"machine\": {\"processors\": 1}, \"models\": [{\"model\": \"x\"}], \"trials\": [{\"model\": \"x\", "
         "\"jobs\": 1, \"workload\": \"io\", \"wall_s\": 1e300, \"images\": 1}]}",
         "trial 1 is not a valid measurement"},
        {"{\"machine\": {\"processors\": 1}, \"models\": [{\"model\": \"x\"}], \"trials\": [{\"model\": \"x\", "
         "\"jobs\": 4e9, \"workload\": \"io\", \"wall_s\": 1, \"images\": 1}]}",
         "trial 1 is not a valid measurement"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct results results = {0};
        error = (struct pm_error){0};
        cr_expect_eq(report_read_json(temp_text("report.json", cases[i].text), &results, &error), -1);
        cr_expect_not_null(strstr(error.message, cases[i].message), "%s: %s", cases[i].text, error.message);
        results_free(&results);
    }
    struct results results = {0};
    cr_expect_eq(report_read_json(temp_path("missing.json"), &results, &error), -1);
}
