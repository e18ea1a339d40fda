/* The real server and a real client: the responses and their statuses. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/part.h"
#include "serve/live.h"
#include "temp.h"

static void begin(void)
{
    run_begin();
    put_picture("root/one.png", 60, 40);
    put_picture("root/cats/two.jpg", 64, 48);
}

TestSuite(serve, .init = begin);

/* The server's response is the same as the result of `pixmill run`. */
static void expect_bytes_of_run(const struct live *live, const char *path, const char *const *arguments,
                                const char *result)
{
    size_t size;
    struct run run = run_with(&(struct start){0}, arguments);
    cr_assert_eq(run.status, 0, "%s", run.err);
    char *expected = content_of(result, &size);
    struct reply reply = GET(live, path);
    expect_status(&reply, 200);
    cr_assert_eq(reply.size, size, "%s: %zu bytes, not %zu", path, reply.size, size);
    cr_assert_arr_eq(reply.body, expected, size);
}

static void check_backend(const char *backend)
{
    char option[32];
    snprintf(option, sizeof option, "--backend=%s", backend);
    struct live live = LIVE(option);
    expect_bytes_of_run(&live, "/resize=30x30/blur=1.5/quality=60/cats/two.jpg",
                        (const char *const[]){"run", "root/cats/two.jpg", "-o", "a", "--resize=30x30",
                                              "--blur=1.5", "-Q", "60", NULL},
                        "a/two.jpg");
    expect_bytes_of_run(
        &live, "/rotate=90/format=jpeg/one.png",
        (const char *const[]){"run", "root/one.png", "-o", "b", "--rotate=90", "--format=jpeg", NULL},
        "b/one.jpg");
    expect_bytes_of_run(&live, "/one.png", (const char *const[]){"run", "root/one.png", "-o", "c", NULL},
                        "c/one.png");
    live_stop(&live);
}

Test(serve, the_bytes_are_those_of_run_threads)
{
    check_backend("threads");
}

/* libde265 has had many security errors. */
Test(serve, heic_is_decoded_in_worker_processes_alone)
{
    const struct codec *heic = codec_of_suffix("heic");
    struct pm_error missing = {0};
    if (codec_part_find(heic, &missing) != 0)
        cr_skip_test("%s", missing.message);
    temp_write("root/a.heic", heic->samples->data, heic->samples->size);
    struct live live = LIVE("--backend=threads");
    struct reply reply = GET(&live, "/resize=8x8/format=png/a.heic");
    expect_status(&reply, 415);
    cr_expect_not_null(strstr(reply.body, "heic is decoded only in worker processes"), "%s", reply.body);
    live_stop(&live);
    live = LIVE("--backend=procs");
    expect_bytes_of_run(
        &live, "/resize=8x8/format=png/a.heic",
        (const char *const[]){"run", "root/a.heic", "-o", "a", "--resize=8x8", "--format=png", NULL},
        "a/a.png");
    live_stop(&live);
}

Test(serve, the_bytes_are_those_of_run_procs)
{
    check_backend("procs");
}

Test(serve, the_bytes_are_those_of_run_omp)
{
    check_backend("omp");
}

Test(serve, the_bytes_are_those_of_run_one_worker)
{
    check_backend("serial");
    check_backend("async");
}

Test(serve, every_status)
{
    struct live live = LIVE("--max-bytes=20000", "--max-pixels=100000");
    put_picture("root/large.png", 100, 100);
    temp_text("root/notes.txt", "Dear diary,");
    temp_text("root/empty.png", "");
    size_t size;
    char *bytes = content_of("root/one.png", &size);
    temp_write("root/cut.png", bytes, size / 2);
    cr_assert_eq(symlink("../../etc/passwd", "root/out.png"), 0);
    const struct {
        const char *method, *path;
        long status;
    } cases[] = {
        {"GET", "/one.png", 200},
        {"GET", "/healthz", 200},
        {"GET", "/resize=never/one.png", 400},
        {"GET", "/crop=99x99+50+50/one.png", 400},
        {"GET", "/../etc/passwd", 400},
        {"GET", "/%2e%2e/etc/passwd", 400},
        {"GET", "/..%2fetc%2fpasswd", 400},
        {"GET", "/one.png%00.jpg", 400},
        {"GET", "//one.png", 400},
        {"GET", "/encrypt/one.png", 403},
        {"GET", "/decrypt/one.png", 403},
        {"GET", "/out.png", 403},
        {"GET", "/missing.png", 404},
        {"GET", "/cats", 404},
        {"GET", "/cats/", 404},
        {"POST", "/one.png", 405},
        {"PUT", "/one.png", 405},
        {"DELETE", "/one.png", 405},
        {"GET", "/flip/large.png", 413},
        {"GET", "/resize=500x500!/one.png", 413},
        {"GET", "/notes.txt", 415},
        {"GET", "/empty.png", 422},
        {"GET", "/flip/cut.png", 422},
        {"GET", "/healthz", 200},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reply reply = live_ask(&live, cases[i].method, cases[i].path, NULL);
        expect_status(&reply, cases[i].status);
        if (cases[i].status == 405)
            cr_assert_str_eq(reply_field(&reply, "allow"), "GET, HEAD, OPTIONS");
    }
    live_stop(&live);
}

/* A request without changes gets the file's exact bytes, including metadata; also parts of them. */
Test(serve, without_a_recipe_the_file_itself_is_sent)
{
    size_t size;
    char *bytes = content_of("root/cats/two.jpg", &size);
    struct live live = LIVE("--max-pixels=100");
    struct reply reply = GET(&live, "/cats/two.jpg");
    expect_status(&reply, 200);
    cr_assert_eq(reply.size, size);
    cr_assert_arr_eq(reply.body, bytes, size);
    cr_assert_str_eq(reply_field(&reply, "content-type"), "image/jpeg");
    cr_assert_not_null(reply_field(&reply, "etag"));
    reply = GET_WITH(&live, "/-/cats/two.jpg", "Range: bytes=10-19");
    expect_status(&reply, 206);
    cr_assert_eq(reply.size, 10);
    cr_assert_arr_eq(reply.body, bytes + 10, 10);
    reply = live_ask(&live, "HEAD", "/cats/two.jpg", NULL);
    expect_status(&reply, 200);
    cr_assert_eq(atol(reply_field(&reply, "content-length")), (long)size);
    temp_text("root/page.png", "<html><script>alert(1)</script>");
    reply = GET(&live, "/page.png");
    expect_status(&reply, 415);
    temp_text("root/other.png", "qoif and so on");
    reply = GET(&live, "/other.png");
    expect_status(&reply, 415);
    cr_assert_not_null(strstr(reply.body, "this is QOI"), "%s", reply.body);
    cr_assert_eq(live_metric(&live, "pixmill_transforms_total{outcome=\"ok\"}"), 0);
    live_stop(&live);
}

/* Other servers take sizes from the query; here the client must get an error, because nothing was done. */
Test(serve, a_query_that_asks_for_what_belongs_in_the_path_is_refused)
{
    static const struct {
        const char *path;
        long status;
        const char *words;
    } cases[] = {
        {"/one.png?w=300", 400,
         "'w' in the query has no effect (put steps before the file's path: /resize=300x/...)"},
        {"/one.png?v=3&width=300", 400, "'width' in the query has no effect"},
        {"/one.png?resize=300x", 400, "'resize' in the query has no effect"},
        {"/resize=9x9/one.png?quality=3", 400,
         "'quality' in the query has no effect (put steps before the file's path: /quality=75/...)"},
        {"/one.png?flip", 400, "'flip' in the query has no effect"},
        {"/one.png?fm=webp&v=1", 400, "/format=png/..."},
        {"/one.png?trim=1", 400, "no such step"},
        {"/one.png?v=3", 200, NULL},
        {"/one.png?", 200, NULL},
        {"/one.png?1700000000", 200, NULL},
        {"/one.png?&=&_=w", 200, NULL},
        {"/?w=300", 200, NULL},
        {"/healthz?w=300", 200, NULL},
    };
    struct live live = LIVE();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reply reply = GET(&live, cases[i].path);
        expect_status(&reply, cases[i].status);
        if (cases[i].words != NULL)
            cr_assert_not_null(strstr(reply.body, cases[i].words), "%s: %s", cases[i].path, reply.body);
    }
    live_stop(&live);
}

Test(serve, a_transform_over_its_time)
{
    struct live live = LIVE("--timeout=0.05");
    struct reply reply = GET(&live, "/resize=6000x6000!/sharpen=5/sharpen=5/sharpen=5/one.png");
    expect_status(&reply, 504);
    live_stop(&live);
}

Test(serve, what_is_not_http)
{
    static const struct {
        const char *text, *answer;
    } cases[] = {
        {"hello\r\n\r\n", "HTTP/1.1 400 "},
        {"GET /one.png HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
        {"GET /one.png HTTP/1.1\r\nHost: localhost\r\nHost: b\r\n\r\n", "HTTP/1.1 400 "},
        {"GET /one.png HTTP/3.0\r\nHost: localhost\r\n\r\n", "HTTP/1.1 505 "},
        {"GET /one.png HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 413 "},
    };
    struct live live = LIVE();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int socket = live_connect(&live, 0);
        live_send(socket, cases[i].text);
        char *answer = live_read(socket, NULL);
        cr_assert_eq(strncmp(answer, cases[i].answer, strlen(cases[i].answer)), 0, "%s", answer);
        cr_assert_not_null(strstr(answer, "Connection: close\r\n"), "%s", answer);
        cr_assert_not_null(strstr(answer, "{\"status\": "), "%s", answer);
        close(socket);
    }
    live_stop(&live);
}

Test(serve, a_head_that_is_too_long)
{
    struct live live = LIVE();
    char *line = malloc(20000);
    memset(line, 'a', 20000);
    memcpy(line, "GET /", 5);
    line[19999] = '\0';
    int socket = live_connect(&live, 0);
    live_send(socket, line);
    char *answer = live_read(socket, NULL);
    cr_assert_eq(strncmp(answer, "HTTP/1.1 414 ", 13), 0, "%s", answer);
    close(socket);
    free(line);
    live_stop(&live);
}

Test(serve, a_misspelt_step_is_named)
{
    struct live live = LIVE();
    struct reply step = GET(&live, "/resiz=20x20/one.png"), file = GET(&live, "/missing=1.png");
    cr_assert_eq(step.status, 404);
    cr_assert_not_null(strstr(step.body, "'resiz=20x20' is not a step of a recipe"), "%s", step.body);
    cr_assert_eq(file.status, 404);
    cr_assert_null(strstr(file.body, "step"), "%s", file.body);
    put_picture("root/quality=75/a.png", 9, 9);
    step = GET(&live, "/quality=75/a.png");
    cr_assert_eq(step.status, 404);
    cr_assert_not_null(strstr(step.body, "write /-/ before a folder that has a step's name"), "%s",
                       step.body);
    step = GET(&live, "/-/quality=75/a.png");
    cr_assert_eq(step.status, 200);
    live_stop(&live);
}

Test(serve, head_is_get_without_the_content)
{
    struct live live = LIVE();
    struct reply whole = GET(&live, "/resize=20x20/one.png");
    struct reply head = live_ask(&live, "HEAD", "/resize=20x20/one.png", NULL);
    expect_status(&head, 200);
    cr_assert_eq(head.size, 0);
    cr_assert_eq((size_t)atol(reply_field(&head, "content-length")), whole.size);
    struct reply missing = live_ask(&live, "HEAD", "/missing.png", NULL);
    cr_assert_eq(missing.status, 404);
    cr_assert_eq(missing.size, 0);
    live_stop(&live);
}

Test(serve, fields_of_a_picture)
{
    struct live live = LIVE("--max-age=123");
    struct reply reply = GET(&live, "/resize=20x20/one.png");
    expect_status(&reply, 200);
    cr_assert_str_eq(reply_field(&reply, "content-type"), "image/png");
    cr_assert_str_eq(reply_field(&reply, "cache-control"), "public, max-age=123");
    cr_assert_not_null(strstr(reply_field(&reply, "last-modified"), " GMT"));
    cr_assert_eq(reply_field(&reply, "etag")[0], '"');
    cr_assert_str_eq(reply_field(&reply, "x-content-type-options"), "nosniff");
    reply = GET(&live, "/format=jpeg/one.png");
    cr_assert_str_eq(reply_field(&reply, "content-type"), "image/jpeg");
    reply = GET(&live, "/missing.png");
    cr_assert_str_eq(reply_field(&reply, "cache-control"), "no-store");
    live_stop(&live);
}

Test(serve, an_etag_is_of_the_file_and_the_recipe)
{
    struct live live = LIVE();
    char etag[64];
    struct reply reply = GET(&live, "/resize=20x20/one.png");
    snprintf(etag, sizeof etag, "%s", reply_field(&reply, "etag"));
    reply = GET(&live, "/resize=20x20,kernel=lanczos3/one.png"); /* the same recipe, written differently */
    cr_assert_str_eq(reply_field(&reply, "etag"), etag);
    reply = GET(&live, "/resize=21x21/one.png");
    cr_assert_str_neq(reply_field(&reply, "etag"), etag);
    cr_assert_eq(unlink("root/one.png"), 0);
    put_picture("root/one.png", 60, 40);
    reply = GET(&live, "/resize=20x20/one.png");
    cr_assert_str_neq(reply_field(&reply, "etag"), etag);
    live_stop(&live);
}

Test(serve, one_connection_serves_many_requests)
{
    static const char two[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
                              "GET /resize=9x9!/one.png HTTP/1.1\r\nHost: localhost\r\n\r\n"
                              "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    struct live live = LIVE();
    int socket = live_connect(&live, 0);
    live_send(socket, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    char *first = live_read(socket, "ok\n");
    cr_assert_null(strstr(first, "Connection: close"));
    live_send(socket, "GET /heal"); /* in several parts */
    live_send(socket, "thz HTTP/1.1\r\nHost");
    live_send(socket, ": localhost\r\n\r\n");
    live_read(socket, "ok\n");
    live_send(socket, two); /* pipelined, and answered in order */
    char *answers = live_read(socket, NULL);
    char *text = strstr(answers, "text/plain"), *picture = strstr(answers, "image/png");
    cr_assert(text != NULL && picture != NULL && text < picture);
    close(socket);
    live_stop(&live);
}

Test(serve, an_old_client)
{
    struct live live = LIVE();
    int socket = live_connect(&live, 0);
    live_send(socket, "GET /healthz HTTP/1.0\r\n\r\n");
    cr_assert_not_null(strstr(live_read(socket, NULL), "\r\n\r\nok\n"));
    close(socket);
    socket = live_connect(&live, 0);
    live_send(socket, "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    cr_assert_not_null(strstr(live_read(socket, "ok\n"), "Connection: keep-alive\r\n"));
    live_send(socket, "GET /healthz HTTP/1.0\r\n\r\n");
    cr_assert_not_null(strstr(live_read(socket, NULL), "\r\n\r\nok\n"));
    close(socket);
    live_stop(&live);
}
