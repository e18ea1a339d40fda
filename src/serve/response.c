#include "serve/response.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "serve/client_words.h"
#include "serve/http_date.h"

struct shared_bytes *shared_bytes_hold(struct shared_bytes *bytes)
{
    bytes->users++;
    return bytes;
}

void shared_bytes_drop(struct shared_bytes *bytes)
{
    if (bytes == NULL || --bytes->users > 0)
        return;
    if (bytes->total != NULL)
        *bytes->total -= bytes->bytes.capacity;
    buffer_free(&bytes->bytes);
    free(bytes);
}

struct response response_of(int status)
{
    return (struct response){.status = status, .content.fd = -1, .max_age = -1};
}

/* What the words for a client may be longer than those for the log. */
enum { WORDS_MORE = 64 };

struct response response_error(int status, const char *message)
{
    struct response response = response_of(status);
    char words[sizeof((struct pm_error *)NULL)->message + WORDS_MORE];
    client_words(message, words, sizeof words);
    response.error = strdup(message); /* the log may lack it when there is no memory */
    struct shared_bytes *bytes = calloc(1, sizeof *bytes);
    char *text = NULL;
    size_t size = 0;
    FILE *out = bytes != NULL ? open_memstream(&text, &size) : NULL;
    if (out == NULL) {
        free(bytes);
        return response;
    }
    fprintf(out, "{\"status\": %d, \"error\": \"%s\", \"message\": ", status, http_reason(status));
    text_json(out, words);
    fputs("}\n", out);
    fclose(out);
    *bytes =
        (struct shared_bytes){.users = 1, .bytes = {.data = (uint8_t *)text, .size = size, .capacity = size}};
    response.type = "application/json";
    response.content.shared = bytes;
    response.content.size = response.length = size;
    return response;
}

int response_status_of(const struct pm_error *error)
{
    switch (error->kind) {
    case PM_ERROR_USAGE:
        return 400;
    case PM_ERROR_UNSUPPORTED:
        return 415;
    case PM_ERROR_CORRUPT:
    case PM_ERROR_TRUNCATED:
    case PM_ERROR_KEY:
    case PM_ERROR_CHANGED:
        return 422;
    case PM_ERROR_LIMIT:
        return 413;
    case PM_ERROR_MEMORY:
    case PM_ERROR_IO:
    case PM_ERROR_CANCELLED:
        return 503;
    case PM_ERROR_TIMEOUT:
        return 504;
    default:
        return 500;
    }
}

/* Appends to head, which has room for every field that there is. */
__attribute__((format(printf, 3, 4))) static void field(char *head, size_t *length, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(head + *length, RESPONSE_HEAD_MAX - *length, format, arguments);
    va_end(arguments);
    if (written > 0 && (size_t)written < RESPONSE_HEAD_MAX - *length)
        *length += (size_t)written;
}

static void cache_fields(const struct response *response, char *head, size_t *length)
{
    if (response->etag[0] != '\0')
        field(head, length, "ETag: %s\r\n", response->etag);
    if (response->modified != 0) {
        char date[HTTP_DATE_MAX];
        http_date_write(response->modified, date);
        field(head, length, "Last-Modified: %s\r\n", date);
    }
    if (response->max_age >= 0)
        field(head, length, "Cache-Control: public, max-age=%ld\r\n", response->max_age);
    else
        field(head, length, "Cache-Control: no-store\r\n");
    if (response->varies)
        field(head, length, "Vary: Accept\r\n");
}

size_t response_head(const struct response *response, const char *date, bool keep_alive, unsigned minor,
                     char head[RESPONSE_HEAD_MAX])
{
    size_t length = 0;
    field(head, &length, "HTTP/1.1 %d %s\r\nDate: %s\r\nServer: pixmill\r\n", response->status,
          http_reason(response->status), date);
    if (response->type != NULL)
        field(head, &length, "Content-Type: %s\r\nX-Content-Type-Options: nosniff\r\n", response->type);
    if (response->status != 304)
        field(head, &length, "Content-Length: %" PRIu64 "\r\n", response->length);
    if (response->status == 206)
        field(head, &length, "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n", response->offset,
              response->offset + response->length - 1, response->content.size);
    if (response->status == 416)
        field(head, &length, "Content-Range: bytes */%" PRIu64 "\r\n", response->whole);
    cache_fields(response, head, &length);
    if (response->accepts_ranges)
        field(head, &length, "Accept-Ranges: bytes\r\n");
    if (response->policy != NULL)
        field(head, &length, "Content-Security-Policy: %s\r\n", response->policy);
    if (response->allow_origin != NULL)
        field(head, &length, "Access-Control-Allow-Origin: %s\r\n", response->allow_origin);
    if (response->retry_after > 0)
        field(head, &length, "Retry-After: %u\r\n", response->retry_after);
    if (response->allow)
        field(head, &length, "Allow: GET, HEAD\r\n");
    if (!keep_alive)
        field(head, &length, "Connection: close\r\n");
    else if (minor == 0)
        field(head, &length, "Connection: keep-alive\r\n");
    field(head, &length, "\r\n");
    return length;
}

void response_free(struct response *response)
{
    shared_bytes_drop(response->content.shared);
    if (response->content.fd >= 0)
        close(response->content.fd);
    response->content = (struct content){.fd = -1};
    free(response->error);
    response->error = NULL;
}
