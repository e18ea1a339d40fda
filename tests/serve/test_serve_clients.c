/* The real server and the identity of its clients: the limit on connections per client, and forwarded
 * addresses. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/live.h"
#include "temp.h"

static void begin(void)
{
    run_begin();
    put_picture("root/one.png", 60, 40);
    temp_text("key", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n");
}

TestSuite(serve_clients, .init = begin);

/* Opens connections with an unfinished request: none of them is idle. */
static void open_busy(const struct live *live, int sockets[], int count)
{
    for (int i = 0; i < count; i++) {
        sockets[i] = live_connect(live, 0);
        live_send(sockets[i], "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hea");
        live_read(sockets[i], "ok\n");
    }
}

static void close_all(const int sockets[], int count)
{
    for (int i = 0; i < count; i++)
        close(sockets[i]);
}

Test(serve_clients, more_connections_than_one_address_may_have)
{
    int sockets[3];
    struct live live = LIVE("--client-connections=3", "--client-timeout=1000");
    open_busy(&live, sockets, 3);
    int beyond = live_connect(&live, 0);
    cr_assert_str_eq(live_read(beyond, NULL), "");
    close(beyond);
    /* Its existing connections are not affected; when one is closed, another is accepted. */
    live_send(sockets[0], "lthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    live_read(sockets[0], "ok\n");
    shutdown(sockets[1], SHUT_RDWR);
    cr_assert_str_eq(live_read(sockets[1], NULL), "");
    live_await_metric(&live, "pixmill_connections_refused_total", 1);
    close_all(sockets, 3);
    live_stop(&live);
}

/* The client's own idle connections are closed first. */
Test(serve_clients, an_idle_connection_makes_room_for_another_of_its_address)
{
    int sockets[2];
    struct live live = LIVE("--client-connections=3", "--client-timeout=1000");
    open_busy(&live, sockets, 2);
    int idle = live_connect(&live, 0), next = live_connect(&live, 0);
    live_send(idle, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    live_read(idle, "ok\n");
    close(next);
    next = live_connect(&live, 0);
    live_send(next, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    live_read(next, "ok\n");
    close_all(sockets, 2);
    close(idle);
    close(next);
    live_stop(&live);
}

Test(serve_clients, a_trusted_proxy_has_as_many_as_it_needs)
{
    int sockets[6];
    struct live live = LIVE("--client-connections=1", "--trusted-proxy=127.0.0.0/8", "--client-timeout=1000");
    open_busy(&live, sockets, 6);
    close_all(sockets, 6);
    live_stop(&live);
}

static void ask_for(const struct live *live, const char *forwarded, const char *target, const char *status)
{
    char request[512];
    int socket = live_connect(live, 0);
    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Forwarded-For: %s\r\n\r\n", target,
             forwarded);
    live_send(socket, request);
    const char *answer = live_read(socket, NULL);
    cr_assert_eq(strncmp(answer + 9, status, 3), 0, "%s of %s: %s", target, forwarded, answer);
    close(socket);
}

static void expect_logged(const char *client, const char *path)
{
    char text[256];
    const char *log = content_of("log", NULL);
    snprintf(text, sizeof text, "\"client\": \"%s\", \"method\": \"GET\", \"path\": \"%s\"", client, path);
    cr_assert_not_null(strstr(log, text), "%s is not in %s", text, log);
}

Test(serve_clients, the_log_names_the_client_behind_the_proxy)
{
    struct live live = LIVE("--trusted-proxy=127.0.0.1", "--log=log");
    ask_for(&live, "198.51.100.9, 192.0.2.1", "/one.png?a", "200");
    ask_for(&live, "unknown", "/one.png?b", "200");
    live_stop(&live);
    expect_logged("192.0.2.1", "/one.png?a");
    expect_logged("127.0.0.1", "/one.png?b");
}

/* Any client can send such a field. */
Test(serve_clients, nobody_else_is_believed)
{
    struct live live = LIVE("--trusted-proxy=192.0.2.7", "--log=log");
    ask_for(&live, "192.0.2.1", "/one.png", "200");
    live_stop(&live);
    expect_logged("127.0.0.1", "/one.png");
}

/* On one connection of the proxy, each request counts for its own client, too. */
Test(serve_clients, limits_are_of_the_client_behind_the_proxy)
{
    static const char much[] =
        "/resize=8000x8000!/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5"
        "/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5/sharpen=5/one.png";
    char request[512];
    struct live live = LIVE("--trusted-proxy=127.0.0.1", "--per-client=1", "--jobs=2");
    int busy = live_connect(&live, 0);
    snprintf(request, sizeof request,
             "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 192.0.2.2\r\n\r\n"
             "GET %s HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n",
             much);
    live_send(busy, request);
    live_await_metric(&live, "pixmill_transforms_running", 1);
    ask_for(&live, "192.0.2.1", "/flip/one.png", "429");
    ask_for(&live, "192.0.2.2", "/flip/one.png", "200");
    ask_for(&live, "198.51.100.9, 192.0.2.1", "/flip/one.png", "429");
    close(busy);
    live_stop(&live);
}

/* A remote client behind a proxy on this machine does not get what a local client gets. */
Test(serve_clients, metrics_behind_a_proxy_on_this_machine)
{
    struct live live = LIVE("--trusted-proxy=127.0.0.1", "--sign-key-file=key");
    ask_for(&live, "192.0.2.1", "/metrics", "403");
    ask_for(&live, "127.0.0.1", "/metrics", "403");
    ask_for(&live, "unknown", "/metrics", "403");
    struct reply reply = GET(&live, "/metrics");
    expect_status(&reply, 200);
    live_stop(&live);
}
