/* Request heads: what is accepted, and what is refused because two parsers could read it differently. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/request_head.h"

static void expect_span(struct span span, const char *text)
{
    cr_assert_not_null(span.data, "'%s' is missing", text);
    cr_assert_eq(span.size, strlen(text), "'%.*s' is not '%s'", (int)span.size, span.data, text);
    cr_assert_eq(memcmp(span.data, text, span.size), 0, "'%.*s' is not '%s'", (int)span.size, span.data,
                 text);
}

static struct http_request expect_whole(const char *head)
{
    struct http_request request;
    long length = http_parse(head, strlen(head), &request);
    cr_assert_eq(length, (long)strlen(head), "%ld:\n%s", length, head);
    return request;
}

static struct span part_of(const char *head, enum http_part part)
{
    const struct http_request request = expect_whole(head);
    return http_part(&request, part);
}

static void expect_refused(const char *head, int status)
{
    struct http_request request;
    long length = http_parse(head, strlen(head), &request);
    cr_assert_eq(length, -status, "%ld, not %d:\n%s", length, -status, head);
}

Test(request_head, a_browsers_request)
{
    struct http_request request = expect_whole("GET /blur=2/one.jpg?sig=abc HTTP/1.1\r\n"
                                               "Host: localhost:8080\r\n"
                                               "User-Agent: A browser/1.0 (of a kind)\r\n"
                                               "Accept:  image/webp, */*;q=0.8 \r\n"
                                               "if-none-match: \"a\", W/\"b\"\r\n"
                                               "If-Match: \"c\"\r\n"
                                               "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:38 GMT\r\n"
                                               "IF-MODIFIED-SINCE: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                                               "Range:bytes=0-9\r\n"
                                               "If-Range: \"a\"\r\n"
                                               "Referer: http://example.org/\r\n"
                                               "X-Empty:\r\n"
                                               "\r\n");
    cr_assert_eq(request.method, HTTP_GET);
    expect_span(http_part(&request, HTTP_PATH), "/blur=2/one.jpg");
    expect_span(http_part(&request, HTTP_QUERY), "sig=abc");
    expect_span(http_part(&request, HTTP_HOST), "localhost:8080");
    expect_span(http_part(&request, HTTP_USER_AGENT), "A browser/1.0 (of a kind)");
    expect_span(http_part(&request, HTTP_ACCEPT), "image/webp, */*;q=0.8");
    expect_span(http_part(&request, HTTP_IF_NONE_MATCH), "\"a\", W/\"b\"");
    expect_span(http_part(&request, HTTP_IF_MATCH), "\"c\"");
    expect_span(http_part(&request, HTTP_IF_UNMODIFIED_SINCE), "Sun, 06 Nov 1994 08:49:38 GMT");
    expect_span(http_part(&request, HTTP_IF_MODIFIED_SINCE), "Sun, 06 Nov 1994 08:49:37 GMT");
    expect_span(http_part(&request, HTTP_RANGE), "bytes=0-9");
    expect_span(http_part(&request, HTTP_IF_RANGE), "\"a\"");
    expect_span(http_part(&request, HTTP_REFERER), "http://example.org/");
    cr_assert(request.keep_alive);
    cr_assert(!request.has_body);
    cr_assert_eq(request.minor, 1);
}

Test(request_head, methods)
{
    cr_assert_eq(expect_whole("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").method, HTTP_HEAD);
    struct http_request request = expect_whole("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n");
    cr_assert_eq(request.method, HTTP_OTHER);
    expect_span(http_part(&request, HTTP_METHOD_NAME), "DELETE");
    cr_assert_eq(expect_whole("get / HTTP/1.1\r\nHost: a\r\n\r\n").method, HTTP_OTHER);
}

Test(request_head, keep_alive)
{
    cr_assert(expect_whole("GET / HTTP/1.1\r\nHost: a\r\n\r\n").keep_alive);
    cr_assert(!expect_whole("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").keep_alive);
    cr_assert(!expect_whole("GET / HTTP/1.1\r\nHost: a\r\nConnection: TE , Close\r\n\r\n").keep_alive);
    cr_assert(!expect_whole("GET / HTTP/1.0\r\n\r\n").keep_alive);
    cr_assert(expect_whole("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive);
}

/* Several header lines form one list (RFC 9110, section 5.3), in which "close" wins (RFC 9112, section 9.3).
 */
Test(request_head, close_wins_over_keep_alive_in_any_order)
{
    static const char *const fields[] = {
        "Connection: close, keep-alive\r\n",
        "Connection: keep-alive, close\r\n",
        "Connection: close\r\nConnection: keep-alive\r\n",
        "Connection: keep-alive\r\nConnection: close\r\n",
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        char head[128];
        for (int minor = 0; minor <= 1; minor++) {
            snprintf(head, sizeof head, "GET / HTTP/1.%d\r\nHost: a\r\n%s\r\n", minor, fields[i]);
            cr_expect_not(expect_whole(head).keep_alive, "%s", head);
        }
    }
}

Test(request_head, the_target_may_be_a_whole_address)
{
    expect_span(part_of("GET http://example.org/a/b HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_PATH), "/a/b");
    expect_span(part_of("GET http://example.org:1/a HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_HOST),
                "example.org:1");
    expect_span(part_of("GET /a HTTP/1.1\r\nHost: \r\n\r\n", HTTP_HOST), "");
    cr_assert_null(part_of("GET /a HTTP/1.0\r\n\r\n", HTTP_HOST).data);
    expect_span(part_of("GET HTTPS://example.org/a?b HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_PATH), "/a");
    expect_refused("GET http://example.org HTTP/1.1\r\nHost: a\r\n\r\n", 400);
    expect_refused("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400);
    expect_refused("CONNECT example.org:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400);
}

Test(request_head, what_was_parsed_moves_with_its_bytes)
{
    static const char head[] = "GET /a?b HTTP/1.1\r\nHost: c\r\nAccept:\r\n\r\n";
    char moved[sizeof head];
    struct http_request request = expect_whole(head);
    memcpy(moved, head, sizeof head);
    request.head = moved;
    expect_span(http_part(&request, HTTP_PATH), "/a");
    expect_span(http_part(&request, HTTP_QUERY), "b");
    expect_span(http_part(&request, HTTP_HOST), "c");
    expect_span(http_part(&request, HTTP_ACCEPT), "");
    cr_assert_null(http_part(&request, HTTP_RANGE).data, "what is not there is nowhere");
    cr_assert_eq(http_part(&request, HTTP_PATH).data, moved + 4);
}

Test(request_head, bodies_are_noticed)
{
    cr_assert(!expect_whole("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").has_body);
    cr_assert(expect_whole("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n").has_body);
    cr_assert(expect_whole("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").has_body);
}

/* Every prefix of a head is incomplete, never refused and never a shorter head. */
Test(request_head, a_head_that_comes_in_pieces)
{
    static const char head[] = "GET /a HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
    struct http_request request;
    for (size_t size = 0; size < sizeof head - 1; size++)
        cr_assert_eq(http_parse(head, size, &request), 0, "after %zu bytes", size);
    cr_assert_eq(http_parse(head, sizeof head - 1, &request), (long)sizeof head - 1);
}

Test(request_head, requests_one_behind_the_other)
{
    static const char two[] = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n";
    struct http_request request;
    long first = http_parse(two, sizeof two - 1, &request);
    expect_span(http_part(&request, HTTP_PATH), "/a");
    long second = http_parse(two + first, sizeof two - 1 - (size_t)first, &request);
    expect_span(http_part(&request, HTTP_PATH), "/b");
    cr_assert_eq(first + second, (long)sizeof two - 1);
}

Test(request_head, what_is_ambiguous_is_refused)
{
    static const char *const heads[] = {
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: no name\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\nY: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / / HTTP/1.1\r\nHost: a\r\n\r\n",
        " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\tb HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        "GET / http/1.1\r\nHost: a\r\n\r\n",
        "GET /\r\nHost: a\r\n\r\n",
        "GET\r\n\r\n",
        "\x16\x03\x01\x02\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        expect_refused(heads[i], 400);
}

Test(request_head, a_nul_is_refused)
{
    static const char name[] = "GET / HTTP/1.1\r\nHost: a\r\nX\0Y: b\r\n\r\n";
    static const char value[] = "GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n";
    static const char target[] = "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n";
    struct http_request request;
    cr_assert_eq(http_parse(name, sizeof name - 1, &request), -400);
    cr_assert_eq(http_parse(value, sizeof value - 1, &request), -400);
    cr_assert_eq(http_parse(target, sizeof target - 1, &request), -400);
}

Test(request_head, other_versions)
{
    expect_refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505);
    expect_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
    cr_assert_eq(expect_whole("GET / HTTP/1.2\r\nHost: a\r\n\r\n").minor, 2);
}

Test(request_head, heads_over_16_KiB)
{
    char *head = malloc(HTTP_HEAD_MAX + 1);
    struct http_request request;
    memset(head, 'a', HTTP_HEAD_MAX);
    memcpy(head, "GET /", 5);
    cr_assert_eq(http_parse(head, HTTP_HEAD_MAX - 1, &request), 0);
    cr_assert_eq(http_parse(head, HTTP_HEAD_MAX, &request), -414);
    static const char line[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    memcpy(head, line, sizeof line - 1);
    cr_assert_eq(http_parse(head, HTTP_HEAD_MAX, &request), -431);
    free(head);
}
