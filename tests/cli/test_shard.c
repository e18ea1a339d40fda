/* --shard: parts of a batch, done by several runs into one folder. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"
#include "torture/torture.h"

enum { PICTURES = 40, SHARDS = 3 };

static void begin(void)
{
    run_begin();
    put_picture("picture.png", 32, 24);
    cr_assert_eq(mkdir("in", 0755), 0);
    cr_assert_eq(mkdir("in/sub", 0755), 0);
    for (int i = 0; i < PICTURES; i++) {
        char name[32];
        snprintf(name, sizeof name, "in/sub/%02d.png", i);
        cr_assert_eq(link("picture.png", name), 0);
    }
}

TestSuite(shard_run, .init = begin);

static int count_files(const char *folder)
{
    DIR *open = opendir(folder);
    int count = 0;
    cr_assert_neq(open, NULL, "%s", folder);
    for (const struct dirent *entry = readdir(open); entry != NULL; entry = readdir(open))
        count += entry->d_name[0] != '.';
    closedir(open);
    return count;
}

Test(shard_run, runs_at_the_same_time_do_all_of_it_once)
{
    struct running running[SHARDS];
    int done = 0;
    for (int i = 0; i < SHARDS; i++) {
        char shard[32], log[32];
        snprintf(shard, sizeof shard, "--shard=%d/%d", i, SHARDS);
        snprintf(log, sizeof log, "--log=log%d", i);
        running[i] = START("run", "in", "-o", "out", "--resize=50%", shard, log);
    }
    for (int i = 0; i < SHARDS; i++) {
        struct run run = run_wait(&running[i]);
        int ok = 0;
        cr_assert_eq(run.status, 0, "%s", run.err);
        const char *summary = strstr(run.err, " images: ");
        cr_assert(summary != NULL && sscanf(summary, " images: %d ok", &ok) == 1, "%s", run.err);
        done += ok;
    }
    cr_assert_eq(done, PICTURES);
    cr_assert_eq(count_files("out/sub"), PICTURES);
}

Test(shard_run, one_without_inputs_is_done)
{
    struct run none = {0};
    for (int i = 0; i < 1000 && strstr(none.err != NULL ? none.err : "", ": 0 inputs,") == NULL; i++) {
        char shard[32];
        snprintf(shard, sizeof shard, "--shard=%d/1000", i);
        run_forget();
        none = RUN("run", "picture.png", "-o", "out", shard);
        cr_assert_eq(none.status, 0, "%s", none.err);
    }
    cr_assert_neq(strstr(none.err, ": 0 inputs, 1 in other shards"), NULL, "%s", none.err);
}

/* Locks are of one machine on some file systems, so another shard's temporary may look abandoned. */
Test(shard_run, sweeps_only_its_own_temporaries)
{
    static const char *const own = "out/sub/.pixmill-1of3-0123456789abcdef.tmp",
                             *const other = "out/sub/.pixmill-2of3-0123456789abcdef.tmp",
                             *const plain = "out/sub/.pixmill-0123456789abcdef.tmp";
    cr_assert_eq(mkdir("out", 0755), 0);
    cr_assert_eq(mkdir("out/sub", 0755), 0);
    cr_assert_eq(link("picture.png", own), 0);
    cr_assert_eq(link("picture.png", other), 0);
    cr_assert_eq(link("picture.png", plain), 0);
    struct run run = RUN("run", "in", "-o", "out", "--shard=1/3");
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_assert_neq(access(own, F_OK), 0);
    cr_assert_eq(access(other, F_OK), 0);
    cr_assert_eq(access(plain, F_OK), 0);
    run = RUN("run", "in", "-o", "out2", "--dry-run", "--hidden");
    cr_assert_eq(run.status, 0, "%s", run.err);
}

Test(shard_run, a_list_and_two_inputs_with_one_result)
{
    const struct start list = {.input = "in/sub/01.png\npicture.png\nhttp://localhost:1/x/picture.jpg\n"};
    struct run all = RUN_AS(&list, "run", "-", "-o", "out", "--format=webp", "--shard=0/1", "-n");
    expect(&all, 2,
           "picture.png and http://localhost:1/x/picture.jpg would both be written to out/picture.webp");
    int refused = 0;
    for (int i = 0; i < SHARDS; i++) {
        char shard[32];
        snprintf(shard, sizeof shard, "--shard=%d/%d", i, SHARDS);
        struct run run = RUN_AS(&list, "run", "-", "-o", "out", "--format=webp", shard, "-n");
        refused += run.status == 2;
    }
    cr_assert_eq(refused, 1);
}

Test(shard_run, says_what_it_can_not_be_combined_with)
{
    struct run run = RUN("run", "in", "-o", "out", "--shard=0/2", "--manifest=m");
    expect(&run, 2, "--shard: can't be combined with --manifest");
    run = RUN("run", "in", "-o", "out", "--shard=0/2", "--name={n}.{ext}");
    expect(&run, 2, "--shard: every shard would count {n} from 1");
    run = RUN("run", "in", "-o", "out", "--shard=0/2", "--name=all/{stem}.{ext}");
    expect(&run, 2, "--shard: two shards could write the same name (give {dir} in --name)");
}

Test(shard_run, a_few_failures_may_be_allowed)
{
    FILE *broken = fopen("in/sub/broken.png", "w");
    cr_assert_neq(broken, NULL);
    fputs("\x89PNG\r\n\x1a\n", broken);
    fclose(broken);
    struct run run = RUN("run", "in", "-o", "out", "--max-failed=1");
    cr_assert_eq(run.status, 0, "%s", run.err);
    expect_summary(&run, "41 images: 40 ok, 0 skipped, 1 failed");
    run = RUN("run", "in", "-o", "out", "--max-failed=0");
    cr_assert_eq(run.status, 1);
    run = RUN("run", "in", "-o", "out", "--max-failed=2.5%");
    cr_assert_eq(run.status, 0, "1 of 41 is less than 2.5 %%: %s", run.err);
    run = RUN("run", "in", "-o", "out", "--max-failed=2.4%");
    cr_assert_eq(run.status, 1, "%s", run.err);
    static const char *const wrong[] = {"--max-failed=x",   "--max-failed=-1",  "--max-failed=101%",
                                        "--max-failed=1.5", "--max-failed=1%%", "--max-failed=nan"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        run = RUN("run", "in", "-o", "out", wrong[i]);
        expect(&run, 2, "must be a number of images");
    }
}

/* Two attempts of one shard at the same time, one with another number of shards, and again: nothing is done
 * twice. */
Test(shard_run, share_a_journal)
{
    struct running running[SHARDS + 1];
    for (int i = 0; i <= SHARDS; i++) {
        char shard[32];
        snprintf(shard, sizeof shard, "--shard=%d/%d", i % SHARDS, SHARDS);
        running[i] = START("run", "in", "-o", "out", "--resize=50%", shard, "--journal=journal/", "--resume");
    }
    for (int i = 0; i <= SHARDS; i++) {
        struct run run = run_wait(&running[i]);
        cr_assert_eq(run.status, 0, "%s", run.err);
    }
    cr_assert_eq(count_files("out/sub"), PICTURES);
    cr_assert_geq(count_files("journal"), SHARDS);
    struct run run = RUN("run", "in", "-o", "out", "--resize=50%", "--journal=journal", "--resume");
    expect_summary(&run, "40 images: 0 ok, 40 skipped, 0 failed");
    for (int i = 0; i < 2; i++) {
        char shard[32];
        snprintf(shard, sizeof shard, "--shard=%d/2", i);
        run = RUN("run", "in", "-o", "out", "--resize=50%", shard, "--journal=journal/", "--resume");
        cr_assert_neq(strstr(run.err, " 0 ok, "), NULL, "%s", run.err);
    }
    run = RUN("run", "in", "-o", "out", "--resize=51%", "--journal=journal/", "--resume", "--shard=0/1");
    expect_summary(&run, "40 images: 40 ok, 0 skipped, 0 failed");
}

static void put_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert_neq(file, NULL);
    fputs(text, file);
    fclose(file);
}

/* With both kinds of journal. */
Test(shard_run, leave_damaged_images_alone_when_they_are_resumed)
{
    static const char *const journals[] = {"--journal=file", "--journal=folder/"};
    put_text("in/sub/broken.png", "\x89PNG\r\n\x1a\n");
    cr_assert_eq(symlink("missing", "in/sub/link.png"), 0);
    for (int i = 0; i < 2; i++) {
        const char *journal = journals[i];
        struct run run = RUN("run", "in", "-o", "out", journal);
        expect(&run, 1, "42 images: 40 ok, 0 skipped, 2 failed");
        run = RUN("run", "in", "-o", "out", journal, "--resume", "-v", "--log=log", "--fail-fast");
        expect(&run, 1, "42 images: 0 ok, 40 skipped, 2 failed");
        expect(&run, 1, ", 1 of the failed in earlier runs (not processed again)");
        expect(
            &run, 1,
            "in/sub/broken.png: failed in an earlier run: truncated, in decode (--retry-failed processes it again)");
        expect(&run, 1, "in/sub/link.png: broken symbolic link");
        char *log = content_of("log", NULL);
        cr_assert_neq(strstr(log, "\"error\": {\"kind\": \"truncated\", \"stage\": \"decode\""), NULL, "%s",
                      log);
        run = RUN("run", "in", "-o", "out", journal, "--resume", "--max-failed=2");
        cr_assert_eq(run.status, 0, "%s", run.err);
        run = RUN("run", "in", "-o", "out", journal, "--resume", "--retry-failed", "-v");
        expect(&run, 1, "in/sub/broken.png: is processed again (it failed in an earlier run)");
        cr_assert_eq(strstr(run.err, "of the failed in earlier runs"), NULL, "%s", run.err);
        put_picture("whole.png", 32, 24);
        cr_assert_eq(rename("whole.png", "in/sub/broken.png"), 0);
        run = RUN("run", "in", "-o", "out", journal, "--resume", "--max-failed=1");
        expect(&run, 0, "42 images: 1 ok, 40 skipped, 1 failed");
        put_text("in/sub/broken.png", "\x89PNG\r\n\x1a\n");
    }
    struct run run = RUN("run", "in", "-o", "out", "--retry-failed");
    expect(&run, 2, "--retry-failed: has no effect without --resume");
}

Test(shard_run, prints_a_line_of_progress_each_minute)
{
    const struct start fast = {.environment = {torture_preload("fast")}};
    struct run run = RUN_AS(&fast, "run", "in", "-o", "out", "--shard=0/1", "-j1");
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_assert_neq(strstr(run.err, " of 40 ("), NULL, "%s", run.err);
    static const char *const quiet[] = {"-q", "--progress=never"};
    for (int i = 0; i < 2; i++) {
        run = RUN_AS(&fast, "run", "in", "-o", "out", "--shard=0/1", "-j1", quiet[i]);
        cr_assert_eq(strstr(run.err, " of 40 ("), NULL, "%s", run.err);
    }
    run = RUN_AS(&fast, "run", "in", "-o", "out", "-j1");
    cr_assert_eq(strstr(run.err, " of 40 ("), NULL, "%s", run.err);
}
