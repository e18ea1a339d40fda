/*
 * A log of what was sent to a connection of the server and what it answered: requests are parsed here again
 * as a whole, however they were split, and each response is compared with the given one.
 */
#ifndef TESTS_FUZZ_HTTP_LOG_H
#define TESTS_FUZZ_HTTP_LOG_H

#include "base/buffer.h"
#include "http/http.h"

/* Bodies are parts of this. */
enum { HTTP_LOG_PATTERN = 256 << 10, HTTP_LOG_MAX = 1024 };
extern uint8_t http_log_pattern[HTTP_LOG_PATTERN];

struct http_log {
    struct buffer sent;     /* by the client */
    size_t parsed;          /* of that: requests that had their exchange */
    struct buffer received; /* by the client */
    struct logged {
        int status;
        uint64_t offset, length; /* of the pattern; of the body */
        bool patterned, closes;
        size_t sent; /* of the body by the server */
        char etag[RESPONSE_ETAG_MAX];
    } responses[HTTP_LOG_MAX];
    size_t count;
    bool closed; /* the last response said so */
    bool left;   /* the last exchange ended without one */
};

/* An exchange ends, with its response or without. Its request must be the client's next one. */
void http_log_ended(struct http_log *log, const struct http_exchange *exchange, bool keep_alive);
void http_log_left(struct http_log *log, const struct http_exchange *exchange);

/* Are there whole requests, or ones to be refused, that had no exchange? */
bool http_log_unanswered(const struct http_log *log);

/* What the client received must be the responses that were given, in their order and nothing more. `whole`:
 * all of them. */
void http_log_check(const struct http_log *log, bool whole);

void http_log_free(struct http_log *log);

#endif
