/* The real server with the operator's settings: keys, allowed recipes, formats by Accept, cache and log. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/hot.h"
#include "serve/live.h"
#include "serve/sign.h"
#include "temp.h"

static void begin(void)
{
    run_begin();
    put_picture("root/one.png", 60, 40);
}

TestSuite(serve_rules, .init = begin);

/* The path, signed with the key file. */
static const char *signed_path(const char *key_file, const char *path)
{
    static char whole[256];
    char prefix[SIGN_PREFIX_LENGTH + 1];
    struct pm_error error = {0};
    struct signer *signer = signer_open(key_file, &error);
    cr_assert_not_null(signer, "%s", error.message);
    cr_assert_eq(signer_sign(signer, path, strlen(path), prefix), 0);
    signer_close(signer);
    snprintf(whole, sizeof whole, "%s%s", prefix, path);
    return whole;
}

static void put_key(const char *path, char digit)
{
    char key[66];
    memset(key, digit, 64);
    strcpy(key + 64, "\n");
    temp_text(path, key);
}

Test(serve_rules, only_signed_urls)
{
    put_key("key", '1');
    put_key("other", '2');
    struct live live = LIVE("--sign-key-file=key");
    struct reply reply = GET(&live, signed_path("key", "/resize=9x9/one.png"));
    expect_status(&reply, 200);
    reply = GET(&live, "/resize=9x9/one.png");
    expect_status(&reply, 403);
    reply = GET(&live, signed_path("other", "/resize=9x9/one.png"));
    expect_status(&reply, 403);
    char path[256];
    snprintf(path, sizeof path, "%s", signed_path("key", "/resize=9x9/one.png"));
    *strstr(path, "9x9") = '8';
    reply = GET(&live, path);
    expect_status(&reply, 403);
    reply = GET(&live, "/healthz");
    expect_status(&reply, 200);
    live_stop(&live);
}

/* Waits until the server's standard error, since it was ready, contains `text`. */
static void await_error(const struct live *live, const char *text)
{
    char said[4096] = "";
    for (double until = clock_now() + 60; clock_now() < until; clock_sleep_until(clock_now() + 0.005)) {
        ssize_t size = pread(live->running.err, said, sizeof said - 1, 0);
        said[size > 0 ? size : 0] = '\0';
        if (strstr(said, text) != NULL)
            return;
    }
    cr_assert_fail("no '%s' in:\n%s", text, said);
}

/* Repeats the request until it gives that status: a signal takes time. */
static void await_status(const struct live *live, const char *path, long status)
{
    struct reply reply;
    double until = clock_now() + 60;
    do {
        reply = GET(live, path);
    } while (reply.status != status && clock_now() < until);
    expect_status(&reply, status);
}

Test(serve_rules, a_hangup_reads_keys_and_recipes_anew)
{
    char old[256];
    put_key("key", '1');
    temp_text("allow", "resize=9x9\n");
    struct live live = LIVE("--sign-key-file=key", "--allow=allow");
    snprintf(old, sizeof old, "%s", signed_path("key", "/resize=9x9/one.png"));
    await_status(&live, old, 200);
    put_key("key", '2');
    temp_text("allow", "resize=8x8\n");
    cr_assert_eq(kill(live.running.pid, SIGHUP), 0);
    await_status(&live, old, 403);
    await_status(&live, signed_path("key", "/resize=8x8/one.png"), 200);
    await_status(&live, signed_path("key", "/resize=9x9/one.png"), 403);

    cr_assert_eq(chmod("key", 0644), 0);
    cr_assert_eq(kill(live.running.pid, SIGHUP), 0);
    await_error(&live, "pixmill: key: warning: other users can read this key (run chmod 600 on it)\n");
    temp_text("key", "no key"); /* then the old keys stay */
    cr_assert_eq(kill(live.running.pid, SIGHUP), 0);
    await_error(&live, "pixmill: key: line 1 contains no key (");
    await_error(&live, "; the old keys stay in use\n");
    put_key("key", '2');
    await_status(&live, signed_path("key", "/resize=8x8/one.png"), 200);
    temp_text("allow", "resize=never\n");
    cr_assert_eq(kill(live.running.pid, SIGHUP), 0);
    await_error(&live, "pixmill: allow: line 1: ");
    await_error(&live, "; the old recipes stay in use\n");
    await_status(&live, signed_path("key", "/resize=8x8/one.png"), 200);
    live_stop(&live);
}

/* The pipes have no other end, so a server that waited for one would answer nobody. */
Test(serve_rules, a_hangup_waits_for_no_pipe)
{
    static const char *const names[] = {"key", "allow", "log"};
    put_key("key", '1');
    temp_text("allow", "resize=9x9\n");
    struct live live = LIVE("--sign-key-file=key", "--allow=allow", "--log=log");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cr_assert_eq(rename(names[i], temp_path("old-%s", names[i])), 0);
        cr_assert_eq(mkfifo(names[i], 0600), 0);
    }
    cr_assert_eq(kill(live.running.pid, SIGHUP), 0);
    await_error(&live,
                "pixmill: key: is not a regular file and can't be read again (name a file); the old k");
    await_error(&live,
                "pixmill: allow: is not a regular file and can't be read again (name a file); the old r");
    await_error(&live, "pixmill: log: the log is a pipe without a reader, or a socket (start the reader, "
                       "or name a file); the old log stays in use\n");
    await_status(&live, signed_path("old-key", "/resize=9x9/one.png"), 200);
    live_stop(&live);
    cr_assert_not_null(strstr(content_of("old-log", NULL), "/resize=9x9/one.png"));
}

Test(serve_rules, only_allowed_recipes)
{
    temp_text("allow", "# thumbnails\nresize=9x9/format=jpeg\nresize=20x20/format=auto\n");
    struct live live = LIVE("--allow=allow");
    struct reply reply = GET(&live, "/resize=9x9/format=jpeg/one.png");
    expect_status(&reply, 200);
    reply = GET(&live, "/format=jpeg/resize=9x9,kernel=lanczos3/quality=80/one.png"); /* the same recipe */
    expect_status(&reply, 200);
    reply = GET(&live, "/resize=9x9/one.png");
    expect_status(&reply, 403);
    reply = GET(&live, "/one.png");
    expect_status(&reply, 403);
    reply = GET(&live, "/resize=20x20/format=auto/one.png");
    expect_status(&reply, 200);
    reply = GET(&live, "/resize=20x20/one.png");
    expect_status(&reply, 403);
    live_stop(&live);
}

Test(serve_rules, the_format_that_the_client_likes)
{
    struct live live = LIVE();
    struct reply reply = GET_WITH(&live, "/format=auto/one.png", "Accept: image/jpeg, image/png;q=0.5");
    expect_status(&reply, 200);
    cr_assert_str_eq(reply_field(&reply, "content-type"), "image/jpeg");
    cr_assert_str_eq(reply_field(&reply, "vary"), "Accept");
    reply = GET_WITH(&live, "/format=auto/one.png", "Accept: image/png");
    cr_assert_str_eq(reply_field(&reply, "content-type"), "image/png");
    reply = GET_WITH(&live, "/format=auto/one.png", "Accept: */*");
    cr_assert_str_eq(reply_field(&reply, "content-type"), "image/png");
    char has[96];
    snprintf(has, sizeof has, "If-None-Match: %s", reply_field(&reply, "etag"));
    reply = GET_WITH(&live, "/format=auto/one.png", "Accept: */*", has);
    expect_status(&reply, 304);
    cr_assert_str_eq(reply_field(&reply, "vary"), "Accept");
    reply = GET_WITH(&live, "/format=auto/one.png", "Accept: image/jpeg", has); /* the client has the PNG */
    expect_status(&reply, 200);
    reply = GET(&live, "/one.png");
    cr_assert_null(reply_field(&reply, "vary"));
    live_stop(&live);
}

/* Sets `live` to a non-loopback address of this machine. False if it has none. */
static bool from_outside(struct live *live)
{
    struct ifaddrs *all;
    char host[INET_ADDRSTRLEN] = "";
    cr_assert_eq(getifaddrs(&all), 0);
    for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
        const struct sockaddr_in *address = (const struct sockaddr_in *)(const void *)one->ifa_addr;
        if (address != NULL && address->sin_family == AF_INET && (one->ifa_flags & IFF_UP) != 0 &&
            (one->ifa_flags & IFF_LOOPBACK) == 0)
            inet_ntop(AF_INET, &address->sin_addr, host, sizeof host);
    }
    freeifaddrs(all);
    char port[16];
    snprintf(port, sizeof port, "%s", strrchr(live->address, ':'));
    snprintf(live->address, sizeof live->address, "%s%s", host, port);
    return host[0] != '\0';
}

Test(serve_rules, metrics_of_a_server_with_a_key_are_for_its_machine)
{
    static const struct {
        const char *options[4];
        long near, far;
    } cases[] = {
        {{"--listen=0.0.0.0:0", "--sign-key-file=key"}, 200, 403},
        {{"--listen=0.0.0.0:0", "--sign-key-file=key", "--open-metrics"}, 200, 200},
        {{"--listen=0.0.0.0:0", "--unsigned"}, 200, 200},
    };
    put_key("key", '1');
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct live live = live_start(cases[i].options);
        struct reply reply = GET(&live, "/metrics");
        expect_status(&reply, cases[i].near);
        if (from_outside(&live)) {
            reply = GET(&live, "/metrics");
            expect_status(&reply, cases[i].far);
            reply = GET(&live, "/healthz");
            expect_status(&reply, 200);
        }
        live_stop(&live);
    }
}

Test(serve_rules, whose_scripts_may_read_pictures)
{
    static const char field[] = "access-control-allow-origin";
    struct live live = LIVE("--allow-origin=https://a.example:8443");
    struct reply reply = GET(&live, "/one.png");
    cr_assert_str_eq(reply_field(&reply, field), "https://a.example:8443");
    reply = GET(&live, "/missing.png");
    cr_assert_str_eq(reply_field(&reply, field), "https://a.example:8443");
    live_stop(&live);
    live = LIVE("--allow-origin=*");
    reply = GET(&live, "/one.png");
    cr_assert_str_eq(reply_field(&reply, field), "*");
    live_stop(&live);
    live = LIVE();
    reply = GET(&live, "/one.png");
    cr_assert_null(reply_field(&reply, field));
    live_stop(&live);
}

/* What a browser sends before a page's fetch() with a Range. */
Test(serve_rules, a_preflight_is_answered_and_fields_are_exposed)
{
    static const char *const fields[] = {"Origin: https://a.example", "Access-Control-Request-Method: GET",
                                         "Access-Control-Request-Headers: range", NULL};
    put_key("key", '1');
    struct live live = LIVE("--allow-origin=https://a.example", "--sign-key-file=key");
    struct reply reply = live_ask(&live, "OPTIONS", "/resize=9x9/one.png", fields);
    cr_assert_eq(reply.status, 204);
    cr_assert_eq(reply.size, 0);
    cr_assert_null(reply_field(&reply, "content-length"));
    cr_assert_str_eq(reply_field(&reply, "access-control-allow-origin"), "https://a.example");
    cr_assert_str_eq(reply_field(&reply, "access-control-allow-methods"), "GET, HEAD");
    cr_assert_not_null(strstr(reply_field(&reply, "access-control-allow-headers"), "Range"));
    cr_assert_str_eq(reply_field(&reply, "access-control-max-age"), "86400");
    cr_assert_str_eq(reply_field(&reply, "allow"), "GET, HEAD, OPTIONS");
    reply = GET(&live, signed_path("key", "/resize=9x9/one.png"));
    expect_status(&reply, 200);
    cr_assert_not_null(strstr(reply_field(&reply, "access-control-expose-headers"), "ETag"));
    cr_assert_null(reply_field(&reply, "access-control-allow-methods"));
    live_stop(&live);

    live = LIVE();
    reply = live_ask(&live, "OPTIONS", "/one.png", fields);
    cr_assert_eq(reply.status, 204);
    cr_assert_null(reply_field(&reply, "access-control-allow-origin"));
    cr_assert_null(reply_field(&reply, "access-control-allow-methods"));
    reply = GET(&live, "/one.png");
    cr_assert_null(reply_field(&reply, "access-control-expose-headers"));
    live_stop(&live);
}

Test(serve_rules, a_line_for_each_request)
{
    struct live live = LIVE("--log=log", "--cache=cache");
    GET_WITH(&live, "/resize=9x9/one.png?a=b", "User-Agent: me", "Referer: http://a.example/");
    GET(&live, "/resize=9x9/one.png");
    GET(&live, "/missing.png");
    live_ask(&live, "DELETE", "/one.png", NULL);
    live_stop(&live);
    char *log = content_of("log", NULL), *line[5] = {log};
    for (int i = 1; i < 5; i++) {
        line[i] = strchr(line[i - 1], '\n');
        cr_assert_not_null(line[i], "%d lines:\n%s", i - 1, log);
        *line[i]++ = '\0';
    }
    cr_assert_str_eq(line[4], "");
    static const char *const parts[4][7] = {
        {"\"client\": \"127.0.0.1\"", "\"method\": \"GET\"", "\"path\": \"/resize=9x9/one.png?a=b\"",
         "\"status\": 200", "\"cache\": \"miss\"", "\"user_agent\": \"me\"",
         "\"error\": null, \"warnings\": []}"},
        {"\"status\": 200", "\"cache\": \"hit\"", "\"wait\": null", "\"service\": null",
         "\"seconds\": ", "\"time\": ", "\"error\": null, \"warnings\": []}"},
        {"\"path\": \"/missing.png\"", "\"status\": 404", "\"cache\": null", "\"bytes\": ", "{", "}",
         "\"error\": \"no such file (check the name)\", "},
        {"\"method\": \"DELETE\"", "\"status\": 405", "\"path\": \"/one.png\"", "\"bytes\": ", "{", "}",
         "\"error\": \"only GET, HEAD and OPTIONS are supported\", "},
    };
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 7; k++)
            cr_assert_not_null(strstr(line[i], parts[i][k]), "no %s in %s", parts[i][k], line[i]);
    }
    cr_assert_not_null(strstr(line[0], "\"referer\": \"http://a.example/\""), "%s", line[0]);
    cr_assert_null(strstr(line[0], "\"wait\": null"), "%s", line[0]);
}

/* No warning is lost: it is logged where the result was made, and /metrics counts it. */
Test(serve_rules, warnings_of_a_transform_are_logged_and_counted)
{
    static const char warned[] = "pixmill_transforms_warned_total";
    size_t size;
    char *bytes = content_of("root/one.png", &size);
    temp_write("root/cut.png", bytes, size / 2);
    struct live live = LIVE("--log=log", "--cache=cache");
    struct reply reply = GET(&live, "/flip/one.png");
    expect_status(&reply, 200);
    cr_assert_eq(live_metric(&live, warned), 0);
    for (int i = 0; i < 2; i++) {
        reply = GET(&live, "/allow-truncated/flip/cut.png");
        expect_status(&reply, 200);
    }
    reply = GET_WITH(&live, "/allow-truncated/flop/cut.png", "Range: bytes=1000000-");
    expect_status(&reply, 416);
    cr_assert_eq(live_metric(&live, warned), 2);
    live_stop(&live);
    char *log = content_of("log", NULL);
    const char *line = strstr(log, "cut.png"), *told = strstr(log, "\"warnings\": [\"");
    cr_assert_not_null(line, "%s", log);
    cr_assert_not_null(told, "%s", log);
    cr_assert_gt(told, line);
    cr_assert_eq(memchr(line, '\n', (size_t)(told - line)), NULL, "%s", log);
    cr_assert_null(strstr(told + 1, "\"warnings\": [\""), "what comes from the cache: %s", log);
}

/* The operator gets the reason that he can act on, the client the one that it can. */
Test(serve_rules, a_refusal_has_its_reason_in_the_log)
{
    size_t size;
    char *bytes = content_of("root/one.png", &size);
    temp_write("root/cut.png", bytes, size / 2);
    struct live live = LIVE("--log=log", "--max-pixels=5000");
    struct reply reply = GET(&live, "/flip/cut.png");
    expect_status(&reply, 422);
    cr_assert_not_null(strstr(reply.body, "the step allow-truncated"), "%s", reply.body);
    reply = GET(&live, "/allow-truncated/flip/cut.png");
    expect_status(&reply, 200);
    reply = GET(&live, "/resize=500x500!/one.png");
    expect_status(&reply, 413);
    cr_assert_null(strstr(reply.body, "--"), "%s", reply.body);
    live_stop(&live);
    char *log = content_of("log", NULL);
    cr_assert_not_null(strstr(log, "\"error\": \"ends too early"), "%s", log);
    cr_assert_not_null(strstr(log, "--allow-truncated"), "%s", log);
    cr_assert_not_null(strstr(log, "(raise --max-pixels)\", "), "%s", log);
}

/* Pipelined data is kept after its request, and moved if there is no room for both. */
Test(serve_rules, a_line_for_a_request_that_others_follow)
{
    enum { CLIENTS = 8, AHEAD = 200 };
    static const char first[] =
        "GET /resize=9x9/one.png?a=b HTTP/1.1\r\nHost: localhost\r\nUser-Agent: me\r\n\r\n",
                      next[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
                      last[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    char requests[sizeof first + AHEAD * sizeof next + sizeof last];
    int length = sprintf(requests, "%s", first), lines = 0, sockets[CLIENTS];
    for (int i = 0; i < AHEAD; i++)
        length += sprintf(requests + length, "%s", next);
    sprintf(requests + length, "%s", last);
    struct live live = LIVE("--log=log");
    for (int i = 0; i < CLIENTS; i++)
        sockets[i] = live_connect(&live, 0);
    for (int i = 0; i < CLIENTS; i++)
        live_send(sockets[i], requests);
    for (int i = 0; i < CLIENTS; i++) {
        live_read(sockets[i], NULL);
        close(sockets[i]);
    }
    live_stop(&live);
    static const char expected[] =
        "\"method\": \"GET\", \"path\": \"/resize=9x9/one.png?a=b\", \"status\": 200";
    for (const char *log = content_of("log", NULL); (log = strstr(log, expected)) != NULL; log++)
        lines++;
    cr_assert_eq(lines, CLIENTS, "%d lines", lines);
}
