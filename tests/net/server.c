#include "net/server.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/server_request.h"
#include "temp.h"

enum { PATHS_MAX = 512 };

struct content {
    char *bytes;
    size_t size;
};

static struct content small, large, text = {.bytes = "no picture at all, but words", .size = 28};
static int listener;
static unsigned port;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct asked {
    char path[256], request[REQUEST_MAX];
    unsigned count, puts, deletes;
} asked[PATHS_MAX];
static unsigned nasked;
static unsigned together, most_together; /* requests */

bool server_send(int fd, const void *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data = (const char *)data + sent;
        size -= (size_t)sent;
    }
    return true;
}

bool server_send_text(int fd, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    return server_send(fd, line, (size_t)length);
}

/* The value of a header line, or NULL. */
static const char *header(const struct request *request, const char *name, char value[256])
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
    bool part = ranges && header(request, "Range", range) != NULL &&
                sscanf(range, "bytes=%zu-", &from) == 1 && from < content.size &&
                (header(request, "If-Range", condition) == NULL || strcmp(condition, value) == 0);
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
    if (strcmp(verb, "unranged") == 0 && header(request, "Range", range) != NULL)
        return server_send_text(request->fd, "HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n");
    if (strcmp(verb, "liar") == 0 && !first) {
        size_t from = 0;
        header(request, "Range", range);
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
    pthread_mutex_lock(&lock);
    together += (unsigned)change;
    most_together = together > most_together ? together : most_together;
    pthread_mutex_unlock(&lock);
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
    if (header(request, "Authorization", value) == NULL || strcmp(value, "Basic bWU6aHVzaA==") != 0)
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

static struct asked *find(const char *path)
{
    for (unsigned i = 0; i < nasked; i++) {
        if (strcmp(asked[i].path, path) == 0)
            return &asked[i];
    }
    return NULL;
}

static void remember(struct request *request)
{
    pthread_mutex_lock(&lock);
    struct asked *known = find(request->path);
    if (known == NULL && nasked < PATHS_MAX) {
        known = &asked[nasked++];
        snprintf(known->path, sizeof known->path, "%s", request->path);
    }
    if (known != NULL) {
        memcpy(known->request, request->header, sizeof known->request);
        request->count = ++known->count;
        known->puts += strcmp(request->method, "PUT") == 0;
        known->deletes += strcmp(request->method, "DELETE") == 0;
    }
    pthread_mutex_unlock(&lock);
}

static bool drop_body(const struct request *request)
{
    char value[256], bytes[4096];
    size_t left = header(request, "Content-Length", value) != NULL ? strtoul(value, NULL, 10) : 0;
    while (left > 0) {
        ssize_t got = recv(request->fd, bytes, left < sizeof bytes ? left : sizeof bytes, 0);
        if (got <= 0)
            return false;
        left -= (size_t)got;
    }
    return true;
}

static bool answer(struct request *request)
{
    bool on = false;
    if (sscanf(request->header, "%7s %255s", request->method, request->path) != 2 || !drop_body(request))
        return false;
    size_t length = strcspn(request->path + 1, "/");
    snprintf(request->verb, sizeof request->verb, "%.*s", (int)length, request->path + 1);
    request->rest = request->path + 1 + length + (request->path[1 + length] == '/');
    remember(request);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        if (strcmp(answers[i].verb, request->verb) == 0)
            on = answers[i].answer(request);
    }
    return on;
}

/* Reads the header of a request. */
static bool receive(struct request *request)
{
    size_t size = 0;
    while (size + 1 < sizeof request->header) {
        ssize_t got = recv(request->fd, request->header + size, 1, 0);
        if (got <= 0)
            return false;
        request->header[++size] = '\0';
        if (size >= 4 && memcmp(request->header + size - 4, "\r\n\r\n", 4) == 0)
            return true;
    }
    return false;
}

static void *serve(void *argument)
{
    struct request *request = calloc(1, sizeof *request);
    request->fd = (int)(intptr_t)argument;
    while (receive(request) && answer(request))
        ;
    shutdown(request->fd, SHUT_WR); /* sent data arrives before the end of the stream */
    close(request->fd);
    free(request);
    return NULL;
}

static void *accept_all(void *argument)
{
    (void)argument;
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        pthread_t thread;
        if (fd >= 0 && pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) == 0)
            pthread_detach(thread);
    }
    return NULL;
}

static void load(struct content *content, const char *path)
{
    free(content->bytes);
    content->bytes = temp_read(path, &content->size);
    cr_assert_not_null(content->bytes, "%s", path);
}

unsigned server_start_on(uint32_t host, const char *small_path, const char *large_path)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(host)};
    socklen_t length = sizeof address;
    pthread_t thread;
    load(&small, small_path);
    load(&large, large_path);
    signal(SIGPIPE, SIG_IGN);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, length), 0);
    cr_assert_eq(listen(listener, 1024), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    port = ntohs(address.sin_port);
    cr_assert_eq(pthread_create(&thread, NULL, accept_all, NULL), 0);
    pthread_detach(thread);
    return port;
}

unsigned server_start(const char *small_path, const char *large_path)
{
    return server_start_on(INADDR_LOOPBACK, small_path, large_path);
}

const char *server_url(const char *format, ...)
{
    static char urls[16][512];
    static unsigned next;
    char *url = urls[next++ % 16];
    int length = snprintf(url, sizeof *urls, "http://127.0.0.1:%u/", port);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(url + length, sizeof *urls - (size_t)length, format, arguments);
    va_end(arguments);
    return url;
}

unsigned server_put(const char *path)
{
    pthread_mutex_lock(&lock);
    const struct asked *known = find(path);
    const unsigned count = known != NULL ? known->puts : 0;
    pthread_mutex_unlock(&lock);
    return count;
}

unsigned server_deleted(const char *path)
{
    pthread_mutex_lock(&lock);
    const struct asked *known = find(path);
    const unsigned count = known != NULL ? known->deletes : 0;
    pthread_mutex_unlock(&lock);
    return count;
}

unsigned server_asked(const char *path)
{
    unsigned count = 0;
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < nasked; i++) {
        if (path == NULL || strcmp(asked[i].path, path) == 0)
            count += asked[i].count;
    }
    pthread_mutex_unlock(&lock);
    return count;
}

const char *server_request(const char *path)
{
    static char request[REQUEST_MAX];
    pthread_mutex_lock(&lock);
    const struct asked *known = find(path);
    cr_assert_not_null(known, "%s was never asked for", path);
    memcpy(request, known->request, sizeof request);
    pthread_mutex_unlock(&lock);
    return request;
}

unsigned server_most_together(void)
{
    pthread_mutex_lock(&lock);
    unsigned count = most_together;
    pthread_mutex_unlock(&lock);
    return count;
}
