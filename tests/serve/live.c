#include "serve/live.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "serve/client.h"

enum { PATIENCE = 60 }; /* seconds */

/* Texts that were returned to tests; freed when the test ends. */
struct kept {
    struct kept *older;
    void *text;
};
static struct kept *newest;

static void free_kept(void)
{
    while (newest != NULL) {
        struct kept *older = newest->older;
        free(newest->text);
        free(newest);
        newest = older;
    }
}

static char *keep(struct buffer *buffer)
{
    struct kept *kept = malloc(sizeof *kept);
    cr_assert(kept != NULL && buffer_append(buffer, "", 1) == 0);
    if (newest == NULL)
        atexit(free_kept);
    *kept = (struct kept){.older = newest, .text = buffer->data};
    newest = kept;
    return kept->text;
}

static void nap(void)
{
    clock_sleep_until(clock_now() + 0.005);
}

/* What the server has written to standard error so far. */
static void read_errors(const struct live *live, char text[4096])
{
    ssize_t size = pread(live->running.err, text, 4095, 0);
    text[size > 0 ? size : 0] = '\0';
}

struct live live_await(struct running running)
{
    static const char ready[] = "listening on http://";
    char errors[4096];
    struct live live = {.running = running};
    for (double until = clock_now() + PATIENCE; clock_now() < until; nap()) {
        read_errors(&live, errors);
        const char *said = strstr(errors, ready);
        if (said != NULL && strchr(said, '\n') != NULL) {
            said += sizeof ready - 1;
            snprintf(live.address, sizeof live.address, "%.*s", (int)strcspn(said, "/"), said);
            return live;
        }
        int status;
        cr_assert_eq(waitpid(live.running.pid, &status, WNOHANG), 0, "the server ended: %s", errors);
    }
    cr_assert_fail("the server does not get ready: %s", errors);
    return live;
}

struct live live_start(const char *const *arguments)
{
    const char *words[32] = {"serve", "--root=root", "--listen=127.0.0.1:0"};
    for (size_t i = 0; arguments[i] != NULL; i++)
        words[3 + i] = arguments[i];
    return live_await(run_start(&(struct start){0}, words));
}

void live_stop(struct live *live)
{
    kill(live->running.pid, SIGTERM);
    struct run run = run_wait(&live->running);
    cr_assert_eq(run.status, 0, "exit status %d:\n%s", run.status, run.err);
}

struct reply live_ask(const struct live *live, const char *method, const char *path,
                      const char *const *fields)
{
    struct buffer head = {0}, body = {0};
    struct reply reply = {.status = client_ask(live->address, method, path, fields, PATIENCE, &head, &body)};
    reply.size = body.size;
    reply.body = keep(&body);
    reply.head = keep(&head);
    return reply;
}

struct reply live_get(const struct live *live, const char *path, const char *const *fields)
{
    return live_ask(live, "GET", path, fields);
}

const char *reply_field(const struct reply *reply, const char *name)
{
    static char value[1024];
    size_t length = strlen(name);
    for (const char *line = reply->head; *line != '\0'; line += strcspn(line, "\n") + 1) {
        if (strncasecmp(line, name, length) != 0 || line[length] != ':')
            continue;
        const char *begin = line + length + 1 + strspn(line + length + 1, " ");
        snprintf(value, sizeof value, "%.*s", (int)strcspn(begin, "\r\n"), begin);
        return value;
    }
    return NULL;
}

void expect_status(const struct reply *reply, long status)
{
    char start[64];
    cr_assert_eq(reply->status, status, "%ld, not %ld: %s%s", reply->status, status, reply->head,
                 reply->size < 1000 ? reply->body : "");
    if (status < 400)
        return;
    snprintf(start, sizeof start, "{\"status\": %ld, \"error\": \"", status);
    const char *type = reply_field(reply, "content-type");
    cr_assert(type != NULL && strcmp(type, "application/json") == 0);
    cr_assert_eq(strncmp(reply->body, start, strlen(start)), 0, "%s", reply->body);
    cr_assert_not_null(strstr(reply->body, "\"message\": \""), "%s", reply->body);
}

int live_connect(const struct live *live, int room)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((uint16_t)atoi(strrchr(live->address, ':') + 1));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct timeval patience = {.tv_sec = PATIENCE};
    cr_assert_geq(fd, 0);
    if (room > 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

void live_send(int socket, const char *text)
{
    cr_assert_eq(send(socket, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

ssize_t live_receive(int socket, void *bytes, size_t size, int flags)
{
    ssize_t got;
    do
        got = recv(socket, bytes, size, flags);
    while (got < 0 && errno == EINTR);
    return got;
}

char *live_read(int socket, const char *text)
{
    struct buffer all = {0};
    char some[16384];
    ssize_t got;
    while ((got = live_receive(socket, some, sizeof some, 0)) > 0) {
        cr_assert_eq(buffer_append(&all, some, (size_t)got), 0);
        if (text != NULL && memmem(all.data, all.size, text, strlen(text)) != NULL)
            break;
    }
    cr_assert(got >= 0 || errno == ECONNRESET, "nothing came for a minute");
    return keep(&all);
}

double live_metric(const struct live *live, const char *name)
{
    struct reply reply = GET(live, "/metrics");
    size_t length = strlen(name);
    expect_status(&reply, 200);
    for (const char *line = reply.body; *line != '\0'; line += strcspn(line, "\n") + 1) {
        if (strncmp(line, name, length) == 0 && line[length] == ' ')
            return strtod(line + length, NULL);
    }
    return 0;
}

void live_await_metric(const struct live *live, const char *name, double least)
{
    double value = 0;
    for (double until = clock_now() + PATIENCE; clock_now() < until; nap()) {
        value = live_metric(live, name);
        if (value >= least)
            return;
    }
    cr_assert_fail("%s stays at %g", name, value);
}

pid_t live_child(pid_t parent)
{
    char path[64];
    int pid = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
    FILE *children = fopen(path, "r");
    if (children == NULL)
        return 0;
    cr_assert_eq(fscanf(children, "%d", &pid), 1);
    fclose(children);
    return pid;
}
