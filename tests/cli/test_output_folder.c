/* The output folder during a run: moved, replaced, removed, and used by a second run. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/run.h"

/* More than the engines' files in progress (32) plus the log lines that fit the pipe (14). */
enum { PICTURES = 120, PIPE_BYTES = 4096 };

static const char *const engine_options[] = {"--io=sync", "--io=threads", "--io=async"};
enum { ENGINES = sizeof engine_options / sizeof *engine_options };

static void begin(void)
{
    run_begin();
    put_picture("picture.png", 64, 48);
    cr_assert_eq(mkdir("in", 0755), 0);
    cr_assert_eq(mkdir("in/sub", 0755), 0);
    for (int i = 0; i < PICTURES; i++) {
        char name[32];
        snprintf(name, sizeof name, "in/sub/%03d.png", i);
        cr_assert_eq(link("picture.png", name), 0);
    }
    cr_assert_eq(mkfifo("log", 0600), 0);
    cr_assert_eq(mkdir("elsewhere", 0755), 0);
}

TestSuite(output_folder, .init = begin);

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status, (void)type, (void)where;
    return remove(path);
}

static void remove_tree(const char *path)
{
    cr_assert_eq(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0, "%s", path);
}

static int log_end;

/* Starts a run into out/sub, waits until its first job has ended and stops the process, so that nothing is
 * written while a test changes the folder. The run can't end before the log is read: the log is a pipe with
 * room for a dozen lines. */
static struct running start(const char *option)
{
    char byte;
    int status;
    log_end = open("log", O_RDONLY | O_NONBLOCK);
    cr_assert_geq(fcntl(log_end, F_SETPIPE_SZ, PIPE_BYTES), PIPE_BYTES);
    struct running running = START("run", "in", "-o", "out", "--log=log", "-j2", option);
    struct pollfd readable = {.fd = log_end, .events = POLLIN};
    cr_assert_eq(poll(&readable, 1, 60000), 1, "no job ended");
    cr_assert_eq(read(log_end, &byte, 1), 1);
    cr_assert_eq(kill(running.pid, SIGSTOP), 0);
    cr_assert_eq(waitpid(running.pid, &status, WUNTRACED), running.pid);
    cr_assert(WIFSTOPPED(status), "the run ended before the log was read");
    return running;
}

static struct run finish(struct running *running)
{
    char line[4096];
    cr_assert_eq(kill(running->pid, SIGCONT), 0);
    cr_assert_eq(fcntl(log_end, F_SETFL, 0), 0);
    while (read(log_end, line, sizeof line) > 0)
        ;
    close(log_end);
    return run_wait(running);
}

Test(output_folder, when_it_is_renamed_the_results_follow_it_and_that_is_reported)
{
    for (int i = 0; i < ENGINES; i++) {
        struct running running = start(engine_options[i]);
        cr_assert_eq(rename("out", "moved"), 0);
        struct run run = finish(&running);
        expect(&run, 1, "out: the output folder was renamed during the run; the results are in ");
        expect(&run, 1, "/moved");
        cr_assert_eq(access("out", F_OK), -1, "%s: out was made again", engine_options[i]);
        expect_files("moved", PICTURES);
        remove_tree("moved");
    }
}

Test(output_folder, when_a_link_takes_its_place_nothing_is_written_where_that_leads)
{
    for (int i = 0; i < ENGINES; i++) {
        struct running running = start(engine_options[i]);
        cr_assert_eq(rename("out", "moved"), 0);
        cr_assert_eq(symlink("elsewhere", "out"), 0);
        struct run run = finish(&running);
        expect(&run, 1, "was renamed during the run and another took its place; the results are in ");
        expect_files("elsewhere", 0);
        expect_files("moved", PICTURES);
        remove_tree("moved");
        cr_assert_eq(unlink("out"), 0);
    }
}

Test(output_folder, when_it_is_removed_each_image_that_is_missing_has_failed)
{
    for (int i = 0; i < ENGINES; i++) {
        struct running running = start(engine_options[i]);
        cr_assert_eq(rename("out", "moved"), 0);
        remove_tree("moved");
        struct run run = finish(&running);
        expect(&run, 1, "out: the output folder was removed or unmounted during the run");
        expect(&run, 1, " failed");
        cr_assert_eq(access("out", F_OK), -1, "%s: out was made again", engine_options[i]);
    }
}

Test(output_folder, when_it_is_unmounted_nothing_is_written_below_the_mount)
{
    cr_assert_eq(mkdir("out", 0755), 0);
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", "out", "tmpfs", 0, "size=4m") != 0)
        cr_skip_test("no permission to mount");
    struct running running = start("--io=threads");
    cr_assert_eq(umount2("out", MNT_DETACH), 0);
    struct run run = finish(&running);
    expect(&run, 1,
           "out: the output folder was removed or unmounted during the run and another took its place");
    expect_files("out", 0);
}

Test(output_folder, a_folder_below_it_that_becomes_a_link_leads_nowhere_else)
{
    for (int i = 0; i < ENGINES; i++) {
        struct running running = start(engine_options[i]);
        cr_assert_eq(rename("out/sub", "out/kept"), 0);
        cr_assert_eq(symlink("../elsewhere", "out/sub"), 0);
        struct run run = finish(&running);
        expect(&run, 1, "became a link that leads out of the output folder (remove the link)");
        expect_files("elsewhere", 0);
        remove_tree("out");
    }
}

Test(output_folder, links_that_were_there_before_are_followed)
{
    cr_assert_eq(mkdir("out", 0755), 0);
    cr_assert_eq(symlink("../elsewhere", "out/sub"), 0);
    for (int i = 0; i < ENGINES; i++) {
        struct run run = RUN("run", "in", "-o", "out", engine_options[i]);
        cr_assert_eq(run.status, 0, "%s", run.err);
        expect_files("elsewhere", PICTURES);
        remove_tree("elsewhere");
        cr_assert_eq(mkdir("elsewhere", 0755), 0);
    }
}

Test(output_folder, a_second_run_into_it_is_refused_unless_it_is_shared)
{
    struct running running = start("--io=threads");
    struct run second = RUN("run", "picture.png", "-o", "out");
    expect(&second, 75, "out: another run is writing to this folder");
    expect(&second, 75, "--shared-output");
    struct run skips = RUN("run", "picture.png", "-o", "out/", "--skip-existing");
    expect(&skips, 75, "--shared-output");
    struct run resumes = RUN("run", "picture.png", "-o", "out", "--journal=journal", "--resume");
    expect(&resumes, 75, "--shared-output");
    cr_assert_eq(access("journal", F_OK), -1);
    cr_assert_eq(access("out/picture.png", F_OK), -1);
    struct run looks = RUN("run", "picture.png", "-o", "out", "--dry-run");
    cr_assert_eq(looks.status, 0, "%s", looks.err);
    struct run shares = RUN("run", "picture.png", "-o", "out", "--shared-output");
    cr_assert_eq(shares.status, 0, "%s", shares.err);
    struct run first = finish(&running);
    cr_assert_eq(first.status, 0, "%s", first.err);
    expect_files("out", PICTURES + 1);
}

Test(output_folder, a_run_that_shares_it_refuses_one_that_does_not)
{
    struct running running = start("--shared-output");
    struct run second = RUN("run", "picture.png", "-o", "out");
    expect(&second, 75, "--shared-output");
    struct run shares = RUN("run", "picture.png", "-o", "out", "--shared-output");
    cr_assert_eq(shares.status, 0, "%s", shares.err);
    struct run first = finish(&running);
    cr_assert_eq(first.status, 0, "%s", first.err);
}

Test(output_folder, a_killed_run_leaves_no_lock)
{
    static const char *const options[] = {"--io=threads", "--io=async", "--backend=procs"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct running running = start(options[i]);
        cr_assert_eq(kill(running.pid, SIGKILL), 0);
        struct run killed = finish(&running);
        cr_assert_eq(killed.status, 128 + SIGKILL);
        struct run next = RUN("run", "in", "-o", "out");
        cr_assert_eq(next.status, 0, "%s: %s", options[i], next.err);
        expect_files("out", PICTURES);
        remove_tree("out");
    }
}
