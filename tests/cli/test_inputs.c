/* Unusual inputs: the same file twice, folders from a Mac, things that are not files. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"
#include "temp.h"
#include "torture/torture.h"

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
    expect(&run, 0, ", 2 hidden, 2 other files left out\n");
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

/* A failing memory card returns zeros; a Mac writes ._a.jpg next to a.jpg. */
Test(inputs, what_is_named_as_an_image_and_is_none_draws_a_warning)
{
    static const char warning[] = ": warning: named as an image, but it is not an image (left out)";
    static const char zeros[64];
    put_picture("in/a.png", 8, 8);
    temp_write("in/b.JPG", zeros, sizeof zeros);
    temp_write("in/._a.png", zeros, sizeof zeros);
    temp_text("in/c.png", "qoif............");
    temp_text("in/notes.txt", "no picture");
    struct run run = RUN("run", "in", "-o", "out"), dry = RUN("run", "in", "-o", "out", "-n");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect(&run, 0, ", 1 QOI, 1 named as images, 1 hidden, 1 other file left out\n");
    expect(&run, 0, "pixmill: in/c.png: warning: named as an image, but it is QOI (left out)");
    const char *told = strstr(run.err, warning);
    cr_assert_not_null(told, "%s", run.err);
    cr_assert_eq(strncmp(told - 17, "pixmill: in/b.JPG", 17), 0, "%s", run.err);
    cr_assert_null(strstr(told + 1, warning), "%s", run.err);
    expect(&dry, 0, "pixmill: in/b.JPG: warning: ");
    struct run quiet = RUN("run", "in", "-o", "out", "-q");
    cr_assert_str_eq(quiet.err, "");
}

Test(inputs, a_clash_is_reported_with_what_helps)
{
    put_picture("in/a.png", 8, 8);
    put_picture("in/a.jpg", 8, 8);
    struct run folder = RUN("run", "in", "-o", "out", "--format=png");
    expect(
        &folder, 2,
        "pixmill: in/a.jpg and in/a.png would both be written to out/a.png (give --name='{stem}-{oldext}.{ext}', rename one, or use two runs with separate output folders)\n");
    put_picture("two/a.png", 8, 8);
    put_picture("two/b.png", 8, 8);
    put_picture("in/b.png", 8, 8);
    struct run folders = RUN("run", "in", "two", "-o", "out");
    expect(&folders, 2,
           "in/a.png and two/a.png would both be written to out/a.png (give --base, a folder above both; 1 "
           "more like this)\n");
    struct run same = RUN("run", "http://e.invalid/a.jpg", "http://e.invalid/%61.jpg", "-o", "out");
    expect(&same, 2, "(use two runs with separate output folders)\n");
    cr_assert_eq(access("out", F_OK), -1);
}

/* Both are written, but not where they would be one file. */
Test(inputs, names_that_differ_in_case_are_two)
{
    static const char refusal[] =
        "in/IMG.PNG and in/img.png would be one file, out/img.png: the output folder's file system does not "
        "distinguish upper and lower case (rename one, or use two runs with separate output folders)\n";
    const struct start fat = {
        .environment = {torture_preload("fold"), "ASAN_OPTIONS=verify_asan_link_order=0"}};
    put_picture("in/IMG.PNG", 8, 8);
    put_picture("in/img.png", 9, 9);
    put_picture("in/other.png", 9, 9);
    struct run run = RUN("run", "in", "-o", "both", "--flip");
    expect(&run, 0, "3 images: 3 ok");
    expect_files("both", 3);
    run = RUN_AS(&fat, "run", "in", "-o", "out", "--flip");
    expect(&run, 2, refusal);
    cr_assert_eq(access("out", F_OK), -1, "nothing is left");
    static const char *const failing[][2] = {
        {"PIXMILL_FOLD_FAILS=look", "pixmill: can't be written: Input/output error"},
        {"PIXMILL_FOLD_FAILS=open", "pixmill: the disk is full (make room, then run again)"}};
    for (int i = 0; i < 2; i++) {
        struct start start = fat;
        start.environment[2] = failing[i][0];
        run = RUN_AS(&start, "run", "in", "-o", "out", "--flip");
        expect(&run, 2, failing[i][1]);
        cr_assert_eq(access("out", F_OK), -1, "nothing is left");
    }
    run = RUN_AS(&fat, "run", "in", "-o", "out", "--flip", "--name={stem}-{n}.{ext}");
    expect(&run, 0, "3 images: 3 ok");
    expect_files("out", 3);
    put_picture("in/IMG2.PNG", 8, 8);
    temp_text("in/img2.png", "no image");
    run = RUN_AS(&fat, "run", "in/IMG2.PNG", "in/other.png", "-o", "out", "--flip");
    expect(&run, 0, "2 images: 2 ok");
    cr_assert_eq(unlink("in/img.png"), 0);
    run = RUN_AS(&fat, "run", "in", "-o", "text", "--flip");
    expect(&run, 0, "3 images: 3 ok");
}

/* The same for names that are known only when the result exists, and for results of one input. */
Test(inputs, names_that_differ_in_case_are_two_when_they_are_known_late)
{
    static const char by_height[] = "--name={stem}-{height}.{ext}";
    const struct start fat = {
        .environment = {torture_preload("fold"), "ASAN_OPTIONS=verify_asan_link_order=0"}};
    put_picture("in/IMG.png", 8, 8);
    put_picture("in/img.png", 9, 8);
    put_picture("in/other.png", 9, 9);
    struct run run = RUN("run", "in", "-o", "both", "--flip", by_height);
    expect(&run, 0, "3 images: 3 ok");
    expect_files("both", 3);
    run = RUN_AS(&fat, "run", "in", "-o", "out", "--flip", "--backend=serial", by_height);
    expect_summary(&run, "3 images: 2 ok, 0 skipped, 1 failed");
    expect(&run, 1, "which is the same file as out/");
    expect(&run, 1, "does not distinguish upper and lower case (process it in a separate run)\n");
    expect_files("out", 2);
    struct start broken = fat;
    broken.environment[2] = "PIXMILL_FOLD_FAILS=look";
    run = RUN_AS(&broken, "run", "in", "-o", "broken", "--flip", "--backend=serial", by_height);
    expect_summary(&run, "3 images: 2 ok, 0 skipped, 1 failed");
    expect(&run, 1, "can't be written: Input/output error");
    run = RUN_AS(&fat, "run", "in", "-o", "named", "--flip", "--name={hash}.{ext}");
    expect(&run, 0, "3 images: 3 ok");
    run = RUN_AS(&fat, "run", "in/other.png", "-o", "one", "--variant=a:flip", "--variant=A:flop");
    expect(&run, 2, "does not distinguish upper and lower case (");
    cr_assert_eq(access("one", F_OK), -1);
    run = RUN_AS(&fat, "run", "in/other.png", "-o", "one", "--variant=a:flip", "--variant=A:flop",
                 "--name={variant}-{height}.{ext}");
    expect_summary(&run, "1 images: 0 ok, 0 skipped, 1 failed");
    expect(&run, 1, "which is the same file as one/a-9.png: ");
}

/* What the message of two inputs that differ in their suffixes advises is done, and helps. */
Test(inputs, suffixes_tell_inputs_apart)
{
    put_picture("in/a.png", 8, 8);
    put_picture("in/a.jpg", 8, 8);
    put_picture("in/b.PNG", 8, 8);
    put_picture("in/b.png", 8, 8);
    struct run run = RUN("run", "in", "-o", "out", "--format=webp");
    expect(&run, 2,
           "(give --name='{stem}-{oldext}.{ext}', rename one, or use two runs with separate output "
           "folders; 1 more like this)\n");
    run = RUN("run", "in", "-o", "out", "--format=webp", "--name={stem}-{oldext}.{ext}");
    expect(&run, 0, "4 images: 4 ok");
    static const char *const results[] = {"out/a-png.webp", "out/a-jpg.webp", "out/b-PNG.webp",
                                          "out/b-png.webp"};
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        expect_picture(results[i], "webp", 8, 8);
    run = RUN("run", "in/a.png", "in/a.jpg", "-o", "wide", "--format=webp", "--widths=4,8");
    expect(&run, 2, "(give --name='{stem}-{oldext}-{variant}.{ext}', rename one");
    run = RUN("run", "in/a.png", "in/a.jpg", "-o", "wide", "--format=webp", "--widths=4,8",
              "--name={stem}-{oldext}-{variant}.{ext}");
    expect(&run, 0, "2 images: 2 ok");
    expect_picture("wide/a-jpg-4w.webp", "webp", 4, 4);
    run = RUN("run", "in/a.png", "in/a.jpg", "-o", "own", "--format=webp", "--name=x-{stem}.{ext}");
    expect(&run, 2, "(add {oldext} to --name, rename one");
    run = RUN("run", "in/a.png", "in/b.png", "-o", "own", "--name=x.{oldext}");
    expect(&run, 2, "would both be written to own/x.png (rename one");
    put_picture("plain.png", 8, 8);
    cr_assert_eq(rename("plain.png", "plain"), 0);
    run = RUN("run", "plain", "-o", "own", "--format=webp", "--name={stem}{oldext}.{ext}");
    expect_picture("own/plain.webp", "webp", 8, 8);
}

Test(inputs, named_twice_is_done_once)
{
    put_picture("in/a.png", 8, 8);
    put_picture("in/b.png", 8, 8);
    struct run run = RUN("run", "in/a.png", "in", "-o", "out");
    expect(&run, 0, "pixmill: warning: in/a.png is named twice (it is processed once)\n");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    struct run list = RUN_AS(&(struct start){.input = "in/a.png\n./in/a.png\nin/b.png\nin/b.png\n"}, "run",
                             "-", "-o", "list");
    expect(&list, 0,
           "pixmill: warning: 2 repeated inputs, first ./in/a.png (each input is processed once)\n");
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
        {"ftp://e.invalid/a.jpg",
         "pixmill: ftp://e.invalid/a.jpg: not supported (only http://, https:// and"},
        {"http:/e.invalid/a.jpg",
         "http:/e.invalid/a.jpg: not supported (only http://, https:// and s3:// are fetched)\n"},
        {"75", "pixmill: 75: no such file (check the name; a JPEG's quality is -Q, with a capital Q)\n"},
        {"resize=100", "pixmill: resize=100: no such file (a filter is an option; put -- in front)\n"},
        {"quality=75", "pixmill: quality=75: no such file (a filter is an option; put -- in front)\n"},
        {"s3:/b/a.jpg", "s3:/b/a.jpg: not supported (only http://, https:// and s3:// are fetched)\n"},
        {"1:/a.jpg", "1:/a.jpg: no such file (check the name)\n"},
        {"no*.png",
         "no*.png: no such file (a pattern in quotes, or that matches nothing, is not expanded; --include takes "
         "one, for a folder)\n"},
        {"x=1", "pixmill: x=1: no such file (check the name)\n"},
        {"2024", "pixmill: 2024: no such file (check the name)\n"},
        {"nope/", "pixmill: nope/: no such folder (check the name)\n"},
        {"a.png/", "pixmill: a.png/: not a folder (check the name)\n"},
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

Test(inputs, a_folder_without_an_image_is_nothing_to_do)
{
    temp_text("in/a.qoi", "qoif");
    temp_text("in/notes", "no picture");
    struct run run = RUN("run", "in", "-o", "out", "--log=log"), dry = RUN("run", "in", "-o", "out", "-n");
    expect(&run, 2,
           "pixmill: there is nothing to do: no supported image, 1 QOI, 1 other file left out; pixmill reads "
           "avif, bmp, gif, heic, jpeg, jxl, png, ");
    expect(&dry, 2, "no supported image, 1 QOI, 1 other file left out; ");
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
    temp_text("in/a.qoi", "qoif");
    put_picture("good/a.png", 8, 8);
    struct run none = RUN("run", "in", "-o", "out", "--journal=journal");
    expect(&none, 2, "no supported image, 1 QOI left out; ");
    cr_assert_eq(access("journal", F_OK), -1);
    struct run good = RUN("run", "good", "-o", "out", "--journal=journal");
    expect(&good, 0, "1 ok");
    free(temp_read("journal", &before));
    struct run again = RUN("run", "in", "-o", "out", "--journal=journal", "--resume");
    expect(&again, 2, "no supported image, 1 QOI left out; ");
    free(temp_read("journal", &after));
    cr_assert_eq(before, after);
    cr_assert_gt(after, 20, "a job's line stands behind the head");
}

Test(inputs, results_go_to_a_folder)
{
    put_picture("a.png", 8, 8);
    struct run file = RUN("run", "a.png", "-o", "b.png");
    expect(
        &file, 2,
        "pixmill: b.png: -o takes a folder, not a file (-o - writes one result to standard output; --format "
        "chooses the format; write b.png/ for a folder of that name)\n");
    struct run slash = RUN("run", "a.png", "-o", "b.png/"), there = RUN("run", "a.png", "-o", "b.png");
    expect(&slash, 0, "1 images: 1 ok");
    expect(&there, 0, "1 images: 1 ok");
    expect_picture("b.png/a.png", "png", 8, 8);
    struct run tar = RUN("run", "a.png", "-o", "b.tar");
    expect(&tar, 2,
           "pixmill: b.tar: -o takes a folder, not a file (an archive's result is in it, under the archive's "
           "name; write b.tar/ for a folder of that name)\n");
    cr_assert_eq(access("b.tar", F_OK), -1);
    struct run folder = RUN("run", "a.png", "-o", "b.tar/");
    expect(&folder, 0, "1 images: 1 ok");
}

/* As cp and ImageMagick's convert have it. */
Test(inputs, a_last_name_may_have_been_meant_as_the_output)
{
    static const char without[] = "pixmill: no folder for the results (";
    static const struct {
        const char *words[3];
        const char *message;
    } cases[] = {
        {{"a.png", "out/"}, "did you mean -o out/?)\n"},
        {{"a.png", "b\n"}, "did you mean -o b\\x0a?)\n"},
        {{"a.png", "b.jpg"}, "give -o DIR, or for one file -o - --format=jpeg >b.jpg)\n"},
        {{"a.png", "b.heic"}, "give -o DIR; -o takes a folder, not a file)\n"},
        {{"a.png", "a.png", "b.jpg"}, "give -o DIR; -o takes a folder, not a file)\n"},
        {{"a.png"}, "give -o DIR, -o - for one result "},
        {{"out/"}, "give -o DIR, -o - for one result "},
        {{"a.png", "a.png"}, "give -o DIR, -o - for one result "},
        {{"a.png", "*.png"}, "give -o DIR, -o - for one result "},
        {{"a.png", "https://example.org/x"}, "give -o DIR, -o - for one result "},
    };
    put_picture("a.png", 8, 8);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char message[160];
        snprintf(message, sizeof message, "%s%s", without, cases[i].message);
        struct run run = RUN("run", cases[i].words[0], cases[i].words[1], cases[i].words[2]);
        expect(&run, 2, message);
    }
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

Test(inputs, a_file_that_looks_like_an_option_is_reported)
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
    expect(&run, 0, "pixmill: warning: --memory is only 256 bytes, so images are processed one at a time (");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    struct run enough = RUN("run", "a.png", "-o", "out", "--memory=1M"),
               quiet = RUN("run", "a.png", "-o", "out", "--memory=256", "-q");
    cr_assert_null(strstr(enough.err, "warning"), "%s", enough.err);
    cr_assert_str_eq(quiet.err, "");
}

Test(inputs, a_base_folder_that_is_missing_is_named)
{
    put_picture("in/a.png", 8, 8);
    struct run run = RUN("run", "in/a.png", "-o", "out", "--flip", "--base=nope");
    expect(&run, 2, "pixmill: the base folder nope: no such folder (check --base)\n");
    run = RUN("run", "in", "-o", "out", "--flip", "--base=in/a.png");
    expect(&run, 2, "pixmill: the base in/a.png is not a folder (check --base)\n");
    run = RUN("run", "in", "-o", "out", "--flip", "--base=./in/");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
}

Test(inputs, an_empty_folder_is_told_apart_from_a_wrong_command_line)
{
    cr_assert_eq(mkdir("empty", 0755), 0);
    put_picture("dots/.a.png", 8, 8);
    struct run run = RUN("run", "empty", "-o", "out", "--flip");
    expect(
        &run, 2,
        "pixmill: there is nothing to do: no input file, the folder or list is empty (--allow-empty accepts this)\n");
    run = RUN("run", "dots", "-o", "out", "--flip");
    expect(&run, 2, "no input file, 1 hidden (--hidden includes hidden files, --allow-empty");
    static const char *const inputs[] = {"empty", "dots", "-"};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        run = RUN("run", inputs[i], "-o", "out", "--flip", "--allow-empty");
        expect_summary(&run, "0 images: 0 ok, 0 skipped, 0 failed");
        cr_assert_eq(access("out", F_OK), -1);
    }
    run = RUN("run", "missing", "-o", "out", "--flip", "--allow-empty");
    expect(&run, 1, "pixmill: missing: no such file");
}

Test(inputs, a_run_without_a_filter_says_what_it_does)
{
    put_picture("a.png", 8, 8);
    struct run run = RUN("run", "a.png", "-o", "out");
    expect(
        &run, 0,
        "pixmill: no filter and no --format: jpeg images are written without loss, other images are only decoded and encoded again (avif at quality 60, jxl at quality 80, webp at quality 80)\n");
    run = RUN("run", "a.png", "-o", "out", "--flip");
    cr_assert_null(strstr(run.err, "no filter"));
    run = RUN("run", "a.png", "-o", "out", "--quality=70");
    cr_assert_not_null(
        strstr(run.err, "no --format: images are only decoded and encoded again (avif at quality 70, jpeg"));
    run = RUN("run", "a.png", "-o", "out", "--format=jpeg");
    cr_assert_null(strstr(run.err, "no filter"));
}

/* The results' formats are known only after all inputs were examined. */
Test(inputs, an_option_that_no_result_has_a_use_for_is_a_warning)
{
    static const char warning[] =
        "pixmill: warning: --quality had no effect: no result has a format with this option (avif, jpeg";
    put_picture("in/a.png", 8, 8);
    struct run run = RUN("run", "in", "-o", "out", "-Q", "50");
    expect(&run, 0, warning);
    run = RUN("run", "in", "-o", "jpeg", "-Q", "50", "--format=jpeg");
    cr_expect_null(strstr(run.err, "had no effect"), "%s", run.err);
    put_picture("in/b.jpg", 8, 8);
    run = RUN("run", "in", "-o", "both", "-Q", "50");
    cr_expect_null(strstr(run.err, "had no effect"), "%s", run.err);
    run = RUN("run", "in", "-o", "png", "-Q", "50", "--format=png");
    expect(&run, 0, warning);
    run = RUN("run", "in", "-o", "quiet", "-Q", "50", "--format=png", "--quiet");
    cr_expect_str_empty(run.err);
}

Test(inputs, an_intent_without_a_conversion_is_a_warning)
{
    static const char intent[] = "warning: --intent had no effect: no colours were converted",
                      bpc[] = "warning: --bpc had no effect: no colours were converted";
    put_picture("in/a.png", 8, 8);
    struct run run = RUN("run", "in", "-o", "out", "--intent=relative", "--bpc");
    expect(&run, 0,
           "warning: --intent had no effect: no colours were converted (--profile asks for a "
           "conversion)\n");
    expect(&run, 0, bpc);
    run = RUN("run", "in", "-o", "out", "--intent=perceptual");
    cr_expect_null(strstr(run.err, intent), "%s", run.err);
    run = RUN("run", "in", "-o", "out", "--intent=relative", "--profile=srgb");
    expect(&run, 0, "warning: --intent had no effect: no colours were converted\n");
    run = RUN("run", "in", "-o", "several", "--intent=relative", "--variant=s:profile=p3", "--widths=4");
    cr_expect_null(strstr(run.err, intent), "%s", run.err);
    run = RUN("run", "in", "-o", "several", "--intent=relative", "--widths=2,4");
    expect(&run, 0, intent);
    run = RUN("run", "in", "-o", "out", "--intent=relative", "--bpc", "--profile=p3");
    expect(&run, 0, "warning: --intent had no effect: no profile with tables was converted from or to\n");
    expect(&run, 0, "warning: --bpc had no effect: no profile with tables was converted from or to\n");
    run = RUN("run", "in", "-o", "procs", "--intent=relative", "--profile=p3", "--backend=procs");
    expect(&run, 0, "warning: --intent had no effect: no profile with tables was converted from or to\n");
    run = RUN("run", "in", "-o", "out", "--intent=relative", "--skip-existing");
    cr_expect_null(strstr(run.err, intent), "%s", run.err);
}
