/*
 * What each client uses of the server now: connections, requests, memory. A client is an IPv4 address, or the
 * first 64 bits of an IPv6 address, because a subscriber usually has all addresses with the same 64 bits. A
 * client is freed when its last holder releases it.
 */
#ifndef HTTP_CLIENTS_H
#define HTTP_CLIENTS_H

#include <netinet/in.h>
#include <stddef.h>

enum { CLIENTS_CHAINS = 4096 };

struct client {
    struct client *next; /* in its chain */
    struct in6_addr key;
    unsigned users;
    unsigned connections;
    unsigned requests; /* that wait for a transform, or whose transform's result is being sent */
    size_t held;       /* bytes of memory of results that are being sent to it */
};

struct clients {
    struct client *chains[CLIENTS_CHAINS];
    uint64_t seed; /* of the hash, so that clients can't choose addresses that share a chain */
};

void clients_init(struct clients *clients);

/* The client of an address as inet_ntop writes it; anything that is not an address is one client of its own.
 * The caller holds it. NULL when there is no memory. */
struct client *clients_hold(struct clients *clients, const char *address);

/* The last to release it frees it. NULL is allowed. */
void clients_release(struct clients *clients, struct client *client);

#endif
