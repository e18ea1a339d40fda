/* The real server on a file system that hangs: a FUSE mount whose server never answers. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/live.h"
#include "temp.h"

static int fuse = -1;

static void begin(void)
{
    run_begin();
    put_picture("root/one.png", 60, 40);
}

TestSuite(serve_hung, .init = begin);

/* Makes the folder hang from now on, only for this test's processes. */
static void hang(const char *folder)
{
    char options[128];
    fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=%d,group_id=%d", fuse, (int)getuid(),
             (int)getgid());
    if (fuse < 0 || mount("none", folder, "fuse", MS_NOSUID | MS_NODEV, options) != 0)
        cr_skip_test("no file system of FUSE can be mounted here: %s", strerror(errno));
}

/* Enters a new mount namespace. Before the server starts: the server must see later mounts. */
static void leave_mounts(void)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        cr_skip_test("nothing can be mounted here: %s", strerror(errno));
}

static int ask(const struct live *live, const char *path)
{
    char request[256];
    int socket = live_connect(live, 0);
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
             path);
    live_send(socket, request);
    return socket;
}

static void expect_alive(const struct live *live)
{
    struct reply reply = GET(live, "/healthz");
    expect_status(&reply, 200);
    reply = GET(live, "/metrics");
    expect_status(&reply, 200);
}

/* Stops a server whose file threads all hang. */
static void expect_end(struct live *live, int status)
{
    cr_assert_eq(kill(live->running.pid, SIGTERM), 0);
    struct run run = run_wait(&live->running);
    cr_assert_eq(run.status, status, "%d: %s", run.status, run.err);
}

Test(serve_hung, a_root)
{
    enum { MANY = 40 };
    static const char *const paths[] = {"/hung/one.png", "/resize=9x9/hung/one.png",
                                        "/resize=9x9/format=auto/hung/a/b.png", "/?list=json"};
    int sockets[MANY];
    leave_mounts();
    cr_assert_eq(mkdir("root/hung", 0700), 0);
    hang("root/hung");
    struct live live = LIVE("--jobs=1", "--drain-timeout=0.2");
    for (int i = 0; i < 4; i++)
        sockets[i] = ask(&live, paths[i]);
    expect_alive(&live);
    struct reply reply = GET(&live, "/resize=9x9/one.png");
    expect_status(&reply, 200);
    for (int i = 4; i < MANY; i++)
        sockets[i] = ask(&live, paths[i % 4]);
    expect_alive(&live);
    expect_end(&live, 128 + SIGTERM);
    for (int i = 0; i < MANY; i++)
        close(sockets[i]);
    close(fuse);
}

/* The clients that requested the file have disconnected: nothing waits for it any more. */
Test(serve_hung, a_root_and_clients_that_leave)
{
    enum { MANY = 40 };
    int sockets[MANY];
    leave_mounts();
    cr_assert_eq(mkdir("root/hung", 0700), 0);
    hang("root/hung");
    struct live live = LIVE("--jobs=1");
    for (int i = 0; i < MANY; i++)
        sockets[i] = ask(&live, "/hung/one.png");
    expect_alive(&live);
    for (int i = 0; i < MANY; i++)
        close(sockets[i]);
    live_await_metric(&live, "pixmill_requests_total{status=\"499\"}", MANY);
    expect_end(&live, 0);
    close(fuse);
}

Test(serve_hung, a_root_for_too_long)
{
    leave_mounts();
    cr_assert_eq(mkdir("root/hung", 0700), 0);
    hang("root/hung");
    struct live live = LIVE("--jobs=1", "--timeout=0.3");
    struct reply reply = GET(&live, "/flip/hung/one.png");
    expect_status(&reply, 504);
    reply = GET(&live, "/?list=json");
    expect_status(&reply, 504);
    expect_alive(&live);
    expect_end(&live, 0);
    close(fuse);
}

/* Finds the folder of the cache that holds the only result. */
static void find_result(char path[64])
{
    DIR *folder = opendir("cache");
    cr_assert_not_null(folder);
    path[0] = '\0';
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] != '.')
            snprintf(path, 64, "cache/%.32s", entry->d_name);
    }
    closedir(folder);
    cr_assert_str_neq(path, "");
}

Test(serve_hung, a_cache)
{
    char folder[64];
    leave_mounts();
    struct live live = LIVE("--jobs=1", "--cache=cache", "--drain-timeout=0.2");
    struct reply reply = GET(&live, "/resize=9x9/one.png");
    expect_status(&reply, 200);
    find_result(folder);
    hang(folder);
    int sockets[20];
    for (int i = 0; i < 20; i++)
        sockets[i] = ask(&live, "/resize=9x9/one.png");
    expect_alive(&live);
    expect_end(&live, 128 + SIGTERM);
    for (int i = 0; i < 20; i++)
        close(sockets[i]);
    close(fuse);
}

/* Makes the server read through tests/preload/hung.c. */
static void preload(void)
{
    char library[512];
    const char *path = getenv("PIXMILL"), *slash = path != NULL ? strrchr(path, '/') : NULL;
    cr_assert_not_null(slash);
    snprintf(library, sizeof library, "%.*s/hung.so", (int)(slash - path), path);
    cr_assert_eq(setenv("LD_PRELOAD", library, 1), 0);
}

/* A file that is not in the page cache is read in pieces by threads, with the same result. */
Test(serve_hung, files_that_are_not_in_memory)
{
    preload();
    put_picture("root/large.png", 900, 900);
    size_t size;
    const char *whole = content_of("root/large.png", &size);
    struct live live = LIVE("--jobs=1", "--cache=cache");
    for (int round = 0; round < 2; round++) {
        struct reply reply = GET(&live, "/large.png");
        expect_status(&reply, 200);
        cr_assert_eq(reply.size, size);
        cr_assert_arr_eq(reply.body, whole, size);
    }
    struct reply part = GET_WITH(&live, "/large.png", "Range: bytes=200000-999999"),
                 small = GET(&live, "/one.png");
    expect_status(&part, 206);
    cr_assert_arr_eq(part.body, whole + 200000, 800000);
    expect_status(&small, 200);
    cr_assert_arr_eq(small.body, content_of("root/one.png", &size), small.size);
    struct reply made = GET(&live, "/flip/large.png"), cached = GET(&live, "/flip/large.png");
    expect_status(&cached, 200);
    cr_assert_eq(made.size, cached.size);
    cr_assert_arr_eq(made.body, cached.body, cached.size);
    live_stop(&live);
}

/* A disk that hangs between opening and reading. */
Test(serve_hung, files_that_do_not_come)
{
    enum { MANY = 10 };
    int sockets[MANY];
    preload();
    put_picture("root/large.png", 900, 900);
    cr_assert_eq(mkfifo("pipe", 0600), 0);
    cr_assert_eq(setenv("HUNG_FIFO", "pipe", 1), 0);
    struct live live = LIVE("--jobs=1", "--drain-timeout=0.2");
    for (int i = 0; i < MANY; i++) {
        sockets[i] = ask(&live, "/large.png");
        live_read(sockets[i], "Accept-Ranges");
    }
    expect_alive(&live);
    close(sockets[0]);
    expect_end(&live, 128 + SIGTERM);
    for (int i = 1; i < MANY; i++)
        close(sockets[i]);
}

Test(serve_hung, files_that_do_not_come_for_too_long)
{
    preload();
    put_picture("root/large.png", 900, 900);
    cr_assert_eq(mkfifo("pipe", 0600), 0);
    cr_assert_eq(setenv("HUNG_FIFO", "pipe", 1), 0);
    struct live live = LIVE("--jobs=1", "--timeout=0.3", "--log=log");
    int socket = ask(&live, "/large.png");
    live_read(socket, NULL);
    expect_alive(&live);
    expect_end(&live, 0);
    cr_assert_not_null(strstr(content_of("log", NULL), "the file system did not answer in time"));
    close(socket);
}

/* A disk that hangs between opening and closing. The files are closed without having been read: a picture
 * that the client already has, one whose transform another request started, one in the queue, and one being
 * sent. */
Test(serve_hung, files_that_can_not_be_closed)
{
    preload();
    put_picture("root/large.png", 900, 900);
    cr_assert_eq(mkfifo("pipe", 0600), 0);
    cr_assert_eq(setenv("HUNG_CLOSE", "pipe", 1), 0);
    struct live live = LIVE("--jobs=1", "--drain-timeout=0.2", "--timeout=1000");
    struct reply fresh = GET_WITH(&live, "/large.png", "If-None-Match: *");
    expect_status(&fresh, 304);
    expect_alive(&live);
    int reading = ask(&live, "/large.png");
    live_read(reading, "Accept-Ranges");
    close(reading);
    expect_alive(&live);
    int working = ask(&live, "/flip/large.png");
    live_await_metric(&live, "pixmill_transforms_running", 1);
    int queued = ask(&live, "/flop/large.png"), joined = ask(&live, "/flop/large.png");
    live_await_metric(&live, "pixmill_coalesced_total", 1);
    close(joined);
    close(queued);
    live_await_metric(&live, "pixmill_requests_total{status=\"499\"}", 2);
    expect_alive(&live);
    expect_end(&live, 128 + SIGTERM);
    close(working);
}

/* A disk that hangs when the log is written. */
Test(serve_hung, a_log, .timeout = 120)
{
    preload();
    cr_assert_eq(mkfifo("pipe", 0600), 0);
    cr_assert_eq(setenv("HUNG_WRITE", "pipe", 1), 0);
    struct live live = LIVE("--jobs=1", "--log=log");
    for (int i = 0; i < 30; i++)
        expect_alive(&live);
    struct reply reply = GET(&live, "/resize=9x9/one.png");
    expect_status(&reply, 200);
    expect_end(&live, 0);
}

/* A file system that hangs, with files that SIGHUP reloads. */
Test(serve_hung, a_hangup)
{
    leave_mounts();
    cr_assert_eq(mkdir("etc", 0700), 0);
    temp_text("etc/allow", "resize=9x9\n");
    struct live live = LIVE("--jobs=1", "--allow=etc/allow", "--log=etc/log");
    hang("etc");
    cr_assert_eq(kill(live.running.pid, SIGHUP), 0);
    for (int i = 0; i < 3; i++)
        expect_alive(&live);
    struct reply reply = GET(&live, "/resize=9x9/one.png");
    expect_status(&reply, 200);
    expect_end(&live, 0);
    close(fuse);
}
