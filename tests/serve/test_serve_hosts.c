/* The real server, requested under other host names than its own, as in DNS rebinding by a web page. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "serve/live.h"

static void begin(void)
{
    run_begin();
    put_picture("root/one.png", 60, 40);
}

TestSuite(serve_hosts, .init = begin);

/* The response to a request line and these fields, which end with an empty line. */
static const char *answer_to(const struct live *live, const char *request)
{
    int socket = live_connect(live, 0);
    live_send(socket, request);
    const char *answer = live_read(socket, NULL);
    close(socket);
    return answer;
}

static void expect_answer(const struct live *live, const char *target, const char *host, int status)
{
    char request[512], start[32];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", target,
             host);
    snprintf(start, sizeof start, "HTTP/1.1 %d ", status);
    const char *answer = answer_to(live, request);
    cr_assert_eq(strncmp(answer, start, strlen(start)), 0, "%s of %s: %s", target, host, answer);
    cr_assert_not_null(strstr(answer, "\r\nX-Content-Type-Options: nosniff\r\n"), "%s", answer);
}

Test(serve_hosts, a_foreign_name_learns_nothing)
{
    static const char *const targets[] = {"/one.png",    "/flip/one.png", "/missing.png", "/",
                                          "/?list=json", "/metrics",      "/healthz"};
    struct live live = LIVE("--log=log");
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        expect_answer(&live, targets[i], "rebound.example:8080", 421);
        expect_answer(&live, targets[i], "one two", 400);
    }
    expect_answer(&live, "/one.png", live.address, 200);
    expect_answer(&live, "/one.png", "localhost", 200);
    expect_answer(&live, "/one.png", "[::1]:99", 200);
    expect_answer(&live, "http://localhost/one.png", "rebound.example", 200);
    expect_answer(&live, "http://rebound.example/one.png", "localhost", 421);
    live_stop(&live);
    cr_assert_not_null(strstr(content_of("log", NULL), "'rebound.example' is not a name of this server"));
    cr_assert_not_null(strstr(content_of("log", NULL), "--host=NAME"));
}

Test(serve_hosts, names_that_are_given)
{
    struct live live = LIVE("--host=images.example", "--host=.org.example");
    expect_answer(&live, "/one.png", "images.example", 200);
    expect_answer(&live, "/one.png", "a.org.example:443", 200);
    expect_answer(&live, "/one.png", "localhost", 200);
    expect_answer(&live, "/one.png", "images.example.evil.example", 421);
    live_stop(&live);
}

Test(serve_hosts, a_server_for_others)
{
    struct live live = LIVE("--listen=0.0.0.0:0", "--unsigned");
    expect_answer(&live, "/one.png", "any.example", 200);
    live_stop(&live);
    live = LIVE("--listen=0.0.0.0:0", "--unsigned", "--host=images.example");
    expect_answer(&live, "/one.png", "images.example", 200);
    expect_answer(&live, "/one.png", "192.0.2.1:8080", 200);
    expect_answer(&live, "/one.png", "any.example", 421);
    live_stop(&live);
}

/* Health checks and monitoring send such requests; browsers do not. */
Test(serve_hosts, an_old_client_that_names_none)
{
    struct live live = LIVE();
    const char *answer = answer_to(&live, "GET /healthz HTTP/1.0\r\n\r\n");
    cr_assert_eq(strncmp(answer, "HTTP/1.1 200 ", 13), 0, "%s", answer);
    answer = answer_to(&live, "GET /one.png HTTP/1.0\r\nHost: rebound.example\r\n\r\n");
    cr_assert_eq(strncmp(answer, "HTTP/1.1 421 ", 13), 0, "%s", answer);
    live_stop(&live);
}

/* A browser that guesses the type of a response could take it for a script. */
Test(serve_hosts, no_answer_is_to_be_guessed_at)
{
    static const char *const requests[] = {
        "OPTIONS /one.png HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET /one.png HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nIf-None-Match: *\r\n\r\n",
        "HEAD /one.png HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET /one.png HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nRange: bytes=0-3\r\n\r\n",
        "nonsense\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    };
    struct live live = LIVE();
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        const char *answer = answer_to(&live, requests[i]);
        cr_assert_not_null(strstr(answer, "\r\nX-Content-Type-Options: nosniff\r\n"), "%s", answer);
    }
    live_stop(&live);
}
