/* What people name as inputs: the same file twice, folders from a Mac, things that are no files. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/run.h"
#include "temp.h"

TestSuite(inputs, .init = run_begin);

Test(inputs, what_is_no_image_clashes_with_nothing)
{
    put_picture("one/a.png", 8, 8);
    put_picture("two/b.png", 8, 8);
    temp_text("one/.DS_Store", "");
    temp_text("two/.DS_Store", "");
    temp_text("one/README.md", "one");
    temp_text("two/README.md", "two");
    struct run run = RUN("run", "one", "two", "-o", "out");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    expect(&run, 0, ", 4 other files passed over\n");
    expect_files("out", 2);
}

Test(inputs, an_image_gets_the_name_that_another_file_has_too)
{
    temp_text("one/a.png", "no picture");
    put_picture("two/a.png", 8, 9);
    temp_text("three/a.png", "no picture either");
    struct run run = RUN("run", "one", "two", "three", "-o", "out");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_picture("out/a.png", "png", 8, 9);
    struct run named = RUN("run", "one/a.png", "two", "-o", "other");
    expect(&named, 2, "one/a.png and two/a.png would both be written to other/a.png (");
}

/* Zeros are what a dying memory card gives; ._a.jpg is what a Mac writes beside a.jpg. */
Test(inputs, what_is_named_as_an_image_and_is_none_draws_a_warning)
{
    static const char warning[] =
        ": warning: is named as an image and is none that pixmill reads (passed over)";
    static const char zeros[64];
    put_picture("in/a.png", 8, 8);
    temp_write("in/b.JPG", zeros, sizeof zeros);
    temp_write("in/._a.png", zeros, sizeof zeros);
    temp_text("in/notes.txt", "no picture");
    struct run run = RUN("run", "in", "-o", "out"), dry = RUN("run", "in", "-o", "out", "-n");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect(&run, 0, ", 3 other files passed over\n");
    const char *told = strstr(run.err, warning);
    cr_assert_not_null(told, "%s", run.err);
    cr_assert_eq(strncmp(run.err, "pixmill: in/b.JPG", 17), 0, "%s", run.err);
    cr_assert_null(strstr(told + 1, warning), "%s", run.err);
    expect(&dry, 0, "pixmill: in/b.JPG: warning: ");
    struct run quiet = RUN("run", "in", "-o", "out", "-q");
    cr_assert_str_eq(quiet.err, "");
}

Test(inputs, a_clash_is_told_with_what_helps)
{
    put_picture("in/a.png", 8, 8);
    put_picture("in/a.jpg", 8, 8);
    struct run folder = RUN("run", "in", "-o", "out", "--format=png");
    expect(&folder, 2,
           "pixmill: in/a.jpg and in/a.png would both be written to out/a.png (rename one, or take two runs "
           "with a folder each)\n");
    put_picture("two/a.png", 8, 8);
    put_picture("two/b.png", 8, 8);
    put_picture("in/b.png", 8, 8);
    struct run folders = RUN("run", "in", "two", "-o", "out");
    expect(&folders, 2,
           "in/a.png and two/a.png would both be written to out/a.png (give --base, a folder above both; 1 "
           "more like this)\n");
    struct run queries = RUN("run", "http://e.invalid/a.jpg?x=1", "http://e.invalid/a.jpg?x=2", "-o", "out");
    expect(&queries, 2, "(take two runs with a folder each)\n");
    cr_assert_eq(access("out", F_OK), -1);
}

Test(inputs, named_twice_is_done_once)
{
    put_picture("in/a.png", 8, 8);
    put_picture("in/b.png", 8, 8);
    struct run run = RUN("run", "in/a.png", "in", "-o", "out");
    expect(&run, 0, "pixmill: warning: in/a.png is named twice (it is done once)\n");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    struct run list = RUN_AS(&(struct start){.input = "in/a.png\n./in/a.png\nin/b.png\nin/b.png\n"}, "run",
                             "-", "-o", "list");
    expect(&list, 0, "pixmill: warning: 2 inputs are named again, first ./in/a.png (each is done once)\n");
    expect_summary(&list, "2 images: 2 ok, 0 skipped, 0 failed");
    struct run missing = RUN("run", "c.png", "c.png", "-o", "out");
    expect_summary(&missing, "1 images: 0 ok, 0 skipped, 1 failed");
}

Test(inputs, what_was_meant_is_guessed)
{
    static const struct {
        const char *name, *message;
    } cases[] = {
        {"", "pixmill: an input's name is empty (an unset variable?)\n"},
        {"ftp://e.invalid/a.jpg", "pixmill: ftp://e.invalid/a.jpg: is not fetched (only http:// and"},
        {"http:/e.invalid/a.jpg", "http:/e.invalid/a.jpg: is not fetched (only http:// and https:// are)\n"},
        {"75", "pixmill: 75: no such file (check the name; a JPEG's quality is -Q, with a large Q)\n"},
        {"resize=100", "pixmill: resize=100: no such file (a step is an option; put -- in front)\n"},
        {"quality=75", "pixmill: quality=75: no such file (a step is an option; put -- in front)\n"},
        {"x=1", "pixmill: x=1: no such file (check the name)\n"},
        {"2024", "pixmill: 2024: no such file (check the name)\n"},
        {"nope/", "pixmill: nope/: no such folder (check the name)\n"},
        {"a.png/", "pixmill: a.png/: is no folder (check the name)\n"},
    };
    put_picture("a.png", 8, 8);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct run run = RUN("run", "a.png", cases[i].name, "-o", "out");
        expect(&run, 1, cases[i].message);
        expect_summary(&run, "2 images: 1 ok, 0 skipped, 1 failed");
    }
    cr_assert_eq(rename("a.png", "75"), 0);
    struct run there = RUN("run", "75", "-o", "out");
    expect_summary(&there, "1 images: 1 ok, 0 skipped, 0 failed");
}

Test(inputs, lists_of_another_kind_are_told)
{
    put_picture("a.png", 8, 8);
    struct run windows = RUN_AS(&(struct start){.input = "a.png\r\n"}, "run", "-", "-o", "out");
    expect(
        &windows, 1,
        "pixmill: a.png\\x0d: no such file (the list has Windows line ends; tr -d '\\r' takes them away)\n");
    struct run lines = RUN_AS(&(struct start){.input = "a.png\na.png\n"}, "run", "-", "-0", "-o", "out");
    expect(&lines, 1,
           "pixmill: a.png\\x0a...: no such file (the list has lines and no NUL bytes; leave -0 out)\n");
}

Test(inputs, a_folder_without_an_image_is_nothing_to_do)
{
    temp_text("in/a.gif", "GIF89a");
    temp_text("in/notes", "no picture");
    struct run run = RUN("run", "in", "-o", "out", "--log=log"), dry = RUN("run", "in", "-o", "out", "-n");
    expect(&run, 2, "pixmill: there is nothing to do (no image among 2 files; formats read: jpeg, png)\n");
    expect(&dry, 2, "no image among 2 files");
    cr_assert_eq(access("out", F_OK), -1);
    cr_assert_eq(access("log", F_OK), -1);
}

Test(inputs, names_that_are_all_wrong_leave_no_output_folder)
{
    struct run run = RUN("run", "nope", "nope/", "-o", "out");
    expect_summary(&run, "2 images: 0 ok, 0 skipped, 2 failed");
    cr_assert_eq(access("out", F_OK), -1);
}

Test(inputs, nothing_to_do_leaves_no_journal_and_spoils_none)
{
    size_t before, after;
    temp_text("in/a.gif", "GIF89a");
    put_picture("good/a.png", 8, 8);
    struct run none = RUN("run", "in", "-o", "out", "--journal=journal");
    expect(&none, 2, "no image among 1 file");
    cr_assert_eq(access("journal", F_OK), -1);
    struct run good = RUN("run", "good", "-o", "out", "--journal=journal");
    expect(&good, 0, "1 ok");
    free(temp_read("journal", &before));
    struct run again = RUN("run", "in", "-o", "out", "--journal=journal", "--resume");
    expect(&again, 2, "no image among 1 file");
    free(temp_read("journal", &after));
    cr_assert_eq(before, after);
    cr_assert_gt(after, 20, "a job's line stands behind the head");
}

Test(inputs, results_go_to_a_folder)
{
    put_picture("a.png", 8, 8);
    struct run pipe = RUN("run", "a.png", "-o", "-"), file = RUN("run", "a.png", "-o", "b.png");
    expect(&pipe, 2, "pixmill: -: results are not written to standard output (-o names a folder)\n");
    expect(&file, 2, "pixmill: b.png: -o names a folder, not a file (");
    struct run slash = RUN("run", "a.png", "-o", "b.png/"), there = RUN("run", "a.png", "-o", "b.png");
    expect(&slash, 0, "1 images: 1 ok");
    expect(&there, 0, "1 images: 1 ok");
    expect_picture("b.png/a.png", "png", 8, 8);
}

Test(inputs, info_reads_no_list)
{
    put_picture("a.png", 8, 8);
    struct run info = RUN_AS(&(struct start){.input = "a.png\n"}, "info", "a.png", "-");
    expect(&info, 2, "pixmill: -: info reads no list (");
    cr_assert_str_eq(info.out, "");
}

Test(inputs, the_log_may_be_standard_output)
{
    static const char begin[] = "{\"input\": \"a.png\", \"output\": \"out/a.png\", \"status\": ";
    put_picture("a.png", 8, 8);
    struct run run = RUN("run", "a.png", "-o", "out", "--log=-"),
               dry = RUN("run", "a.png", "-o", "out", "-n", "--log=-");
    expect(&run, 0, "1 images: 1 ok");
    cr_assert_eq(strncmp(run.out, begin, sizeof begin - 1), 0, "%s", run.out);
    cr_assert_eq(strncmp(dry.out, begin, sizeof begin - 1), 0, "%s", dry.out);
    cr_assert_not_null(strstr(dry.out, "\"planned\""));
    cr_assert_eq(access("-", F_OK), -1);
    struct run closed = RUN_AS(&(struct start){.closed = 1u << 1}, "run", "a.png", "-o", "out", "--log=-");
    expect(&closed, 1, "pixmill: -: could not be written to its end: ");
}

Test(inputs, a_file_that_looks_like_an_option_is_told)
{
    put_picture("-zebra.png", 8, 8);
    struct run run = RUN("run", "-zebra.png", "-o", "out"), path = RUN("run", "./-zebra.png", "-o", "out");
    expect(&run, 2, "pixmill: -zebra.png: unknown option (the file of that name is ./-zebra.png)\n");
    expect(&path, 0, "1 images: 1 ok");
}

Test(inputs, far_too_many_workers_draw_a_warning)
{
    put_picture("a.png", 8, 8);
    struct run run = RUN("run", "a.png", "-o", "out", "-j", "1024", "-n"),
               one = RUN("run", "a.png", "-o", "out", "-j1");
    expect(&run, 0, "pixmill: warning: 1024 workers share ");
    cr_assert_null(strstr(one.err, "warning"), "%s", one.err);
}

Test(inputs, a_memory_without_its_m_draws_a_warning)
{
    put_picture("a.png", 8, 8);
    struct run run = RUN("run", "a.png", "-o", "out", "--memory=256");
    expect(&run, 0,
           "pixmill: warning: --memory is 256 bytes, and hardly more than one image is done at a time (");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    struct run enough = RUN("run", "a.png", "-o", "out", "--memory=1M"),
               quiet = RUN("run", "a.png", "-o", "out", "--memory=256", "-q");
    cr_assert_null(strstr(enough.err, "warning"), "%s", enough.err);
    cr_assert_str_eq(quiet.err, "");
}
