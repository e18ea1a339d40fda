/* The real server with many clients, slow clients, and clients that disconnect. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/live.h"

static void begin(void)
{
    run_begin();
    put_picture("root/one.png", 60, 40);
}

TestSuite(serve_load, .init = begin);

static const char running[] = "pixmill_transforms_running", queued[] = "pixmill_queue_depth",
                  joined[] = "pixmill_coalesced_total", done[] = "pixmill_transforms_total{outcome=\"ok\"}",
                  cancelled[] = "pixmill_transforms_total{outcome=\"cancelled\"}";

/* Requests a picture that keeps a worker busy for many seconds, unless it is cancelled. Each `number` from 1
 * to 100 gives a different one. */
static int ask_for_much(const struct live *live, int number)
{
    char request[1024] = "GET /resize=8000x8000!";
    for (int i = 0; i < 28; i++)
        strcat(request, "/sharpen=5");
    sprintf(request + strlen(request), "/format=jpeg/quality=%d/one.png HTTP/1.1\r\nHost: localhost\r\n\r\n",
            number);
    int socket = live_connect(live, 0);
    live_send(socket, request);
    return socket;
}

static double cpu_seconds(pid_t pid)
{
    clockid_t clock;
    struct timespec used;
    cr_assert_eq(clock_getcpuclockid(pid, &clock), 0);
    cr_assert_eq(clock_gettime(clock, &used), 0);
    return (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
}

static void await_work(pid_t worker)
{
    double before = cpu_seconds(worker);
    for (double until = clock_now() + 60; clock_now() < until; clock_sleep_until(clock_now() + 0.005)) {
        if (cpu_seconds(worker) > before + 0.1)
            return;
    }
    cr_assert_fail("the worker does nothing");
}

/* Only the worker's own request fails. */
Test(serve_load, a_worker_that_dies)
{
    struct live live = LIVE("--backend=procs", "--jobs=1");
    struct reply first = GET(&live, "/flip/one.png"); /* now there is a worker */
    expect_status(&first, 200);
    pid_t server = live_child(live.running.pid), worker = server > 0 ? live_child(server) : 0;
    if (worker == 0) {
        live_stop(&live);
        cr_skip_test(LIVE_NO_CHILDREN);
    }
    int socket = ask_for_much(&live, 50);
    live_await_metric(&live, running, 1);
    await_work(worker);
    cr_assert_eq(kill(worker, SIGKILL), 0);
    char *answer = live_read(socket, "}\n");
    cr_assert_eq(strncmp(answer, "HTTP/1.1 500 ", 13), 0, "%s", answer);
    struct reply next = GET(&live, "/flop/one.png");
    expect_status(&next, 200);
    close(socket);
    live_stop(&live);
}

static void check_a_client_that_leaves(const char *backend)
{
    char option[32];
    snprintf(option, sizeof option, "--backend=%s", backend);
    struct live live = LIVE(option, "--jobs=1");
    int socket = ask_for_much(&live, 50);
    live_await_metric(&live, running, 1);
    close(socket);
    live_await_metric(&live, cancelled, 1);
    struct reply reply = GET(&live, "/resize=9x9/one.png"); /* the worker is available again */
    expect_status(&reply, 200);
    cr_assert_eq(live_metric(&live, done), 1);
    cr_assert_eq(live_metric(&live, "pixmill_requests_total{status=\"499\"}"), 1);
    live_stop(&live);
}

Test(serve_load, a_client_that_leaves_gives_its_worker_back_threads)
{
    check_a_client_that_leaves("threads");
}

Test(serve_load, a_client_that_leaves_gives_its_worker_back_procs)
{
    check_a_client_that_leaves("procs");
}

Test(serve_load, a_client_that_leaves_gives_its_worker_back_omp)
{
    check_a_client_that_leaves("omp");
}

Test(serve_load, a_client_that_sends_ahead_and_leaves)
{
    struct live live = LIVE("--jobs=1");
    int socket = ask_for_much(&live, 50);
    live_await_metric(&live, running, 1);
    live_send(socket, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nG");
    close(socket);
    live_await_metric(&live, cancelled, 1);
    live_stop(&live);
}

/* Pipelined requests are answered in order, even if there are more than the server reads ahead. */
Test(serve_load, a_client_that_sends_much_ahead)
{
    enum { AHEAD = 1000 };
    static const char next[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct live live = LIVE("--jobs=1");
    int blocker = ask_for_much(&live, 50), socket = live_connect(&live, 0), count = 0;
    live_await_metric(&live, running, 1);
    live_send(socket, "GET /crop=99x99+50+50/one.png HTTP/1.1\r\nHost: localhost\r\n\r\n");
    live_await_metric(&live, queued, 1);
    for (int i = 0; i < AHEAD; i++)
        live_send(socket, next);
    live_send(socket, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    close(blocker);
    const char *answers = live_read(socket, NULL);
    cr_assert_eq(strncmp(answers, "HTTP/1.1 400 ", 13), 0, "%s", answers);
    while ((answers = strstr(answers, "\r\n\r\nok\n")) != NULL) {
        answers++;
        count++;
    }
    cr_assert_eq(count, AHEAD + 1);
    close(socket);
    live_stop(&live);
}

/* A client that has shut down its sending side may still read. */
static void check_half_closed(const char *requests, int answers)
{
    struct live live = LIVE("--jobs=1");
    int blocker = ask_for_much(&live, 50), socket = live_connect(&live, 0), count = 0;
    live_await_metric(&live, running, 1);
    live_send(socket, requests);
    live_await_metric(&live, queued, 1);
    cr_assert_eq(shutdown(socket, SHUT_WR), 0);
    char start[16] = "";
    cr_assert_eq(live_receive(socket, start, 9, MSG_PEEK | MSG_WAITALL),
                 9); /* the server distinguishes it from one that has left */
    cr_assert_str_eq(start, "HTTP/1.1 ");
    cr_assert_eq(live_metric(&live, queued), 1);
    close(blocker);
    const char *answer = live_read(socket, NULL);
    cr_assert_eq(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17), 0, "%s", answer);
    for (; (answer = strstr(answer, "HTTP/1.1 200 OK\r\n")) != NULL; answer++)
        count++;
    cr_assert_eq(count, answers);
    close(socket);
    live_stop(&live);
}

Test(serve_load, a_client_that_half_closes_gets_its_answer)
{
    check_half_closed("GET /format=jpeg/one.png HTTP/1.1\r\nHost: localhost\r\n\r\n", 1);
}

Test(serve_load, a_client_that_sends_ahead_and_half_closes_gets_its_answers)
{
    check_half_closed("HEAD /format=jpeg/one.png HTTP/1.1\r\nHost: localhost\r\n\r\n"
                      "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
                      "HEAD /format=jpeg/flip/one.png HTTP/1.1\r\nHost: localhost\r\n\r\n"
                      "GET /half",
                      3);
}

/* It may still leave. */
Test(serve_load, a_client_that_half_closes_and_leaves)
{
    struct live live = LIVE("--jobs=1");
    int socket = ask_for_much(&live, 50);
    live_await_metric(&live, running, 1);
    cr_assert_eq(shutdown(socket, SHUT_WR), 0);
    char start[16] = "";
    cr_assert_eq(live_receive(socket, start, 9, MSG_PEEK | MSG_WAITALL), 9);
    close(socket);
    live_await_metric(&live, cancelled, 1);
    live_stop(&live);
}

Test(serve_load, a_client_that_leaves_the_queue)
{
    struct live live = LIVE("--jobs=1");
    int first = ask_for_much(&live, 50);
    live_await_metric(&live, running, 1);
    int second = ask_for_much(&live, 51);
    live_await_metric(&live, queued, 1);
    close(second);
    live_await_metric(&live, cancelled, 1);
    cr_assert_eq(live_metric(&live, queued), 0);
    cr_assert_eq(live_metric(&live, running), 1, "the first has lost its worker");
    close(first);
    live_await_metric(&live, cancelled, 2);
    live_stop(&live);
}

/* Many clients request one picture while it is made: one transform, and the same bytes for all. A client that
 * disconnects does not affect the others. */
Test(serve_load, requests_for_one_picture_share_its_transform)
{
    enum { CLIENTS = 20 };
    static const char request[] =
        "GET /resize=30x30/one.png HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    struct live live = LIVE("--jobs=1");
    int blocker = ask_for_much(&live, 50), sockets[CLIENTS];
    live_await_metric(&live, running, 1);
    for (int i = 0; i < CLIENTS; i++) {
        sockets[i] = live_connect(&live, 0);
        live_send(sockets[i], request);
    }
    live_await_metric(&live, joined, CLIENTS - 1);
    cr_assert_eq(live_metric(&live, queued), 1);
    close(sockets[0]);
    close(sockets[CLIENTS - 1]);
    live_await_metric(&live, "pixmill_requests_total{status=\"499\"}", 2);
    close(blocker);
    struct reply whole = GET(&live, "/resize=30x30/one.png");
    for (int i = 1; i < CLIENTS - 1; i++) {
        char *answer = live_read(sockets[i], NULL);
        char *body = strstr(answer, "\r\n\r\n");
        cr_assert_not_null(body);
        cr_assert_eq(strncmp(answer, "HTTP/1.1 200 ", 13), 0, "%s", answer);
        cr_assert_arr_eq(body + 4, whole.body, whole.size);
        close(sockets[i]);
    }
    /* One for all, and at most one more for the last, if it came too late. */
    cr_assert_leq(live_metric(&live, done), 2);
    cr_assert_eq(live_metric(&live, "pixmill_held_bytes"), 0);
    live_stop(&live);
}

/* A response chosen by Accept says so; one to a request that names the same format does not: they are two
 * results. */
Test(serve_load, answers_that_vary_are_not_shared_with_those_that_do_not)
{
    static const char *const requests[] = {
        "GET /resize=9x9/format=auto/one.png HTTP/1.1\r\nHost: localhost\r\nAccept: image/png\r\nConnection: close\r\n\r\n",
        "GET /resize=9x9/format=png/one.png HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"};
    struct live live = LIVE("--jobs=1");
    int blocker = ask_for_much(&live, 50), sockets[2];
    live_await_metric(&live, running, 1);
    for (int i = 0; i < 2; i++) {
        sockets[i] = live_connect(&live, 0);
        live_send(sockets[i], requests[i]);
        double until = clock_now() + 60;
        for (; live_metric(&live, queued) + live_metric(&live, joined) < i + 1;
             clock_sleep_until(clock_now() + 0.005))
            cr_assert_lt(clock_now(), until, "request %d does not arrive", i);
    }
    close(blocker);
    for (int i = 0; i < 2; i++) {
        char *answer = live_read(sockets[i], NULL);
        cr_assert_eq(strncmp(answer, "HTTP/1.1 200 ", 13), 0, "%s", answer);
        cr_expect_eq(strstr(answer, "\r\nVary: Accept\r\n") != NULL, i == 0, "%s", answer);
        close(sockets[i]);
    }
    live_stop(&live);
}

Test(serve_load, a_full_queue)
{
    struct live live = LIVE("--jobs=1", "--queue=2");
    int sockets[3];
    sockets[0] = ask_for_much(&live, 50);
    live_await_metric(&live, running, 1);
    sockets[1] = ask_for_much(&live, 51);
    sockets[2] = ask_for_much(&live, 52);
    live_await_metric(&live, queued, 2);
    struct reply refused = GET(&live, "/resize=9x9/one.png");
    expect_status(&refused, 503);
    cr_assert_str_eq(reply_field(&refused, "retry-after"), "1");
    struct reply health = GET(&live, "/healthz");
    expect_status(&health, 200);
    cr_assert_str_eq(health.body, "ok\n");
    for (int i = 0; i < 3; i++)
        close(sockets[i]);
    live_await_metric(&live, cancelled, 3);
    struct reply taken = GET(&live, "/resize=9x9/one.png");
    expect_status(&taken, 200);
    live_stop(&live);
}

/* One picture in the worker and one waiting for it, so that the queue of one is full. */
static void fill_queue(const struct live *live, int sockets[2])
{
    sockets[0] = ask_for_much(live, 50);
    live_await_metric(live, running, 1);
    sockets[1] = live_connect(live, 0);
    live_send(sockets[1], "GET /resize=30x30/one.png HTTP/1.1\r\nHost: localhost\r\n\r\n");
    live_await_metric(live, queued, 1);
}

static const char refused_request[] = "GET /flip/one.png HTTP/1.1\r\nHost: localhost\r\n\r\n";

/* The request after one that the full queue refused is read as usual. */
Test(serve_load, a_request_behind_one_that_the_queue_refused)
{
    struct live live = LIVE("--jobs=1", "--queue=1");
    char requests[1024];
    int sockets[2], socket = live_connect(&live, 0);
    fill_queue(&live, sockets);
    snprintf(
        requests, sizeof requests,
        "%sGET /resize=30x30/one.png HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-3\r\nX: %0200d\r\n\r\n",
        refused_request, 0);
    live_send(socket, requests);
    live_await_metric(&live, joined, 1);
    close(sockets[0]);
    live_send(socket, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const char *answers = live_read(socket, NULL);
    cr_assert_eq(strncmp(answers, "HTTP/1.1 503 ", 13), 0, "%s", answers);
    cr_assert_not_null(strstr(answers, "}\nHTTP/1.1 206 "), "%s", answers);
    close(sockets[1]);
    close(socket);
    live_stop(&live);
}

Test(serve_load, half_a_request_behind_one_that_the_queue_refused)
{
    struct live live = LIVE("--jobs=1", "--queue=1");
    char requests[1024];
    int sockets[2], socket = live_connect(&live, 0);
    fill_queue(&live, sockets);
    snprintf(requests, sizeof requests, "%sGET /healthz", refused_request);
    live_send(socket, requests);
    const char *answer = live_read(socket, "}\n");
    cr_assert_eq(strncmp(answer, "HTTP/1.1 503 ", 13), 0, "%s", answer);
    live_send(socket, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    answer = live_read(socket, NULL);
    cr_assert_eq(strncmp(answer, "HTTP/1.1 200 ", 13), 0, "%s", answer);
    for (int i = 0; i < 2; i++)
        close(sockets[i]);
    close(socket);
    live_stop(&live);
}

Test(serve_load, one_client_with_too_many_requests)
{
    struct live live = LIVE("--jobs=1", "--per-client=2");
    int first = ask_for_much(&live, 50), second = ask_for_much(&live, 51);
    live_await_metric(&live, running, 1);
    live_await_metric(&live, queued, 1);
    struct reply refused = GET(&live, "/resize=9x9/one.png");
    expect_status(&refused, 429);
    cr_assert_str_eq(reply_field(&refused, "retry-after"), "1");
    close(first);
    close(second);
    live_await_metric(&live, cancelled, 2);
    struct reply taken = GET(&live, "/resize=9x9/one.png");
    expect_status(&taken, 200);
    live_stop(&live);
}

/* When no more connections are allowed, the one that has been idle longest is closed. */
Test(serve_load, more_connections_than_there_is_room_for)
{
    struct live live = LIVE("--connections=3");
    int sockets[3];
    for (int i = 0; i < 3; i++) {
        sockets[i] = live_connect(&live, 0);
        live_send(sockets[i], "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        live_read(sockets[i], "ok\n");
    }
    struct reply reply = GET(&live, "/healthz");
    expect_status(&reply, 200);
    cr_assert_str_eq(live_read(sockets[0], NULL), "");
    live_send(sockets[2], "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    live_read(sockets[2], "ok\n");
    for (int i = 0; i < 3; i++)
        close(sockets[i]);
    live_stop(&live);
}

/* The lowest descriptor that the server does not use. */
static rlim_t first_free_descriptor(const struct live *live)
{
    char path[64];
    rlim_t fd = 0;
    do
        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)live->running.pid, (int)fd++);
    while (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
    return fd - 1;
}

static void limit_descriptors(const struct live *live, struct rlimit *limit, rlim_t most)
{
    cr_assert_eq(prlimit(live->running.pid, RLIMIT_NOFILE, NULL, limit), 0);
    limit->rlim_cur = most;
    cr_assert_eq(prlimit(live->running.pid, RLIMIT_NOFILE, limit, NULL), 0);
}

/* A connection that accept has no descriptor for is accepted once there is one; until then the loop sleeps.
 */
Test(serve_load, a_client_for_whom_there_is_no_descriptor)
{
    static const double watched = 1;
    struct live live = LIVE("--jobs=1");
    struct rlimit limit;
    limit_descriptors(&live, &limit, first_free_descriptor(&live));
    int socket = live_connect(&live, 0);
    live_send(socket, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    double began = clock_now(), used = cpu_seconds(live.running.pid);
    clock_sleep_until(began + watched);
    cr_assert_lt(cpu_seconds(live.running.pid) - used, watched / 10, "it turns and turns");
    limit_descriptors(&live, &limit, limit.rlim_max);
    live_read(socket, "ok\n");
    close(socket);
    live_stop(&live);
}

/* An idle connection is closed to free its descriptor. */
Test(serve_load, a_client_who_gets_an_idle_ones_descriptor)
{
    struct live live = LIVE("--jobs=1", "--idle-timeout=1000");
    struct rlimit limit;
    int idle = live_connect(&live, 0);
    live_send(idle, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    live_read(idle, "ok\n");
    limit_descriptors(&live, &limit, first_free_descriptor(&live));
    int socket = live_connect(&live, 0);
    live_send(socket, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    live_read(socket, "ok\n");
    cr_assert_str_eq(live_read(idle, NULL), "");
    close(idle);
    close(socket);
    live_stop(&live);
}

/* Results that clients don't read take memory; when there are enough of them, other requests wait until that
 * memory is reclaimed. */
Test(serve_load, results_that_nobody_fetches)
{
    put_picture("root/large.png", 1500, 1500); /* 6 MB of noise, more than socket buffers hold */
    struct live live = LIVE("--jobs=1", "--memory=1M");
    int socket = live_connect(&live, 4096);
    live_send(socket, "GET /flip/large.png HTTP/1.1\r\nHost: localhost\r\n\r\n");
    live_await_metric(&live, "pixmill_held_bytes", 1 << 20);
    int waiting = live_connect(&live, 0);
    live_send(waiting, "GET /resize=9x9/one.png HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const char *answer = live_read(waiting, NULL);
    cr_assert_eq(strncmp(answer, "HTTP/1.1 200 ", 13), 0, "%s", answer);
    cr_assert_eq(live_metric(&live, "pixmill_held_bytes"), 0);
    close(waiting);
    close(socket);
    live_stop(&live);
}

/* The file that is read must be the one that the result's key describes. */
Test(serve_load, a_file_that_changes_before_it_is_read)
{
    static const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1}};
    struct live live = LIVE("--jobs=1");
    int blocker = ask_for_much(&live, 50);
    live_await_metric(&live, running, 1);
    put_picture("root/two.png", 60, 40);
    int socket = live_connect(&live, 0);
    live_send(socket, "GET /resize=9x9/two.png HTTP/1.1\r\nHost: localhost\r\n\r\n");
    live_await_metric(&live, queued, 1);
    cr_assert_eq(utimensat(AT_FDCWD, "root/two.png", times, 0), 0);
    close(blocker);
    char *answer = live_read(socket, "}\n");
    cr_assert_eq(strncmp(answer, "HTTP/1.1 503 ", 13), 0, "%s", answer);
    cr_assert_not_null(strstr(answer, "changed while it was read"), "%s", answer);
    struct reply taken = GET(&live, "/resize=9x9/two.png");
    expect_status(&taken, 200);
    close(socket);
    live_stop(&live);
}
