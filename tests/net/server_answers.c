/* What the tests' server answers, by the first word of the path (net/server.h): pictures whole, cut, late and
 * changed; statuses, and what is no answer. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "net/server.h"
#include "net/server_request.h"
#include "temp.h"

struct content {
    char *bytes;
    size_t size;
};

static struct content small, large, text = {.bytes = "no picture at all, but words", .size = 28};
static pthread_mutex_t together_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned together, most_together; /* requests */

const char *server_header(const struct request *request, const char *name, char value[256])
{
    for (const char *line = strchr(request->header, '\n'); line != NULL; line = strchr(line, '\n')) {
        line++;
        size_t length = strlen(name);
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            snprintf(value, 256, "%.*s", (int)strcspn(line + length + 2, "\r\n"), line + length + 2);
            return value;
        }
    }
    return NULL;
}

size_t server_take_number(const char **rest)
{
    char *end;
    size_t number = strtoul(*rest, &end, 10);
    *rest = *end == '/' ? end + 1 : end;
    return number;
}

static struct content content_of_name(const char *name)
{
    return strncmp(name, "large", 5) == 0 ? large : strncmp(name, "text", 4) == 0 ? text : small;
}

static const char DATE[] = "Wed, 25 Nov 2026 10:00:00 GMT", MODIFIED[] = "Wed, 25 Nov 2026 09:00:00 GMT";

/* Sends the content, or the requested part, with the validator's header line; breaks off after `cut` bytes.
 */
static bool send_content(const struct request *request, struct content content, const char *validator,
                         const char *value, bool ranges, size_t cut)
{
    char range[256], condition[256];
    size_t from = 0;
    bool part = ranges && server_header(request, "Range", range) != NULL &&
                sscanf(range, "bytes=%zu-", &from) == 1 && from < content.size &&
                (server_header(request, "If-Range", condition) == NULL || strcmp(condition, value) == 0);
    if (!part)
        from = 0;
    if (!server_send_text(request->fd, "HTTP/1.1 %s\r\nDate: %s\r\nContent-Length: %zu\r\n",
                          part ? "206 Part" : "200 OK", DATE, content.size - from))
        return false;
    if (validator != NULL)
        server_send_text(request->fd, "%s: %s\r\n", validator, value);
    if (part)
        server_send_text(request->fd, "Content-Range: bytes %zu-%zu/%zu\r\n", from, content.size - 1,
                         content.size);
    server_send_text(request->fd, "\r\n");
    size_t left = content.size - from;
    bool breaks = cut < left;
    return server_send(request->fd, content.bytes + from, breaks ? cut : left) && !breaks;
}

/* The content with a different byte in the middle and at the end. */
static struct content another(struct content content)
{
    struct content other = {.bytes = malloc(content.size), .size = content.size};
    memcpy(other.bytes, content.bytes, content.size);
    other.bytes[content.size / 8] ^= 1;
    other.bytes[content.size - 1] ^= 1;
    return other;
}

/* Each answer function returns whether the connection stays open. */

bool server_answer_ok(struct request *request)
{
    return send_content(request, content_of_name(request->rest), "ETag", "\"one\"", true, SIZE_MAX);
}

static bool answer_cut(struct request *request)
{
    const char *rest = request->rest;
    size_t cut = server_take_number(&rest);
    struct content content = content_of_name(rest);
    bool first = request->count == 1;
    const char *verb = request->verb;
    bool plain = strcmp(verb, "cutplain") == 0 || strcmp(verb, "swapped") == 0;
    bool dated = strcmp(verb, "cutdate") == 0;
    bool other = strcmp(verb, "changed") == 0 || strcmp(verb, "swapped") == 0 || strcmp(verb, "liar") == 0;
    const char *value = plain ? "" : dated ? MODIFIED : other && !first ? "\"two\"" : "\"one\"";
    char range[256];
    if (strcmp(verb, "unranged") == 0 && server_header(request, "Range", range) != NULL)
        return server_send_text(request->fd, "HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n");
    if (strcmp(verb, "liar") == 0 && !first) {
        size_t from = 0;
        server_header(request, "Range", range);
        sscanf(range, "bytes=%zu-", &from);
        server_send_text(request->fd,
                         "HTTP/1.1 206 Part\r\nETag: %s\r\nContent-Length: %zu\r\nContent-Range: bytes "
                         "%zu-%zu/%zu\r\n\r\n",
                         value, content.size - from, from, content.size - 1, content.size);
        return server_send(request->fd, content.bytes + from, content.size - from);
    }
    const char *validator = plain ? NULL : dated ? "Last-Modified" : "ETag";
    if (first || !other)
        return send_content(request, content, validator, value, !plain, first ? cut : SIZE_MAX);
    content = another(content);
    bool sent = send_content(request, content, validator, value, !plain, SIZE_MAX);
    free(content.bytes);
    return sent;
}

static bool answer_short(struct request *request)
{
    struct content content = content_of_name(request->rest);
    return send_content(request, content, NULL, "", false, content.size / 2);
}

static bool answer_chunked(struct request *request)
{
    struct content content = content_of_name(request->rest);
    server_send_text(request->fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (size_t at = 0; at < content.size; at += 1000) {
        size_t size = content.size - at < 1000 ? content.size - at : 1000;
        if (!server_send_text(request->fd, "%zx\r\n", size) ||
            !server_send(request->fd, content.bytes + at, size) || !server_send_text(request->fd, "\r\n"))
            return false;
    }
    return server_send_text(request->fd, "0\r\n\r\n");
}

static bool answer_unsized(struct request *request)
{
    struct content content = content_of_name(request->rest);
    server_send_text(request->fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    server_send(request->fd, content.bytes, content.size);
    return false;
}

static bool send_status(const struct request *request, unsigned status, const char *line)
{
    return server_send_text(request->fd, "HTTP/1.1 %u Status\r\n%sContent-Length: 100\r\n\r\n%0100d", status,
                            line, 0);
}

static bool answer_status(struct request *request)
{
    const char *rest = request->rest;
    return send_status(request, (unsigned)server_take_number(&rest), "");
}

static bool answer_busy(struct request *request)
{
    const char *rest = request->rest;
    unsigned status = (unsigned)server_take_number(&rest);
    char line[128] = "";
    size_t length = strcspn(rest, "/");
    if (strncmp(rest, "date", 4) == 0) {
        time_t soon = time(NULL) + 1;
        struct tm when;
        strftime(line, sizeof line, "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime_r(&soon, &when));
    } else if (rest[0] != '-') {
        snprintf(line, sizeof line, "Retry-After: %.*s\r\n", (int)length, rest);
    }
    rest += length + 1;
    if (request->count <= server_take_number(&rest))
        return send_status(request, status, line);
    return send_content(request, content_of_name(rest), NULL, "", false, SIZE_MAX);
}

static bool answer_packed(struct request *request)
{
    char coding[32];
    const size_t length = strcspn(request->rest, "/");
    snprintf(coding, sizeof coding, "%.*s", (int)length, request->rest);
    return send_content(request, content_of_name(request->rest + length + 1), "Content-Encoding", coding,
                        false, SIZE_MAX);
}

static bool answer_to(struct request *request)
{
    const char *rest = request->rest;
    size_t left = server_take_number(&rest);
    if (left == 0)
        return send_content(request, content_of_name(rest), NULL, "", false, SIZE_MAX);
    return server_send_text(request->fd,
                            "HTTP/1.1 302 Found\r\nLocation: /to/%zu/%s\r\nContent-Length: 0\r\n\r\n",
                            left - 1, rest);
}

static bool answer_away(struct request *request)
{
    return server_send_text(request->fd,
                            "HTTP/1.1 301 Gone there\r\nLocation: %s%s\r\nContent-Length: 0\r\n\r\n",
                            strcmp(request->verb, "away") == 0 ? "http://" : "", request->rest);
}

static bool answer_cookie(struct request *request)
{
    return server_send_text(
        request->fd,
        "HTTP/1.1 302 Found\r\nSet-Cookie: crumb=1\r\nLocation: /ok/%s\r\nContent-Length: 0\r\n\r\n",
        request->rest);
}

bool server_answer_endless(struct request *request)
{
    static const char bytes[65536];
    server_send_text(request->fd, "HTTP/1.1 200 OK\r\n\r\n");
    server_send(request->fd, small.bytes, small.size); /* starts like a picture */
    while (server_send(request->fd, bytes, sizeof bytes))
        ;
    return false;
}

static bool answer_headers(struct request *request)
{
    char line[512];
    memset(line, 'a', sizeof line);
    memcpy(line, "X-Line: ", 8);
    memcpy(line + sizeof line - 2, "\r\n", 2);
    server_send_text(request->fd, "HTTP/1.1 200 OK\r\n");
    while (server_send(request->fd, line, sizeof line))
        ;
    return false;
}

/* A single header line that never ends. */
static bool answer_header(struct request *request)
{
    char piece[512];
    memset(piece, 'a', sizeof piece);
    server_send_text(request->fd, "HTTP/1.1 200 OK\r\nX-Line: ");
    while (server_send(request->fd, piece, sizeof piece))
        ;
    return false;
}

static bool answer_drip(struct request *request)
{
    server_send_text(request->fd, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", small.size);
    for (size_t i = 0; i < small.size && server_send(request->fd, small.bytes + i, 1); i++)
        clock_sleep_until(clock_now() + 0.02);
    return false;
}

static void count_together(int change)
{
    pthread_mutex_lock(&together_lock);
    together += (unsigned)change;
    most_together = together > most_together ? together : most_together;
    pthread_mutex_unlock(&together_lock);
}

/* Waits a moment longer, in case more than N requests come. */
static bool answer_together(struct request *request)
{
    const char *rest = request->rest;
    size_t number = server_take_number(&rest);
    count_together(1);
    for (double until = clock_now() + 30; server_most_together() < number && clock_now() < until;)
        clock_sleep_until(clock_now() + 0.02);
    clock_sleep_until(clock_now() + 0.2);
    count_together(-1); /* before the client can start another */
    return send_content(request, content_of_name(rest), NULL, "", false, SIZE_MAX);
}

static bool answer_secret(struct request *request)
{
    char value[256]; /* me:hush */
    if (server_header(request, "Authorization", value) == NULL || strcmp(value, "Basic bWU6aHVzaA==") != 0)
        return send_status(request, 401, "WWW-Authenticate: Basic realm=\"x\"\r\n");
    return server_answer_ok(request);
}

static bool answer_mute(struct request *request)
{
    char byte;
    while (recv(request->fd, &byte, 1, 0) > 0)
        ;
    return false;
}

static bool answer_other(struct request *request)
{
    server_send_text(request->fd, "SSH-2.0-server\r\n");
    return false;
}

static const struct {
    const char *verb;
    bool (*answer)(struct request *request);
} answers[] = {
    {"ok", server_answer_ok},
    {"chunked", answer_chunked},
    {"unsized", answer_unsized},
    {"cut", answer_cut},
    {"cutdate", answer_cut},
    {"cutplain", answer_cut},
    {"changed", answer_cut},
    {"swapped", answer_cut},
    {"liar", answer_cut},
    {"unranged", answer_cut},
    {"short", answer_short},
    {"busy", answer_busy},
    {"status", answer_status},
    {"to", answer_to},
    {"away", answer_away},
    {"scheme", answer_away},
    {"endless", server_answer_endless},
    {"drip", answer_drip},
    {"secret", answer_secret},
    {"together", answer_together},
    {"mute", answer_mute},
    {"cookie", answer_cookie},
    {"other", answer_other},
    {"headers", answer_headers},
    {"header", answer_header},
    {"packed", answer_packed},
    {"lists", server_answer_list},
    {"puts", server_answer_put},
    {"parts", server_answer_parts},
};

bool (*server_answer_of(const char *verb))(struct request *request)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        if (strcmp(answers[i].verb, verb) == 0)
            return answers[i].answer;
    }
    return NULL;
}

static void load(struct content *content, const char *path)
{
    free(content->bytes);
    content->bytes = temp_read(path, &content->size);
    cr_assert_not_null(content->bytes, "%s", path);
}

void server_load(const char *small_path, const char *large_path)
{
    load(&small, small_path);
    load(&large, large_path);
}

unsigned server_most_together(void)
{
    pthread_mutex_lock(&together_lock);
    unsigned count = most_together;
    pthread_mutex_unlock(&together_lock);
    return count;
}
