#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run.h"
#include "cli/run_report.h"
#include "codec/jpeg/maker.h"
#include "temp.h"

static void expect_summary_of(const struct batch_report *batch, bool dry_run, const char *expected)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    run_summary(out, batch, dry_run);
    fclose(out);
    cr_assert_str_eq(text, expected);
    free(text);
}

Test(run_report, summary_is_the_line_of_the_contract)
{
    struct batch_report batch = {
        .counts = {.total = 240, .ok = 238, .skipped = 1, .failed = 1, .pixels = 1643520000},
        .seconds = 3.21,
        .peak_bytes = 143 << 20,
    };
    expect_summary_of(
        &batch, false,
        "240 images: 238 ok, 1 skipped, 1 failed in 3.21 s, 74.1 images/s, 512 MP/s, peak 143 MiB\n");
}

Test(run_report, summary_adds_what_is_out_of_the_ordinary)
{
    struct batch_report batch = {
        .counts = {.total = 10, .ok = 4, .failed = 1, .left_out = 2, .warned = 3, .pixels = 4000000},
        .seconds = 2,
        .backend = {.deaths = 1},
    };
    expect_summary_of(&batch, false,
                      "8 images: 4 ok, 0 skipped, 1 failed in 2.00 s, 2.0 images/s, 2.0 MP/s, peak 0 MiB, "
                      "3 not started, 2 other files left out, 3 with warnings, 1 worker died\n");
}

Test(run_report, summary_of_nothing_divides_by_nothing)
{
    struct batch_report batch = {.counts = {.total = 1, .ok = 1}};
    expect_summary_of(&batch, false,
                      "1 images: 1 ok, 0 skipped, 0 failed in 0.00 s, 0.0 images/s, 0.0 MP/s, peak 0 MiB\n");
}

Test(run_report, summary_of_a_dry_run_tells_no_speed)
{
    struct batch_report batch = {.counts = {.total = 7, .ok = 4, .skipped = 1, .failed = 1, .left_out = 1},
                                 .seconds = 1};
    expect_summary_of(
        &batch, true,
        "6 images: 4 planned, 1 skipped, 1 failed, 1 other file left out (dry run: nothing was written)\n");
}

static bool first_of_its_kind(struct warnings *warnings, const char *line)
{
    return warnings_count(warnings, line, strlen(line));
}

Test(run_report, warnings_that_differ_in_numbers_are_of_one_kind)
{
    static struct warnings warnings;
    cr_assert(first_of_its_kind(&warnings, "12 bytes behind it are ignored"));
    cr_assert_not(first_of_its_kind(&warnings, "3456 bytes behind it are ignored"));
    cr_assert(first_of_its_kind(&warnings, "its gain map is left out"));
    cr_assert(first_of_its_kind(&warnings, "12 bytes behind it"));
    cr_assert(first_of_its_kind(&warnings, ""));
    cr_assert_not(first_of_its_kind(&warnings, ""));
    cr_assert_eq(warnings.nkinds, 4);
    cr_assert_eq(warnings.kinds[0].count, 2);
    cr_assert_str_eq(warnings.kinds[0].words, "N bytes behind it are ignored");
}

Test(run_report, long_warnings_and_more_kinds_than_fit_are_said)
{
    static struct warnings warnings;
    char line[300];
    memset(line, 'x', sizeof line);
    for (size_t i = 0; i < 2 * WARNING_KINDS_MAX; i++)
        cr_assert(warnings_count(&warnings, line, i));
    cr_assert(warnings_count(&warnings, line, sizeof line));
    cr_assert_eq(warnings.nkinds, WARNING_KINDS_MAX);
    cr_assert_not(warnings_count(&warnings, line, 1));
}

static unsigned times_in(const char *text, const char *part)
{
    unsigned times = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        times++;
    return times;
}

/* Warnings appear in the log always, in the summary, and once per kind on the terminal. */
Test(run_report, a_kind_of_warning_is_said_once_and_counted, .init = run_begin)
{
    static const char words[] = "has no end marker (EOI), but all of its pixels";
    struct buffer file =
        make_jpeg(&(struct jpeg_recipe){.width = 20, .height = 16, .in = JCS_RGB, .out = JCS_YCbCr});
    for (unsigned i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof name, "in/%u.jpg", i);
        temp_write(name, file.data, file.size - (i < 3 ? 2 : 0));
    }
    buffer_free(&file);
    struct run run = RUN("run", "in", "-o", "out", "--log=log");
    expect(&run, 0, "pixmill: 3 images in all: warning: has no end marker (EOI), but all of its pixels\n");
    cr_assert_eq(times_in(run.err, words), 2, "%s", run.err);
    cr_assert_not_null(strstr(run.err, ", 3 with warnings\n"), "%s", run.err);
    size_t size;
    char *log = temp_read("log", &size);
    cr_assert_not_null(log);
    cr_assert_eq(times_in(log, words), 3);
    free(log);
    struct run verbose = RUN("run", "in", "-o", "out", "-v");
    cr_assert_eq(times_in(verbose.err, words), 3, "%s", verbose.err);
    struct run quiet = RUN("run", "in", "-o", "out", "-q");
    cr_assert_str_eq(quiet.err, "");
}
