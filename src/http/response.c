#include "http/response.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "http/blocking.h"
#include "http/http_date.h"

struct shared_bytes *shared_bytes_new(struct buffer bytes)
{
    struct shared_bytes *shared = malloc(sizeof *shared);
    if (shared != NULL)
        *shared = (struct shared_bytes){.users = 1, .bytes = bytes, .fd = -1};
    return shared;
}

struct shared_bytes *shared_bytes_of_file(int fd, struct blocking *closer)
{
    struct shared_bytes *shared = shared_bytes_new((struct buffer){0});
    if (shared != NULL)
        shared->fd = fd, shared->closer = closer;
    return shared;
}

struct shared_bytes *shared_bytes_written(FILE *out, char **text, const size_t *size)
{
    bool whole = ferror(out) == 0;
    whole = fclose(out) == 0 && whole;
    struct buffer buffer = {.data = (uint8_t *)*text, .size = *size, .capacity = *size};
    struct shared_bytes *bytes = whole ? shared_bytes_new(buffer) : NULL;
    if (bytes == NULL)
        free(*text);
    return bytes;
}

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
    if (bytes->fd >= 0)
        blocking_close_file(bytes->closer, bytes->fd);
    buffer_free(&bytes->bytes);
    free(bytes);
}

struct response response_of(int status)
{
    return (struct response){.status = status, .content.fd = -1, .max_age = -1};
}

struct response response_refusal(int status, const char *message)
{
    struct response response = response_of(status);
    response.error = strdup(message); /* NULL without memory: the log lacks it then */
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return response;
    fprintf(out, "{\"status\": %d, \"error\": \"%s\", \"message\": ", status, http_reason(status));
    text_json(out, message);
    fputs("}\n", out);
    struct shared_bytes *bytes = shared_bytes_written(out, &text, &size);
    if (bytes == NULL)
        return response;
    response.type = "application/json";
    response.content.shared = bytes;
    response.content.size = response.length = size;
    return response;
}

/* A head being written, with room for all fields. Without printf, which is slow: every response has a head.
 */
struct head {
    char *text;
    size_t length;
};

static void put_some(struct head *head, const char *text, size_t size)
{
    if (size > RESPONSE_HEAD_MAX - head->length)
        return;
    memcpy(head->text + head->length, text, size);
    head->length += size;
}

static void put(struct head *head, const char *text)
{
    put_some(head, text, strlen(text));
}

static void put_number(struct head *head, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    put_some(head, digits + at, sizeof digits - at);
}

static void put_field(struct head *head, const char *name, const char *value)
{
    put(head, name);
    put(head, value);
    put(head, "\r\n");
}

static void put_number_field(struct head *head, const char *name, uint64_t number)
{
    put(head, name);
    put_number(head, number);
    put(head, "\r\n");
}

static void put_range(struct head *head, const struct response *response)
{
    put(head, "Content-Range: bytes ");
    put_number(head, response->offset);
    put(head, "-");
    put_number(head, response->offset + response->length - 1);
    put_number_field(head, "/", response->content.size);
}

static void put_cache_fields(struct head *head, const struct response *response)
{
    if (response->etag[0] != '\0')
        put_field(head, "ETag: ", response->etag);
    if (response->modified != 0) {
        char date[HTTP_DATE_MAX];
        http_date_write(response->modified, date);
        put_field(head, "Last-Modified: ", date);
    }
    if (response->max_age >= 0)
        put_number_field(head, "Cache-Control: public, max-age=", (uint64_t)response->max_age);
    else
        put(head, "Cache-Control: no-store\r\n");
    if (response->varies)
        put(head, "Vary: Accept\r\n");
}

/* For scripts of pages on other sites (Fetch Standard, 3.3): which origin may read the response, which of its
 * fields, and what may be requested. */
static void put_cross_origin(struct head *head, const struct response *response)
{
    if (response->allow_origin == NULL)
        return;
    put_field(head, "Access-Control-Allow-Origin: ", response->allow_origin);
    if (response->preflight)
        put(head,
            "Access-Control-Allow-Methods: GET, HEAD\r\n"
            "Access-Control-Allow-Headers: Range, If-Range, If-Match, If-None-Match, If-Modified-Since, "
            "If-Unmodified-Since\r\n"
            "Access-Control-Max-Age: 86400\r\n");
    else
        put(head, "Access-Control-Expose-Headers: Accept-Ranges, Content-Range, Date, ETag, Retry-After\r\n");
}

size_t response_head(const struct response *response, const char *date, bool keep_alive, unsigned minor,
                     char text[RESPONSE_HEAD_MAX])
{
    struct head head = {.text = text};
    put(&head, RESPONSE_START);
    put_number(&head, (uint64_t)response->status);
    put_field(&head, " ", http_reason(response->status));
    put_field(&head, "Date: ", date);
    put(&head, "Server: pixmill\r\n");
    put(&head, "X-Content-Type-Options: nosniff\r\n");
    if (response->type != NULL)
        put_field(&head, "Content-Type: ", response->type);
    if (response->status != 304 && response->status != 204)
        put_number_field(&head, "Content-Length: ", response->length);
    if (response->status == 206)
        put_range(&head, response);
    if (response->status == 416)
        put_number_field(&head, "Content-Range: bytes */", response->whole);
    put_cache_fields(&head, response);
    if (response->accepts_ranges)
        put(&head, "Accept-Ranges: bytes\r\n");
    if (response->policy != NULL)
        put_field(&head, "Content-Security-Policy: ", response->policy);
    put_cross_origin(&head, response);
    if (response->retry_after > 0)
        put_number_field(&head, "Retry-After: ", response->retry_after);
    if (response->allow)
        put(&head, "Allow: GET, HEAD, OPTIONS\r\n");
    if (!keep_alive)
        put(&head, "Connection: close\r\n");
    else if (minor == 0)
        put(&head, "Connection: keep-alive\r\n");
    put(&head, "\r\n");
    return head.length;
}

void response_drop_content(struct response *response)
{
    if (response->content.shared != NULL)
        shared_bytes_drop(response->content.shared);
    else if (response->content.fd >= 0)
        blocking_close_file(response->content.closer, response->content.fd);
    response->content = (struct content){.fd = -1};
}

void response_free(struct response *response)
{
    response_drop_content(response);
    free(response->error);
    free(response->warnings);
    response->error = response->warnings = NULL;
}
