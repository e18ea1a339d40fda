/* Files that a run itself uses: no result replaces them, and they are no inputs. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"
#include "temp.h"

TestSuite(guard, .init = run_begin);

static const char key[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

static void holds(const char *path, const char *text)
{
    cr_assert_str_eq(content_of(path, NULL), text);
}

static void expect_no_result(const struct run *run, const char *text)
{
    expect(run, 2, text);
    cr_assert_neq(access("out/b.png", F_OK), 0, "a result was written");
}

Test(guard, a_result_never_replaces_the_key_under_whatever_name)
{
    static const char *const names[] = {"out/a.png", "hard", "soft"};
    put_picture("in/a.jpg", 8, 8);
    put_picture("in/b.png", 8, 8);
    temp_text("out/a.png", key);
    cr_assert_eq(link("out/a.png", "hard"), 0);
    cr_assert_eq(symlink("out/a.png", "soft"), 0);
    for (size_t i = 0; i < 3; i++) {
        char option[64], words[128];
        snprintf(option, sizeof option, "--key-file=%s", names[i]);
        snprintf(words, sizeof words, "pixmill: out/a.png: would overwrite the key file %s (give ", names[i]);
        struct run run = RUN("run", "in", "-o", "out", "--encrypt", option);
        expect_no_result(&run, words);
        snprintf(option, sizeof option, "--passphrase-file=%s", names[i]);
        run = RUN("run", "in", "-o", "out", "--encrypt", option, "--dry-run");
        expect_no_result(&run, "pixmill: out/a.png: would overwrite the passphrase file ");
    }
    holds("out/a.png", key);
}

Test(guard, a_result_never_replaces_a_log_or_journal_new_or_old)
{
    static const struct {
        const char *option, *words;
    } cases[] = {
        {"--log=out/a.png", "pixmill: out/a.png: would overwrite the log out/a.png (give "},
        {"--journal=out/a.png", "pixmill: out/a.png: would overwrite the journal out/a.png (give "},
    };
    put_picture("in/a.png", 8, 8);
    put_picture("in/b.png", 8, 8);
    struct run fresh = RUN("run", "in", "-o", "out", cases[1].option);
    expect_no_result(&fresh, cases[1].words);
    cr_assert_eq(access("out", F_OK), -1, "what the refused run made has gone");
    cr_assert_eq(mkdir("out", 0755), 0);
    for (int old = 0; old < 2; old++) {
        for (size_t i = 0; i < 2; i++) {
            if (old)
                temp_text("out/a.png", i == 0 ? "{}\n" : "pixmill journal 1\n");
            struct run run = RUN("run", "in", "-o", "out", cases[i].option);
            expect_no_result(&run, cases[i].words);
            if (old)
                holds("out/a.png", i == 0 ? "{}\n" : "pixmill journal 1\n");
            else
                cr_assert_eq(access("out/a.png", F_OK), -1);
        }
    }
}

Test(guard, a_named_input_is_no_log_or_journal)
{
    put_picture("b.png", 8, 8);
    temp_text("a.png", "");
    cr_assert_eq(symlink("a.png", "soft"), 0);
    struct run run = RUN("run", "a.png", "b.png", "-o", "out", "--log=a.png");
    expect_no_result(&run, "pixmill: a.png: is an input and also the log a.png (leave it out, or ");
    run = RUN("run", "a.png", "b.png", "-o", "out", "--journal=soft");
    expect_no_result(&run, "pixmill: a.png: is an input and also the journal soft (");
    holds("a.png", "");
    cr_assert_eq(unlink("a.png"), 0);
    run = RUN("run", "a.png", "b.png", "-o", "out", "--journal=a.png");
    expect_no_result(&run, "pixmill: a.png: is an input and also the journal a.png (");
    cr_assert_eq(access("a.png", F_OK), -1);
}

/* As always, other files in a folder are not inputs. */
Test(guard, in_the_folder_of_inputs_they_are_left_out)
{
    put_picture("in/b.png", 8, 8);
    temp_text("in/key", key);
    for (int again = 0; again < 2; again++) {
        struct run run = RUN("run", "in", "-o", "out", "--encrypt", "--key-file=in/key", "--log=in/log",
                             "--journal=in/journal");
        expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    }
    expect_files("out", 1);
    struct run run = RUN("run", "in", "-o", "out", "--journal=out/log");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed"); /* though in/log would go there */
}

Test(guard, a_key_is_no_log_and_no_journal)
{
    put_picture("b.png", 8, 8);
    temp_text("braces", "{a passphrase}");
    temp_text("word", "pixmill");
    cr_assert_eq(link("braces", "hard"), 0);
    struct run run = RUN("run", "b.png", "-o", "out", "--encrypt", "--passphrase-file=braces", "--log=hard");
    expect_no_result(&run,
                     "pixmill: hard: is the passphrase file and can't also be the log (name two files)");
    run = RUN("run", "b.png", "-o", "out", "--encrypt", "--passphrase-file=word", "--journal=word");
    expect_no_result(&run, "pixmill: word: is the passphrase file and can't also be the journal (name two ");
    holds("braces", "{a passphrase}");
    holds("word", "pixmill");
}
