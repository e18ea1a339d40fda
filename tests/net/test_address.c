#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>

#include "net/address.h"

/* NULL for a public address. */
static const char *refusal(const char *text)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        return address_refusal((const struct sockaddr *)&in);
    cr_assert_eq(inet_pton(AF_INET6, text, &in6.sin6_addr), 1, "%s", text);
    return address_refusal((const struct sockaddr *)&in6);
}

/* The first and the last address of each block. */
static const struct {
    const char *first, *last, *kind;
} refused[] = {
    {"0.0.0.0", "0.255.255.255", "unspecified"},
    {"10.0.0.0", "10.255.255.255", "private"},
    {"100.64.0.0", "100.127.255.255", "private"},
    {"127.0.0.0", "127.255.255.255", "loopback"},
    {"169.254.0.0", "169.254.255.255", "link-local"},
    {"172.16.0.0", "172.31.255.255", "private"},
    {"192.0.0.0", "192.0.0.255", "reserved"},
    {"192.0.2.0", "192.0.2.255", "reserved"},
    {"192.88.99.0", "192.88.99.255", "reserved"},
    {"192.168.0.0", "192.168.255.255", "private"},
    {"198.18.0.0", "198.19.255.255", "reserved"},
    {"198.51.100.0", "198.51.100.255", "reserved"},
    {"203.0.113.0", "203.0.113.255", "reserved"},
    {"224.0.0.0", "239.255.255.255", "multicast"},
    {"240.0.0.0", "255.255.255.255", "reserved"},
    {"::", "::", "unspecified"},
    {"::1", "::1", "loopback"},
    {"::2", "::ffff", "reserved"},
    {"::7f00:1", "::808:808", "reserved"}, /* IPv4-compatible, obsolete */
    {"::ffff:127.0.0.0", "::ffff:127.255.255.255", "loopback"},
    {"::ffff:10.0.0.0", "::ffff:10.255.255.255", "private"},
    {"::ffff:169.254.169.254", "::ffff:169.254.169.254", "link-local"},
    {"64:ff9b::7f00:1", "64:ff9b::127.0.0.1", "loopback"},
    {"64:ff9b:1::", "64:ff9b:1:ffff::", "reserved"},
    {"100::", "100::ffff:ffff:ffff:ffff", "reserved"},
    {"2001::", "2001:1ff:ffff::", "reserved"},
    {"2001:db8::", "2001:db8:ffff::1", "reserved"},
    {"2002:7f00:1::", "2002:7fff:ffff::1", "loopback"},
    {"2002:c0a8::", "2002:c0a8:ffff::", "private"},
    {"3fff::", "3fff:fff::1", "reserved"},
    {"4000::", "fbff::1", "reserved"},
    {"fc00::", "fdff:ffff::1", "private"},
    {"fe00::", "fe7f::1", "reserved"},
    {"fe80::", "febf:ffff::1", "link-local"},
    {"fec0::", "feff::1", "reserved"},
    {"ff00::", "ffff::1", "multicast"},
};

Test(address, what_is_not_of_the_internet_is_refused_by_its_kind)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const char *const both[] = {refused[i].first, refused[i].last};
        for (int end = 0; end < 2; end++) {
            const char *kind = refusal(both[end]);
            cr_assert_not_null(kind, "%s is let through", both[end]);
            cr_assert_str_eq(kind, refused[i].kind, "%s is %s", both[end], kind);
        }
    }
}

Test(address, its_neighbours_are_let_through)
{
    static const char *const public[] = {
        "1.0.0.0",         "9.255.255.255",   "11.0.0.0",        "100.63.255.255", "100.128.0.0",
        "126.255.255.255", "128.0.0.0",       "169.253.255.255", "169.255.0.0",    "172.15.255.255",
        "172.32.0.0",      "191.255.255.255", "192.0.1.0",       "192.0.3.0",      "192.88.98.255",
        "192.88.100.0",    "192.167.255.255", "192.169.0.0",     "198.17.255.255", "198.20.0.0",
        "198.51.99.255",   "198.51.101.0",    "203.0.112.255",   "203.0.114.0",    "223.255.255.255",
        "2000::1",         "2001:200::",      "2001:db7::1",     "2001:db9::",     "2002:808:808::1",
        "2606:4700::1111", "3ffe::1",         "3fff:1000::",     "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
    };
    for (size_t i = 0; i < sizeof public / sizeof *public; i++)
        cr_assert_null(refusal(public[i]), "%s is refused as %s", public[i], refusal(public[i]));
}

Test(address, what_is_no_internet_address_is_refused)
{
    struct sockaddr local = {.sa_family = AF_UNIX};
    cr_assert_not_null(address_refusal(&local));
}
