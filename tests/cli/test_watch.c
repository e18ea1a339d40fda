/* --watch: what is written into the input folders is processed, until the run is stopped. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"

/* A job that never comes would let a test wait for ever. */
TestSuite(watch, .init = run_begin, .timeout = 120);

/* A pipe of a page holds about a dozen lines, and as many are read from it at once. */
enum { PIPE_BYTES = 4096, MADE = 60 };

static FILE *log_lines;

/* The log is a pipe, and so shows when a job has ended; a run that is ahead of the test waits. */
static struct running start(const char *option, const char *other)
{
    cr_assert(mkfifo("log", 0600) == 0 || access("log", F_OK) == 0);
    const int fd = open("log", O_RDONLY | O_NONBLOCK);
    cr_assert_geq(fd, 0);
    cr_assert_geq(fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES), PIPE_BYTES);
    struct running running =
        START("run", "in", "-o", "out", "--watch", "--resize=50%", "--log=log", "-j2", option, other);
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    cr_assert_eq(poll(&readable, 1, 60000), 1, "no job ended");
    cr_assert_eq(fcntl(fd, F_SETFL, 0), 0);
    log_lines = fdopen(fd, "r");
    cr_assert_neq(log_lines, NULL);
    return running;
}

/* Waits for the next job's line, which must contain both texts. What comes into a folder while the run begins
 * to watch it may be processed twice. */
static void expect_job(const char *input, const char *text)
{
    static char before[128] = "no job";
    char line[4096], name[128];
    snprintf(name, sizeof name, "\"input\": \"%s\"", input);
    do
        cr_assert_neq(fgets(line, sizeof line, log_lines), NULL, "the run ended");
    while (strcmp(name, before) != 0 && strstr(line, before) != NULL);
    strcpy(before, name);
    cr_assert_neq(strstr(line, name), NULL, "no %s in %s", name, line);
    cr_assert_neq(strstr(line, text), NULL, "no %s in %s", text, line);
}

static struct run stop(struct running *running)
{
    char line[4096];
    cr_assert_eq(kill(running->pid, SIGTERM), 0);
    while (fgets(line, sizeof line, log_lines) != NULL)
        ;
    fclose(log_lines);
    return run_wait(running);
}

static void begin(void)
{
    cr_assert_eq(mkdir("in", 0755), 0);
    put_picture("in/a.png", 64, 48);
    put_picture("other.png", 32, 24);
}

static void move_in(const char *name)
{
    put_picture("ready.png", 64, 48);
    cr_assert_eq(rename("ready.png", name), 0);
}

Test(watch, new_changed_and_linked_files_are_processed)
{
    begin();
    struct running running = start("--io=threads", NULL);
    expect_job("in/a.png", "\"ok\"");
    move_in("in/b.png");
    expect_job("in/b.png", "\"ok\"");
    put_picture("in/c.png", 64, 48);
    expect_job("in/c.png", "\"ok\"");
    size_t size;
    const char *bytes = content_of("other.png", &size);
    const int nameless = open("in", O_TMPFILE | O_WRONLY, 0644);
    if (nameless >= 0) {
        char path[32];
        snprintf(path, sizeof path, "/proc/self/fd/%d", nameless);
        cr_assert_eq(write(nameless, bytes, size), (ssize_t)size);
        const int reading = open(path, O_RDONLY);
        close(nameless);
        snprintf(path, sizeof path, "/proc/self/fd/%d", reading);
        cr_assert_eq(linkat(AT_FDCWD, path, AT_FDCWD, "in/nameless.png", AT_SYMLINK_FOLLOW), 0);
        expect_job("in/nameless.png", "\"ok\"");
        close(reading);
        cr_assert_eq(unlink("in/nameless.png"), 0);
    }
    cr_assert_eq(link("other.png", "in/linked.png"), 0);
    expect_job("in/linked.png", "\"ok\"");
    cr_assert_eq(symlink("../other.png", "in/symbolic.png"), 0);
    expect_job("in/symbolic.png", "\"ok\"");
    cr_assert_eq(rename("other.png", "in/a.png"), 0);
    expect_job("in/a.png", "\"ok\"");
    expect_picture("out/a.png", "png", 16, 12);
    struct run run = stop(&running);
    cr_assert_eq(run.status, 128 + SIGTERM, "%s", run.err);
    expect_summary(&run, nameless >= 0 ? "7 images: 7 ok, 0 skipped, 0 failed"
                                       : "6 images: 6 ok, 0 skipped, 0 failed");
}

Test(watch, the_bar_is_removed_before_a_line)
{
    begin();
    struct running running = start("--progress=always", NULL);
    expect_job("in/a.png", "\"ok\"");
    struct run run = stop(&running);
    expect(&run, 143, "\r\033[Kpixmill: watching 1 folder for new and changed files");
}

Test(watch, new_folders_are_watched_and_moved_ones_followed)
{
    begin();
    struct running running = start("--io=async", "--backend=procs");
    expect_job("in/a.png", "\"ok\"");
    cr_assert_eq(mkdir("in/new", 0755), 0);
    move_in("in/new/b.png");
    expect_job("in/new/b.png", "\"ok\"");
    cr_assert_eq(mkdir("made", 0755), 0);
    cr_assert_eq(mkdir("made/deep", 0755), 0);
    move_in("made/deep/c.png");
    cr_assert_eq(rename("made", "in/moved"), 0);
    expect_job("in/moved/deep/c.png", "\"ok\"");
    cr_assert_eq(rename("in/moved", "in/renamed"), 0);
    expect_job("in/renamed/deep/c.png", "\"ok\"");
    move_in("in/renamed/deep/d.png");
    expect_job("in/renamed/deep/d.png", "\"ok\"");
    expect_picture("out/renamed/deep/d.png", "png", 32, 24);
    struct run run = stop(&running);
    cr_assert_eq(run.status, 128 + SIGTERM, "%s", run.err);
}

Test(watch, a_run_whose_folders_are_gone_ends)
{
    begin();
    for (int removed = 0; removed < 2; removed++) {
        struct running running = start(NULL, NULL);
        expect_job("in/a.png", "\"ok\"");
        if (removed == 1) {
            cr_assert_eq(unlink("in/a.png"), 0);
            cr_assert_eq(rmdir("in"), 0);
        } else {
            cr_assert_eq(rename("in", "moved"), 0);
        }
        char line[4096];
        while (fgets(line, sizeof line, log_lines) != NULL)
            ;
        fclose(log_lines);
        struct run run = run_wait(&running);
        expect(&run, 1, "no folder is left to be watched: all were removed or renamed");
        if (removed == 0)
            cr_assert_eq(rename("moved", "in"), 0);
    }
}

Test(watch, a_folder_that_is_gone_is_reported_and_the_others_are_watched)
{
    begin();
    cr_assert_eq(mkdir("second", 0755), 0);
    cr_assert_eq(mkdir("third", 0755), 0);
    struct running running = start("second", "third");
    expect_job("in/a.png", "\"ok\"");
    cr_assert_eq(rmdir("second"), 0);
    cr_assert_eq(rename("third", "fourth"), 0);
    move_in("in/b.png");
    expect_job("in/b.png", "\"ok\"");
    struct run run = stop(&running);
    expect(&run, 128 + SIGTERM,
           "pixmill: warning: second is not watched any more: it was removed or renamed\n");
    expect(&run, 128 + SIGTERM,
           "pixmill: warning: third is not watched any more: it was removed or renamed\n");
}

/* More than are kept at once. */
Test(watch, folders_that_come_and_go_are_followed)
{
    begin();
    struct running running = start("-q", NULL);
    expect_job("in/a.png", "\"ok\"");
    for (int i = 0; i < 70; i++) {
        char from[64], to[64];
        snprintf(to, sizeof to, "in/sub%d", i);
        cr_assert_eq(mkdir(to, 0755), 0);
        snprintf(from, sizeof from, "in/sub%d/x.png", i);
        move_in(from);
        expect_job(from, "\"ok\"");
        if (i % 3 == 0)
            continue;
        cr_assert_eq(unlink(from), 0);
        cr_assert_eq(rmdir(to), 0);
    }
    move_in("in/sub0/y.png");
    expect_job("in/sub0/y.png", "\"ok\"");
    move_in("in/sub69/y.png");
    expect_job("in/sub69/y.png", "\"ok\"");
    struct run run = stop(&running);
    cr_assert_eq(run.status, 128 + SIGTERM, "%s", run.err);
}

/* Ctrl-C while images are in progress: they are finished, and the run ends with what is to be done. */
Test(watch, ctrl_c_in_a_round_finishes_the_images_in_progress)
{
    begin();
    cr_assert_eq(mkdir("made", 0755), 0);
    for (int i = 0; i < MADE; i++) {
        char name[32];
        snprintf(name, sizeof name, "made/%02d.png", i);
        put_picture(name, 64, 48);
    }
    struct running running = start("--resize=200x200!", NULL);
    expect_job("in/a.png", "\"ok\"");
    cr_assert_eq(rename("made", "in/new"), 0); /* all in one round, which a file alone might begin */
    char line[4096];
    cr_assert_neq(fgets(line, sizeof line, log_lines), NULL);
    cr_assert_eq(kill(running.pid, SIGINT), 0);
    unsigned finished = 1;
    while (fgets(line, sizeof line, log_lines) != NULL)
        finished += strstr(line, "\"ok\"") != NULL;
    fclose(log_lines);
    struct run run = run_wait(&running);
    expect(&run, 130, "to continue, run the same command again with --skip-existing");
    cr_expect_lt(finished, MADE, "the others are not begun");
    unsigned results = 0;
    for (int i = 0; i < MADE; i++) {
        char name[32];
        snprintf(name, sizeof name, "out/new/%02d.png", i);
        if (access(name, F_OK) != 0)
            continue;
        results++;
        expect_picture(name, "png", 200, 200);
    }
    cr_expect_eq(results, finished, "what was reported is there");
}

Test(watch, what_is_left_out_or_would_replace_another_result)
{
    begin();
    struct running running = start("--format=jpeg", "--exclude=*.tmp");
    expect_job("in/a.png", "\"ok\"");
    move_in("in/.hidden.png");
    move_in("in/part.tmp");
    FILE *text = fopen("in/text.txt", "w");
    cr_assert_neq(text, NULL);
    fputs("text", text);
    fclose(text);
    put_picture("ready.jpg", 64, 48);
    cr_assert_eq(rename("ready.jpg", "in/a.jpg"), 0);
    expect_job("in/a.jpg", "its result would replace another file of this run");
    move_in("in/a.png");
    expect_job("in/a.png", "\"ok\"");
    struct run run = stop(&running);
    cr_assert_eq(run.status, 128 + SIGTERM, "%s", run.err);
    expect_summary(&run, "3 images: 2 ok, 0 skipped, 1 failed");
}

Test(watch, results_within_the_input_folder_are_not_processed)
{
    begin();
    cr_assert_eq(mkfifo("log", 0600), 0);
    const int fd = open("log", O_RDONLY | O_NONBLOCK);
    struct running running = START("run", "in", "-o", "in/out", "--watch", "--resize=50%", "--log=log", "-q");
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    cr_assert_eq(poll(&readable, 1, 60000), 1);
    cr_assert_eq(fcntl(fd, F_SETFL, 0), 0);
    log_lines = fdopen(fd, "r");
    expect_job("in/a.png", "\"ok\"");
    move_in("in/b.png");
    expect_job("in/b.png", "\"ok\"");
    move_in("in/c.png");
    expect_job("in/c.png", "\"ok\"");
    struct run run = stop(&running);
    cr_assert_eq(run.status, 128 + SIGTERM, "%s", run.err);
    cr_assert_neq(access("in/out/out", F_OK), 0);
}

Test(watch, a_journal_makes_restarts_safe)
{
    begin();
    struct running running = start("--journal=journal", NULL);
    expect_job("in/a.png", "\"ok\"");
    move_in("in/b.png");
    expect_job("in/b.png", "\"ok\"");
    stop(&running);
    move_in("in/c.png");
    running = start("--journal=journal", "--resume");
    expect_job("in/a.png", "\"skipped\"");
    expect_job("in/b.png", "\"skipped\"");
    expect_job("in/c.png", "\"ok\"");
    move_in("in/d.png");
    expect_job("in/d.png", "\"ok\"");
    struct run run = stop(&running);
    expect_summary(&run, "4 images: 2 ok, 2 skipped, 0 failed");
}

Test(watch, what_it_can_not_be_combined_with_is_refused)
{
    static const struct {
        const char *arguments[3], *message;
    } cases[] = {
        {{"-n", "-oout"}, "--watch: can't be combined with --dry-run"},
        {{"--manifest=m", "-oout"}, "--watch: can't be combined with --manifest"},
        {{"--in-place", "--no-backup"}, "--watch: can't be combined with --in-place"},
        {{"--name={stem}-{width}x{height}.{ext}", "-oout", "--resize=1x1^"}, "--watch: "},
    };
    begin();
    for (size_t i = 0; i < sizeof cases / sizeof *cases - 1; i++) {
        const char *const *more = cases[i].arguments;
        struct run run = RUN("run", "in", "--watch", more[0], more[1], more[2]);
        expect(&run, 2, cases[i].message);
    }
    struct run run = RUN("run", "in/a.png", "--watch", "-o", "out");
    expect(&run, 2, "there is no folder to be watched (name an input folder)");
}
