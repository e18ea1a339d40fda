/* --in-place: results replace their inputs. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"

TestSuite(in_place, .init = run_begin);

static void put_tree(void)
{
    cr_assert_eq(mkdir("in", 0755), 0);
    cr_assert_eq(mkdir("in/sub", 0755), 0);
    put_picture("in/a.png", 64, 48);
    put_picture("in/sub/b.jpg", 64, 48);
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

Test(in_place, replaces_files_and_keeps_the_originals_with_every_engine)
{
    static const char *const engines[] = {"--io=threads", "--io=sync", "--io=async"};
    put_picture("original.png", 64, 48);
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
        cr_assert_eq(mkdir("in", 0755), 0);
        put_picture("in/a.png", 64, 48);
        cr_assert_eq(chmod("in/a.png", 0640), 0);
        struct run run = RUN("run", "in", "--in-place", "--backup=.orig", "--resize=50%", engines[i]);
        expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
        expect_picture("in/a.png", "png", 32, 24);
        cr_assert(same_bytes("in/a.png.orig", "original.png"));
        struct stat status;
        cr_assert_eq(stat("in/a.png", &status), 0);
        cr_assert_eq(status.st_mode & 0777, 0640);
        cr_assert_eq(unlink("in/a.png"), 0);
        cr_assert_eq(unlink("in/a.png.orig"), 0);
        cr_assert_eq(rmdir("in"), 0, "something is left over");
    }
}

Test(in_place, keeps_originals_below_a_folder_which_is_no_input)
{
    put_tree();
    struct run run = RUN("run", "in", "--in-place", "--backup=in/kept/", "--resize=50%");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    expect_picture("in/kept/a.png", "png", 64, 48);
    expect_picture("in/kept/sub/b.jpg", "jpeg", 64, 48);
    expect_picture("in/sub/b.jpg", "jpeg", 32, 24);
    run = RUN("run", "in", "--in-place", "--backup=in/kept/", "--resize=50%", "--skip-existing");
    expect_summary(&run, "2 images: 0 ok, 2 skipped, 0 failed");
    expect_picture("in/a.png", "png", 32, 24);
    run = RUN("run", "in", "--in-place", "--no-backup", "--resize=50%", "--include=a.png", "--exclude=kept");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_picture("in/a.png", "png", 16, 12);
    expect_picture("in/kept/a.png", "png", 64, 48);
}

Test(in_place, a_second_run_neither_replaces_a_backup_nor_processes_it)
{
    put_tree();
    struct run run = RUN("run", "in", "--in-place", "--backup=.orig", "--resize=50%");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    run = RUN("run", "in", "--in-place", "--backup=.orig", "--resize=50%");
    expect(
        &run, 1,
        "a.png.orig exists already (move that away, give another --backup, or --skip-existing skips images "
        "that have one)\n");
    expect_summary(&run, "2 images: 0 ok, 0 skipped, 2 failed");
    expect_picture("in/a.png", "png", 32, 24);
    expect_picture("in/a.png.orig", "png", 64, 48);
    run = RUN("run", "in", "--in-place", "--backup=.second", "--resize=50%");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    expect_picture("in/a.png.orig", "png", 64, 48);
    expect_picture("in/a.png.second", "png", 32, 24);
}

Test(in_place, a_link_is_kept_and_its_file_replaced_once)
{
    struct stat status;
    put_tree();
    cr_assert_eq(symlink("../a.png", "in/sub/link.png"), 0);
    struct run run = RUN("run", "in", "--in-place", "--backup=.orig", "--resize=50%");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    expect_picture("in/a.png", "png", 32, 24);
    cr_assert_eq(lstat("in/sub/link.png", &status), 0);
    cr_assert(S_ISLNK(status.st_mode));
    cr_assert_not(exists("in/sub/link.png.orig"));
}

Test(in_place, dates_are_kept_and_a_dry_run_changes_nothing)
{
    struct stat before, after;
    put_tree();
    const struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    cr_assert_eq(utimensat(AT_FDCWD, "in/a.png", times, 0), 0);
    cr_assert_eq(stat("in/a.png", &before), 0);
    struct run run = RUN("run", "in/a.png", "--in-place", "--no-backup", "--resize=50%", "-n");
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_assert_eq(stat("in/a.png", &after), 0);
    cr_assert_eq(after.st_ino, before.st_ino);
    run = RUN("run", "in/a.png", "--in-place", "--no-backup", "--resize=50%", "--keep-dates");
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_assert_eq(stat("in/a.png", &after), 0);
    cr_assert_neq(after.st_ino, before.st_ino);
    cr_assert_eq(after.st_mtim.tv_sec, 1000000000);
}

Test(in_place, a_result_of_another_format_replaces_nothing)
{
    put_tree();
    struct run run = RUN("run", "in", "--in-place", "--no-backup", "--format=jpeg");
    expect(&run, 1,
           "in/a.png: its result is of another format, jpeg, and can't replace it (give an output folder)");
    expect_summary(&run, "2 images: 1 ok, 0 skipped, 1 failed");
    expect_picture("in/a.png", "png", 64, 48);
}

Test(in_place, a_failed_image_stays_as_it_is)
{
    put_tree();
    size_t size;
    const char *content = content_of("in/a.png", &size);
    FILE *cut = fopen("in/cut.png", "w");
    cr_assert_neq(cut, NULL);
    cr_assert_eq(fwrite(content, 1, size / 2, cut), size / 2);
    cr_assert_eq(fclose(cut), 0);
    struct run run = RUN("run", "in", "--in-place", "--backup=.orig", "--resize=50%");
    expect_summary(&run, "3 images: 2 ok, 0 skipped, 1 failed");
    content_of("in/cut.png", &size);
    cr_assert_not(exists("in/cut.png.orig"));
}

/* The folder's permissions decide, not the file's. */
Test(in_place, in_a_folder_without_permission_nothing_changes)
{
    put_tree();
    put_picture("original.png", 64, 48);
    cr_assert_eq(chmod("in", 0555), 0);
    struct run run = RUN_AS(&(struct start){.nobody = true}, "run", "in/a.png", "--in-place",
                            "--backup=.orig", "--resize=50%");
    expect(&run, 1, "ermission denied");
    expect_summary(&run, "1 images: 0 ok, 0 skipped, 1 failed");
    cr_assert(same_bytes("in/a.png", "original.png"));
    cr_assert_not(exists("in/a.png.orig"));
    expect_files("in", 2);
    cr_assert_eq(chmod("in", 0755), 0);
}

Test(in_place, on_a_full_disk_nothing_changes)
{
    cr_assert_eq(mkdir("in", 0755), 0);
    /* A private mount, which ends with the test's process. */
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", "in", "tmpfs", 0, "size=160k") != 0)
        cr_skip_test("no permission to mount a small disk");
    put_picture("in/large.png", 200, 200); /* 120000 bytes of noise */
    put_picture("original.png", 200, 200);
    static const char *const engines[] = {"--io=threads", "--io=sync", "--io=async"};
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
        struct run run = RUN("run", "in", "--in-place", "--backup=.orig", "--flip", engines[i]);
        expect(&run, 1, "the disk is full (make room");
        expect_summary(&run, "1 images: 0 ok, 0 skipped, 1 failed");
        cr_assert(same_bytes("in/large.png", "original.png"));
        expect_files("in", 1);
    }
    cr_assert_eq(umount("in"), 0);
}

Test(in_place, what_it_can_not_be_combined_with_is_refused)
{
    static const struct {
        const char *arguments[4], *message;
    } cases[] = {
        {{"--in-place"}, "--in-place: needs a backup of the originals (give --backup=SUFFIX"},
        {{"--backup=.orig", "-oout"}, "--backup: has no effect without --in-place"},
        {{"--no-backup", "-oout"}, "--no-backup: has no effect without --in-place"},
        {{"--in-place", "--no-backup", "--backup=.orig"}, "--backup: can't be combined with --no-backup"},
        {{"--in-place", "--no-backup", "-oout"}, "--in-place: can't be combined with -o"},
        {{"--in-place", "--no-backup", "--widths=10,20"},
         "--in-place: can't be combined with several results"},
        {{"--in-place", "--backup=.o", "--journal=j"},
         "--in-place: can't be combined with --journal (a backup"},
        {{"--in-place", "--backup=.o", "--base=in"}, "--in-place: can't be combined with --base"},
        {{"--in-place", "--no-backup", "--skip-existing"}, "--in-place: without a backup nothing tells"},
    };
    put_tree();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const *more = cases[i].arguments;
        struct run run = RUN("run", "in", more[0], more[1], more[2], more[3]);
        expect(&run, 2, cases[i].message);
    }
    expect_picture("in/a.png", "png", 64, 48);
    struct run run = RUN("run", "http://name:secret@localhost/a.png", "--in-place", "--no-backup");
    expect(&run, 1, "http://localhost/a.png: a URL can't be replaced by its result");
    cr_assert_eq(strstr(run.err, "secret"), NULL);
    run = RUN("run", "in", "--in-place", "--backup=in/");
    expect(&run, 2, "the backup folder is the input folder");
}

enum { PICTURES = 60 };

static void picture_name(int i, const char *suffix, char name[32])
{
    snprintf(name, 32, "in/%02d.png%s", i, suffix);
}

/* Is it the picture from before or the result, complete? */
static bool is_replaced(const char *name)
{
    struct run run = RUN("info", name);
    cr_assert_eq(run.status, 0, "%s", run.err);
    const bool replaced = strstr(run.out, "32x24") != NULL || strstr(run.out, "32 x 24") != NULL;
    cr_assert(replaced || strstr(run.out, "64x48") != NULL || strstr(run.out, "64 x 48") != NULL, "%s",
              run.out);
    run_forget();
    return replaced;
}

/* The log is a pipe whose first line shows that the run is in the middle. */
Test(in_place, when_the_run_is_killed_every_file_is_whole_and_the_next_run_goes_on)
{
    cr_assert_eq(mkdir("in", 0755), 0);
    for (int i = 0; i < PICTURES; i++) {
        char name[32];
        picture_name(i, "", name);
        put_picture(name, 64, 48);
    }
    cr_assert_eq(mkfifo("log", 0600), 0);
    const int log = open("log", O_RDONLY | O_NONBLOCK);
    cr_assert_geq(fcntl(log, F_SETPIPE_SZ, 4096), 4096);
    struct running running =
        START("run", "in", "--in-place", "--backup=.orig", "--resize=50%", "--log=log", "-j2");
    struct pollfd readable = {.fd = log, .events = POLLIN};
    cr_assert_eq(poll(&readable, 1, 60000), 1, "no job ended");
    cr_assert_eq(kill(running.pid, SIGKILL), 0);
    struct run killed = run_wait(&running);
    cr_assert_eq(killed.status, 128 + SIGKILL);
    close(log);
    int replaced = 0;
    for (int i = 0; i < PICTURES; i++) {
        char name[32], backup[32];
        picture_name(i, "", name);
        picture_name(i, ".orig", backup);
        const bool is = is_replaced(name);
        replaced += is;
        cr_assert(!is || (exists(backup) && !is_replaced(backup)), "%s", name);
    }
    cr_assert(replaced > 0 && replaced < PICTURES, "%d", replaced);
    struct run again =
        RUN("run", "in", "--in-place", "--backup=.orig", "--resize=50%", "--skip-existing", "-q");
    cr_assert_eq(again.status, 0, "%s", again.err);
    for (int i = 0; i < PICTURES; i++) {
        char name[32], backup[32];
        picture_name(i, "", name);
        picture_name(i, ".orig", backup);
        cr_assert(is_replaced(name), "%s", name);
        cr_assert_not(is_replaced(backup), "%s", backup);
    }
}
