/* A strict HTTP client, libcurl, for a server under test. */
#ifndef TESTS_SERVE_CLIENT_H
#define TESTS_SERVE_CLIENT_H

#include "base/buffer.h"

/* Sends a request with that method, the path as it is, and more header fields ("Range: bytes=0-9"), which end
 * with NULL; NULL: none. A POST has a body of six bytes. Appends the answer's head, as it came, and body, and
 * returns its status; asserts that it is valid HTTP and complete within `timeout` seconds. */
long client_ask(const char *address, const char *method, const char *path, const char *const *fields,
                long timeout, struct buffer *head, struct buffer *body);

#endif
