/*
 * A plain-text server that links only src/http and src/base.
 *
 *     http-plain FILE
 *
 * GET /hello is answered from memory, GET /file with the file, which a thread opens, and GET /long with a
 * text larger than the socket buffers.
 */
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "http/conditional.h"
#include "http/http.h"

static const char hello[] = "hello\n";
enum { LONG = 32 << 20 };

struct plain {
    struct http *http;
    const char *path;
    struct shared_bytes *text; /* body of GET /long */
    unsigned left, ended;
};

/* The file being opened for an exchange. */
struct opening {
    struct blocking_task task; /* must be first: a pointer to it is cast to this struct */
    struct plain *plain;
    struct http_exchange *exchange; /* NULL: the exchange no longer waits for the file */
    int fd;
    struct stat status;
};

static void send_content(struct http_exchange *exchange, struct content content)
{
    const struct validators validators = {.etag = "\"1\"", .now = time(NULL)};
    struct response response = response_of(200);
    response.type = "text/plain; charset=utf-8";
    response.content = content;
    response.length = content.size;
    response.accepts_ranges = true;
    snprintf(response.etag, sizeof response.etag, "%s", validators.etag);
    if (conditional_fresh(&exchange->request, &validators)) {
        response_drop_content(&response);
        response.status = 304;
    } else {
        response.status = conditional_range(&exchange->request, &validators, content.size, &response.offset,
                                            &response.length);
        response.whole = content.size;
    }
    if (response.status == 416) {
        response_drop_content(&response);
        response.length = 0;
    }
    http_respond(exchange, &response);
}

static void refuse(struct http_exchange *exchange, int status, const char *message)
{
    const struct response response = response_refusal(status, message);
    http_respond(exchange, &response);
}

static void open_file(struct blocking_task *task)
{
    struct opening *opening = (struct opening *)(void *)task;
    opening->fd = open(opening->plain->path, O_RDONLY | O_CLOEXEC);
    if (opening->fd >= 0)
        fstat(opening->fd, &opening->status);
}

static void send_file(struct blocking_task *task)
{
    struct opening *opening = (struct opening *)(void *)task;
    struct http_exchange *exchange = opening->exchange;
    const struct content content = {
        .fd = opening->fd, .on_disk = true, .size = (uint64_t)opening->status.st_size};
    if (exchange != NULL)
        *(struct opening **)exchange->own = NULL;
    if (exchange != NULL && opening->fd >= 0)
        send_content(exchange, content);
    else if (exchange != NULL)
        refuse(exchange, 404, "no such file");
    else if (opening->fd >= 0)
        close(opening->fd);
    free(opening);
}

static void begin_file(struct plain *plain, struct http_exchange *exchange)
{
    struct opening *opening = malloc(sizeof *opening);
    if (opening == NULL || http_await(exchange, HTTP_WAIT_FILE) != 0)
        exit(EXIT_FAILURE);
    *opening = (struct opening){
        .task = {.work = open_file, .ended = send_file}, .plain = plain, .exchange = exchange};
    *(struct opening **)exchange->own = opening;
    blocking_submit(http_state(plain->http).blocking, &opening->task);
}

static bool is(struct span path, const char *text)
{
    return path.size == strlen(text) && memcmp(path.data, text, path.size) == 0;
}

static void on_request(void *self, struct http_exchange *exchange)
{
    struct plain *plain = self;
    const struct span path = http_part(&exchange->request, HTTP_PATH);
    if (is(path, "/hello"))
        send_content(exchange, (struct content){.fixed = hello, .fd = -1, .size = sizeof hello - 1});
    else if (is(path, "/file"))
        begin_file(plain, exchange);
    else if (is(path, "/long"))
        send_content(exchange,
                     (struct content){.shared = shared_bytes_hold(plain->text), .fd = -1, .size = LONG});
    else
        refuse(exchange, 404, "there is hello, file and long");
}

static void leave(struct http_exchange *exchange)
{
    struct opening *opening = *(struct opening **)exchange->own;
    if (opening != NULL)
        opening->exchange = NULL;
    *(struct opening **)exchange->own = NULL;
}

static void on_left(void *self, struct http_exchange *exchange)
{
    leave(exchange);
    ((struct plain *)self)->left++;
}

static void on_late(void *self, struct http_exchange *exchange)
{
    (void)self;
    leave(exchange);
    refuse(exchange, 504, "the file system did not answer in time");
}

static void on_ended(void *self, struct http_exchange *exchange)
{
    (void)exchange;
    ((struct plain *)self)->ended++;
}

static bool is_busy(void *self)
{
    (void)self;
    return false;
}

static void on_hangup(void *self)
{
    (void)self;
    fputs("hung up\n", stderr);
}

int main(int argc, char **argv)
{
    static const struct hosts hosts = {.loopback = true};
    static const struct proxies proxies = {.count = 0};
    static const struct http_handler handler = {
        .exchange_bytes = sizeof(struct opening *),
        .request = on_request,
        .left = on_left,
        .late = on_late,
        .ended = on_ended,
        .is_busy = is_busy,
        .hangup = on_hangup,
    };
    static const struct http_settings settings = {
        .listen = "127.0.0.1:0",
        .connections = 64,
        .idle_timeout = 60,
        .client_timeout = 2,
        .drain_timeout = 1,
    };
    const struct http_config config = {
        .settings = &settings,
        .hosts = &hosts,
        .proxies = &proxies,
        .file_timeout = INFINITY,
        .threads = 2,
    };
    struct buffer text = {0};
    struct pm_error error = {0};
    const char *about;
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < LONG / 16; i++)
        buffer_append(&text, "fifteen letters\n", 16);
    struct plain plain = {.path = argc > 1 ? argv[1] : "", .text = shared_bytes_new(text)};
    plain.http = http_open(&config, &handler, &plain, &about, &error);
    if (plain.http == NULL) {
        fprintf(stderr, "%s\n", error.message);
        return EXIT_FAILURE;
    }
    fprintf(stderr, "listening on http://%s/\n", http_state(plain.http).address);
    const enum http_end end = http_run(plain.http);
    fprintf(stderr, "%u ended, %u left, %s\n", plain.ended, plain.left,
            end == HTTP_DRAINED   ? "drained"
            : end == HTTP_CUT_OFF ? "cut off"
                                  : "broken");
    shared_bytes_drop(plain.text);
    return http_close(plain.http) && end == HTTP_DRAINED ? EXIT_SUCCESS : EXIT_FAILURE;
}
