/* The address that the server listens on: "127.0.0.1:8080", "[::1]:8080", "0.0.0.0:80". Names are not looked
 * up. */
#ifndef HTTP_LISTEN_H
#define HTTP_LISTEN_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/error.h"

enum { LISTEN_TEXT_MAX = 64 };

struct listen_address {
    struct sockaddr_storage address;
    socklen_t size;
};

/* Parses ADDR:PORT. Returns 0, or -1 with `error` filled (PM_ERROR_USAGE). */
int listen_parse(const char *text, struct listen_address *address, struct pm_error *error);

/* Is it reachable only from this machine? */
bool listen_is_loopback(const struct listen_address *address);

/* Opens the listening socket (close-on-exec, nonblocking). With port 0 the system chooses one. Writes the
 * address with the actual port into `text`, as listen_parse reads it. Returns the descriptor, or -1 with
 * `error` filled. */
int listen_open(const struct listen_address *address, char text[LISTEN_TEXT_MAX], struct pm_error *error);

/* Is the client with this address, as listen_accept writes it, on this machine? */
bool listen_is_near(const char *client);

/* Accepts the next client: returns its socket (close-on-exec, nonblocking), and writes its address without
 * the port into client[LISTEN_TEXT_MAX]; -1 with errno set. */
int listen_accept(int socket, char client[LISTEN_TEXT_MAX]);

#endif
