/* The client of a trusted proxy's request, from Forwarded and X-Forwarded-For. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "http/forwarded.h"

static struct proxies proxies;

static void begin(void)
{
    struct pm_error error = {0};
    cr_assert_eq(proxies_add(&proxies, "127.0.0.1", &error), 0);
    cr_assert_eq(proxies_add(&proxies, "10.0.0.0/9", &error), 0);
    cr_assert_eq(proxies_add(&proxies, "2001:db8:f::/48", &error), 0);
}

TestSuite(forwarded, .init = begin);

/* `client` NULL: the client is unknown; "": there is no such field. */
static void expect_client(const char *fields, const char *client)
{
    char head[4096], found[INET6_ADDRSTRLEN] = "";
    snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);
    const enum forwarded forwarded = forwarded_client(&proxies, (struct span){head, strlen(head)}, found);
    const enum forwarded expected = client == NULL      ? FORWARDED_UNKNOWN
                                    : client[0] == '\0' ? FORWARDED_NOT
                                                        : FORWARDED_FOR;
    cr_expect_eq(forwarded, expected, "%d, not %d: %s", forwarded, expected, fields);
    if (expected == FORWARDED_FOR)
        cr_expect_str_eq(found, client, "%s, not %s: %s", found, client, fields);
}

Test(forwarded, nothing_said)
{
    expect_client("", "");
    expect_client("X-Forwarded-Proto: https\r\nX-Forwarded-Forx: 192.0.2.1\r\n", "");
}

Test(forwarded, addresses)
{
    expect_client("X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1");
    expect_client("x-forwarded-for:192.0.2.1:4711\r\n", "192.0.2.1");
    expect_client("X-Forwarded-For: 2001:db8::1\r\n", "2001:db8::1");
    expect_client("X-Forwarded-For: [2001:DB8::1]:80 \r\n", "2001:db8::1");
    expect_client("X-Forwarded-For: ::ffff:192.0.2.1\r\n", "192.0.2.1");
    expect_client("Forwarded: for=192.0.2.1\r\n", "192.0.2.1");
    expect_client("Forwarded: proto=https;For=\"192.0.2.1:80\";by=203.0.113.1\r\n", "192.0.2.1");
    expect_client("forwarded: for=\"[2001:db8::1]:4711\"\r\n", "2001:db8::1");
}

Test(forwarded, the_last_that_is_no_proxy)
{
    expect_client("X-Forwarded-For: 198.51.100.9, 192.0.2.1\r\n", "192.0.2.1");
    expect_client("X-Forwarded-For: 198.51.100.9, 192.0.2.1, 10.1.2.3, 2001:db8:f:1::2\r\n", "192.0.2.1");
    expect_client("X-Forwarded-For: 192.0.2.1, 10.128.0.1\r\n", "10.128.0.1");
    expect_client("X-Forwarded-For: 10.0.0.7, 10.0.0.1\r\n", "10.0.0.7");
    expect_client("X-Forwarded-For: 198.51.100.9\r\nA: b\r\nX-Forwarded-For: 192.0.2.1, 10.0.0.1\r\n",
                  "192.0.2.1");
    expect_client("X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 10.0.0.1\r\n", "192.0.2.1");
    expect_client("Forwarded: for=198.51.100.9, for=192.0.2.1;by=10.0.0.1, for=10.0.0.1\r\n", "192.0.2.1");
}

/* What a client sent does not hide what the proxy appended. */
Test(forwarded, forged)
{
    expect_client("X-Forwarded-For: \"127.0.0.1, 192.0.2.1\r\n", "192.0.2.1");
    expect_client("Forwarded: for=\"127.0.0.1, for=192.0.2.1\r\n", "192.0.2.1");
    expect_client("Forwarded: for=\"_x;y, for=192.0.2.1\r\n", "192.0.2.1");
    expect_client("Forwarded: for=1,,, ;;, for=192.0.2.1\r\n", "192.0.2.1");
    expect_client("Forwarded: for=198.51.100.9\r\nX-Forwarded-For: 192.0.2.1\r\n", NULL);
    expect_client("Forwarded: for=192.0.2.1\r\nX-Forwarded-For: 198.51.100.9, 192.0.2.1\r\n", "192.0.2.1");
    /* A Host of `a",for=198.51.100.9;x="`, quoted by the proxy. */
    expect_client("Forwarded: for=192.0.2.1;host=\"a\\\",for=198.51.100.9;x=\\\"\"\r\n", "192.0.2.1");
    expect_client("Forwarded: for=192.0.2.1;host=\"a\\\\\";proto=http\r\n", "192.0.2.1");
}

Test(forwarded, hidden_or_senseless)
{
    expect_client("Forwarded: for=unknown\r\n", NULL);
    expect_client("Forwarded: for=_hidden, for=10.0.0.1\r\n", NULL);
    expect_client("Forwarded: by=192.0.2.1\r\n", NULL);
    expect_client("Forwarded: \r\n", NULL);
    expect_client("X-Forwarded-For: \r\n", NULL);
    expect_client("X-Forwarded-For: 192.0.2.1,\r\n", NULL);
    expect_client("X-Forwarded-For: localhost\r\n", NULL);
    expect_client("X-Forwarded-For: 192.0.2.1:http\r\n", NULL);
    expect_client("X-Forwarded-For: 192.0.2.1\r\nForwarded: for=unknown\r\n", NULL);
    expect_client("X-Forwarded-For: 1\r\nX-Forwarded-For: 192.0.2.1, \" ,10.0.0.1\r\n", NULL);
}

Test(forwarded, very_many_lines)
{
    char fields[4096] = "";
    for (int i = 0; i < 70; i++)
        strcat(fields, "X-Forwarded-For: 10.0.0.1\r\n");
    expect_client(fields, NULL);
}

Test(forwarded, proxies_and_networks)
{
    static const char *const wrong[] = {
        "",      "a",       "10.0.0.0/",   "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
        "[::1]", "::1/129", "10.0.0.1:80", "/8",          "10.0.0.0/ 8", NULL};
    struct proxies some = {.count = 0};
    struct pm_error error = {0};
    for (const char *const *text = wrong; *text != NULL; text++)
        cr_expect_eq(proxies_add(&some, *text, &error), -1, "%s", *text);
    cr_assert_eq(some.count, 0);
    cr_assert(proxies_have(&proxies, "127.0.0.1"));
    cr_assert(proxies_have(&proxies, "::ffff:10.127.255.255"));
    cr_assert(!proxies_have(&proxies, "10.128.0.0"));
    cr_assert(!proxies_have(&proxies, "127.0.0.2"));
    cr_assert(proxies_have(&proxies, "2001:db8:f:ffff::"));
    cr_assert(!proxies_have(&proxies, "2001:db8:10::"));
    cr_assert(!proxies_have(&proxies, "unknown"));
    cr_assert_eq(proxies_add(&some, "0.0.0.0/0", &error), 0);
    cr_assert(proxies_have(&some, "192.0.2.1"));
    cr_assert(!proxies_have(&some, "2001:db8::1"), "of IPv4 alone");
}
