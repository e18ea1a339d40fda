/*
 * Which addresses belong to the public Internet. An untrusted URL must not make pixmill send requests to
 * services that only this machine or its network can reach: a router's page, a cloud's metadata service, a
 * database.
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <sys/socket.h>

/* What kind of address it is when it is not public ("loopback", "private"); NULL when it is. */
const char *address_refusal(const struct sockaddr *address);

#endif
