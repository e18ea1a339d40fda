/* `pixmill plan`, and runs of its units. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"

enum { PICTURES = 30, UNITS = 4 };

static void begin(void)
{
    run_begin();
    cr_assert_eq(mkdir("in", 0755), 0);
    cr_assert_eq(mkdir("in/sub", 0755), 0);
    for (uint32_t i = 0; i < PICTURES; i++) {
        char name[32];
        snprintf(name, sizeof name, "in/%s%02u.png", i % 2 == 0 ? "sub/" : "", (unsigned)i);
        put_picture(name, 8 + 4 * i, 24);
    }
}

TestSuite(plan, .init = begin);

/* Counts the names of a unit's list, and adds up their bytes. */
static int read_unit(int unit, long *bytes)
{
    char path[32];
    size_t size;
    int count = 0;
    *bytes = 0;
    snprintf(path, sizeof path, "p/%d.names", unit);
    const char *text = content_of(path, &size);
    for (const char *name = text; name < text + size; name += strlen(name) + 1) {
        struct stat status;
        cr_assert_eq(stat(name, &status), 0, "%s", name);
        *bytes += status.st_size;
        count++;
    }
    return count;
}

Test(plan, cuts_by_bytes_and_units_are_run_and_verified)
{
    struct run run = RUN("plan", "in", "--base=in", "-o", "p", "--units=4");
    expect(&run, 0, "pixmill: 30 names, ");
    long all = 0, bytes[UNITS];
    int names = 0;
    for (int i = 0; i < UNITS; i++) {
        names += read_unit(i, &bytes[i]);
        all += bytes[i];
    }
    cr_assert_eq(names, PICTURES);
    for (int i = 0; i < UNITS; i++)
        cr_expect(bytes[i] > all / UNITS * 8 / 10 && bytes[i] < all / UNITS * 12 / 10, "%d: %ld of %ld", i,
                  bytes[i], all);
    for (int i = 0; i < UNITS; i++) {
        char shard[32];
        snprintf(shard, sizeof shard, "--shard=%d/4", i);
        if (i == 2)
            continue;
        run = RUN("run", "--plan=p", shard, "--base=in", "-o", "out", "--journal=j/", "--resume");
        cr_assert_eq(run.status, 0, "%s", run.err);
    }
    run = RUN("verify", "--plan=p", "--base=in", "-o", "out", "--journal=j/");
    cr_assert_eq(run.status, 1, "%s", run.err);
    cr_assert_str_eq(run.out, "2\n");
    run = RUN("run", "--plan=p", "--shard=2/4", "--base=in", "-o", "out", "--journal=j/", "--resume");
    cr_assert_eq(run.status, 0, "%s", run.err);
    run = RUN("verify", "--plan=p/", "--base=in", "-o", "out", "--journal=j/");
    expect(&run, 0, "30 images: 30 done, 0 damaged, 0 failed, 0 missing, 0 changed, 0 vanished\n");
    run = RUN("verify", "--plan=p", "--shard=1/4", "--base=in", "-o", "out", "--journal=j/");
    cr_assert_eq(run.status, 0, "%s", run.err);
    expect_files("out", PICTURES);
    /* Another plan: what is done stays done. */
    run = RUN("plan", "in", "--base=in", "-o", "p2", "--units=1");
    cr_assert_eq(run.status, 0, "%s", run.err);
    run = RUN("run", "--plan=p2", "--shard=0/1", "--base=in", "-o", "out", "--journal=j/", "--resume");
    expect_summary(&run, "30 images: 0 ok, 30 skipped, 0 failed");
}

Test(plan, refuses_results_that_are_the_same)
{
    const struct start list = {.input = "in/sub/00.png\nin/01.png\nother/00.png\nin/01.png\n"};
    struct run run = RUN_AS(&list, "plan", "-", "-o", "p", "--units=2");
    expect(&run, 2,
           "in/sub/00.png and other/00.png have the same result, 00.png (give --base, or rename one)");
    cr_assert_neq(access("p", F_OK), 0, "nothing is left");
    run = RUN_AS(&list, "plan", "-", "--base=.", "-o", "p", "--units=2");
    expect(&run, 0, "warning: 1 names are there twice");
    expect(&run, 0, "warning: 1 files are not there");
    put_picture("in/01.jpg", 24, 24);
    run = RUN("plan", "in", "--base=in", "-o", "p3", "--units=2");
    cr_assert_eq(run.status, 0, "%s", run.err);
    run = RUN("plan", "in", "--base=in", "-o", "p4", "--units=2", "--format=webp");
    expect(&run, 2, "have the same result, 01.webp");
}

Test(plan, says_what_it_needs)
{
    struct run run = RUN("plan", "in", "-o", "p");
    expect(&run, 2, "no number of units (give --units=N)");
    run = RUN("plan", "-o", "p", "--units=2");
    expect(&run, 2, "no input");
    run = RUN("plan", "in", "-o", "in", "--units=2");
    expect(&run, 2, "the plan's folder can't be made: File exists (name a new one)");
    run = RUN("run", "--plan=in", "--shard=0/2", "-o", "out");
    expect(&run, 2, "--plan: is no complete plan (pixmill plan makes one)");
    run = RUN("plan", "in", "--base=in", "-o", "p", "--units=2");
    cr_assert_eq(run.status, 0, "%s", run.err);
    run = RUN("run", "--plan=p", "--shard=0/3", "-o", "out");
    expect(&run, 2, "--plan: the plan has 2 units (give --shard=K/2)");
    run = RUN("run", "--plan=p", "-o", "out");
    expect(&run, 2, "--plan: needs the number of a unit (give --shard=K/N)");
    run = RUN("run", "in", "--plan=p", "--shard=0/2", "-o", "out");
    expect(&run, 2, "--plan has the inputs (omit INPUT)");
    run = RUN("verify", "--plan=p", "--shards=3", "-o", "out", "--journal=j/");
    expect(&run, 2, "--plan: the plan has 2 units");
}
