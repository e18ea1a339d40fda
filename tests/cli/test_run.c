/* Where results are written, and the options of run, with the real command. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/run.h"
#include "temp.h"

TestSuite(run, .init = run_begin);

/* A folder with pictures, a subfolder, and a file that is not a picture. */
static void put_tree(void)
{
    put_picture("in/a.png", 30, 20);
    put_picture("in/deep/er/b.jpg", 40, 30);
    put_picture("in/c.png", 20, 20);
    temp_text("in/notes.txt", "no picture");
}

Test(run, a_folder_keeps_its_tree)
{
    put_tree();
    struct run run = RUN("run", "in", "-o", "out", "--flip");
    cr_assert_eq(run.status, 0, "%s", run.err);
    expect_summary(&run, "3 images: 3 ok, 0 skipped, 0 failed");
    expect(&run, 0, ", 1 other file left out\n");
    expect_picture("out/a.png", "png", 30, 20);
    expect_picture("out/deep/er/b.jpg", "jpeg", 40, 30);
    expect_picture("out/c.png", "png", 20, 20);
    expect_files("out", 3);
    cr_assert_str_eq(run.out, "");
}

Test(run, a_file_lands_by_its_last_part)
{
    put_tree();
    struct run run = RUN("run", "in/deep/er/b.jpg", "-o", "out");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_picture("out/b.jpg", "jpeg", 40, 30);
    expect_files("out", 1);
}

Test(run, base_keeps_the_tree_below_it)
{
    put_tree();
    struct run run = RUN("run", "--base=in", "in/deep/er/b.jpg", "in/a.png", "-o", "out");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    expect_picture("out/deep/er/b.jpg", "jpeg", 40, 30);
    expect_picture("out/a.png", "png", 30, 20);
    struct run outside = RUN("run", "--base=in/deep", "in/a.png", "-o", "other");
    expect(&outside, 2, "in/a.png: is not below the base folder in/deep");
    cr_assert_eq(access("other", F_OK), -1);
}

Test(run, a_list_comes_on_standard_input)
{
    put_tree();
    struct run lines =
        RUN_AS(&(struct start){.input = "in/a.png\nin/deep/er/b.jpg\n"}, "run", "-", "-o", "out");
    expect_summary(&lines, "2 images: 2 ok, 0 skipped, 0 failed");
    expect_files("out", 2);
    put_picture("new\nline.png", 8, 8);
    struct start list = {.input = "in/c.png\0new\nline.png", .input_size = 21};
    struct run nul = RUN_AS(&list, "run", "-", "-0", "-o", "out2", "--base=.");
    expect_summary(&nul, "2 images: 2 ok, 0 skipped, 0 failed");
    expect_picture("out2/in/c.png", "png", 20, 20);
    expect_picture("out2/new\nline.png", "png", 8, 8);
}

Test(run, the_suffix_follows_the_format)
{
    put_picture("in/one.jpg", 16, 16);
    cr_assert_eq(rename("in/one.jpg", "in/one.JPG"), 0);
    struct run run = RUN("run", "in/one.JPG", "-o", "out", "--format=png");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_picture("out/one.png", "png", 16, 16);
    struct run same = RUN("run", "in/one.JPG", "-o", "out2", "--format=same");
    expect_summary(&same, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_picture("out2/one.JPG", "jpeg", 16, 16);
}

Test(run, filters_are_applied_in_the_order_written)
{
    put_picture("a.png", 40, 20);
    struct run first = RUN("run", "--rotate=90", "--crop=10x20+0+0", "a.png", "-o", "one");
    struct run second = RUN("run", "a.png", "--crop", "10x20+0+0", "--rotate", "90", "-o", "two");
    struct run both = RUN("run", "a.png", "--rotate=90", "--rotate=270", "-o", "three");
    cr_assert_eq(first.status | second.status | both.status, 0, "%s%s%s", first.err, second.err, both.err);
    expect_picture("one/a.png", "png", 10, 20);
    expect_picture("two/a.png", "png", 20, 10);
    expect_picture("three/a.png", "png", 40, 20);
}

Test(run, without_a_filter_it_encodes_again)
{
    put_picture("a.png", 40, 20);
    struct run run = RUN("run", "a.png", "-oout", "--format", "jpeg", "-Q", "50");
    struct run better = RUN("run", "a.png", "-obetter", "--format=jpeg", "-Q95");
    struct stat small, large;
    cr_assert_eq(run.status | better.status, 0, "%s", run.err);
    expect_picture("out/a.jpg", "jpeg", 40, 20);
    cr_assert_eq(stat("out/a.jpg", &small), 0);
    cr_assert_eq(stat("better/a.jpg", &large), 0);
    cr_assert_lt(small.st_size, large.st_size);
}

Test(run, an_existing_result_is_replaced_or_skipped)
{
    put_picture("a.png", 40, 20);
    put_picture("b.png", 40, 20);
    temp_text("out/a.png", "older");
    struct run skip = RUN("run", "a.png", "b.png", "-o", "out", "--skip-existing");
    expect_summary(&skip, "2 images: 1 ok, 1 skipped, 0 failed");
    cr_assert_eq(skip.status, 0);
    cr_assert_str_eq(content_of("out/a.png", NULL), "older");
    struct run replace = RUN("run", "a.png", "b.png", "-o", "out");
    expect_summary(&replace, "2 images: 2 ok, 0 skipped, 0 failed");
    expect_picture("out/a.png", "png", 40, 20);
    expect_files("out", 2);
}

Test(run, dry_run_writes_nothing_and_says_what_it_would)
{
    put_picture("in/a.png", 40, 20);
    put_picture("in/odd\n.png", 40, 20);
    struct run run = RUN("run", "in", "-o", "out", "--format=jpeg", "--dry-run");
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_assert_str_eq(run.out, "in/a.png -> out/a.jpg\nin/odd\\x0a.png -> out/odd\\x0a.jpg\n");
    expect(&run, 0, "(dry run: nothing was written)\n");
    cr_assert_eq(access("out", F_OK), -1);
}

Test(run, a_result_has_its_inputs_mode_and_no_more)
{
    static const mode_t modes[] = {0600, 0640, 0644, 0444};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        char name[32];
        snprintf(name, sizeof name, "in/%o.png", modes[i]);
        put_picture(name, 8, 8);
        cr_assert_eq(chmod(name, modes[i]), 0);
    }
    umask(0);
    struct run run = RUN("run", "in", "-o", "out");
    expect_summary(&run, "4 images: 4 ok, 0 skipped, 0 failed");
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        char name[32];
        struct stat status;
        snprintf(name, sizeof name, "out/%o.png", modes[i]);
        cr_assert_eq(stat(name, &status), 0);
        cr_expect_eq(status.st_mode & 07777, modes[i], "%s has mode %o", name, status.st_mode & 07777);
    }
}

Test(run, fail_fast_begins_nothing_after_the_first_failure)
{
    temp_text("in/0.png", "no picture");
    for (int i = 0; i < 40; i++) {
        char name[32];
        snprintf(name, sizeof name, "in/%d.png", 100 + i);
        put_picture(name, 100, 100);
    }
    struct run fast =
        RUN_AS(&(struct start){.input = "in/0.png\nin/100.png\nin/101.png\nin/102.png\nin/103.png\n"
                                        "in/104.png\nin/105.png\nin/106.png\nin/107.png\nin/108.png\n"
                                        "in/109.png\nin/110.png\nin/111.png\nin/112.png\nin/113.png\n"},
               "run", "-", "-o", "out", "--fail-fast", "--backend=serial", "--io=sync");
    expect(&fast, 1, "pixmill: in/0.png: ");
    expect(&fast, 1, "15 images: 0 ok, 0 skipped, 1 failed in ");
    expect(&fast, 1, ", 14 not started\n");
}

Test(run, a_journal_lets_a_run_be_resumed)
{
    put_picture("in/a.png", 40, 20);
    struct run first = RUN("run", "in", "-o", "out", "--flip", "--journal=journal");
    expect_summary(&first, "1 images: 1 ok, 0 skipped, 0 failed");
    put_picture("in/b.png", 40, 20);
    struct run second = RUN("run", "in", "-o", "out", "--flip", "--journal=journal", "--resume");
    expect_summary(&second, "2 images: 1 ok, 1 skipped, 0 failed");
    struct run third = RUN("run", "in", "-o", "out", "--flop", "--journal=journal", "--resume");
    expect_summary(&third, "2 images: 2 ok, 0 skipped, 0 failed");
}

Test(run, quiet_says_nothing_but_errors)
{
    put_tree();
    temp_text("bad.png", "");
    struct run good = RUN("run", "in", "-o", "out", "-q");
    cr_assert_eq(good.status, 0);
    cr_assert_str_eq(good.err, "");
    struct run bad = RUN("run", "in", "bad.png", "-o", "out", "-qv");
    expect(&bad, 1, "pixmill: bad.png: ");
    cr_assert_null(strstr(bad.err, "images:"), "%s", bad.err);
}

Test(run, verbose_says_where_each_number_comes_from)
{
    put_tree();
    struct run run =
        RUN("run", "in", "-o", "out", "-v", "--memory=300M", "--backend=threads", "-j2", "--flip");
    expect(&run, 0, "pixmill: recipe: flip\n");
    expect(&run, 0, "pixmill: backend: threads, workers: 2 (--jobs)\n");
    expect(&run, 0, "pixmill: engine: threads, I/O jobs: 4 (the default)\n");
    expect(&run, 0, "pixmill: memory: 300 MiB in flight (--memory), ");
    expect(&run, 0, "pixmill: kernels: ");
    expect(&run, 0, "pixmill: in/notes.txt: not an image (left out)\n");
    expect(&run, 0, "pixmill: total of all jobs: read ");
    expect_summary(&run, "3 images: 3 ok, 0 skipped, 0 failed");
}

Test(run, the_log_has_a_line_a_job)
{
    put_tree();
    temp_text("in/bad.png", "\x89PNG\r\n\x1a\n");
    put_picture("in/odd\xff.png", 8, 8);
    struct run run = RUN("run", "in", "-o", "out", "--log=log");
    cr_assert_eq(run.status, 1, "%s", run.err);
    char *log = content_of("log", NULL);
    size_t lines = 0;
    for (const char *s = log; *s != '\0'; s++)
        lines += *s == '\n';
    cr_assert_eq(lines, 5, "%s", log);
    cr_assert_not_null(strstr(log, "\"input\": \"in/odd\\udcff.png\", \"output\": \"out/odd\\udcff.png\", "
                                   "\"status\": \"ok\", \"error\": null"),
                       "%s", log);
    cr_assert_not_null(
        strstr(log, "\"input\": \"in/bad.png\", \"output\": \"out/bad.png\", \"status\": \"failed\", "
                    "\"error\": {\"kind\": \"truncated\", \"stage\": "),
        "%s", log);
    cr_assert_not_null(strstr(log, "\"width\": 40, \"height\": 30, \"seconds\": {\"read\": "), "%s", log);
}

Test(run, a_log_that_can_not_be_written_is_exit_1)
{
    put_tree();
    struct run full = RUN("run", "in", "-o", "out", "--log=/dev/full");
    expect(&full, 1, "pixmill: /dev/full: could not be written to its end: No space left on device\n");
    expect_summary(&full, "3 images: 3 ok, 0 skipped, 0 failed");
    struct run nowhere = RUN("run", "in", "-o", "out2", "--log=missing/log");
    expect(&nowhere, 2,
           "pixmill: missing/log: can't be written: No such file or directory (create its folder first)\n");
    cr_assert_eq(access("out2", F_OK), -1);
    struct run picture = RUN("run", "in", "-o", "out2", "--log=in/a.png");
    expect(&picture, 2, "pixmill: in/a.png: not a pixmill log");
    expect_picture("in/a.png", "png", 30, 20);
}

Test(run, a_log_is_no_journal_under_any_name)
{
    static const char *const names[] = {"log", "./log", "hard", "soft"};
    put_picture("in/a.png", 8, 8);
    cr_assert_eq(symlink("log", "soft"), 0);
    struct run run = RUN("run", "in", "-o", "out", "--log=log", "--journal=soft");
    expect(&run, 2, "pixmill: soft: can't be both the log and the journal (name two files)\n");
    cr_assert_eq(access("log", F_OK), -1);
    for (int there = 0; there < 2; there++) {
        for (size_t i = 0; i < (there ? 4 : 2); i++) {
            char option[32];
            snprintf(option, sizeof option, "--journal=%s", names[i]);
            struct run same = RUN("run", "in", "-o", "out", "--log=log", option);
            expect(&same, 2, "can't be both the log and the journal (name two files)\n");
        }
        temp_text("log", "{}\n");
        if (!there)
            cr_assert_eq(link("log", "hard"), 0);
    }
    cr_assert_str_eq(content_of("log", NULL), "{}\n");
    cr_assert_eq(access("out", F_OK), -1);
    struct run two = RUN("run", "in", "-o", "out", "--log=log", "--journal=journal");
    expect_summary(&two, "1 images: 1 ok, 0 skipped, 0 failed");
}

Test(run, the_bar_is_wiped_off_before_the_summary)
{
    put_tree();
    struct run bar = RUN("run", "in", "-o", "out", "--progress=always");
    expect(&bar, 0, "] 100% 4/4  ");
    expect(&bar, 0, "\r\033[K3 images: 3 ok");
    struct run none = RUN("run", "in", "-o", "out");
    cr_assert_null(strchr(none.err, '\r'), "a bar, and no terminal");
}

Test(run, the_bar_is_drawn_ten_times_a_second_at_most)
{
    size_t drawn = 0;
    for (int i = 0; i < 100; i++) {
        char name[32];
        snprintf(name, sizeof name, "in/%d.png", i);
        put_picture(name, 8, 8);
    }
    double begun = clock_now();
    struct run run = RUN("run", "in", "-o", "out", "--progress=always");
    double seconds = clock_now() - begun;
    expect_summary(&run, "100 images: 100 ok, 0 skipped, 0 failed");
    for (const char *bar = strstr(run.err, "\r["); bar != NULL; bar = strstr(bar + 1, "\r["))
        drawn++;
    cr_assert_leq(drawn, 10 * seconds + 3, "drawn %zu times in %f s", drawn, seconds);
}

Test(run, a_terminal_gets_a_bar_that_fits)
{
    put_tree();
    struct start terminal = {.terminal = true, .environment = {"TERM=xterm"}};
    struct start dumb = {.terminal = true, .environment = {"TERM=dumb"}};
    struct run run = RUN_AS(&terminal, "run", "in", "-o", "out");
    expect(&run, 0, "\r[");
    expect(&run, 0, "] 100% 4/4  ");
    expect(&run, 0, "\r\033[K3 images: 3 ok");
    for (const char *bar = strstr(run.err, "\r["); bar != NULL; bar = strstr(bar + 1, "\r["))
        cr_assert_lt(strcspn(bar + 1, "\033"), 60, "%s", bar);
    struct run plain = RUN_AS(&dumb, "run", "in", "-o", "out");
    cr_assert_null(strchr(plain.err, '['), "%s", plain.err);
    struct run quiet = RUN_AS(&terminal, "run", "in", "-o", "out", "-q");
    cr_assert_str_eq(quiet.err, "");
}

Test(run, a_backend_gets_the_environment_that_it_wants)
{
    put_tree();
    struct start unset = {.environment = {"OMP_DISPLAY_ENV=true"}};
    struct start set = {.environment = {"OMP_DISPLAY_ENV=true", "OMP_WAIT_POLICY=active"}};
    struct run run = RUN_AS(&unset, "run", "in", "-o", "out", "--backend=omp");
    expect(&run, 0, "OMP_WAIT_POLICY = 'PASSIVE'");
    expect_summary(&run, "3 images: 3 ok, 0 skipped, 0 failed");
    struct run kept = RUN_AS(&set, "run", "in", "-o", "out", "--backend=omp");
    expect(&kept, 0, "OMP_WAIT_POLICY = 'ACTIVE'");
}

Test(run, what_makes_no_sense_is_exit_2_and_does_nothing)
{
    put_tree();
    static const struct {
        const char *words[8];
        const char *message;
    } cases[] = {
        {{"in"},
         "pixmill: no folder for the results (give -o DIR, -o - for one result on standard output, or --in-place)\n"},
        {{"-o", "out"}, "pixmill: no input (name files or folders, or - for a list of them)\n"},
        {{"in", "-o"}, "pixmill: -o: needs an argument (DIR)\n"},
        {{"in", "-o", "--resize=3"}, "pixmill: -o: needs an argument (DIR)\n"},
        {{"in", "-o", "out", "--journal", "--resize=3"}, "pixmill: --journal: needs an argument (FILE"},
        {{"in", "-o", "out", "--log", "--quiet"}, "pixmill: --log: needs an argument (FILE"},
        {{"in", "-o", "out", "--resise=3"}, "pixmill: --resise=3: unknown option (did you mean --resize?)\n"},
        {{"in", "-o", "out", "-j0"}, "pixmill: -j0: must be from 1 to 1024\n"},
        {{"in", "-o", "out", "-j", "auto"}, "pixmill: -j auto: must be a whole number from 1 to 1024\n"},
        {{"in", "-o", "out", "--backend=fibres"},
         "pixmill: --backend=fibres: is not known (one of: threads, "},
        {{"in", "-o", "out", "--backend=serial", "-j", "4"}, "pixmill: --jobs: serial has one worker ("},
        {{"in", "-o", "out", "--io=sync", "--io-jobs=2"},
         "pixmill: --io-jobs: with sync the workers read and write files themselves ("},
        {{"in", "-o", "out", "--gil-interval=2"}, "pixmill: --gil-interval: threads has no such option ("},
        {{"in", "-o", "out", "--gil=released", "--backend=omp"}, "pixmill: --gil: omp has no such option ("},
        {{"in", "-o", "out", "-Q", "101"}, "pixmill: -Q 101: quality '101' is out of range (1 to 100)\n"},
        {{"in", "-o", "out", "--format=tga"},
         "pixmill: --format=tga: format 'tga' is unknown (one of: same, avif, gif, jpeg, jxl, png, "},
        {{"in", "-o", "out", "--memory=much"}, "pixmill: --memory=much: must be a size ("},
        {{"in", "-o", "out", "--timeout=0"}, "pixmill: --timeout=0: must be a time in seconds"},
        {{"in", "-o", "out", "--sandbox=require"},
         "pixmill: --sandbox: the workers of threads are threads of "},
        {{"in", "-o", "out", "--sandbox=maybe"},
         "pixmill: --sandbox=maybe: is not known (one of: on, off, require, strict)\n"},
        {{"in", "-o", "out", "--resume"}, "pixmill: --resume: needs a journal (--journal=FILE)\n"},
        {{"in", "-o", "out", "--encrypt"}, "pixmill: --encrypt: needs a key ("},
        {{"in", "-o", "out", "--key-file=k"}, "pixmill: --key-file: nothing needs a key ("},
        {{"in", "-o", "out", "--encrypt", "--key-file=k", "--flip"},
         "pixmill: encrypt must be the last step"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *words[10] = {"run"};
        memcpy(words + 1, cases[i].words, sizeof cases[i].words);
        struct run run = run_with(&(struct start){0}, words);
        expect(&run, 2, cases[i].message);
        cr_assert_eq(access("out", F_OK), -1, "%s", cases[i].message);
    }
}
