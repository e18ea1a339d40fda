/*
 * The client of a request that came through proxies. Each proxy appends the address that its request came
 * from to Forwarded (RFC 7239) or X-Forwarded-For. Only what trusted proxies have appended is reliable; a
 * client can send any field itself. So the field is read from its end, past the addresses of trusted proxies:
 * the first other address is the client's.
 *
 * A proxy that writes one of the two fields may pass the other on as the client sent it. If both are present
 * and differ, neither is used.
 */
#ifndef HTTP_FORWARDED_H
#define HTTP_FORWARDED_H

#include "base/error.h"
#include "http/address.h"

enum { PROXIES_MAX = 64 };

struct proxies {
    struct proxy {
        struct in6_addr address;
        unsigned bits; /* bits of the address that are compared */
    } list[PROXIES_MAX];
    size_t count;
};

/* Adds "192.0.2.1" or "10.0.0.0/8". -1 with `error` filled for anything else. The caller checks PROXIES_MAX.
 */
int proxies_add(struct proxies *proxies, const char *text, struct pm_error *error);

/* Is the address, as inet_ntop writes it, a trusted proxy's? */
bool proxies_have(const struct proxies *proxies, const char *address);

enum forwarded {
    FORWARDED_NOT,    /* neither field is present: the proxy itself is the client */
    FORWARDED_FOR,    /* the client */
    FORWARDED_UNKNOWN /* the client is hidden, or the fields are malformed or contradict each other */
};

/* Finds the client in a well-formed request head that a trusted proxy sent. */
enum forwarded forwarded_client(const struct proxies *proxies, struct span head,
                                char client[INET6_ADDRSTRLEN]);

#endif
