/*
 * Runs in adverse conditions: full disks, folders that disappear, files that change while they are read,
 * streams that nobody reads, few descriptors, little address space, a clock that goes back. In all cases
 * results are correct, missing ones are reported, and the exit status is right.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/backend.h"
#include "cli/run.h"
#include "io/engine.h"
#include "temp.h"
#include "torture/torture.h"

/* A pipe's smallest size is a page. */
enum { PICTURES = 30, PIPE_BYTES = 4096 };

static const struct variant *const plain = &torture_variants[1];

static void begin(void)
{
    torture_begin();
    torture_prepare(PICTURES);
}

TestSuite(torture_adversity, .init = begin);

/* A test that fails if there were complaints: Criterion ignores failures in a suite's .fini. */
#define ADVERSITY(name)                                                                                      \
    static void name(void);                                                                                  \
    Test(torture_adversity, name)                                                                            \
    {                                                                                                        \
        name();                                                                                              \
        torture_end();                                                                                       \
    }                                                                                                        \
    static void name(void)

/* Runs the plain recipe on all pictures, with this backend and engine and two more arguments or NULL. Two
 * workers, where the backend has more than one, keep as many pictures under way on every machine. */
static const char *const *with(const char *backend, const char *engine, const char *one, const char *two)
{
    static const char *arguments[17];
    static char texts[2][32];
    snprintf(texts[0], sizeof texts[0], "--backend=%s", backend);
    snprintf(texts[1], sizeof texts[1], "--io=%s", engine);
    size_t n = 0;
    const char *const first[] = {"run", "in", "-o", "out", texts[0], texts[1]};
    for (; n < sizeof first / sizeof *first; n++)
        arguments[n] = first[n];
    if (!backend_find(backend)->one_worker)
        arguments[n++] = "--jobs=2";
    for (size_t i = 0; plain->filters[i] != NULL; i++)
        arguments[n++] = plain->filters[i];
    arguments[n++] = one;
    arguments[n++] = one != NULL ? two : NULL;
    arguments[n] = NULL;
    return arguments;
}

/* Every result on disk is correct and complete, and no other is reported as ok; returns the number of files.
 */
static int expect_honest(const struct run *run, const char *what)
{
    int temporaries, right = torture_right_files(plain, "out", &temporaries, what);
    int ok = torture_summary(run->err, "ok");
    if (ok > right || temporaries > 0 || run->status > 2)
        torture_complain("%s: status %d, %d ok, %d right, %d temporaries:\n%s", what, run->status, ok, right,
                         temporaries, run->err);
    if ((run->status == 0) != (right == PICTURES))
        torture_complain("%s: status %d, %d right:\n%s", what, run->status, right, run->err);
    return right;
}

/* Mounts a disk for this test at out/, which ends with its process. */
static void mount_disk(const char *options)
{
    cr_assert_eq(mkdir("out", 0755), 0);
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", "out", "tmpfs", 0, options) != 0)
        cr_skip_test("no permission to mount a small disk");
}

/* Also a file system other than that of the temporary folder. */
ADVERSITY(a_disk_that_fills_up_in_the_middle)
{
    mount_disk("size=48k");
    for (const struct engine *const *engine = engines; *engine != NULL; engine++) {
        unlink("journal");
        struct run run =
            run_with(&(struct start){0}, with("threads", (*engine)->name, "--journal=journal", NULL));
        int right = expect_honest(&run, (*engine)->name);
        expect(&run, 1, "the disk is full (make room");
        cr_assert(right > 0 && right < PICTURES, "%d", right);
        cr_assert_eq(mount(NULL, "out", NULL, MS_REMOUNT, "size=1m"), 0);
        run = run_with(&(struct start){.environment = {"TMPDIR=/nowhere"}},
                       with("threads", (*engine)->name, "--journal=journal", "--resume"));
        cr_assert_eq(run.status, 0, "%s", run.err);
        cr_assert_geq(torture_summary(run.err, "skipped"), 1);
        cr_assert_eq(expect_honest(&run, (*engine)->name), PICTURES);
        for (int i = 0; i < PICTURES; i++) {
            static const char *const suffixes[] = {"png", "png", "jpg"};
            unlink(temp_path("out/%04d.%s", i, suffixes[i % 3]));
        }
        cr_assert_eq(mount(NULL, "out", NULL, MS_REMOUNT, "size=48k"), 0);
    }
}

ADVERSITY(a_read_only_disk_is_refused_before_any_work)
{
    mount_disk("ro");
    struct run run = run_with(&(struct start){0}, with("threads", "threads", NULL, NULL));
    expect(&run, 2, "out: the folder is not writable: Read-only file system (choose another");
}

/* Runs until the log, a pipe, reports the first job; returns its reading end. The pipe holds less than half of
 * the log: however late it is read, the run waits with most of its pictures still to write. */
static int start_and_wait(struct running *running, const char *const *arguments)
{
    char byte;
    cr_assert_eq(mkfifo("log", 0600), 0);
    int log = open("log", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    cr_assert_geq(log, 0);
    cr_assert_geq(fcntl(log, F_SETPIPE_SZ, PIPE_BYTES), 0);
    *running = run_start(&(struct start){0}, arguments);
    struct pollfd readable = {.fd = log, .events = POLLIN};
    cr_assert_eq(poll(&readable, 1, 60000), 1, "no job ended");
    cr_assert_eq(read(log, &byte, 1), 1);
    return log;
}

/* Later results go to the moved folder, or fail; they never go to a new folder with the old name. */
ADVERSITY(an_output_folder_that_goes_in_the_middle)
{
    static const char *const journals[] = {NULL, "--journal=journal"};
    for (int i = 0; i < 2; i++) {
        struct running running;
        int log = start_and_wait(&running, with("threads", "threads", "--log=log", journals[i]));
        cr_assert_eq(rename("out", "gone"), 0);
        cr_assert_eq(fcntl(log, F_SETFL, 0), 0);
        char line[4096];
        while (read(log, line, sizeof line) > 0)
            ;
        struct run run = run_wait(&running);
        int temporaries, here = torture_right_files(plain, "out", &temporaries, "removed");
        if (run.status != 1 || here > 0)
            torture_complain("renamed: status %d, %d in the old place:\n%s", run.status, here, run.err);
        int there = torture_right_files(plain, "gone", &temporaries, "removed");
        if (run.status > 1 || torture_summary(run.err, "ok") > here + there)
            torture_complain("removed: status %d, %d and %d right:\n%s", run.status, here, there, run.err);
        close(log);
        torture_remove("gone");
        torture_remove("out");
        unlink("log");
    }
}

/* Between cutting and restoring, a reader may find zeros within a file. A PNG's checksum tells; of a JPEG
 * that is whole to its EOI nothing does, so its result may be wrong, but not missing or written in part. */
static void expect_no_wrong_png(const struct run *run, const char *what)
{
    struct torture_files files = torture_look(plain, "out");
    int ok = torture_summary(run->err, "ok");
    if (ok != files.right + files.wrong || files.temporaries > 0 || run->status != (ok != PICTURES))
        torture_complain("%s: status %d, %d right, %d wrong, %d temporaries:\n%s", what, run->status,
                         files.right, files.wrong, files.temporaries, run->err);
    for (int i = 2; i < PICTURES; i += 3)
        unlink(temp_path("out/%04d.jpg", i));
    files = torture_look(plain, "out");
    if (files.wrong > 0)
        torture_complain("%s: %s is wrong:\n%s", what, files.first_wrong, run->err);
}

/* A writer that truncates every input and restores it, as fast as it can. */
static pid_t start_cutter(void)
{
    static const char *const names[] = {"0.png", "1.png", "2.jpg"};
    pid_t cutter = fork();
    cr_assert_geq(cutter, 0);
    if (cutter > 0)
        return cutter;
    int fds[3];
    char *bytes[3];
    size_t sizes[3];
    for (int i = 0; i < 3; i++) {
        bytes[i] = temp_read(names[i], &sizes[i]);
        fds[i] = open(names[i], O_WRONLY);
    }
    for (unsigned turn = 0;; turn++) {
        int i = turn % 3;
        size_t half = sizes[i] / 2;
        if (ftruncate(fds[i], (off_t)half) != 0 ||
            pwrite(fds[i], bytes[i] + half, sizes[i] - half, (off_t)half) < 0)
            _exit(1);
    }
}

ADVERSITY(inputs_that_change_while_they_are_read)
{
    pid_t cutter = start_cutter();
    for (const struct engine *const *engine = engines; *engine != NULL; engine++) {
        struct run run = run_with(&(struct start){0}, with("threads", (*engine)->name, NULL, NULL));
        expect_no_wrong_png(&run, (*engine)->name);
        torture_remove("out");
    }
    kill(cutter, SIGKILL);
    waitpid(cutter, NULL, 0);
}

/* Runs `$PIXMILL run` in a shell, which can set limits and close pipes. The exit status, or 128 + a signal.
 */
__attribute__((format(printf, 1, 2))) static int shell(const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    int status = system(line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#define PLAIN "run in -o out --resize=50%% --blur=1 --rotate=90"

ADVERSITY(standard_error_that_nobody_reads)
{
    int temporaries;
    cr_assert_eq(shell("bash -c '\"$PIXMILL\" " PLAIN " -v --progress=always 2> >(exec 0<&-)'"), 0);
    cr_assert_eq(torture_right_files(plain, "out", &temporaries, "pipe"), PICTURES);
}

ADVERSITY(a_log_that_nobody_reads_any_more_is_told)
{
    struct running running;
    close(start_and_wait(&running, with("threads", "threads", "--log=log", NULL)));
    struct run run = run_wait(&running);
    int temporaries, right = torture_right_files(plain, "out", &temporaries, "log");
    cr_assert_eq(right, PICTURES);
    expect(&run, 1, "log: could not be written to its end: Broken pipe");
}

/* Each backend under a limit either works, or reports in one line why not. */
static void expect_limited(const char *limit, bool must_work)
{
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        char what[64];
        snprintf(what, sizeof what, "ulimit %s, %s", limit, (*backend)->name);
        struct run run = {0};
        run.status =
            shell("ulimit %s; exec \"$PIXMILL\" " PLAIN " --backend=%s 2>errors", limit, (*backend)->name);
        run.err = content_of("errors", NULL);
        expect_honest(&run, what);
        if (must_work && run.status != 0)
            torture_complain("%s: status %d:\n%s", what, run.status, run.err);
        if (run.status != 0 && strncmp(run.err, "pixmill: ", 9) != 0)
            torture_complain("%s: status %d without a word:\n%s", what, run.status, run.err);
        torture_remove("out");
        run_forget();
    }
}

ADVERSITY(eighteen_descriptors)
{
    expect_limited("-n 18", true);
}

#ifndef PIXMILL_SANITIZED /* sanitizers need more address space */
ADVERSITY(few_addresses)
{
    static const char *const limits[] = {"-v 40000",  "-v 80000",   "-v 150000",
                                         "-v 400000", "-v 1000000", "-v 40000000"};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        expect_limited(limits[i], false);
}
#endif

ADVERSITY(a_wall_clock_that_goes_back)
{
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        const struct start start = {.environment = {torture_preload("clock")}};
        struct run run = run_with(&start, with((*backend)->name, "threads", "--log=log", "--timeout=60"));
        cr_assert_eq(expect_honest(&run, (*backend)->name), PICTURES, "%s", run.err);
        char *log = content_of("log", NULL);
        cr_assert_null(strstr(log, "\": -"), "%s", log);
        torture_remove("out");
        run_forget();
    }
}

ADVERSITY(a_file_where_a_folder_should_be)
{
    put_picture("tree/a/one.png", 8, 8);
    put_picture("tree/b/two.png", 8, 8);
    temp_text("out/a", "in the way");
    struct run run = RUN("run", "tree", "-o", "out");
    expect(&run, 1, "pixmill: out/a/one.png: can't be written: Not a directory");
    expect_summary(&run, "2 images: 1 ok, 0 skipped, 1 failed");
    struct run below = RUN("run", "tree", "-o", "out/a/deep");
    expect(&below, 2, "pixmill: out/a/deep: the folder can't be created: Not a directory (choose another)");
    struct run through = RUN("run", "key/one.png", "-o", "out");
    expect(&through, 1, "pixmill: key/one.png: no such file (check the name)");
}
