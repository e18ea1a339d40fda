/* --watermark, --trim and --pad from the command line: every backend, faults, the journal. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "backend/backend.h"
#include "cli/run.h"
#include "temp.h"

static void begin(void)
{
    run_begin();
    put_picture("in/a.png", 90, 60);
    put_picture("in/b.jpg", 120, 80);
    put_picture_of("in/c.png", 40, 70, PM_COLOR_GRAY, true, 16);
    put_picture_of("marks/logo.png", 31, 17, PM_COLOR_RGB, true, 8);
}

Test(watermark_run, every_backend_writes_the_same_files)
{
    begin();
    struct run best =
        RUN("run", "in", "-o", "serial", "--backend=serial", "--watermark=marks/logo.png,scale=30",
            "--watermark=in/b.jpg,scale=10,gravity=top,opacity=0.3", "--trim", "--pad=99x99");
    expect_summary(&best, "3 images: 3 ok, 0 skipped, 0 failed");
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        char by[32];
        if ((*backend)->why_not() != NULL)
            continue;
        snprintf(by, sizeof by, "--backend=%s", (*backend)->name);
        struct run run =
            RUN("run", "in", "-o", (*backend)->name, by, (*backend)->one_worker ? "-j1" : "-j3",
                "--watermark=marks/logo.png,scale=30",
                "--watermark=in/b.jpg,scale=10,gravity=top,opacity=0.3", "--trim", "--pad=99x99");
        expect_summary(&run, "3 images: 3 ok, 0 skipped, 0 failed");
        static const char *const names[] = {"a.png", "b.jpg", "c.png"};
        for (int i = 0; i < 3; i++) {
            char one[80], other[80];
            snprintf(one, sizeof one, "serial/%s", names[i]);
            snprintf(other, sizeof other, "%s/%s", (*backend)->name, names[i]);
            cr_expect(same_bytes(one, other), "%s", other);
        }
    }
}

/* A new process for each image, which opens no file. */
Test(watermark_run, the_strict_sandbox_does_too)
{
    begin();
    struct run threads = RUN("run", "in", "-o", "out", "--watermark=marks/logo.png,tile", "--trim=3");
    struct run strict = RUN("run", "in", "-o", "strict", "--watermark=marks/logo.png,tile", "--trim=3",
                            "--backend=procs", STRICTEST);
    expect_summary(&threads, "3 images: 3 ok, 0 skipped, 0 failed");
    if (strict.status == 2)
        cr_skip_test("no strict sandbox here: %s", strict.err);
    expect_summary(&strict, "3 images: 3 ok, 0 skipped, 0 failed");
    cr_expect(same_bytes("out/a.png", "strict/a.png") && same_bytes("out/b.jpg", "strict/b.jpg"));
}

Test(watermark_run, a_missing_or_broken_file_is_refused_before_any_work)
{
    begin();
    size_t size;
    char *png = content_of("marks/logo.png", &size);
    temp_write("cut.png", png, size / 2);
    temp_text("words.png", "no picture at all");
    static const struct {
        const char *option, *words;
    } cases[] = {
        {"--watermark=none.png", "none.png: "},   {"--watermark=cut.png,opacity=0.5", "cut.png: "},
        {"--watermark=words.png", "words.png: "}, {"--watermark=marks", "marks: "},
        {"--watermark=,tile", "needs a file"},    {"--watermark=marks/logo.png,opacity=3", "out of range"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct run run = RUN("run", "in", "-o", "out", cases[i].option);
        expect(&run, 2, cases[i].words);
        cr_expect_neq(access("out", F_OK), 0, "%s", cases[i].option);
    }
}

/* The watermark may be an input, but no result may replace it, under any name. */
Test(watermark_run, its_file_is_never_replaced)
{
    begin();
    size_t size;
    const char *logo = content_of("marks/logo.png", &size);
    temp_write("out/a.png", logo, size);
    struct run run = RUN("run", "in", "-o", "out", "--watermark=out/a.png");
    expect(&run, 2, "out/a.png: would overwrite the watermark out/a.png");
    cr_assert(unlink("out/a.png") == 0 && link("marks/logo.png", "out/a.png") == 0);
    static const char *const backends[] = {"--backend=threads", "--backend=procs"};
    for (int i = 0; i < 2; i++) {
        run = RUN("run", "in", "-o", "out", "--watermark=marks/logo.png", backends[i]);
        expect(&run, 2, "out/a.png: would overwrite the watermark marks/logo.png");
    }
    cr_expect(same_bytes("out/a.png", "marks/logo.png"));
    cr_assert(unlink("out/a.png") == 0 && link("marks/logo.png", "in/logo.png") == 0);
    run = RUN("run", "in", "-o", "out", "--watermark=marks/logo.png");
    expect_summary(&run, "4 images: 4 ok, 0 skipped, 0 failed");
}

/* Its memory is the run's, not a job's. */
Test(watermark_run, its_memory_comes_from_the_budget)
{
    begin();
    put_picture("marks/large.png", 1000, 700);
    static const char *const backends[] = {"--backend=threads", "--backend=procs"};
    for (int i = 0; i < 2; i++) {
        struct run run = RUN("run", "in", "-o", "out", "--watermark=marks/large.png,scale=9", "--memory=1M",
                             "-v", backends[i]);
        expect(&run, 0, "watermarks: 2");
        expect_summary(&run, "3 images: 3 ok, 0 skipped, 0 failed");
    }
    struct run run = RUN("run", "in", "-o", "out", "--watermark=marks/large.png", "--max-pixels=699999");
    expect(&run, 2, "marks/large.png: ");
}

/* ulimit -f counts a worker's shared memory as a file. */
Test(watermark_run, a_limit_of_file_sizes_is_an_error_and_no_signal)
{
    begin();
    const struct rlimit limit = {16384, 16384};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    put_picture("marks/small.png", 100, 30);
    struct run run = RUN("run", "in", "-o", "out", "--watermark=marks/small.png", "--backend=procs");
    expect(&run, 2, "marks/small.png: ");
    run = RUN("run", "in/a.png", "-o", "out", "--watermark=marks/logo.png,scale=9", "--resize=10x10",
              "--backend=threads");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
}

/* The same name with another content is another recipe. */
Test(watermark_run, a_changed_file_is_done_again)
{
    begin();
    struct run first = RUN("run", "in", "-o", "out", "--journal=j", "--watermark=marks/logo.png");
    expect_summary(&first, "3 images: 3 ok, 0 skipped, 0 failed");
    struct run same = RUN("run", "in", "-o", "out", "--journal=j", "--resume", "--watermark=marks/logo.png");
    expect_summary(&same, "3 images: 0 ok, 3 skipped, 0 failed");
    put_picture_of("marks/logo.png", 31, 18, PM_COLOR_RGB, true, 8);
    struct run changed =
        RUN("run", "in", "-o", "out", "--journal=j", "--resume", "--watermark=marks/logo.png");
    cr_expect_null(strstr(changed.err, "3 skipped"), "%s", changed.err);
}

/* Nothing is cut off a picture of one colour; the size is checked in the result. */
Test(watermark_run, trim_takes_no_argument_or_one)
{
    begin();
    struct run run = RUN("run", "in/a.png", "-o", "out", "--trim", "--resize=30x", "-v");
    expect(&run, 0, "recipe: trim=10/resize=30x");
    run = RUN("run", "--trim", "in/a.png", "-o", "other"); /* the file is no tolerance */
    expect(&run, 0, "1 images: 1 ok");
    run = RUN("run", "--trim=300", "in/a.png", "-o", "other");
    expect(&run, 2, "out of range");
    run = RUN("run", "--help");
    cr_expect_not_null(strstr(run.out, "--trim[=TOLERANCE]"));
}
