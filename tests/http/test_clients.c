/* Which addresses count as one client, and how long a client is remembered. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "http/clients.h"

static struct clients clients;

static void expect_same(const char *a, const char *b, bool same)
{
    struct client *one = clients_hold(&clients, a), *other = clients_hold(&clients, b);
    cr_expect_eq(one == other, same, "%s and %s", a, b);
    clients_release(&clients, one);
    clients_release(&clients, other);
}

Test(clients, addresses_of_one_client)
{
    clients_init(&clients);
    expect_same("192.0.2.1", "192.0.2.1", true);
    expect_same("192.0.2.1", "::ffff:192.0.2.1", true);
    expect_same("192.0.2.1", "192.0.2.2", false);
    expect_same("::ffff:192.0.2.1", "::ffff:192.0.2.2", false);
    expect_same("2001:db8:1:2::1", "2001:db8:1:2:ffff::", true);
    expect_same("2001:db8:1:2::1", "2001:db8:1:3::1", false);
    expect_same("unknown", "_hidden", true);
    expect_same("unknown", "::1", false);
    expect_same("::1", "127.0.0.1", false);
}

Test(clients, is_forgotten_with_its_last_user)
{
    clients_init(&clients);
    struct client *first = clients_hold(&clients, "192.0.2.1"), *again = clients_hold(&clients, "192.0.2.1");
    first->requests = 1;
    clients_release(&clients, again);
    again = clients_hold(&clients, "192.0.2.1");
    cr_assert_eq(again->requests, 1);
    clients_release(&clients, again);
    clients_release(&clients, first);
    again = clients_hold(&clients, "192.0.2.1");
    cr_assert_eq(again->requests, 0);
    clients_release(&clients, again);
    clients_release(&clients, NULL);
}

/* Enough clients that hash chains have several entries, removed in another order than they were added. */
Test(clients, many)
{
    enum { MANY = 20000 };
    static struct client *held[MANY];
    char address[32];
    clients_init(&clients);
    for (int i = 0; i < MANY; i++) {
        snprintf(address, sizeof address, "10.0.%d.%d", i / 256, i % 256);
        held[i] = clients_hold(&clients, address);
        held[i]->connections = (unsigned)i;
    }
    for (int i = 0; i < MANY; i++) {
        const int one = i * 7919 % MANY;
        snprintf(address, sizeof address, "10.0.%d.%d", one / 256, one % 256);
        struct client *found = clients_hold(&clients, address);
        cr_assert_eq(found, held[one]);
        cr_assert_eq(found->connections, (unsigned)one);
        clients_release(&clients, found);
        clients_release(&clients, found);
    }
    for (int i = 0; i < CLIENTS_CHAINS; i++)
        cr_assert_null(clients.chains[i]);
}
