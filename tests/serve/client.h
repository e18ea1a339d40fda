/* A strict HTTP client, based on libcurl, for a server under test. */
#ifndef TESTS_SERVE_CLIENT_H
#define TESTS_SERVE_CLIENT_H

#include "base/buffer.h"

/* Sends a request with this method, the unchanged path and additional header fields ("Range: bytes=0-9") up
 * to a NULL; NULL: none. A POST has a body of six bytes. Appends the response's unchanged head, and its body,
 * and returns the status; asserts that the response is valid HTTP and complete within `timeout` seconds. */
long client_ask(const char *address, const char *method, const char *path, const char *const *fields,
                long timeout, struct buffer *head, struct buffer *body);

#endif
