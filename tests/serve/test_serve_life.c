/* How the real server starts and ends. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/processes.h"
#include "serve/live.h"
#include "temp.h"

static void begin(void)
{
    run_begin();
    put_picture("root/one.png", 60, 40);
    temp_text("key", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n");
}

TestSuite(serve_life, .init = begin);

Test(serve_life, wrong_command_lines)
{
    static const struct {
        const char *arguments[6], *message;
    } cases[] = {
        {{"serve"}, "pixmill: --root: no folder to serve ("},
        {{"serve", "--root=nowhere", "--listen=127.0.0.1:0"},
         "pixmill: nowhere: the root folder can't be opened: "},
        {{"serve", "--root=root", "file"}, "pixmill: file: serve takes only options ("},
        {{"serve", "--root=root", "--listen=localhost:80"},
         "pixmill: --listen: 'localhost:80' is not an address to listen on ("},
        {{"serve", "--root=root", "--listen=0.0.0.0:0"}, "pixmill: --listen: lets other machines "},
        {{"serve", "--root=root", "--listen=[::]:0"}, "pixmill: --listen: lets other machines "},
        {{"serve", "--root=root", "--unsigned", "--sign-key-file=key"},
         "pixmill: --unsigned: can't be combined with --sign-key-file ("},
        {{"serve", "--root=root", "--open-metrics"},
         "pixmill: --open-metrics: has no effect without --sign-key-file"},
        {{"serve", "--root=root", "--cache-size=1M"}, "pixmill: --cache-size: has no effect without "},
        {{"serve", "--root=root", "--sign-key-file=missing", "--listen=127.0.0.1:0"},
         "pixmill: missing: the key file can't be opened: "},
        {{"serve", "--root=root", "--allow=missing", "--listen=127.0.0.1:0"}, "pixmill: missing: "},
        {{"serve", "--root=root", "--memory=256", "--allow=missing", "--listen=127.0.0.1:0"},
         "pixmill: warning: --memory is only 256 bytes, so images are processed one at a time ("},
        {{"serve", "--root=root", "--log=root/one.png", "--listen=127.0.0.1:0"},
         "pixmill: root/one.png: not a pixmill log ("},
        {{"serve", "--root=root", "--backend=serial", "-j2"}, "pixmill: --jobs: serial has one worker ("},
        {{"serve", "--root=root", "--sandbox=require"},
         "pixmill: --sandbox: the workers of threads are threads"},
        {{"serve", "--root=root", "--queue=0"}, "pixmill: --queue=0: must be from 1 to "},
        {{"serve", "--root=root", "--allow-origin=example.org"},
         "pixmill: --allow-origin=example.org: not an origin ("},
        {{"serve", "--root=root", "--allow-origin=https://a.example/"}, "not an origin ("},
        {{"serve", "--root=root", "--allow-origin=https://"}, "not an origin ("},
        {{"serve", "--root=root", "--allow-origin=https://a\r\nX-A: b"}, "not an origin ("},
        {{"serve", "--root=root", "--port=8081"}, "unknown option (it is --listen=127.0.0.1:8080 here)\n"},
        {{"serve", "--root=root", "--listen=8081"},
         "pixmill: --listen: '8081' is not an address to listen on (numeric ADDR:PORT, "},
        {{"serve", "--root=root", "--trusted-proxy=a.example"},
         "pixmill: --trusted-proxy: 'a.example' is not a proxy's address ("},
        {{"serve", "--root=root", "--host=a.example:80"},
         "pixmill: --host: 'a.example:80' is not a host name ("},
        {{"serve", "--root=root", "--resize=8x8"}, "pixmill: --resize=8x8: unknown option"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct run run = run_with(&(struct start){0}, cases[i].arguments);
        expect(&run, 2, cases[i].message);
    }
}

Test(serve_life, a_port_that_is_taken)
{
    char listen[96], message[128];
    struct live live = LIVE();
    snprintf(listen, sizeof listen, "--listen=%s", live.address);
    snprintf(message, sizeof message, "pixmill: %s: can't listen on this address: Address already in use",
             live.address);
    struct run run = RUN("serve", "--root=root", listen);
    expect(&run, 2, message);
    live_stop(&live);
}

/* Other machines may use the server if there is a key, or if the user allowed it explicitly. */
Test(serve_life, listening_for_others)
{
    struct live live = LIVE("--listen=0.0.0.0:0", "--sign-key-file=key");
    live_stop(&live);
    live = LIVE("--listen=0.0.0.0:0", "--unsigned");
    live_stop(&live);
}

Test(serve_life, help_and_completion_know_it)
{
    struct run run = RUN("serve", "--help");
    cr_assert_eq(run.status, 0);
    cr_assert_not_null(strstr(run.out, "--sign-key-file=FILE"));
    run = RUN("help", "--man");
    cr_assert_not_null(strstr(run.out, "client\\-timeout"), "the manual does not know serve");
    run = RUN("help", "--completion=bash");
    cr_assert_not_null(strstr(run.out, "--client-timeout"));
}

/* Requests in progress are answered, new connections are refused, and the exit status is 0. The worker is
 * stopped until the server has received the signal, so the request is in progress however fast or slow the
 * machine is. */
static void check_drain(int number)
{
    struct live live = LIVE("--backend=procs", "--jobs=1", "--timeout=100");
    int idle = live_connect(&live, 0), waiting = live_connect(&live, 0);
    live_send(idle, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    live_read(idle, "ok\n");
    const pid_t forker = live_child(live.running.pid), worker = forker > 0 ? live_child(forker) : 0;
    if (worker == 0) {
        live_stop(&live);
        cr_skip_test(LIVE_NO_CHILDREN);
    }
    cr_assert_eq(kill(worker, SIGSTOP), 0);
    live_send(waiting, "GET /flip/one.png HTTP/1.1\r\nHost: localhost\r\n\r\n");
    live_await_metric(&live, "pixmill_transforms_running", 1);
    cr_assert_eq(kill(live.running.pid, number), 0);
    cr_assert_str_eq(live_read(idle, NULL), ""); /* the server has received the signal */
    cr_assert_eq(kill(worker, SIGCONT), 0);
    char *answer = live_read(waiting, NULL);
    cr_assert_eq(strncmp(answer, "HTTP/1.1 200 ", 13), 0, "%s", answer);
    cr_assert_not_null(strstr(answer, "Connection: close\r\n"), "%s", answer);
    struct run run = run_wait(&live.running);
    cr_assert_eq(run.status, 0, "%s", run.err);
    close(idle);
    close(waiting);
}

Test(serve_life, a_terminate_drains)
{
    check_drain(SIGTERM);
}

Test(serve_life, an_interrupt_drains)
{
    check_drain(SIGINT);
}

#ifndef PIXMILL_SANITIZED

static bool has_line(pid_t pid, const char *line)
{
    char path[64], text[256];
    bool found = false;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *status = fopen(path, "r");
    cr_assert_not_null(status);
    while (!found && fgets(text, sizeof text, status) != NULL)
        found = strcmp(text, line) == 0;
    fclose(status);
    return found;
}

/* A worker that has answered has installed its system call filter. */
Test(serve_life, workers_are_in_the_sandbox)
{
    struct live live = LIVE("--backend=procs", "--jobs=1", "--sandbox=require");
    int socket = live_connect(&live, 0);
    live_send(socket, "GET /flip/one.png HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    char *answer = live_read(socket, NULL);
    cr_assert_eq(strncmp(answer, "HTTP/1.1 200 ", 13), 0, "%s", answer);
    pid_t worker = live_child(live_child(live.running.pid));
    bool filtered = worker > 0 && has_line(worker, "Seccomp:\t2\n");
    bool bounded = worker > 0 && has_line(worker, "NoNewPrivs:\t1\n");
    close(socket);
    live_stop(&live);
    if (worker == 0)
        cr_skip_test(LIVE_NO_CHILDREN);
    cr_assert(filtered);
    cr_assert(bounded);
}

#endif

/* The server's children: the fork server of its workers, and its reserve. Returns how many; 0 if the kernel
 * does not list children. */
static int forkers(const struct live *live, pid_t found[2])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", live->running.pid, live->running.pid);
    FILE *children = fopen(path, "r");
    if (children == NULL)
        return 0;
    const int count = fscanf(children, "%d %d", &found[0], &found[1]);
    fclose(children);
    return count > 0 ? count : 0;
}

#ifndef PIXMILL_SANITIZED /* which has no reserve itself */
Test(serve_life, a_fork_server_that_is_lost_is_replaced)
{
    struct live live = LIVE("--backend=procs", "--jobs=2");
    pid_t found[2];
    for (int turn = 0; turn < 3; turn++) {
        const int count = forkers(&live, found);
        if (count == 0) {
            live_stop(&live);
            cr_skip_test(LIVE_NO_CHILDREN);
        }
        cr_assert_eq(count, 2);
        kill_and_wait(found[0]);
        for (int i = 0; i < 3; i++) {
            char path[64];
            snprintf(path, sizeof path, "/blur=%d/one.png", 1 + 3 * turn + i); /* none is repeated */
            struct reply reply = GET(&live, path);
            expect_status(&reply, 200);
        }
    }
    live_stop(&live);
}
#endif

/* Without workers the server can't work: it exits with an error, and its supervisor can restart it. */
Test(serve_life, workers_that_are_lost)
{
    struct live live = LIVE("--backend=procs", "--jobs=2");
    pid_t found[2];
    const int count = forkers(&live, found);
    if (count == 0) {
        live_stop(&live);
        cr_skip_test(LIVE_NO_CHILDREN);
    }
    int sockets[2] = {live_connect(&live, 0), live_connect(&live, 0)}, failures = 0;
    /* The server may be starting its second worker. It must not see the first loss before the second:
     * the reserve would take over and make a reserve of its own. */
    siginfo_t stopped;
    cr_assert_eq(kill(live.running.pid, SIGSTOP), 0);
    cr_assert_eq(waitid(P_PID, (id_t)live.running.pid, &stopped, WSTOPPED), 0);
    for (int i = 0; i < count; i++)
        kill_and_wait(found[i]); /* a worker that is ready would still do a job that arrives before its end */
    cr_assert_eq(kill(live.running.pid, SIGCONT), 0);
    live_send(sockets[0], "GET /flip/one.png HTTP/1.1\r\nHost: localhost\r\n\r\n");
    live_send(sockets[1], "GET /flop/one.png HTTP/1.1\r\nHost: localhost\r\n\r\n");
    for (int i = 0; i < 2; i++) {
        /* The second may get no response because the server has ended, if the second worker was not started
         * yet. */
        char *answer = live_read(sockets[i], "\r\n\r\n");
        cr_assert(answer[0] == '\0' || strncmp(answer, "HTTP/1.1 500 ", 13) == 0, "%s", answer);
        failures += answer[0] != '\0';
        close(sockets[i]);
    }
    cr_assert_geq(failures, 1);
    struct run run = run_wait(&live.running);
    cr_assert_eq(run.status, 1, "%s", run.err);
    cr_assert_not_null(strstr(run.err, "pixmill: the fork server of the worker processes was killed by "),
                       "%s", run.err);
}

Test(serve_life, a_second_signal_ends_it_at_once)
{
    struct live live = LIVE("--jobs=1", "--timeout=100");
    int idle = live_connect(&live, 0), waiting = live_connect(&live, 0);
    live_send(idle, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    live_read(idle, "ok\n");
    live_send(waiting,
              "GET /resize=8000x8000!/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5"
              "/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5"
              "/sharpen=5/sharpen=5/sharpen=5/sharpen=5/one.png HTTP/1.1\r\nHost: localhost\r\n\r\n");
    live_await_metric(&live, "pixmill_transforms_running", 1);
    cr_assert_eq(kill(live.running.pid, SIGTERM), 0);
    cr_assert_str_eq(live_read(idle, NULL), ""); /* the server has received the first signal */
    cr_assert_eq(kill(live.running.pid, SIGTERM), 0);
    struct run run = run_wait(&live.running);
    cr_assert_eq(run.status, 128 + SIGTERM);
    close(idle);
    close(waiting);
}

static const char much[] =
    "GET /resize=8000x8000!/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5"
    "/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5"
    "/sharpen=5/sharpen=5/one.png HTTP/1.1\r\nHost: localhost\r\n\r\n";

/* A transform that outlasts the supervisor's time limit, and a client that does not read. */
static void check_end_of_drain(const char *backend)
{
    char option[32];
    snprintf(option, sizeof option, "--backend=%s", backend);
    put_picture("root/large.png", 1500, 1500); /* 6 MB of noise, more than socket buffers hold */
    struct live live = LIVE(option, "--jobs=1", "--timeout=1000", "--client-timeout=1000",
                            "--drain-timeout=0.2", "--log=log");
    int reading = live_connect(&live, 4096), waiting = live_connect(&live, 0);
    live_send(reading, "GET /large.png HTTP/1.1\r\nHost: localhost\r\n\r\n");
    live_read(reading, "\r\n\r\n");
    live_send(waiting, much);
    live_await_metric(&live, "pixmill_transforms_running", 1);
    cr_assert_eq(kill(live.running.pid, SIGTERM), 0);
    struct run run = run_wait(&live.running);
    cr_assert_eq(run.status, 128 + SIGTERM, "%d: %s", run.status, run.err);
    cr_assert_not_null(
        strstr(
            run.err,
            "pixmill: --drain-timeout: 2 connections and 1 transform not finished after 0.2 s were cut off"),
        "%s", run.err);
    const char *log = content_of("log", NULL);
    cr_assert_not_null(strstr(log, "\"path\": \"/large.png\", \"status\": 200"), "%s", log);
    cr_assert_not_null(strstr(log, "\"status\": 499"), "%s", log);
    cr_assert_str_eq(live_read(waiting, NULL), "");
    close(reading);
    close(waiting);
}

Test(serve_life, a_drain_has_an_end_threads)
{
    check_end_of_drain("threads");
}

Test(serve_life, a_drain_has_an_end_procs)
{
    check_end_of_drain("procs");
}
