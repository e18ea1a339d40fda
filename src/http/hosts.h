/*
 * The names that the server answers to. A page on another site can have its own name resolve to this
 * machine's address (DNS rebinding); the browser then takes the server's responses for that site's own and
 * lets its scripts read them. But it sends the page's name in Host, so a request for another name than the
 * server's is refused.
 *
 * A numeric address is never looked up, so no page can make it resolve to another one.
 *
 * - Listening on a loopback address: localhost and all names below it, loopback addresses, and the names
 *   given.
 * - Listening on another address: the same and every numeric address; if no names are given, any name.
 */
#ifndef HTTP_HOSTS_H
#define HTTP_HOSTS_H

#include <stdbool.h>

#include "base/error.h"
#include "http/request_head.h"

enum { HOSTS_MAX = 64 };

struct hosts {
    const char *names[HOSTS_MAX]; /* as hosts_add checked them */
    size_t count;
    bool loopback; /* only this machine can reach the server */
};

/* Adds a name: "images.example.org", ".example.org" for it and all names below it, an address, or "*" for any
 * host. -1 with `error` filled for anything else, such as a name with a port. The caller checks HOSTS_MAX. */
int hosts_add(struct hosts *hosts, const char *name, struct pm_error *error);

/* May a request for `host` be answered? That is the value of its Host field or the authority of its target;
 * data is NULL when it has neither, which browsers never send. Returns 0, or the HTTP status of the
 * refusal with `error` filled: 400 when it is malformed, 421 when it is none of the names. */
int hosts_check(const struct hosts *hosts, struct span host, struct pm_error *error);

#endif
