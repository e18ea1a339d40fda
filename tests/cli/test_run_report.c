#include <criterion/criterion.h>
#include <stdlib.h>

#include "cli/run_report.h"

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
        .counts = {.total = 10, .ok = 4, .failed = 1, .left_out = 2, .pixels = 4000000},
        .seconds = 2,
        .backend = {.deaths = 1},
    };
    expect_summary_of(&batch, false,
                      "8 images: 4 ok, 0 skipped, 1 failed in 2.00 s, 2.0 images/s, 2.0 MP/s, peak 0 MiB, "
                      "3 not begun, 2 other files left out, 1 worker died\n");
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
    expect_summary_of(&batch, true,
                      "6 images: 4 planned, 1 skipped, 1 failed, 1 other file left out (dry run: nothing "
                      "was written)\n");
}
