#include "net/server.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/server_request.h"

enum { PATHS_MAX = 512 };

static int listener;
static unsigned port;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct asked {
    char path[256], request[REQUEST_MAX];
    unsigned count, puts, deletes;
} asked[PATHS_MAX];
static unsigned nasked;

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
    size_t left = server_header(request, "Content-Length", value) != NULL ? strtoul(value, NULL, 10) : 0;
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
    if (sscanf(request->header, "%7s %255s", request->method, request->path) != 2 || !drop_body(request))
        return false;
    size_t length = strcspn(request->path + 1, "/");
    snprintf(request->verb, sizeof request->verb, "%.*s", (int)length, request->path + 1);
    request->rest = request->path + 1 + length + (request->path[1 + length] == '/');
    remember(request);
    bool (*answer_verb)(struct request *) = server_answer_of(request->verb);
    return answer_verb != NULL && answer_verb(request);
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

unsigned server_start_on(uint32_t host, const char *small_path, const char *large_path)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(host)};
    socklen_t length = sizeof address;
    pthread_t thread;
    server_load(small_path, large_path);
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
