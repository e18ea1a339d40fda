/* What of the input folders is no input: kinds that are not read, hidden names, patterns, the output folder.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/run.h"
#include "temp.h"
#include "torture/torture.h"

static void put_kinds(void)
{
    put_picture("in/a.png", 8, 8);
    temp_write("in/b.hej2",
               "\0\0\0\x18"
               "ftypmif1\0\0\0\0mif1j2ki",
               24);
    temp_write("in/c.avci",
               "\0\0\0\x18"
               "ftypmif2\0\0\0\0mif1avci",
               24);
    temp_write("in/d.psd", "8BPS\0\1\0\0", 8);
    temp_text("in/notes.txt", "no image");
}

/* A user who names a folder must be told which pictures were not processed. */
Test(inputs, images_of_kinds_that_are_not_read_are_counted_by_kind)
{
    put_kinds();
    struct run run = RUN("run", "in", "-o", "out", "--flip", "--log=log");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect(&run, 0, ", 2 HEIF, 1 Photoshop, 1 other file left out\n");
    size_t size;
    const char *log = content_of("log", &size);
    cr_assert_not_null(strstr(log, "{\"input\": \"in/c.avci\", \"output\": \"out/c.avci\", \"status\": "
                                   "\"unsupported\", \"error\": {\"kind\": \"unsupported\""),
                       "%s", log);
    cr_assert_not_null(strstr(log, "this is HEIF; pixmill reads avif, bmp, gif, heic, jpeg, jxl, png, "),
                       "%s", log);
    cr_assert_null(strstr(log, "notes.txt"), "%s", log);
    struct run dry = RUN("run", "in", "-o", "other", "--flip", "-n");
    expect(&dry, 0,
           "1 images: 1 planned, 0 skipped, 0 failed, 2 HEIF, 1 Photoshop, 1 other file left out (dry run");
}

Test(inputs, strict_makes_them_failures)
{
    put_kinds();
    temp_text("in/e.jpg", "<html>");
    struct run run = RUN("run", "in", "-o", "out", "--flip", "--strict");
    expect_summary(&run, "5 images: 1 ok, 0 skipped, 4 failed");
    expect(
        &run, 1,
        "pixmill: in/d.psd: not a supported image (this is Photoshop; pixmill reads avif, bmp, gif, heic, jpeg, jxl, png, ");
    expect(&run, 1,
           "pixmill: in/e.jpg: not a supported image (this is a web page: HTML; pixmill reads avif, bmp, ");
    expect(&run, 1, ", 1 other file left out\n");
}

Test(inputs, a_folder_of_nothing_else_says_what_is_there)
{
    put_kinds();
    cr_assert_eq(unlink("in/a.png"), 0);
    struct run run = RUN("run", "in", "-o", "out", "--flip");
    expect(
        &run, 2,
        "pixmill: there is nothing to do: no supported image, 2 HEIF, 1 Photoshop, 1 other file left out; pixmill "
        "reads avif, bmp, gif, heic, jpeg, jxl, png, ");
    run = RUN("run", "in", "-o", "out", "--flip", "--allow-empty");
    expect_summary(&run, "0 images: 0 ok, 0 skipped, 0 failed");
    expect(&run, 0, ", 2 HEIF, 1 Photoshop, 1 other file left out\n");
}

Test(inputs, hidden_names_are_left_out_and_counted_unless_asked_for)
{
    static const char *const hidden[] = {"in/.secret.png", "in/.git/a.png", "in/@eaDir/b.png",
                                         "in/deep/#recycle/c.png", "in/lost+found/d.png"};
    put_picture("in/a.png", 8, 8);
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        put_picture(hidden[i], 8, 8);
    struct run run = RUN("run", "in", "-o", "out", "--flip");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect(&run, 0, ", 5 hidden left out\n");
    run = RUN("run", "in", "-o", "all", "--flip", "--hidden");
    expect_summary(&run, "6 images: 6 ok, 0 skipped, 0 failed");
    expect_files("all", 6);
    run = RUN("run", "in/.git", "in/.secret.png", "-o", "named", "--flip");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
}

Test(inputs, exclude_and_include_select_names_and_paths)
{
    static const char *const files[] = {"in/a.png", "in/a_thumb.png", "in/raw/b.png", "in/x/raw/c.png",
                                        "in/x/d.jpg"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        put_picture(files[i], 8, 8);
    struct run run = RUN("run", "in", "-o", "1", "--flip", "--exclude=*_thumb.*", "--exclude=raw");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    expect(&run, 0, ", 3 excluded left out\n");
    run = RUN("run", "in", "-o", "2", "--flip", "--exclude=raw/*");
    expect_summary(&run, "4 images: 4 ok, 0 skipped, 0 failed");
    expect_picture("2/x/raw/c.png", "png", 8, 8);
    run = RUN("run", "in", "-o", "3", "--flip", "--include=*.jpg", "--include=raw/*");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    expect_picture("3/raw/b.png", "png", 8, 8);
    expect_picture("3/x/d.jpg", "jpeg", 8, 8);
    run = RUN("run", "in", "-o", "6", "--flip", "--exclude=*/*.png"); /* does not match a slash */
    expect_summary(&run, "4 images: 4 ok, 0 skipped, 0 failed");
    expect_picture("6/x/raw/c.png", "png", 8, 8);
    run = RUN("run", "in/a.png", "-o", "4", "--flip", "--exclude=*");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    run = RUN("run", "in", "-o", "5", "--exclude=");
    expect(&run, 2, "pixmill: --exclude=: an empty pattern matches no name\n");
}

/* fnmatch(3) would treat some of these as literal text, and others would match nothing: not what the user
 * meant. */
Test(inputs, patterns_that_are_malformed_are_refused)
{
    static const char *const malformed[] = {"[abc",  "[",     "a[",         "[!]", "[[:foo:]]", "[[:alpha",
                                            "[z-a]", "[a-\\", "trailing\\", "/a",  "./a",       "raw/"};
    static const char *const fine[] = {"[]a]",         "[!]]",   "[a-]",  "[a-a]", "[a-z]",
                                       "[[:alpha:]]x", "\\[abc", "[\\]]", "[[]",   "\\\\"};
    put_picture("in/a.png", 8, 8);
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        struct run exclude = RUN("run", "in", "-o", "out", "--flip", "--exclude", malformed[i]),
                   include = RUN("run", "in", "-o", "out", "--flip", "--include", malformed[i]);
        expect(&exclude, 2, "pixmill: --exclude ");
        expect(&include, 2, "pixmill: --include ");
        cr_assert_eq(strchr(exclude.err, '\n'), strrchr(exclude.err, '\n'), "%s", exclude.err);
        cr_assert_eq(access("out", F_OK), -1);
    }
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        struct run run = RUN("run", "in", "-o", "out", "--flip", "--exclude", fine[i]);
        expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    }
    struct run run = RUN("run", "in", "-o", "out", "--exclude=[abc");
    expect(&run, 2, "pixmill: --exclude=[abc: has a [ without a ] (write \\[ for the character)\n");
}

Test(inputs, verbose_names_what_the_walk_left_out)
{
    put_picture("in/a.png", 8, 8);
    put_picture("in/.b.png", 8, 8);
    put_picture("in/raw/c.png", 8, 8);
    put_picture("in/d_thumb.png", 8, 8);
    struct run run = RUN("run", "in", "-o", "in/out", "--flip", "--exclude=raw", "--exclude=*_thumb*");
    cr_assert_null(strstr(run.err, "in/"), "%s", run.err);
    run = RUN("run", "in", "-o", "in/out", "--flip", "--exclude=raw", "--exclude=*_thumb*", "-v");
    expect(&run, 0, "pixmill: in/.b.png: hidden (left out; --hidden includes it)\n");
    expect(&run, 0, "pixmill: in/raw: excluded (left out)\n");
    expect(&run, 0, "pixmill: in/d_thumb.png: excluded (left out)\n");
    expect(&run, 0, "pixmill: in/out: the output folder, or part of it (left out)\n");
    expect(&run, 0, ", 1 hidden, 2 excluded left out\n");
}

Test(inputs, an_output_folder_in_the_input_folder_gives_no_input_and_a_warning)
{
    static const char warning[] =
        "pixmill: warning: images in in/out are not processed, because it is the output folder, in the "
        "input folder in (to process them, choose another output folder)\n";
    put_picture("in/a.png", 8, 9);
    put_picture("in/deep/b.png", 8, 9);
    struct run run = RUN("run", "in", "-o", "in/out", "--rotate=90");
    cr_assert_null(strstr(run.err, "warning"), "%s", run.err);
    for (int again = 0; again < 2; again++) {
        run = RUN("run", "in", "-o", "in/out", "--rotate=90");
        expect(&run, 0, warning);
        expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
        expect_files("in/out", 2);
        expect_picture("in/out/deep/b.png", "png", 9, 8);
    }
    run = RUN("run", "in", "-o", "in/out", "--rotate=90", "--skip-existing");
    expect_summary(&run, "2 images: 0 ok, 2 skipped, 0 failed");
    cr_assert_null(strstr(run.err, "warning"), "%s", run.err);
    run = RUN("run", "in", "-o", "in/out", "--rotate=90", "-q");
    cr_assert_str_eq(run.err, "");
    cr_assert_eq(rename("in/a.png", "in/out/a.png"), 0);
    cr_assert_eq(unlink("in/deep/b.png"), 0);
    run = RUN("run", "in", "-o", "in/out", "--rotate=90");
    expect(&run, 2, "there is nothing to do: no input file outside the output folder (");
}

/* As in a second `pixmill run * -o out`. */
Test(inputs, an_output_folder_that_is_named_as_an_input_draws_a_warning)
{
    put_picture("a.png", 8, 8);
    struct run run = RUN("run", "a.png", "-o", "out", "--flip");
    run = RUN("run", "a.png", "out", "-o", "out", "--flip");
    expect(&run, 0,
           "pixmill: warning: images in out are not processed, because it is the output folder (to process "
           "them, choose another output folder)\n");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
}

Test(inputs, a_link_into_the_output_folder_gives_no_input)
{
    put_picture("in/deep/a.png", 8, 8);
    cr_assert_eq(symlink("out/deep", "in/link"), 0);
    for (int again = 0; again < 3; again++) {
        struct run run = RUN("run", "in", "-o", "in/out", "--flip", again == 0 ? "--exclude=link" : "-v");
        expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
        expect_files("in/out", 1);
    }
    /* There is another folder whose name begins with the same letters. */
    put_picture("in/output/deep/b.png", 8, 8);
    cr_assert_eq(symlink("../in/output/deep", "in/another"), 0);
    struct run run = RUN("run", "in", "-o", "in/out", "--flip", "--exclude=output");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    expect_picture("in/out/another/b.png", "png", 8, 8);
}

/* A download that is an HTML page is reported, and a thousand of them are one kind of problem. */
Test(inputs, files_named_as_images_that_are_none_are_in_the_log_and_one_kind_of_warning)
{
    put_picture("in/a.png", 8, 8);
    for (int i = 0; i < 9; i++) {
        char name[32];
        snprintf(name, sizeof name, "in/%d.jpg", i);
        temp_text(name, "<html>");
    }
    struct run run = RUN("run", "in", "-o", "out", "--flip", "--log=log");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect(&run, 0, ", 9 named as images left out");
    const char *first = strstr(run.err, "named as an image, but it is not an image (left out)");
    cr_assert_not_null(first, "%s", run.err);
    cr_assert_null(strstr(first + 1, ".jpg: warning: named as an image"), "%s", run.err);
    size_t size, lines = 0;
    for (const char *line = content_of("log", &size);
         (line = strstr(line, "\"unsupported\", \"error\"")) != NULL; line++)
        lines++;
    cr_assert_eq(lines, 9);
}
