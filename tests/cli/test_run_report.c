#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

Test(run_report, summary_reports_what_was_saved)
{
    struct batch_report batch = {
        .counts = {.total = 3,
                   .ok = 3,
                   .results = 3,
                   .bytes_in = 12345678,
                   .bytes_ok = 10000000,
                   .bytes_out = 2500000},
        .seconds = 1,
    };
    expect_summary_of(&batch, false,
                      "3 images: 3 ok, 0 skipped, 0 failed in 1.00 s, 3.0 images/s, 0.0 MP/s, peak 0 MiB, "
                      "12.3 MB in, 2.5 MB out (75 % saved)\n");
    batch.counts.bytes_out = 15000000;
    expect_summary_of(&batch, false,
                      "3 images: 3 ok, 0 skipped, 0 failed in 1.00 s, 3.0 images/s, 0.0 MP/s, peak 0 MiB, "
                      "12.3 MB in, 15.0 MB out (50 % larger)\n");
    batch.counts.bytes_out = 10040000; /* less than half a percent */
    expect_summary_of(&batch, false,
                      "3 images: 3 ok, 0 skipped, 0 failed in 1.00 s, 3.0 images/s, 0.0 MP/s, peak 0 MiB, "
                      "12.3 MB in, 10.0 MB out\n");
    batch.counts.results = 6; /* several of each image are not in place of it */
    batch.counts.bytes_out = 999;
    expect_summary_of(&batch, false,
                      "3 images: 3 ok, 0 skipped, 0 failed in 1.00 s, 3.0 images/s, 0.0 MP/s, peak 0 MiB, "
                      "12.3 MB in, 999 B out\n");
}

Test(run_report, summary_of_nothing_divides_by_nothing)
{
    struct batch_report batch = {.counts = {.total = 1, .ok = 1}};
    expect_summary_of(&batch, false,
                      "1 images: 1 ok, 0 skipped, 0 failed in 0.00 s, 0.0 images/s, 0.0 MP/s, peak 0 MiB\n");
}

Test(run_report, summary_of_a_dry_run_reports_no_speed)
{
    struct batch_report batch = {.counts = {.total = 7, .ok = 4, .skipped = 1, .failed = 1, .left_out = 1},
                                 .seconds = 1};
    expect_summary_of(
        &batch, true,
        "6 images: 4 planned, 1 skipped, 1 failed, 1 other file left out (dry run: nothing was written)\n");
}

static bool first_of_its_kind(struct warnings *warnings, const char *line)
{
    return warnings_count(warnings, line, strlen(line)) == 1;
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
    cr_assert(first_of_its_kind(&warnings, "14 bytes before marker 0xd9, 0x and 7x8"));
    cr_assert_not(first_of_its_kind(&warnings, "3 bytes before marker 0xda, 1x and 30x4"));
    cr_assert_eq(warnings.nkinds, 5);
    cr_assert_eq(warnings.kinds[0].count, 2);
    cr_assert_str_eq(warnings.kinds[0].words, "N bytes behind it are ignored");
    cr_assert_str_eq(warnings.kinds[4].words, "N bytes before marker N, Nx and NxN");
    cr_assert_str_eq(warnings.kinds[0].first, "12 bytes behind it are ignored");
    cr_assert_not(warnings.kinds[0].alike);
    cr_assert(warnings.kinds[1].alike);
    cr_assert_not(first_of_its_kind(&warnings, "its gain map is left out"));
    cr_assert(warnings.kinds[1].alike);
}

Test(run_report, long_warnings_and_more_kinds_than_fit_are_said)
{
    static struct warnings warnings;
    char line[300];
    memset(line, 'x', sizeof line);
    for (size_t i = 0; i < 2 * WARNING_KINDS_MAX; i++)
        cr_assert_eq(warnings_count(&warnings, line, i), 1);
    cr_assert_eq(warnings_count(&warnings, line, sizeof line), 1);
    cr_assert_eq(warnings.nkinds, WARNING_KINDS_MAX);
    cr_assert_eq(warnings_count(&warnings, line, 1), 2);
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

/* Eleven fail for one reason, which differs in numbers alone, and one for another. */
Test(run_report, more_than_ten_failures_of_one_reason_are_folded, .init = run_begin)
{
    for (unsigned i = 0; i < 13; i++) {
        char name[16];
        snprintf(name, sizeof name, "in/%u.png", i);
        put_picture(name, 40 + i, 30);
    }
    temp_write("in/damaged.png", "\x89PNG\r\n\x1a\n", 8);
    struct run run = RUN("run", "in", "-o", "out", "--max-pixels=100", "--log=log");
    expect_summary(&run, "14 images: 0 ok, 0 skipped, 14 failed");
    cr_expect_eq(times_in(run.err, "pixmill: in/"), 11, "%s", run.err);
    expect(&run, 1, "pixmill: 3 more images failed: 4");
    expect(&run, 1, "are over the limit of 100 (raise --max-pixels), or with other numbers\n");
    size_t size;
    cr_expect_eq(times_in(content_of("log", &size), "\"failed\""), 14);
    struct run verbose = RUN("run", "in", "-o", "out", "--max-pixels=100", "-v");
    cr_expect_eq(times_in(verbose.err, "pixmill: in/"), 14, "%s", verbose.err);
}

/* A new file in the place of /dev/stdout or /dev/null would be there for all programs. */
Test(run_report, the_summary_and_the_manifest_leave_links_and_pipes_in_place, .init = run_begin)
{
    put_picture("in/a.png", 40, 30);
    cr_assert_eq(system("ln -s sum real && ln -s list link && touch sum list"), 0);
    struct run run = RUN("run", "in", "-o", "out", "--summary=real", "--manifest=link");
    expect(&run, 0, "1 ok");
    cr_expect_eq(system("test -L real && grep -q '\"ok\": 1' sum && test -L link && grep -q a.png list"), 0);
    cr_expect_eq(system("mkfifo pipe && exec 3<>pipe && \"$PIXMILL\" run in -o out -q --summary=pipe && "
                        "exec 4<pipe 3>&- && cat <&4 >got && test -p pipe && grep -q '\"ok\": 1' got"),
                 0);
    /* A descriptor whose file has no name any more. */
    cr_expect_eq(
        system("exec 5<>gone && rm gone && \"$PIXMILL\" run in -o out -q --summary=/proc/self/fd/5 && "
               "grep -q '\"ok\": 1' /proc/self/fd/5"),
        0);
    /* Where standard error is a file, that has what is said of the run and the summary. */
    cr_expect_eq(system("\"$PIXMILL\" run in -o out --summary=/dev/stderr 2>both && "
                        "grep -q '1 ok' both && grep -q '\"ok\": 1' both"),
                 0);
    /* A run that is refused removes the files that it created, not the links to them. */
    cr_assert_eq(system("ln -s new-1 l1 && ln -s new-2 l2 && ln -s new-3 l3"), 0);
    run = RUN("run", "in/a.png", "-o", "in", "--summary=l1", "--log=l2", "--journal=l3");
    expect(&run, 2, "would overwrite");
    cr_expect_eq(system("test -L l1 && test -L l2 && test -L l3 && ! ls new-*"), 0);
    run = RUN("run", "in", "-o", "out", "--manifest=pipe");
    expect(&run, 2, "pipe: the manifest: not a regular file");
}

Test(run_report, the_summary_file_has_the_numbers, .init = run_begin)
{
    put_picture("in/a.png", 40, 30);
    put_picture("in/b.png", 50, 30);
    temp_write("in/c.png", "\x89PNG\r\n\x1a\n", 8);
    struct run run = RUN("run", "in", "-o", "out", "--widths=10,20", "--summary=s.json");
    expect_summary(&run, "3 images: 2 ok, 0 skipped, 1 failed");
    static const char check[] =
        "import json, os\n"
        "s = json.load(open('s.json'))\n"
        "assert (s['images'], s['ok'], s['skipped'], s['failed'], s['results']) == (3, 2, 0, 1, 4), s\n"
        "assert s['bytes_out'] == sum(os.path.getsize('out/' + f) for f in os.listdir('out')), s\n"
        "assert s['bytes_in'] >= os.path.getsize('in/a.png') + os.path.getsize('in/b.png'), s\n"
        "assert s['complete'] and s['seconds'] > 0 and s['peak_bytes'] > 0, s\n"
        "assert [f['images'] for f in s['failures']] == [1], s\n";
    temp_text("check.py", check);
    if (system("python3 -c '' 2>/dev/null") != 0)
        cr_skip_test("no python3");
    cr_expect_eq(system("python3 check.py"), 0);
    /* Replaced by the next run, but nothing else is. */
    run = RUN("run", "in", "-o", "out", "--summary=s.json");
    expect(&run, 1, "");
    temp_text("notes", "mine");
    run = RUN("run", "in", "-o", "out", "--summary=notes");
    expect(&run, 2, "notes: not a pixmill log");
    run = RUN("run", "in", "-o", "out", "--summary=in/a.png");
    expect(&run, 2, "in/a.png");
    run = RUN("run", "in", "-o", "out", "--summary=out/a.png");
    expect(&run, 2, "out/a.png");
    run = RUN("run", "nothing", "-o", "in", "--summary=new.json");
    cr_expect_eq(run.status, 1);
    run = RUN("run", "in/a.png", "-o", "in", "--summary=refused.json");
    expect(&run, 2, "would overwrite");
    cr_expect_neq(access("refused.json", F_OK), 0);
}
