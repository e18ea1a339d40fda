/* Runs that are stopped or killed, and closed standard streams, with the real command. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/run.h"
#include "temp.h"

enum { PICTURES = 60, PIPE_BYTES = 4096 };

/* Many links to one picture: every complete result has the bytes of the reference. */
static void begin(void)
{
    run_begin();
    put_picture("picture.png", 400, 300);
    cr_assert_eq(mkdir("in", 0755), 0);
    for (int i = 0; i < PICTURES; i++) {
        char name[32];
        snprintf(name, sizeof name, "in/%03d.png", i);
        cr_assert_eq(link("picture.png", name), 0);
    }
    struct run reference = RUN("run", "picture.png", "-o", "reference", "--rotate=90");
    cr_assert_eq(reference.status, 0, "%s", reference.err);
    cr_assert_eq(mkfifo("log", 0600), 0);
}

TestSuite(signals, .init = begin);

static int log_end; /* reading end of the run's log, open until the test ends */

/* Starts a run over all pictures and waits until the log has the first finished job. The run can't end by
 * itself, because the log is a pipe for a dozen lines. `option` may be NULL. */
static struct running start_as(const struct start *start, const char *backend, const char *option)
{
    char byte;
    log_end = open("log", O_RDONLY | O_NONBLOCK);
    cr_assert_geq(fcntl(log_end, F_SETPIPE_SZ, PIPE_BYTES), PIPE_BYTES);
    const char *const arguments[] = {"run",       "in",  "-o",    "out",  "--rotate=90",
                                     "--log=log", "-j2", backend, option, NULL};
    struct running running = run_start(start, arguments);
    struct pollfd readable = {.fd = log_end, .events = POLLIN};
    cr_assert_eq(poll(&readable, 1, 30000), 1, "no job ended");
    cr_assert_eq(read(log_end, &byte, 1), 1);
    return running;
}

static struct running start_with(const char *backend, const char *option)
{
    return start_as(&(struct start){0}, backend, option);
}

static struct running start_and_wait(const char *backend)
{
    return start_with(backend, NULL);
}

/* Reads the log to its end, because a stopped run waits until its lines are read. */
static void drain_log(void)
{
    char line[4096];
    cr_assert_eq(fcntl(log_end, F_SETFL, 0), 0);
    while (read(log_end, line, sizeof line) > 0)
        ;
}

/* Checks that every result in out/ is complete; returns their number. Temporary files are counted
 * separately. */
static int whole_results(int *temporaries)
{
    int whole = 0;
    *temporaries = 0;
    DIR *dir = opendir("out");
    cr_assert_not_null(dir);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char path[512];
        if (entry->d_name[0] == '.') {
            *temporaries += strncmp(entry->d_name, ".pixmill-", 9) == 0;
            continue;
        }
        snprintf(path, sizeof path, "out/%s", entry->d_name);
        cr_assert(same_bytes(path, "reference/picture.png"), "%s is not whole", path);
        whole++;
    }
    closedir(dir);
    return whole;
}

static void expect_clean_stop(const char *backend, int signal)
{
    int temporaries;
    struct running running = start_and_wait(backend);
    cr_assert_eq(kill(running.pid, signal), 0);
    drain_log();
    struct run run = run_wait(&running);
    expect(&run, 128 + signal, "60 images: ");
    expect(&run, 128 + signal, " not started\n");
    int whole = whole_results(&temporaries);
    cr_assert_eq(temporaries, 0);
    cr_assert_geq(whole, 1);
    cr_assert_lt(whole, PICTURES, "the run was over before it was stopped");
}

Test(signals, ctrl_c_finishes_the_images_in_hand_threads)
{
    expect_clean_stop("--backend=threads", SIGINT);
}

Test(signals, ctrl_c_finishes_the_images_in_hand_procs)
{
    expect_clean_stop("--backend=procs", SIGINT);
}

Test(signals, ctrl_c_finishes_the_images_in_hand_omp)
{
    expect_clean_stop("--backend=omp", SIGINT);
}

Test(signals, sigterm_is_exit_143)
{
    expect_clean_stop("--backend=threads", SIGTERM);
}

Test(signals, ctrl_c_says_what_does_the_rest)
{
    static const char *const cases[][2] = {
        {NULL, "pixmill: to continue, run the same command again with --skip-existing\n"},
        {"--journal=journal", "pixmill: to continue, run the same command again with --resume\n"},
        {"--skip-existing", "pixmill: to continue, run the same command again\n"},
        {"--quiet", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct running running = start_with("--backend=threads", cases[i][0]);
        cr_assert_eq(kill(running.pid, SIGINT), 0);
        drain_log();
        close(log_end);
        struct run run = run_wait(&running);
        cr_assert_eq(run.status, 130, "%s", run.err);
        size_t length = strlen(cases[i][1]);
        cr_assert_eq(strncmp(run.err, cases[i][1], length), 0, "%s", run.err);
        cr_assert_eq(strncmp(run.err + length, length > 0 ? "60 images: " : "", 11), 0, "%s", run.err);
    }
}

/* Ctrl-C reaches the whole process group, workers and fork server too. */
Test(signals, ctrl_c_of_a_terminal_reaches_workers_too)
{
    int temporaries;
    struct running running = start_and_wait("--backend=procs");
    signal(SIGINT, SIG_IGN); /* the test itself is in the group */
    cr_assert_eq(kill(0, SIGINT), 0);
    drain_log();
    struct run run = run_wait(&running);
    expect(&run, 130, " 0 failed in ");
    cr_assert_null(strstr(run.err, "workers died"), "%s", run.err);
    cr_assert_lt(whole_results(&temporaries), PICTURES);
    cr_assert_eq(temporaries, 0);
}

/* Waits until so many bytes are in the pipe. */
static void await_bytes(int pipe, int min, int max)
{
    int waiting = -1;
    double until = clock_now() + 30;
    while (waiting < min || waiting > max) {
        cr_assert_lt(clock_now(), until, "%d bytes are in the pipe", waiting);
        clock_sleep_until(clock_now() + 0.001);
        cr_assert_eq(ioctl(pipe, FIONREAD, &waiting), 0);
    }
}

/* While the list is being read, no image is in progress, so the run ends at once. */
Test(signals, ctrl_c_before_the_first_image_ends_at_once)
{
    int list[2];
    cr_assert_eq(pipe2(list, O_CLOEXEC), 0);
    struct running running =
        run_start(&(struct start){.input_fd = list[0]}, (const char *const[]){"run", "-", "-o", "out", NULL});
    cr_assert_eq(write(list[1], "picture.png\n", 12), 12);
    await_bytes(list[0], 0, 0); /* the command has taken it and waits for more */
    cr_assert_eq(kill(running.pid, SIGINT), 0);
    struct run run = run_wait(&running);
    cr_assert_eq(run.status, 130, "%d: %s", run.status, run.err);
    cr_assert_str_eq(run.err, "");
    cr_assert_eq(access("out", F_OK), -1);
}

/* A blocked run (its log is a full pipe) ends on the second signal. */
Test(signals, a_second_signal_ends_at_once)
{
    int temporaries;
    int log = open("log", O_RDONLY | O_NONBLOCK);
    cr_assert_geq(fcntl(log, F_SETPIPE_SZ, PIPE_BYTES), PIPE_BYTES);
    struct running running = START("run", "in", "-o", "out", "--rotate=90", "--log=log");
    await_bytes(log, 3000, PIPE_BYTES); /* a line has about 350 */
    cr_assert_eq(kill(running.pid, SIGINT), 0);
    cr_assert_eq(kill(running.pid, SIGTERM), 0);
    struct run run = run_wait(&running);
    cr_assert(run.status == 130 || run.status == 143, "%d: %s", run.status, run.err);
    cr_assert_null(strstr(run.err, "images:"), "%s", run.err);
    cr_assert_lt(whole_results(&temporaries), PICTURES);
    struct run again = RUN("run", "in", "-o", "out", "--rotate=90");
    cr_assert_eq(again.status, 0, "%s", again.err);
    cr_assert_eq(whole_results(&temporaries), PICTURES);
    cr_assert_eq(temporaries, 0);
}

/* Reads from a terminal until `text` was written to it. */
static void await_shown(int terminal, const char *text)
{
    char shown[4096] = "";
    size_t size = 0;
    struct pollfd readable = {.fd = terminal, .events = POLLIN};
    while (strstr(shown, text) == NULL) {
        cr_assert_eq(poll(&readable, 1, 30000), 1, "no '%s' in:\n%s", text, shown);
        ssize_t got = read(terminal, shown + size, sizeof shown - 1 - size);
        cr_assert_gt(got, 0, "no '%s' in:\n%s", text, shown);
        size += (size_t)got;
    }
}

/* Starts a run on a terminal that never ends by itself, because its log is a full pipe, and waits until an
 * image is in progress. */
static struct running start_stuck(const char *option)
{
    static const char page[4096];
    const struct start terminal = {.terminal = true, .environment = {"TERM=xterm"}};
    log_end = open("log", O_RDWR);
    cr_assert_eq(fcntl(log_end, F_SETPIPE_SZ, sizeof page), sizeof page);
    cr_assert_eq(write(log_end, page, sizeof page), sizeof page);
    const char *arguments[] = {"run", "in", "-o", "out", "--rotate=90", "--log=log", option, NULL};
    struct running running = run_start(&terminal, arguments);
    for (double until = clock_now() + 30; temp_count("out") < 1; clock_sleep_until(clock_now() + 0.001))
        cr_assert_lt(clock_now(), until, "no job began");
    return running;
}

/* The terminal was closed, or the ssh session ended. */
Test(signals, a_lost_terminal_ends_a_run_like_sigterm)
{
    expect_clean_stop("--backend=threads", SIGHUP);
    expect_clean_stop("--backend=procs", SIGHUP);
}

Test(signals, under_nohup_a_run_outlives_its_terminal)
{
    struct running running = start_as(&(struct start){.ignored = SIGHUP}, "--backend=threads", NULL);
    cr_assert_eq(kill(running.pid, SIGHUP), 0);
    drain_log();
    struct run run = run_wait(&running);
    expect(&run, 0, "60 images: 60 ok, ");
}

Test(signals, under_omp_the_process_keeps_its_name)
{
    struct running running = start_and_wait("--backend=omp");
    char path[64], name[32] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", (int)running.pid);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    cr_assert_not_null(fgets(name, sizeof name, file));
    fclose(file);
    cr_expect_str_eq(name, "pixmill\n");
    cr_assert_eq(kill(running.pid, SIGTERM), 0);
    drain_log();
    cr_assert_eq(run_wait(&running).status, 143);
}

Test(signals, at_a_terminal_each_ctrl_c_says_what_it_does)
{
    struct running running = start_stuck("--progress=never");
    cr_assert_eq(kill(running.pid, SIGINT), 0);
    await_shown(running.terminal,
                "pixmill: finishing images in progress; press Ctrl-C again to stop now\r\n");
    cr_assert_eq(kill(running.pid, SIGINT), 0);
    struct run run = run_wait(&running);
    cr_assert_eq(run.status, 130);
    cr_assert_str_eq(run.err, "\r\npixmill: stopped; the next run removes unfinished files\r\n");
}

Test(signals, quiet_is_quiet_at_a_terminal_too)
{
    struct running running = start_stuck("--quiet");
    cr_assert_eq(kill(running.pid, SIGINT), 0);
    cr_assert_eq(kill(running.pid, SIGTERM), 0);
    struct run run = run_wait(&running);
    cr_assert(run.status == 130 || run.status == 143, "%d: %s", run.status, run.err);
    cr_assert_str_eq(run.err, "");
}

/* The number in a line "NAME:\t123" of /proc/PID/status; 0 when the process is gone. */
static pid_t status_number(pid_t pid, const char *name)
{
    char path[64], line[256];
    int number = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *status = fopen(path, "r");
    while (status != NULL && number == 0 && fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0)
            number = atoi(line + strlen(name));
    }
    if (status != NULL)
        fclose(status);
    return number;
}

/* A worker process of the run: a child of the fork server. */
static pid_t find_worker(pid_t run)
{
    pid_t worker = 0;
    DIR *proc = opendir("/proc");
    cr_assert_not_null(proc);
    for (const struct dirent *entry = readdir(proc); entry != NULL && worker == 0; entry = readdir(proc)) {
        pid_t pid = atoi(entry->d_name);
        pid_t parent = pid > 0 ? status_number(pid, "PPid:") : 0;
        if (parent > 1 && parent != run && status_number(parent, "PPid:") == run)
            worker = pid;
    }
    closedir(proc);
    cr_assert_gt(worker, 0, "no worker process found");
    return worker;
}

Test(signals, a_worker_that_is_killed_costs_one_image_at_most)
{
    int temporaries;
    struct running running = start_and_wait("--backend=procs");
    cr_assert_eq(kill(find_worker(running.pid), SIGKILL), 0);
    drain_log();
    struct run run = run_wait(&running);
    cr_assert_not_null(strstr(run.err, ", 1 worker died\n"), "%s", run.err);
    int whole = whole_results(&temporaries);
    cr_assert_eq(temporaries, 0);
    cr_assert_geq(whole, PICTURES - 1);
    cr_assert_eq(run.status, whole == PICTURES ? 0 : 1, "%s", run.err);
}

/* After a kill at any moment, results are complete or missing, and the next run cleans up and makes the
 * rest. */
static void expect_recovery(const char *backend)
{
    int temporaries;
    struct running running = start_and_wait(backend);
    cr_assert_eq(kill(running.pid, SIGKILL), 0);
    struct run killed = run_wait(&running);
    cr_assert_eq(killed.status, 128 + SIGKILL);
    cr_assert_lt(whole_results(&temporaries), PICTURES);
    temp_text("out/.pixmill-0123456789abcdef.tmp", "half a resu");
    struct run again = RUN("run", "in", "-o", "out", "--rotate=90", "--skip-existing", backend);
    cr_assert_eq(again.status, 0, "%s", again.err);
    cr_assert_eq(whole_results(&temporaries), PICTURES);
    cr_assert_eq(temporaries, 0);
}

Test(signals, after_kill_9_the_next_run_sweeps_and_finishes_threads)
{
    expect_recovery("--backend=threads");
}

Test(signals, after_kill_9_the_next_run_sweeps_and_finishes_procs)
{
    expect_recovery("--backend=procs");
}

Test(signals, a_temporary_that_somebody_holds_is_not_swept)
{
    static const char name[] = "out/.pixmill-0123456789abcdef.tmp";
    temp_text(name, "in use");
    int fd = open(name, O_RDONLY);
    cr_assert_eq(flock(fd, LOCK_EX), 0);
    struct run run = RUN("run", "picture.png", "-o", "out");
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_assert_eq(access(name, F_OK), 0);
    close(fd);
    struct run later = RUN("run", "picture.png", "-o", "out");
    cr_assert_eq(later.status, 0, "%s", later.err);
    cr_assert_eq(access(name, F_OK), -1);
}

Test(signals, closed_standard_streams_never_become_results)
{
    for (unsigned closed = 1; closed < 8; closed++) {
        char folder[16], path[48];
        snprintf(folder, sizeof folder, "out%u", closed);
        snprintf(path, sizeof path, "%s/picture.png", folder);
        struct run run = RUN_AS(&(struct start){.closed = closed}, "run", "picture.png", "missing.png", "-o",
                                folder, "--rotate=90", "-v", "--progress=always");
        cr_assert_eq(run.status, 1, "streams closed: %u: %d, %s", closed, run.status, run.err);
        cr_assert(same_bytes(path, "reference/picture.png"), "streams closed: %u", closed);
        expect_files(folder, 1);
    }
}
