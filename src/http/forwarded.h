/*
 * Who sent a request that came through proxies: each writes the address that it was asked by behind those
 * that it was told, into Forwarded (RFC 7239) or X-Forwarded-For. What stands there was written by anybody,
 * except for what proxies of ours have added at the end. So it is read from its end, over addresses of
 * trusted proxies, to the first other one: that is the client.
 *
 * A proxy that writes one of the two passes the other on as the client sent it. Where both are there and
 * differ, neither is believed.
 */
#ifndef HTTP_FORWARDED_H
#define HTTP_FORWARDED_H

#include "base/error.h"
#include "http/address.h"

enum { PROXIES_MAX = 64 };

struct proxies {
    struct proxy {
        struct in6_addr address;
        unsigned bits; /* of it that count */
    } list[PROXIES_MAX];
    size_t count;
};

/* Adds "192.0.2.1" or "10.0.0.0/8". -1 with `error` filled for anything else. The caller counts them. */
int proxies_add(struct proxies *proxies, const char *text, struct pm_error *error);

/* Is it the address of one? As inet_ntop writes it. */
bool proxies_have(const struct proxies *proxies, const char *address);

enum forwarded {
    FORWARDED_NOT,    /* nothing is said: the proxy asks for itself */
    FORWARDED_FOR,    /* the client */
    FORWARDED_UNKNOWN /* the client is hidden, or what is said makes no sense */
};

/* Finds the client in a well-formed request head that a trusted proxy sent. */
enum forwarded forwarded_client(const struct proxies *proxies, struct span head,
                                char client[INET6_ADDRSTRLEN]);

#endif
