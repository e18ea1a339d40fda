/* Host names that the server answers to: which Host fields are accepted, and which values the option takes.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "http/hosts.h"

static int check(const struct hosts *hosts, const char *host)
{
    struct pm_error error = {0};
    const struct span span = {host, host != NULL ? strlen(host) : 0};
    const int status = hosts_check(hosts, span, &error);
    cr_assert_eq(status == 0, error.message[0] == '\0', "%s: %d, '%s'", host, status, error.message);
    return status;
}

static void expect_all(const struct hosts *hosts, const char *const *texts, int status)
{
    for (; *texts != NULL; texts++)
        cr_expect_eq(check(hosts, *texts), status, "'%s': %d", *texts, check(hosts, *texts));
}

static const char *const own[] = {
    "localhost",         "LocalHost:8080",        "localhost.",  "localhost:", "a.localhost:1",
    "127.0.0.1",         "127.0.0.1:8080",        "127.255.0.3", "[::1]",      "[::1]:8080",
    "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]:80", NULL};
static const char *const names[] = {"evil.example",
                                    "evil.example:8080",
                                    "",
                                    ":8080",
                                    "localhost.evil.example",
                                    "notlocalhost",
                                    "127.0.0.1.evil.example",
                                    "2130706433",
                                    "0x7f.1",
                                    "127.1",
                                    ".",
                                    NULL};
static const char *const addresses[] = {
    "192.0.2.1", "10.0.0.1:8080", "[2001:db8::1]", "[::ffff:10.0.0.1]:8", "0.0.0.0", "[::]", NULL};
static const char *const malformed[] = {"user@localhost",
                                        "localhost:80:80",
                                        "localhost:http",
                                        "[::1",
                                        "[::1]x",
                                        "[localhost]",
                                        "[127.0.0.1",
                                        "::1",
                                        "local host",
                                        "a/b",
                                        "a,b c",
                                        "[]",
                                        "[fe80::1%25eth0]",
                                        "a\"b",
                                        NULL};

Test(hosts, of_a_loopback_address)
{
    const struct hosts hosts = {.loopback = true};
    expect_all(&hosts, own, 0);
    expect_all(&hosts, names, 421);
    expect_all(&hosts, addresses, 421);
    expect_all(&hosts, malformed, 400);
    cr_assert_eq(check(&hosts, NULL), 0, "HTTP/1.0 without a Host is no browser's");
}

Test(hosts, of_another_address_without_names)
{
    const struct hosts hosts = {0};
    expect_all(&hosts, own, 0);
    expect_all(&hosts, names, 0);
    expect_all(&hosts, addresses, 0);
    expect_all(&hosts, malformed, 400);
}

Test(hosts, that_are_given)
{
    static const char *const given[] = {"images.example",       "IMAGES.Example.:80",  "sub.org.example",
                                        "org.example",          "a.b.org.example:443", "192.0.2.7",
                                        "[2001:db8:0::7]:8080", "[::ffff:192.0.2.7]",  NULL};
    static const char *const others[] = {"example", "a.images.example", "xorg.example", "evil.example", "",
                                         NULL};
    struct hosts hosts = {.loopback = true};
    struct pm_error error = {0};
    cr_assert_eq(hosts_add(&hosts, "images.example", &error), 0);
    cr_assert_eq(hosts_add(&hosts, ".org.example", &error), 0);
    cr_assert_eq(hosts_add(&hosts, "192.0.2.7", &error), 0);
    cr_assert_eq(hosts_add(&hosts, "2001:db8::7", &error), 0);
    expect_all(&hosts, own, 0);
    expect_all(&hosts, given, 0);
    expect_all(&hosts, others, 421);
    cr_assert_eq(check(&hosts, "192.0.2.8"), 421);
    hosts.loopback = false;
    expect_all(&hosts, own, 0);
    expect_all(&hosts, given, 0);
    expect_all(&hosts, others, 421);
    cr_assert_eq(check(&hosts, "192.0.2.8"), 0, "an address can't be made to lead elsewhere");
}

Test(hosts, any)
{
    struct hosts hosts = {.loopback = true};
    struct pm_error error = {0};
    cr_assert_eq(hosts_add(&hosts, "*", &error), 0);
    expect_all(&hosts, names, 0);
    expect_all(&hosts, addresses, 0);
    expect_all(&hosts, malformed, 400);
}

Test(hosts, what_is_no_name)
{
    static const char *const wrong[] = {"",    ".",  "a:80",         "[::1]", "http://a",
                                        "a b", "a/", "192.0.2.1:80", NULL};
    struct hosts hosts = {0};
    for (const char *const *name = wrong; *name != NULL; name++) {
        struct pm_error error = {0};
        cr_assert_eq(hosts_add(&hosts, *name, &error), -1, "'%s'", *name);
        cr_assert_eq(error.kind, PM_ERROR_USAGE);
    }
    cr_assert_eq(hosts.count, 0);
}
