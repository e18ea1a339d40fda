#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/access_log.h"
#include "temp.h"

static const char line[] = "GET /resize=8x8/caf\xc3\xa9\xff\".jpg?a=b x";

static struct access example(void)
{
    return (struct access){
        .time = {784111777, 123999999},
        .client = "127.0.0.1",
        .method = {line, 3},
        .path = {line + 4, 23},
        .query = {line + 28, 3},
        .user_agent = {"curl/8", 6},
        .status = 200,
        .bytes = 512,
        .seconds = 0.004,
        .wait_s = 0.001,
        .service_s = 0.003,
        .cache = "miss",
    };
}

static const char expected[] =
    "{\"time\": \"1994-11-06T08:49:37.123Z\", \"client\": \"127.0.0.1\", \"method\": \"GET\", "
    "\"path\": \"/resize=8x8/caf\xc3\xa9\\udcff\\\".jpg?a=b\", \"status\": 200, \"bytes\": 512, "
    "\"seconds\": 0.004, \"wait\": 0.001, \"service\": 0.003, \"cache\": \"miss\", \"referer\": null, "
    "\"user_agent\": \"curl/8\", \"error\": null, \"warnings\": []}\n";

static struct access_log *open_log(const char *path)
{
    struct pm_error error = {0};
    struct access_log *log = access_log_open(path, &error);
    cr_assert_not_null(log, "%s", error.message);
    return log;
}

static void write_one(struct access_log *log, const struct access *access)
{
    struct pm_error error = {0};
    cr_assert_eq(access_log_write(log, access, &error), 0, "%s", error.message);
}

/* The paths of a log before and after its rotation. */
struct rotated {
    char path[512], old[512];
};

static struct rotated rotated(void)
{
    struct rotated rotated;
    snprintf(rotated.path, sizeof rotated.path, "%s", temp_path("log"));
    snprintf(rotated.old, sizeof rotated.old, "%s", temp_path("log.1"));
    return rotated;
}

/* What SIGHUP does. */
static int reopen(struct access_log *log, const char *path, struct pm_error *error)
{
    const int fd = access_log_open_again(path, error);
    if (fd < 0)
        return -1;
    access_log_replace(log, fd);
    return 0;
}

static void expect_file(const char *path, const char *content)
{
    size_t size;
    char *text = temp_read(path, &size);
    cr_assert_not_null(text);
    cr_assert_str_eq(text, content);
    free(text);
}

Test(access_log, a_line_is_there_at_once_and_whole)
{
    char path[512], two[2 * sizeof expected];
    snprintf(path, sizeof path, "%s", temp_path("log"));
    struct access access = example();
    struct access_log *log = open_log(path);
    write_one(log, &access);
    expect_file(path, expected);
    struct access_log *other = open_log(path); /* the content is kept, and another server may append, too */
    write_one(other, &access);
    snprintf(two, sizeof two, "%s%s", expected, expected);
    expect_file(path, two);
    access_log_close(log);
    access_log_close(other);
}

Test(access_log, what_there_was_not_is_null)
{
    char path[512];
    snprintf(path, sizeof path, "%s", temp_path("log"));
    const struct access access = {
        .client = "::1", .status = 400, .wait_s = -1, .service_s = -1, .error = "what is \"this\"?"};
    struct access_log *log = open_log(path);
    write_one(log, &access);
    access_log_close(log);
    expect_file(
        path,
        "{\"time\": \"1970-01-01T00:00:00.000Z\", \"client\": \"::1\", \"method\": null, \"path\": null, "
        "\"status\": 400, \"bytes\": 0, \"seconds\": 0, \"wait\": null, \"service\": null, "
        "\"cache\": null, \"referer\": null, \"user_agent\": null, \"error\": \"what is \\\"this\\\"?\", \"warnings\": []}\n");
}

Test(access_log, warnings_are_an_array)
{
    struct access access = example();
    access.warnings = "one\nthe \"other\"\n";
    struct access_log *log = open_log(temp_path("log"));
    write_one(log, &access);
    access_log_close(log);
    size_t size;
    char *text = temp_read(temp_path("log"), &size);
    cr_assert_not_null(strstr(text, ", \"warnings\": [\"one\", \"the \\\"other\\\"\"]}\n"), "%s", text);
    free(text);
}

Test(access_log, a_full_disk_is_reported_once_and_the_next_line_is_whole)
{
    char path[512], after[3 * sizeof expected];
    snprintf(path, sizeof path, "%s", temp_path("log"));
    const struct rlimit whole = {RLIM_INFINITY, RLIM_INFINITY}, little = {sizeof expected + 9, RLIM_INFINITY};
    struct access access = example();
    struct access_log *log = open_log(path);
    signal(SIGXFSZ, SIG_IGN);
    write_one(log, &access);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &little), 0);
    struct pm_error error = {0};
    cr_assert_eq(access_log_write(log, &access, &error), -1, "ten bytes of it fit");
    cr_assert_not_null(strstr(error.message, "access log"), "%s", error.message);
    write_one(log, &access); /* not reported again */
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &whole), 0);
    write_one(log, &access);
    snprintf(after, sizeof after, "%s%.10s\n%s", expected, expected, expected);
    expect_file(path, after);
    cr_assert_eq(truncate(path, 0), 0);
    write_one(log, &access);
    expect_file(path, expected);
    access_log_close(log);
    log = open_log("/dev/full");
    cr_assert_eq(access_log_write(log, &access, &error), -1);
    write_one(log, &access);
    access_log_close(log);
}

Test(access_log, a_renamed_log_is_begun_anew)
{
    const struct rotated log_file = rotated();
    const char *path = log_file.path, *old = log_file.old;
    struct pm_error error = {0};
    struct access access = example();
    struct access_log *log = open_log(path);
    write_one(log, &access);
    cr_assert_eq(rename(path, old), 0);
    cr_assert_eq(reopen(log, path, &error), 0);
    write_one(log, &access);
    expect_file(old, expected);
    expect_file(path, expected);
    access_log_close(log);
}

Test(access_log, a_log_that_can_t_be_opened_leaves_the_old_one_in_use)
{
    char path[512], folder[512];
    snprintf(folder, sizeof folder, "%s", temp_path("logs"));
    snprintf(path, sizeof path, "%s", temp_text("logs/log", ""));
    struct pm_error error = {0};
    struct access access = example();
    struct access_log *log = open_log(path);
    cr_assert_eq(rename(folder, temp_path("moved")), 0);
    cr_assert_eq(reopen(log, path, &error), -1);
    cr_assert_not_null(strstr(error.message, "can't be opened"), "%s", error.message);
    write_one(log, &access);
    expect_file(temp_path("moved/log"), expected);
    access_log_close(log);
    cr_assert_null(access_log_open(temp_path("none/log"), &error));
}

Test(access_log, what_is_no_log_is_not_appended_to)
{
    char path[512];
    snprintf(path, sizeof path, "%s", temp_text("photo.jpg", "\xff\xd8\xff"));
    struct pm_error error = {0};
    cr_assert_null(access_log_open(path, &error));
    cr_assert_not_null(strstr(error.message, "not a pixmill log"), "%s", error.message);
    expect_file(path, "\xff\xd8\xff");
    struct access_log *log = open_log(temp_text("empty", ""));
    access_log_close(log);
}

/* The old log stays in use until the pipe has a reader; after that, lines that do not fit into the pipe are
 * dropped. */
Test(access_log, a_pipe_is_never_waited_for, .timeout = 120)
{
    enum { MANY = 100 };
    char path[512], old[512], text[4096];
    snprintf(path, sizeof path, "%s", temp_path("log"));
    snprintf(old, sizeof old, "%s", temp_path("log.1"));
    struct pm_error error = {0};
    struct access access = example();
    struct access_log *log = open_log(path);
    cr_assert_eq(rename(path, old), 0);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_eq(reopen(log, path, &error), -1);
    cr_assert_not_null(strstr(error.message, "is a pipe without a reader"), "%s", error.message);
    write_one(log, &access);
    expect_file(old, expected);

    int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    cr_assert_eq(reopen(log, path, &error), 0);
    cr_assert_geq(fcntl(reader, F_SETPIPE_SZ, 4096), 4096);
    int lines = 0;
    error = (struct pm_error){0};
    while (lines < MANY && access_log_write(log, &access, &error) == 0)
        lines++;
    cr_assert_lt(lines, MANY, "a pipe of one page holds less");
    cr_assert_not_null(strstr(error.message, "can't be written"), "%s", error.message);
    cr_assert_eq(read(reader, text, sizeof text), lines * (ssize_t)(sizeof expected - 1));
    write_one(log, &access);
    cr_assert_eq(read(reader, text, sizeof text), (ssize_t)(sizeof expected - 1));
    close(reader);
    access_log_close(log);
    cr_assert_null(access_log_open(path, &error));
}

static unsigned troubles;

static void on_trouble(void *listener, const struct pm_error *error)
{
    cr_assert_null(listener);
    cr_assert_not_null(strstr(error->message, "can't be written"), "%s", error->message);
    troubles++;
}

/* Runs the loop's side until a batch is done. */
static void await_batch(struct blocking *blocking)
{
    struct pollfd readable = {.fd = blocking_fd(blocking), .events = POLLIN};
    cr_assert_eq(poll(&readable, 1, 60000), 1);
    blocking_deliver(blocking);
}

Test(access_log, threads_write_all_lines_in_order, .timeout = 120)
{
    enum { MANY = 1000 };
    const struct rotated log_file = rotated();
    const char *path = log_file.path, *old = log_file.old;
    struct pm_error error = {0};
    struct access access = example();
    struct access_log *log = open_log(path);
    struct blocking *blocking = blocking_open(2, &error);
    access_log_use(log, blocking, on_trouble, NULL);
    for (int i = 0; i < MANY; i++) {
        access.bytes = (uint64_t)i;
        write_one(log, &access);
        if (i % 100 == 50)
            await_batch(blocking);
        if (i == MANY / 2) {
            cr_assert_eq(rename(path, old), 0);
            cr_assert_eq(reopen(log, path, &error), 0);
        }
    }
    cr_assert(blocking_close(blocking, 60));
    access_log_close(log);
    size_t size, more;
    char *first = temp_read(old, &size), *second = temp_read(path, &more), number[64];
    cr_assert_gt(more, 0, "the renamed file is not written any more");
    char *all = malloc(size + more + 1), *at = all;
    memcpy(all, first, size);
    memcpy(all + size, second, more + 1);
    for (int i = 0; i < MANY; i++) {
        snprintf(number, sizeof number, "\"bytes\": %d,", i);
        at = strstr(at, number);
        cr_assert_not_null(at, "line %d is missing, or out of order", i);
    }
    cr_assert_eq(troubles, 0);
    free(first);
    free(second);
    free(all);
}

/* A pipe that nobody reads replaces a file system that does not answer: nothing waits, memory is bounded, and
 * it is reported once. */
Test(access_log, a_log_that_hangs_is_not_waited_for, .timeout = 120)
{
    int ends[2], reported = 0;
    char byte;
    struct pm_error error = {0};
    const struct access access = example();
    cr_assert_eq(pipe(ends), 0);
    const int saved = dup(STDOUT_FILENO);
    cr_assert_eq(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
    struct access_log *log = open_log("-");
    cr_assert_eq(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
    close(ends[1]);
    struct blocking *blocking = blocking_open(1, &error);
    access_log_use(log, blocking, on_trouble, NULL);
    for (int i = 0; i < 10000; i++)
        reported += access_log_write(log, &access, &error) != 0;
    cr_assert_eq(reported, 1, "%d", reported);
    cr_assert_not_null(strstr(error.message, "does not answer"), "%s", error.message);
    await_batch(blocking); /* the first line; all lines that wait form the next batch */
    for (int lines = 0; lines < 2; lines += byte == '\n')
        cr_assert_eq(read(ends[0], &byte, 1), 1);
    cr_assert_not(blocking_close(blocking, 0), "a thread waits for the pipe");
    _exit(0); /* the log must not be freed */
}
