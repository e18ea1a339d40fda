/* The real server and clients that take their time: they are given up, unless they make progress. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/live.h"

/* Connects and sends while the server is stopped: however slow this machine is, the text arrives in time. */
static int connect_with(const struct live *live, const char *text)
{
    siginfo_t stopped;
    cr_assert_eq(kill(live->running.pid, SIGSTOP), 0);
    cr_assert_eq(waitid(P_PID, (id_t)live->running.pid, &stopped, WSTOPPED), 0);
    const int socket = live_connect(live, 0);
    live_send(socket, text);
    cr_assert_eq(kill(live->running.pid, SIGCONT), 0);
    return socket;
}

/* A byte now and then is not progress. */
static void *drip(void *argument)
{
    int socket = *(int *)argument;
    while (send(socket, "a", 1, MSG_NOSIGNAL) == 1)
        clock_sleep_until(clock_now() + 0.02);
    return NULL;
}

Test(serve_load, a_client_that_writes_slowly)
{
    struct live live = LIVE("--client-timeout=0.5");
    pthread_t thread;
    int socket = connect_with(&live, "GET /healthz HTTP/1.1\r\nX: ");
    cr_assert_eq(pthread_create(&thread, NULL, drip, &socket), 0);
    char *answer = live_read(socket, NULL);
    cr_assert_eq(strncmp(answer, "HTTP/1.1 408 ", 13), 0, "%s", answer);
    shutdown(socket, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(socket);
    live_stop(&live);
}

/* A body is not accepted; what arrives of it after the refusal is read, but not for longer than the time for
 * a head. */
Test(serve_load, a_client_that_sends_a_body_slowly)
{
    struct live live = LIVE("--client-timeout=0.5", "--idle-timeout=1000");
    const double until = clock_now() + 60;
    int socket =
        connect_with(&live, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n");
    char *answer = live_read(socket, NULL);
    cr_assert_eq(strncmp(answer, "HTTP/1.1 413 ", 13), 0, "%s", answer);
    while (send(socket, "a", 1, MSG_NOSIGNAL) == 1 && clock_now() < until)
        clock_sleep_until(clock_now() + 0.02);
    cr_assert_lt(clock_now(), until, "it is still read");
    close(socket);
    live_stop(&live);
}

Test(serve_load, a_client_that_says_nothing)
{
    struct live live = LIVE("--client-timeout=0.2", "--idle-timeout=1000");
    int silent = live_connect(&live, 0);
    cr_assert_str_eq(live_read(silent, NULL), "");
    close(silent);
    live_stop(&live);
}

Test(serve_load, a_client_that_says_nothing_more)
{
    struct live live = LIVE("--client-timeout=1000", "--idle-timeout=0.2");
    int idle = live_connect(&live, 0);
    live_send(idle, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    cr_assert_not_null(strstr(live_read(idle, NULL), "\r\n\r\nok\n"));
    close(idle);
    live_stop(&live);
}

/* Reads a little at short intervals: far more often than the time-out, and far less than the server's min
 * rate. */
Test(serve_load, a_client_that_reads_slowly)
{
    put_picture("root/large.png", 1500, 1500); /* 6 MB of noise, more than socket buffers hold */
    struct live live = LIVE("--client-timeout=1");
    int socket = live_connect(&live, 4096);
    live_send(socket, "GET /large.png HTTP/1.1\r\nHost: localhost\r\n\r\n");
    char some[256];
    size_t total = 0;
    ssize_t got;
    double until = clock_now() + 60;
    while ((got = live_receive(socket, some, sizeof some, 0)) > 0 && clock_now() < until) {
        total += (size_t)got;
        if (live_metric(&live, "pixmill_requests_total{status=\"200\"}") >= 1 &&
            live_metric(&live, "pixmill_connections") < 2)
            break; /* the server gave up; data in the socket's buffers does not matter */
        clock_sleep_until(clock_now() + 0.02);
    }
    cr_assert_lt(total, 2000000);
    cr_assert_eq(live_metric(&live, "pixmill_held_bytes"), 0, "its result is still held");
    close(socket);
    live_stop(&live);
}

/* A client that reads 64 KiB, rests for `rest` seconds, and again, up to `max` bytes; it should get `size`.
 */
struct steady {
    const char *timeout;
    int room; /* of its socket, bytes */
    double rest;
    size_t max, size;
};

/* Returns the number of bytes that it got, or 0 if it was given up before it read the last of them from its
 * socket. *slowest is the longest time that 64 KiB took it, seconds. */
static size_t read_steadily(const struct steady *steady, double *slowest)
{
    static char some[65536];
    struct live live = LIVE(steady->timeout);
    const int socket = live_connect(&live, steady->room);
    size_t total = 0;
    ssize_t got = sizeof some;
    live_send(socket, "GET /large.png HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    double last = clock_now(), now;
    for (*slowest = 0; got > 0 && total < steady->max; last = now) {
        got = live_receive(socket, some, sizeof some, MSG_WAITALL);
        total += got > 0 ? (size_t)got : 0;
        clock_sleep_until(clock_now() + steady->rest);
        now = clock_now();
        *slowest = now - last > *slowest ? now - last : *slowest;
    }
    if (got > 0 && live_metric(&live, "pixmill_connections") < 2)
        total = 0;
    close(socket);
    live_stop(&live);
    return total;
}

/* It gets everything. Where the machine was too busy for it to read steadily, it reads again. */
static void expect_served(const struct steady *steady, double timeout)
{
    double slowest;
    while (read_steadily(steady, &slowest) < steady->size)
        cr_assert_gt(slowest, timeout / 2, "it was given up");
}

/* A slow client that makes progress gets everything: 64 KiB within the time-out, all in longer than that. */
Test(serve_load, a_client_that_reads_steadily, .timeout = 300)
{
    put_picture("root/large.png", 900, 900);
    size_t size;
    content_of("root/large.png", &size);
    cr_assert_gt(size, 30 << 16);
    expect_served(&(struct steady){"--client-timeout=2", 16384, 0.1, SIZE_MAX, size}, 2);
}

/* The server's send buffer grows to megabytes, and becomes writable when a third is free: that takes longer
 * than the time-out, though the client reads 64 KiB in a tenth of it. */
Test(serve_load, a_client_that_reads_steadily_from_a_large_socket, .timeout = 300)
{
    put_picture("root/large.png", 1800, 1800);
    expect_served(&(struct steady){"--client-timeout=2", 1 << 18, 0.2, 35 << 16, 35 << 16}, 2);
}
