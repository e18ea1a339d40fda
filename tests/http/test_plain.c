/* src/http without images: a plain-text server (tests/http/plain). */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"
#include "serve/live.h"
#include "temp.h"

TestSuite(http_plain, .init = run_begin, .timeout = 120);

static struct live start(void)
{
    const struct start plain = {.program = "http-plain"};
    return live_await(run_start(&plain, (const char *const[]){"file.txt", NULL}));
}

/* Stops the server; returns the last line that it wrote. */
static const char *stop(struct live *live)
{
    kill(live->running.pid, SIGTERM);
    const struct run run = run_wait(&live->running);
    const char *line = strstr(run.err, " ended, ");
    cr_assert_not_null(line, "%s", run.err);
    while (line > run.err && line[-1] != '\n')
        line--;
    return line;
}

Test(http_plain, answers_from_memory_and_from_a_file)
{
    temp_text("file.txt", "0123456789");
    struct live live = start();
    struct reply reply = GET(&live, "/hello");
    expect_status(&reply, 200);
    cr_expect_str_eq(reply.body, "hello\n");
    cr_expect_str_eq(reply_field(&reply, "content-type"), "text/plain; charset=utf-8");
    reply = GET(&live, "/file");
    expect_status(&reply, 200);
    cr_expect_str_eq(reply.body, "0123456789");
    reply = GET_WITH(&live, "/file", "Range: bytes=2-4");
    expect_status(&reply, 206);
    cr_expect_str_eq(reply.body, "234");
    reply = GET_WITH(&live, "/file", "Range: bytes=10-");
    cr_expect_eq(reply.status, 416);
    reply = GET_WITH(&live, "/hello", "If-None-Match: \"1\"");
    cr_expect_eq(reply.status, 304);
    reply = GET(&live, "/long");
    cr_expect_eq(reply.size, 32u << 20);
    cr_expect_str_eq(stop(&live), "6 ended, 0 left, drained\n");
}

Test(http_plain, answers_by_itself_what_needs_no_handler)
{
    struct live live = start();
    struct reply reply = GET(&live, "/nothing");
    expect_status(&reply, 404);
    reply = live_ask(&live, "POST", "/hello", NULL);
    cr_expect_eq(reply.status, 405);
    reply = live_ask(&live, "OPTIONS", "/hello", NULL);
    cr_expect_eq(reply.status, 204);
    reply = GET_WITH(&live, "/hello", "Host: example.org");
    cr_expect_eq(reply.status, 421);
    cr_expect_str_eq(stop(&live), "4 ended, 0 left, drained\n");
}

/* The file is a pipe without a writer: opening it blocks one thread and nothing else. */
Test(http_plain, a_client_that_disconnects_is_reported)
{
    cr_assert_eq(mkfifo("file.txt", 0600), 0);
    struct live live = start();
    const int socket = live_connect(&live, 0);
    live_send(socket, "GET /file HTTP/1.1\r\nHost: localhost\r\n\r\n");
    struct reply reply = GET(&live, "/hello");
    expect_status(&reply, 200);
    /* Reset the connection: whether the server first sees the end of the file or the reset, it can't send its
     * answer. */
    const struct linger reset = {.l_onoff = 1};
    cr_assert_eq(setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    close(socket);
    const int writer = open("file.txt", O_WRONLY);
    cr_assert_geq(writer, 0);
    close(writer);
    cr_expect_str_eq(stop(&live), "1 ended, 1 left, drained\n");
}

Test(http_plain, a_client_that_reads_nothing_does_not_hold_up_the_end)
{
    struct live live = start();
    const int socket = live_connect(&live, 4096);
    live_send(socket, "GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n");
    live_read(socket, "fifteen");
    cr_expect_str_eq(stop(&live), "1 ended, 0 left, cut off\n");
    close(socket);
}
