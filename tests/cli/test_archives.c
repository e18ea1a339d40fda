/* Archives of tar as inputs and results, packed and unpacked by tar itself. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"
#include "temp.h"
#include "torture/torture.h"

static void shell(const char *command)
{
    cr_assert_eq(system(command), 0, "%s", command);
}

/* Twelve samples: an image, a text and a class each, the images large and small. */
static void begin(void)
{
    run_begin();
    for (int i = 0; i < 12; i++) {
        char path[64], text[32];
        snprintf(path, sizeof path, "in/s/%04d.%s", i, i % 3 == 0 ? "png" : "jpg");
        put_picture(path, i == 0 ? 900 : 40 + (unsigned)i, i == 0 ? 700 : 30);
        snprintf(path, sizeof path, "in/s/%04d.json", i);
        snprintf(text, sizeof text, "{\"number\": %d}", i);
        temp_text(path, text);
        snprintf(path, sizeof path, "in/s/%04d.cls", i);
        temp_text(path, "7");
    }
    shell("cd in && tar --sort=name -cf ../a.tar s");
}

TestSuite(archives, .init = begin, .timeout = 120);

#define MAKE(...) RUN("run", "--resize=30x30", "--format=webp", __VA_ARGS__)

/* Unpacks out/NAME and compares it with what folders give; everything else is unchanged. */
static void expect_unpacked(const char *archive)
{
    char command[512];
    snprintf(
        command, sizeof command,
        "rm -rf un && mkdir un && tar -C un -xf %s && cp -r in all && cp -r reference/* all/ && "
        "find all -name '*.png' -delete && find all -name '*.jpg' -delete && diff -r all un && rm -r all",
        archive);
    shell(command);
}

Test(archives, every_engine_and_backend_gives_the_same_archive)
{
    static const char *const ways[][3] = {
        {"--io=threads", "--backend=threads", "-j4"}, {"--io=async", "--backend=threads", "-j4"},
        {"--io=sync", "--backend=threads", "-j4"},    {"--io=async", "--backend=async", "-j1"},
        {"--io=threads", "--backend=procs", "-j2"},   {"--io=sync", "--backend=omp", "-j2"},
        {"--io=threads", "--backend=serial", "-j1"},
    };
    struct run run = MAKE("in", "-o", "reference");
    expect(&run, 0, "ok");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char out[32], made[64];
        snprintf(out, sizeof out, "out-%zu", i);
        snprintf(made, sizeof made, "out-%zu/a.tar", i);
        run = MAKE("a.tar", "-o", out, ways[i][0], ways[i][1], ways[i][2], "--log=log");
        expect(&run, 0, "12 images: 12 ok, 0 skipped, 0 failed");
        expect_files(out, 1);
        cr_assert(same_bytes("out-0/a.tar", made), "%s", ways[i][0]);
    }
    cr_assert_not_null(strstr(content_of("log", NULL), "\"input\": \"a.tar/s/0000.png\""));
    expect_unpacked("out-0/a.tar");
    shell("tar tf a.tar | sed 's/png$/webp/; s/jpg$/webp/' >before && tar tf out-0/a.tar | diff before -");
}

/* The first image is the largest: results of the others wait for it, within the budget. */
Test(archives, a_small_budget_gives_the_same_archive)
{
    struct run run = MAKE("a.tar", "-o", "out");
    expect(&run, 0, "12 ok");
    run = MAKE("a.tar", "-o", "small", "--memory=1M", "-j4", "--io-jobs=1");
    expect(&run, 0, "12 ok");
    cr_assert(same_bytes("out/a.tar", "small/a.tar"));
}

Test(archives, formats_of_tar_and_long_names_are_read)
{
    static const char *const formats[] = {"v7", "ustar", "gnu", "oldgnu", "pax"};
    char command[800], deep[256] = "", out[32], archive[64];
    shell("cp -r in keep");
    for (int i = 0; i < 4; i++)
        strcat(deep, "a-folder-with-a-long-name-of-50-bytes-and-some-more/");
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        /* v7 has 100 bytes for a name, ustar 155 more. */
        const char *folder = i == 0 ? "d" : i == 1 ? deep + strlen(deep) / 2 : deep;
        snprintf(command, sizeof command,
                 "rm -rf w reference && mkdir -p 'w/%s' && cp keep/s/0001.* 'w/%s' && "
                 "tar --format=%s -C w -cf %s.tar .",
                 folder, folder, formats[i], formats[i]);
        shell(command);
        snprintf(out, sizeof out, "%s.tar", formats[i]);
        snprintf(archive, sizeof archive, "out/%s.tar", formats[i]);
        struct run run = MAKE(out, "-o", "out");
        expect(&run, 0, "1 images: 1 ok");
        run = MAKE("w", "-o", "reference");
        shell("rm -rf in && cp -r w in");
        expect_unpacked(archive);
    }
}

/* pax sets no limit; no file system has such names. */
Test(archives, names_longer_than_a_path_are_kept)
{
    shell("folder=$(printf '%0200d' 0)\n"
          "long=$(for i in $(seq 30); do printf '%s/' $folder; done)\n"
          "tar --format=pax --transform=\"s|^in/s/|$long|\" -cf long.tar in/s/0001.jpg in/s/0002.jpg");
    struct run run = MAKE("long.tar", "-o", "out");
    expect(&run, 0, "2 images: 2 ok");
    shell("tar tf long.tar | sed 's/jpg$/webp/' >before && tar tf out/long.tar | diff before -");
}

Test(archives, an_image_that_fails_takes_its_sample_along)
{
    shell("head -c 700 in/s/0003.png >x && mv x in/s/0003.png && cd in && tar --sort=name -cf ../b.tar s");
    for (int i = 0; i < 3; i++) {
        static const char *const engines[] = {"--io=threads", "--io=async", "--io=sync"};
        struct run run = MAKE("b.tar", "-o", "out", engines[i], "--journal=journal");
        expect(&run, 1, "pixmill: b.tar/s/0003.png: ");
        expect(&run, 1, "12 images: 11 ok, 0 skipped, 1 failed");
        shell("tar tf out/b.tar | grep -c 0003 | grep -qx 0 && test $(tar tf out/b.tar | wc -l) = 34");
    }
    struct run run = MAKE("b.tar", "-o", "out", "--journal=journal", "--resume");
    expect(&run, 1, "b.tar: it failed in an earlier run, as the journal says");
    run = MAKE("b.tar", "-o", "out", "--journal=journal", "--resume", "--retry-failed");
    expect(&run, 1, "12 images: 11 ok, 0 skipped, 1 failed");
    run = MAKE("b.tar", "-o", "out", "--max-failed=1");
    cr_assert_eq(run.status, 0, "%s", run.err);
}

/* A header of pax for all members that follow, in the middle of a sample: it neither ends the sample nor is
 * left out with it. */
Test(archives, a_global_header_is_no_part_of_a_sample)
{
    shell(
        "cd in/s && head -c 700 0003.png >0003.b.png && cp 0000.png 0003.png && "
        "tar -b1 --format=pax --pax-option=comment=kept -cf ../g 0001.jpg && cd .. && head -c 1024 g >g.part && "
        "for i in 0003.png 0003.b.png 0003.json 0004.jpg; do"
        " tar -b1 --format=ustar -cf all s/$i && head -c -1024 all >$i.part || exit 1; done && "
        "head -c 1024 /dev/zero >end && "
        "cat 0003.png.part g.part 0003.json.part 0003.b.png.part 0004.jpg.part end >../after.tar && "
        "cat 0003.b.png.part g.part 0003.json.part 0003.png.part 0004.jpg.part end >../before.tar");
    static const char *const archives[] = {"after.tar", "before.tar"};
    for (size_t i = 0; i < sizeof archives / sizeof *archives; i++) {
        char command[128];
        struct run run = MAKE(archives[i], "-o", "out");
        expect(&run, 1, "3 images: 2 ok, 0 skipped, 1 failed");
        snprintf(command, sizeof command,
                 "test \"$(tar tf out/%s)\" = s/0004.webp && grep -qa 'comment=kept' out/%s", archives[i],
                 archives[i]);
        shell(command);
    }
}

static void expect_refused(const char *archive, const char *why)
{
    char line[256];
    struct run run = MAKE(archive, "-o", "out");
    snprintf(line, sizeof line, "pixmill: %s: the archive %s", archive, why);
    expect(&run, 1, line);
    expect(&run, 1, "1 images: 0 ok, 0 skipped, 1 failed");
    cr_assert_neq(access("out/x.tar", F_OK), 0);
    cr_assert_leq(temp_count("out"), 0, "%s", archive);
}

Test(archives, a_damaged_or_dangerous_archive_gives_one_line_and_no_output)
{
    size_t size;
    char *bytes = content_of("a.tar", &size);
    temp_write("cut.tar", bytes, size / 2);
    expect_refused("cut.tar", "is cut short (copy it again)");
    size_t whole = size; /* without the blocks at its end; the last member has one byte */
    while (bytes[whole - 1] == '\0')
        whole--;
    temp_write("less.tar", bytes, (whole + 511) / 512 * 512);
    expect_refused("less.tar", "has no end: it may be cut short (copy it again)");
    memcpy(memmem(bytes, size, "0007.json", 9), "9", 1);
    temp_write("flip.tar", bytes, size);
    expect_refused("flip.tar", "is damaged at byte ");
    temp_text("text.tar", "no archive");
    expect_refused("text.tar", "is cut short (copy it again)");
    temp_text("none.tar", "");
    expect_refused("none.tar", "has no end: it may be cut short (copy it again)");
    shell("tar -cf up.tar --transform='s,^in/s/0001,../x,' in/s/0001.jpg -P");
    expect_refused("up.tar", "has a member whose name leads out of its folder, ../x.jpg (pack it again)");
    shell("tar -cPf abs.tar --transform='s,^in,/in,' in/s/0001.jpg");
    expect_refused("abs.tar",
                   "has a member whose name leads out of its folder, /in/s/0001.jpg (pack it again)");
    shell("tar -cf two.tar in/s/0001.jpg && tar -rf two.tar in/s/0001.jpg");
    expect_refused("two.tar", "has two members named in/s/0001.jpg (pack it again)");
    shell("tar -cf dots.tar in/s/0001.json && tar -rf dots.tar ./in//s/./0001.json");
    expect_refused("dots.tar", "has two members named ./in//s/./0001.json (pack it again)");
    shell("ln in/s/0001.jpg in/hard.jpg && tar -cf hard.tar in/hard.jpg in/s/0001.jpg");
    expect_refused("hard.tar",
                   "has a hard link, in/s/0001.jpg, which is not supported (pack it with --hard-deref");
    shell("tar -b1 --format=pax --pax-option=comment=all -cf g in/s/0001.jpg && head -c 1024 g >between && "
          "tar -b1 --format=pax --pax-option=comment:=one -cf x in/s/0001.jpg && "
          "(head -c 1024 x && cat between && tail -c +1025 x) >between.tar");
    expect_refused("between.tar", "is damaged at byte 0: no header of tar (copy it again)");
    shell("truncate -s 9M hole && tar -Scf sparse.tar hole && tar --format=pax -Scf sparse-pax.tar hole");
    expect_refused("sparse.tar", "has a sparse file, which is not supported (pack it without --sparse)");
    expect_refused("sparse-pax.tar", "has a sparse file, which is not supported (pack it without --sparse)");
}

Test(archives, results_named_alike_but_for_dots_clash)
{
    shell("tar -cf alike.tar in/s/0001.jpg && mkdir -p other/in/s && cp in/s/0000.png other/in/s/0001.png && "
          "tar -rf alike.tar -C other ./in/./s/0001.png");
    struct run run = MAKE("alike.tar", "-o", "out");
    expect(&run, 1, "alike.tar: two members of the archive would be named in/s/0001.webp (choose another");
    cr_assert_neq(access("out/alike.tar", F_OK), 0);
}

Test(archives, symbolic_links_and_folders_go_along)
{
    shell("ln -s 0001.jpg in/s/link.jpg && mkdir in/empty && tar -C in -cf l.tar .");
    struct run run = MAKE("l.tar", "-o", "out");
    expect(&run, 0, "12 ok");
    shell("tar tvf out/l.tar | grep -q 'link.jpg -> 0001.jpg' && tar tf out/l.tar | grep -q '^./empty/$'");
}

Test(archives, the_journal_has_a_line_for_an_archive)
{
    shell("cp a.tar b.tar");
    struct run run = MAKE("a.tar", "b.tar", "in/s/0001.jpg", "-o", "out", "--journal=journal");
    expect(&run, 0, "25 images: 25 ok");
    shell("test $(wc -l <journal) = 4"); /* with the first line of the file */
    run = MAKE("a.tar", "b.tar", "in/s/0001.jpg", "-o", "out", "--journal=journal", "--resume");
    expect(&run, 0, "3 images: 0 ok, 3 skipped");
    shell("rm out/b.tar && touch a.tar");
    run = MAKE("a.tar", "b.tar", "in/s/0001.jpg", "-o", "out", "--journal=journal", "--resume", "-v");
    expect(&run, 0, "25 images: 24 ok, 1 skipped");
    expect(&run, 0, "a.tar: is processed again (the input's modification time changed)");
    run = MAKE("a.tar", "b.tar", "-o", "out", "--skip-existing");
    expect(&run, 0, "2 images: 0 ok, 2 skipped");
    run = MAKE("a.tar", "-n", "-o", "new");
    cr_assert_str_eq(run.out, "a.tar -> new/a.tar\n");
    cr_assert_neq(access("new", F_OK), 0);
}

Test(archives, an_archive_keeps_its_date)
{
    shell("touch -d '2020-02-20 20:20:20.202020202' a.tar");
    for (int i = 0; i < 2; i++) {
        struct run run = MAKE("a.tar", "-o", "out", "--keep-dates", i > 0 ? "--journal=j" : "--io=threads");
        expect(&run, 0, "12 ok");
        shell("test $(stat -c %.Y a.tar) = $(stat -c %.Y out/a.tar) && rm -r out");
    }
}

Test(archives, shards_choose_archives)
{
    shell("for i in 1 2 3 4 5 6; do cp a.tar $i.tar; done");
    for (int i = 0; i < 3; i++) {
        char option[32];
        snprintf(option, sizeof option, "--shard=%d/3", i);
        struct run run = MAKE("1.tar", "2.tar", "3.tar", "4.tar", "5.tar", "6.tar", "-o", "out", option);
        cr_assert_eq(run.status, 0, "%s", run.err);
    }
    expect_files("out", 6);
}

Test(archives, several_results_and_names_are_members)
{
    struct run run = RUN("run", "a.tar", "-o", "out", "--widths=10,20", "--format=webp,jpeg",
                         "--name={stem}.{variant}.{ext}");
    expect(&run, 0, "12 images: 12 ok");
    shell(
        "test $(tar tf out/a.tar | grep -c '^s/0001\\.') = 6 && tar tf out/a.tar | grep -qx s/0001.20w.jpg");
    run = RUN("run", "a.tar", "-o", "hashed", "--name={dir}/{hash}.{ext}");
    expect(&run, 0, "12 images: 12 ok");
    shell("tar tf hashed/a.tar | grep -Eq '^s/[0-9a-f]{16}.jpg$'");
    put_picture("in/s/0001.png", 20, 20);
    shell("tar -C in -cf clash.tar s");
    run = MAKE("clash.tar", "-o", "out");
    expect(&run, 1,
           "clash.tar: two members of the archive would be named s/0001.webp (choose another --format or");
    cr_assert_neq(access("out/clash.tar", F_OK), 0);
}

Test(archives, what_can_not_be_an_archive_is_refused)
{
    struct run run = MAKE("a.tar", "-o", "-");
    expect(&run, 2, "a.tar: the result of an archive is an archive in a folder");
    run = MAKE("a.tar", "-o", "out", "--manifest=m");
    expect(&run, 2, "a.tar: the result of an archive is an archive in a folder");
    run = RUN("run", "a.tar", "--in-place", "--no-backup", "--flip");
    expect(&run, 1, "a.tar: an archive can't be replaced by its result (give an output folder)");
    run = MAKE("a.tar", "-o", ".");
    expect(&run, 2, "would overwrite the input a.tar");
    shell("mkdir d && cp a.tar d");
    run = MAKE("a.tar", "d/a.tar", "-o", "out");
    expect(&run, 2, "a.tar and d/a.tar would both be written to out/a.tar");
    run = MAKE("d", "-o", "out");
    expect(&run, 2, "there is nothing to do: no supported image, 1 other file left out");
}

/* A killed run leaves a temporary, which the next one removes; nothing has the archive's name before it is
 * whole. */
Test(archives, a_killed_run_leaves_no_half_archive)
{
    /* A disk that hangs when the archive is written, so that the run is killed in the middle. */
    const struct start hung = {.environment = {torture_preload("hung"), "HUNG_WRITE=pipe"}};
    cr_assert_eq(mkfifo("pipe", 0600), 0);
    struct running running =
        run_start(&hung, (const char *const[]){"run", "a.tar", "-o", "out", "--flip", NULL});
    while (temp_count("out") <= 0)
        usleep(1000);
    kill(running.pid, SIGKILL);
    run_wait(&running);
    cr_assert_neq(access("out/a.tar", F_OK), 0);
    struct run run = MAKE("a.tar", "-o", "out");
    expect(&run, 0, "12 ok");
    expect_files("out", 1);
}
