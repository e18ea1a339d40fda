#include "http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/address.h"

/* Parses the port after the last colon. Returns that colon, or NULL when there is no port. */
static const char *find_port(const char *text, unsigned *port)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon[1] == '\0' || strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
        strlen(colon + 1) > 5)
        return NULL;
    *port = (unsigned)strtoul(colon + 1, NULL, 10);
    return *port <= UINT16_MAX ? colon : NULL;
}

int listen_parse(const char *text, struct listen_address *address, struct pm_error *error)
{
    unsigned port;
    char host[INET6_ADDRSTRLEN];
    const char *colon = find_port(text, &port);
    size_t length = colon != NULL ? (size_t)(colon - text) : 0;
    bool brackets = length >= 2 && text[0] == '[' && text[length - 1] == ']';
    if (length > 0 && length < sizeof host + 2) {
        snprintf(host, sizeof host, "%.*s", (int)(brackets ? length - 2 : length), text + brackets);
        struct sockaddr_in *v4 = (struct sockaddr_in *)&address->address;
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address->address;
        *address = (struct listen_address){0};
        if (!brackets && inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
            v4->sin_family = AF_INET;
            v4->sin_port = htons((uint16_t)port);
            address->size = sizeof *v4;
            return 0;
        }
        if (brackets && inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
            v6->sin6_family = AF_INET6;
            v6->sin6_port = htons((uint16_t)port);
            address->size = sizeof *v6;
            return 0;
        }
    }
    return error_set(
        error, PM_ERROR_USAGE,
        "'%.64s' is not an address to listen on (numeric ADDR:PORT, such as 127.0.0.1:8080 or [::1]:8080)",
        text);
}

bool listen_is_loopback(const struct listen_address *address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->address;
    if (address->address.ss_family == AF_INET)
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

/* "127.0.0.1", and with a port "127.0.0.1:8080". */
static void address_text(const struct sockaddr_storage *address, bool port, char text[LISTEN_TEXT_MAX])
{
    char host[INET6_ADDRSTRLEN] = "";
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        snprintf(text, LISTEN_TEXT_MAX, port ? "%s:%u" : "%s", host, ntohs(v4->sin_port));
    } else {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): the kernel has written it
        snprintf(text, LISTEN_TEXT_MAX, port ? "[%s]:%u" : "%s", host, ntohs(v6->sin6_port));
    }
}

int listen_open(const struct listen_address *address, char text[LISTEN_TEXT_MAX], struct pm_error *error)
{
    struct listen_address bound = {.size = sizeof bound.address};
    int on = 1, family = address->address.ss_family;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, (const struct sockaddr *)&address->address, address->size) == 0 &&
        listen(fd, SOMAXCONN) == 0 && getsockname(fd, (struct sockaddr *)&bound.address, &bound.size) == 0) {
        address_text(&bound.address, true, text);
        return fd;
    }
    error_set(error, PM_ERROR_IO, "can't listen on this address: %s (choose another)", strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

bool listen_is_near(const char *client)
{
    struct in6_addr address;
    return address_parse((struct span){client, strlen(client)}, &address) && address_is_loopback(&address);
}

int listen_accept(int socket, char client[LISTEN_TEXT_MAX])
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    int on = 1;
    int fd = accept4(socket, (struct sockaddr *)&address, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return -1;
    /* Without a delay for the last packet of a response: nothing follows it. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    address_text(&address, false, client);
    return fd;
}
