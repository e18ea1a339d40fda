/* Numeric addresses of clients and hosts. IPv4 addresses are handled as IPv4-mapped IPv6 addresses. */
#ifndef HTTP_ADDRESS_H
#define HTTP_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>

#include "http/request_head.h"

/* Parses "192.0.2.1", "2001:db8::1" or "::ffff:192.0.2.1". */
bool address_parse(struct span text, struct in6_addr *address);

bool address_is_loopback(const struct in6_addr *address);

/* As inet_ntop writes it; an IPv4 address as such. */
void address_write(const struct in6_addr *address, char text[INET6_ADDRSTRLEN]);

/* Removes the port from "host:port", and the brackets of an IPv6 address; *brackets: it had some. False if it
 * is malformed (RFC 9110, section 7.2). The rest need not be an address. */
bool address_split(struct span *host, bool *brackets);

#endif
