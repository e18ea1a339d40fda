#include "fuzz/http_log.h"

#include <string.h>

#include "fuzz/fuzz.h"

uint8_t http_log_pattern[HTTP_LOG_PATTERN];

/* Parses the next request that was sent: as http_parse. */
static long next_request(const struct http_log *log, struct http_request *request)
{
    const size_t left = log->sent.size - log->parsed;
    if (left == 0)
        return 0;
    return http_parse((const char *)log->sent.data + log->parsed, left < HTTP_HEAD_MAX ? left : HTTP_HEAD_MAX,
                      request);
}

static bool same_part(const struct http_request *a, const struct http_request *b, enum http_part part)
{
    const struct span one = http_part(a, part), other = http_part(b, part);
    return one.size == other.size && (one.size == 0 || memcmp(one.data, other.data, one.size) == 0);
}

/* The exchange's request must be the next that was sent. One that was refused unread has a status. */
static void take_request(struct http_log *log, const struct http_exchange *exchange, int status)
{
    struct http_request request;
    const long length = next_request(log, &request);
    FUZZ_ASSERT(!log->closed && !log->left);
    if (status == 408) /* what was sent may have come later */
        return;
    FUZZ_ASSERT(length != 0);
    if (length > 0) {
        FUZZ_ASSERT(request.method == exchange->request.method && request.minor == exchange->request.minor);
        for (enum http_part part = 0; part < HTTP_PARTS; part++)
            FUZZ_ASSERT(same_part(&request, &exchange->request, part));
        log->parsed += (size_t)length;
    } else {
        FUZZ_ASSERT(status == (int)-length);
    }
}

void http_log_ended(struct http_log *log, const struct http_exchange *exchange, bool keep_alive)
{
    const struct response *response = &exchange->response;
    const bool no_body = exchange->request.method == HTTP_HEAD;
    take_request(log, exchange, response->status);
    FUZZ_ASSERT(log->count < HTTP_LOG_MAX && exchange->sent <= (no_body ? 0 : response->length));
    struct logged *logged = &log->responses[log->count++];
    *logged = (struct logged){.status = response->status,
                              .offset = response->offset,
                              .length = no_body ? 0 : response->length,
                              .patterned = response->etag[0] != '\0',
                              .closes = !keep_alive,
                              .sent = exchange->sent};
    strcpy(logged->etag, response->etag);
    log->closed = !keep_alive;
}

void http_log_left(struct http_log *log, const struct http_exchange *exchange)
{
    take_request(log, exchange, 0);
    log->left = true;
}

bool http_log_unanswered(const struct http_log *log)
{
    struct http_request request;
    return !log->closed && !log->left && next_request(log, &request) != 0;
}

/* The value of a field in a head, or NULL. */
static const char *field(const char *head, const char *name)
{
    const char *found = strstr(head, name);
    return found != NULL ? found + strlen(name) : NULL;
}

static void check_head(const struct logged *logged, const char *head)
{
    const char *etag = field(head, "\r\nETag: ");
    FUZZ_ASSERT(strncmp(head, RESPONSE_START, sizeof RESPONSE_START - 1) == 0);
    FUZZ_ASSERT(atoi(head + sizeof RESPONSE_START - 1) == logged->status);
    FUZZ_ASSERT((field(head, "\r\nConnection: close\r\n") != NULL) == logged->closes);
    FUZZ_ASSERT((etag != NULL) == logged->patterned);
    FUZZ_ASSERT(etag == NULL || strncmp(etag, logged->etag, strlen(logged->etag)) == 0);
    FUZZ_ASSERT(field(head, "\r\nX-Content-Type-Options: nosniff\r\n") != NULL);
}

/* One response at `at`. Returns its size, or 0 when it is not whole. */
static size_t check_response(const struct http_log *log, const struct logged *logged, size_t at)
{
    const uint8_t *bytes = log->received.data + at;
    const size_t size = log->received.size - at;
    const uint8_t *end = memmem(bytes, size, "\r\n\r\n", 4);
    if (end == NULL)
        return 0;
    const size_t head_size = (size_t)(end - bytes) + 4;
    char *head = strndup((const char *)bytes, head_size);
    FUZZ_ASSERT(head != NULL);
    check_head(logged, head);
    free(head);
    const size_t there = size - head_size < logged->length ? size - head_size : logged->length;
    FUZZ_ASSERT(there <= logged->sent);
    if (logged->patterned)
        FUZZ_ASSERT(there == 0 || memcmp(bytes + head_size, http_log_pattern + logged->offset, there) == 0);
    return there == logged->length ? head_size + there : 0;
}

void http_log_check(const struct http_log *log, bool whole)
{
    size_t at = 0, complete = 0, size = 1;
    while (complete < log->count && size > 0) {
        size = log->received.size > at ? check_response(log, &log->responses[complete], at) : 0;
        complete += size > 0;
        at += size;
    }
    FUZZ_ASSERT(!whole || complete == log->count);
    const size_t rest = log->received.size - at;
    if (complete == log->count && log->left) /* what is the same for all may have been sent ahead */
        FUZZ_ASSERT(rest < sizeof RESPONSE_START);
    else if (complete == log->count)
        FUZZ_ASSERT(rest == 0);
}

void http_log_free(struct http_log *log)
{
    buffer_free(&log->sent);
    buffer_free(&log->received);
}
