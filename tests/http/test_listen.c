/* Addresses to listen on. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "http/listen.h"

static bool loopback(const char *text)
{
    struct listen_address address;
    struct pm_error error = {0};
    cr_assert_eq(listen_parse(text, &address, &error), 0, "%s: %s", text, error.message);
    return listen_is_loopback(&address);
}

Test(listen, loopback_and_others)
{
    cr_assert(loopback("127.0.0.1:8080"));
    cr_assert(loopback("127.1.2.3:1"));
    cr_assert(loopback("[::1]:8080"));
    cr_assert(!loopback("0.0.0.0:8080"));
    cr_assert(!loopback("192.168.0.1:65535"));
    cr_assert(!loopback("[::]:8080"));
    cr_assert(!loopback("[2001:db8::1]:80"));
    cr_assert(!loopback("[::ffff:10.0.0.1]:80"));
}

Test(listen, clients_on_this_machine_and_others)
{
    cr_assert(listen_is_near("127.0.0.1"));
    cr_assert(listen_is_near("127.1.2.3"));
    cr_assert(listen_is_near("::1"));
    cr_assert(listen_is_near("::ffff:127.0.0.1"));
    cr_assert(!listen_is_near("192.0.2.1"));
    cr_assert(!listen_is_near("12.7.0.1"));
    cr_assert(!listen_is_near("::"));
    cr_assert(!listen_is_near("::127.0.0.1"));
    cr_assert(!listen_is_near("::ffff:192.0.2.1"));
    cr_assert(!listen_is_near("2001:db8::1"));
    cr_assert(!listen_is_near(""));
}

Test(listen, what_is_no_address)
{
    static const char *const wrong[] = {
        "",           "8080",          ":8080",        "localhost:8080",  "127.0.0.1",
        "127.0.0.1:", "127.0.0.1:x",   "127.0.0.1:-1", "127.0.0.1:65536", "::1:80",
        "[::1]",      "[127.0.0.1]:1", "[]:80",        "127.1:80",        "127.0.0.1:0000080"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct listen_address address;
        struct pm_error error = {0};
        cr_assert_eq(listen_parse(wrong[i], &address, &error), -1, "%s", wrong[i]);
        cr_assert_eq(error.kind, PM_ERROR_USAGE);
    }
}

static void check_client(const char *listen_text, const char *client_text)
{
    struct listen_address address, bound;
    struct pm_error error = {0};
    char text[LISTEN_TEXT_MAX], client[LISTEN_TEXT_MAX];
    cr_assert_eq(listen_parse(listen_text, &address, &error), 0);
    int fd = listen_open(&address, text, &error);
    cr_assert_geq(fd, 0, "%s", error.message);
    cr_assert_eq(listen_parse(text, &bound, &error), 0, "%s", text);
    int caller = socket(bound.address.ss_family, SOCK_STREAM, 0);
    cr_assert_eq(connect(caller, (struct sockaddr *)&bound.address, bound.size), 0);
    int accepted = listen_accept(fd, client);
    cr_assert_geq(accepted, 0);
    cr_assert_str_eq(client, client_text);
    cr_assert_lt(listen_accept(fd, client), 0);

    char again[LISTEN_TEXT_MAX]; /* the port is in use */
    cr_assert_eq(listen_open(&bound, again, &error), -1);
    cr_assert_not_null(strstr(error.message, "Address already in use"), "%s", error.message);
    close(accepted);
    close(caller);
    close(fd);
}

Test(listen, a_free_port_is_found_and_reported)
{
    check_client("127.0.0.1:0", "127.0.0.1");
}

Test(listen, over_IPv6)
{
    struct listen_address address;
    struct pm_error error = {0};
    char text[LISTEN_TEXT_MAX];
    cr_assert_eq(listen_parse("[::1]:0", &address, &error), 0);
    int fd = listen_open(&address, text, &error);
    if (fd < 0)
        cr_skip_test("no IPv6 on this machine");
    close(fd);
    check_client("[::1]:0", "::1");
}
