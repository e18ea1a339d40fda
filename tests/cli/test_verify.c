/* `pixmill verify`: what of a batch is done. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"

enum { PICTURES = 24, SHARDS = 8 };
static const char broken[] = "\x89PNG\r\n\x1a\n";

static void put_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert_neq(file, NULL);
    fputs(text, file);
    fclose(file);
}

static const char *name(const char *folder, int i)
{
    static char names[4][64];
    static int next;
    char *text = names[next++ % 4];
    snprintf(text, sizeof names[0], "%s/sub/%02d.png", folder, i);
    return text;
}

static void begin(void)
{
    run_begin();
    cr_assert_eq(mkdir("in", 0755), 0);
    cr_assert_eq(mkdir("in/sub", 0755), 0);
    for (int i = 0; i < PICTURES; i++)
        put_picture(name("in", i), 32, 24);
    put_text("in/notes.txt", "no image");
}

TestSuite(verify, .init = begin);

static struct run run_shard(int index)
{
    char shard[32], summary[32];
    snprintf(shard, sizeof shard, "--shard=%d/%d", index, SHARDS);
    snprintf(summary, sizeof summary, "--summary=sums/%d.json", index);
    return RUN("run", "in", "-o", "out", "--format=webp", shard, "--journal=journal/", "--resume", summary,
               "-q");
}

static void run_all(void)
{
    mkdir("sums", 0755);
    for (int i = 0; i < SHARDS; i++)
        run_shard(i);
}

static struct run verify(void)
{
    return RUN("verify", "in", "-o", "out", "--journal=journal/", "--shards=8", "--summary=sums/");
}

Test(verify, a_batch_that_is_done)
{
    run_all();
    struct run run = verify();
    expect(
        &run, 0,
        "24 images: 24 done, 0 damaged, 0 failed, 0 missing, 0 changed, 0 vanished, 1 other file left out\n");
    cr_assert_str_eq(run.out, "");
    expect(&run, 0, "8 summaries: 24 images: 24 ok, 0 skipped, 0 failed");
    run = RUN("verify", "in", "-o", "out/", "--journal=journal", "--shard=0/1");
    expect(&run, 0, "24 images: 24 done");
}

/* What verify lists is what is to be done again: then all is done. */
Test(verify, lists_the_shards_that_are_to_be_repeated)
{
    mkdir("sums", 0755);
    for (int i = 0; i < SHARDS; i += 2)
        run_shard(i);
    struct run run = verify();
    cr_assert_eq(run.status, 1, "%s", run.err);
    bool again[SHARDS] = {false};
    int first, last, length, expected = 0;
    for (const char *at = run.out; *at != '\n'; at += *at == ',') {
        cr_assert_eq(sscanf(at, "%d%n", &first, &length), 1, "%s", run.out);
        last = first;
        at += length;
        if (*at == '-') {
            cr_assert_eq(sscanf(at, "-%d%n", &last, &length), 1, "%s", run.out);
            at += length;
        }
        for (; first <= last; first++)
            again[first] = true;
    }
    for (int i = 0; i < SHARDS; i++) {
        cr_expect(!again[i] || i % 2 == 1, "%d: %s", i, run.out);
        if (again[i])
            run_shard(i);
        expected += again[i];
    }
    cr_assert_geq(expected, 1);
    run = verify();
    expect(&run, 0, "24 images: 24 done, 0 damaged, 0 failed, 0 missing");
}

Test(verify, tells_what_is_wrong)
{
    put_text("in/sub/damaged.png", broken);
    cr_assert_eq(symlink("nowhere", "in/sub/link.png"), 0);
    run_all();
    cr_assert_eq(unlink(name("in", 3)), 0);
    put_text(name("in", 4), "other content");
    cr_assert_eq(unlink("out/sub/05.webp"), 0);
    put_text("out/sub/06.webp", "");
    put_text("out/sub/stranger.webp", "x");
    put_text("out/sub/.pixmill-0of8-0123456789abcdef.tmp", "x");
    struct run run = RUN("verify", "in", "-o", "out", "--journal=journal/", "-v");
    expect(
        &run, 1,
        "\n25 images: 20 done, 1 damaged, 0 failed, 2 missing, 1 changed, 2 vanished, 1 stranger, 1 temporary, 1 other file left out\n");
    expect(&run, 1, "in/sub/damaged.png: damaged: truncated, in decode\n");
    expect(&run, 1, "in/sub/05.png: missing: its result is missing or empty\n");
    expect(&run, 1, "in/sub/04.png: changed: the input's size changed\n");
    expect(&run, 1, "in/sub/03.png: vanished: it is not there any more\n");
    expect(&run, 1, "out/sub/stranger.webp: stranger: the journal has no such result\n");
    expect(&run, 1, "-0123456789abcdef.tmp: temporary: a run is writing it, or was killed\n");
    run = RUN("verify", "in", "-o", "out", "--journal=journal/", "--json", "--shards=8", "--summary=sums");
    cr_assert_neq(strstr(run.out, "\"missing\": 2,"), NULL, "%s", run.out);
    cr_assert_neq(strstr(run.out, "\"shards_to_do\": \""), NULL, "%s", run.out);
    cr_assert_neq(
        strstr(run.out, "\"summaries\": {\"files\": 8, \"incomplete\": 0, \"images\": 26, \"ok\": 24,"), NULL,
        "%s", run.out);
}

Test(verify, failures_may_be_allowed)
{
    put_text("in/sub/damaged.png", broken);
    run_all();
    struct run run = verify();
    cr_assert_eq(run.status, 1, "%s", run.err);
    cr_assert_str_eq(run.out, "", "another run would not help");
    run = RUN("verify", "in", "-o", "out", "--journal=journal/", "--max-failed=1");
    cr_assert_eq(run.status, 0, "%s", run.err);
    run = RUN("verify", "in", "-o", "out", "--journal=journal/", "--max-failed=3%");
    cr_assert_eq(run.status, 1, "%s", run.err);
}

Test(verify, a_list_with_named_results_and_one_journal_file)
{
    char list[1024] = "";
    for (int i = 0; i < 4; i++)
        strcat(strcat(list, name("in", i)), "\n");
    const struct start start = {.input = list};
    struct run run = RUN_AS(&start, "run", "-", "--base=in", "-o", "out", "--name={dir}/{stem}-{hash}.{ext}",
                            "--journal=file");
    cr_assert_eq(run.status, 0, "%s", run.err);
    run = RUN_AS(&start, "verify", "-", "--base=in", "-o", "out", "--journal=file");
    expect(&run, 0, "4 images: 4 done");
    cr_assert_eq(strstr(run.err, "stranger"), NULL, "%s", run.err);
    strcat(list, "in/sub/none.png\n");
    run = RUN_AS(&start, "verify", "-", "--base=in", "-o", "out", "--journal=file");
    expect(&run, 0, "5 images: 4 done, 0 damaged, 0 failed, 0 missing, 0 changed, 1 vanished");
}

Test(verify, two_recipes_in_one_folder)
{
    run_all();
    struct run run =
        RUN("run", "in", "-o", "out", "--format=webp", "--gray", "--shard=1/8", "--journal=journal/");
    cr_assert_eq(run.status, 0, "%s", run.err);
    run = verify();
    expect(&run, 0, "pixmill: warning: the results were made by 2 different recipes\n");
}

Test(verify, says_what_it_needs)
{
    struct run run = RUN("verify", "-o", "out", "--journal=journal/");
    expect(&run, 2, "no input");
    run = RUN("verify", "in", "--journal=journal/");
    expect(&run, 2, "no folder of the results (give -o DIR)");
    run = RUN("verify", "in", "-o", "out");
    expect(&run, 2, "no journal");
    put_text("x.json", ""); /* of a killed run */
    run = RUN("verify", "in", "-o", "out", "--journal=journal/", "--summary=x.json");
    expect(&run, 1, "1 summaries: 0 images: 0 ok, 0 skipped, 0 failed");
    expect(&run, 1, "; not all runs were complete");
    put_text("x.json", "{\"images\": 3}");
    run = RUN("verify", "in", "-o", "out", "--journal=journal/", "--summary=x.json");
    expect(&run, 2, "--summary: x.json: not a summary: it has no \"ok\"");
    run = RUN("verify", "in", "-o", "out", "--journal=journal/");
    expect(&run, 1, "24 images: 0 done, 0 damaged, 0 failed, 24 missing");
}
