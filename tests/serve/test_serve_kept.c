/* The real server and what it keeps: parts of pictures, and its cache, which outlives kills and notices files
 * that change. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/hot.h"
#include "serve/live.h"
#include "temp.h"

static const char hits[] = "pixmill_cache_hits_total", done[] = "pixmill_transforms_total{outcome=\"ok\"}";

Test(serve_rules, one_result_of_one_format_is_kept_once)
{
    char etag[64];
    struct live live = LIVE("--cache=cache");
    struct reply reply = GET(&live, "/resize=9x9/format=png/one.png");
    snprintf(etag, sizeof etag, "%s", reply_field(&reply, "etag"));
    cr_assert_null(reply_field(&reply, "vary"));
    static const char *const likes[] = {"Accept: image/png", "Accept: */*",
                                        "Accept: image/png, image/*;q=0.8"};
    for (size_t i = 0; i < sizeof likes / sizeof *likes; i++) {
        reply = GET_WITH(&live, "/resize=9x9/format=auto/one.png", likes[i]);
        cr_assert_str_eq(reply_field(&reply, "etag"), etag, "%s", likes[i]);
        cr_assert_str_eq(reply_field(&reply, "vary"), "Accept");
    }
    cr_assert_eq(live_metric(&live, done), 1);
    temp_text("root/notes.txt", "Dear diary,");
    reply = GET(&live, "/format=auto/notes.txt");
    expect_status(&reply, 415);
    live_stop(&live);
}

/* Range, ETag and so on, for a picture that is made and one in the cache. */
static void check_parts(const struct live *live, const char *path)
{
    char fresh[128], since[128], if_range[128];
    struct reply whole = GET(live, path);
    expect_status(&whole, 200);
    cr_assert_str_eq(reply_field(&whole, "accept-ranges"), "bytes");
    snprintf(fresh, sizeof fresh, "If-None-Match: \"other\", %s", reply_field(&whole, "etag"));
    snprintf(since, sizeof since, "If-Modified-Since: %s", reply_field(&whole, "last-modified"));
    snprintf(if_range, sizeof if_range, "If-Range: %s", reply_field(&whole, "etag"));

    struct reply part = GET_WITH(live, path, "Range: bytes=10-19", if_range);
    expect_status(&part, 206);
    cr_assert_eq(part.size, 10);
    cr_assert_arr_eq(part.body, whole.body + 10, 10);
    char range[64];
    snprintf(range, sizeof range, "bytes 10-19/%zu", whole.size);
    cr_assert_str_eq(reply_field(&part, "content-range"), range);
    part = GET_WITH(live, path, "Range: bytes=-5");
    expect_status(&part, 206);
    cr_assert_eq(part.size, 5);
    cr_assert_arr_eq(part.body, whole.body + whole.size - 5, 5);
    part = GET_WITH(live, path, "Range: bytes=10-19", "If-Range: \"other\"");
    expect_status(&part, 200);
    cr_assert_eq(part.size, whole.size);
    part = GET_WITH(live, path, "Range: bytes=1000000-");
    expect_status(&part, 416);
    snprintf(range, sizeof range, "bytes */%zu", whole.size);
    cr_assert_str_eq(reply_field(&part, "content-range"), range);

    double made = live_metric(live, done);
    struct reply none = GET_WITH(live, path, fresh);
    expect_status(&none, 304);
    cr_assert_eq(none.size, 0);
    cr_assert_str_eq(reply_field(&none, "etag"), strstr(fresh, ", ") + 2);
    none = GET_WITH(live, path, since);
    expect_status(&none, 304);
    cr_assert_eq(live_metric(live, done), made, "work was done for what the client has");
    none = GET_WITH(live, path, "If-None-Match: \"other\"");
    expect_status(&none, 200);
    none = GET_WITH(live, path, "If-Match: \"other\"", fresh);
    expect_status(&none, 412);
    none = GET_WITH(live, path, "If-Unmodified-Since: Sat, 01 Jan 2000 00:00:00 GMT");
    expect_status(&none, 412);
}

Test(serve_rules, parts_and_what_the_client_has)
{
    struct live live = LIVE();
    check_parts(&live, "/resize=30x30/one.png");
    live_stop(&live);
}

Test(serve_rules, parts_from_the_cache)
{
    struct live live = LIVE("--cache=cache");
    struct reply made = GET(&live, "/resize=30x30/one.png");
    expect_status(&made, 200);
    struct reply kept = GET(&live, "/resize=30x30/one.png");
    cr_assert_eq(live_metric(&live, hits), 1);
    cr_assert_eq(kept.size, made.size);
    cr_assert_arr_eq(kept.body, made.body, made.size);
    cr_assert_str_eq(reply_field(&kept, "content-type"), "image/png");
    check_parts(&live, "/resize=30x30/one.png");
    struct reply head = live_ask(&live, "HEAD", "/resize=30x30/one.png", NULL);
    cr_assert_eq((size_t)atol(reply_field(&head, "content-length")), made.size);
    cr_assert_eq(live_metric(&live, done), 1);
    live_stop(&live);
}

/* The cache's files would be served and listed. */
Test(serve_rules, a_cache_in_the_served_folder_is_refused)
{
    static const char *const inside[] = {"--cache=root", "--cache=root/deep/cache", "--cache=link/cache",
                                         "--cache=other/../root/x"};
    cr_assert_eq(symlink("root", "link"), 0);
    cr_assert_eq(mkdir("other", 0755), 0);
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        struct run run = RUN("serve", "--root=root", "--listen=127.0.0.1:0", inside[i]);
        expect(&run, 2,
               "the cache is in the served folder: its files would be served (choose another folder)\n");
    }
    cr_assert_eq(access("root/deep", F_OK), -1);
    struct live live = LIVE("--cache=root-cache/deep");
    live_stop(&live);
}

/* Results too large to be copied are kept as in-memory files after they were sent. */
Test(serve_rules, parts_of_a_larger_picture_from_the_cache)
{
    put_picture("root/large.png", 160, 160); /* noise: 77 KB */
    struct live live = LIVE("--cache=cache");
    struct reply made = GET(&live, "/flip/large.png");
    cr_assert(made.size > HOT_COPIED && made.size <= HOT_BYTES, "%zu bytes", made.size);
    for (int i = 0; i < 2; i++) {
        struct reply kept = GET(&live, "/flip/large.png");
        cr_assert_eq(kept.size, made.size);
        cr_assert_arr_eq(kept.body, made.body, made.size);
        check_parts(&live, "/flip/large.png");
    }
    cr_assert_eq(live_metric(&live, done), 1);
    live_stop(&live);
}

/* Whenever the server is killed, every result that the next server finds is complete. */
Test(serve_rules, the_cache_outlives_kills_while_it_is_written)
{
    enum { KILLS = 5, PICTURES = 12 };
    char path[64], expected[64];
    for (int i = 1; i <= PICTURES; i++) {
        char size[32];
        snprintf(size, sizeof size, "--resize=%dx%d!", 10 * i, 10 * i);
        snprintf(expected, sizeof expected, "whole-%d", i);
        struct run run = RUN("run", "root/one.png", "-o", expected, size);
        cr_assert_eq(run.status, 0, "%s", run.err);
    }
    for (int kill_at = 1; kill_at <= KILLS; kill_at++) {
        struct live live = LIVE("--cache=cache", "--jobs=2");
        int sockets[PICTURES];
        for (int i = 0; i < PICTURES; i++) {
            char request[128];
            sockets[i] = live_connect(&live, 0);
            snprintf(request, sizeof request,
                     "GET /resize=%dx%d!/one.png HTTP/1.1\r\nHost: localhost\r\n\r\n", 10 * (i + 1),
                     10 * (i + 1));
            live_send(sockets[i], request);
        }
        live_await_metric(&live, "pixmill_requests_total{status=\"200\"}", kill_at);
        cr_assert_eq(kill(live.running.pid, SIGKILL), 0);
        run_wait(&live.running);
        for (int i = 0; i < PICTURES; i++)
            close(sockets[i]);
    }
    struct live live = LIVE("--cache=cache");
    for (int i = 1; i <= PICTURES; i++) {
        size_t size;
        snprintf(path, sizeof path, "/resize=%dx%d!/one.png", 10 * i, 10 * i);
        snprintf(expected, sizeof expected, "whole-%d/one.png", i);
        const char *whole = content_of(expected, &size);
        struct reply reply = GET(&live, path);
        expect_status(&reply, 200);
        cr_assert_eq(reply.size, size);
        cr_assert_arr_eq(reply.body, whole, size);
    }
    cr_assert_geq(live_metric(&live, hits), 1);
    live_stop(&live);
}

Test(serve_rules, the_cache_outlives_a_kill)
{
    struct live live = LIVE("--cache=cache");
    struct reply made = GET(&live, "/resize=30x30/one.png");
    expect_status(&made, 200);
    cr_assert_eq(kill(live.running.pid, SIGKILL), 0);
    struct run run = run_wait(&live.running);
    cr_assert_eq(run.status, 128 + SIGKILL);
    live = LIVE("--cache=cache");
    struct reply kept = GET(&live, "/resize=30x30/one.png");
    expect_status(&kept, 200);
    cr_assert_eq(kept.size, made.size);
    cr_assert_arr_eq(kept.body, made.body, made.size);
    cr_assert_eq(live_metric(&live, hits), 1);
    live_stop(&live);
}

Test(serve_rules, a_changed_file_is_made_anew)
{
    struct live live = LIVE("--cache=cache");
    struct reply before = GET(&live, "/one.png");
    put_picture("root/one.png", 61, 40);
    struct reply after = GET(&live, "/one.png");
    expect_status(&after, 200);
    cr_assert_neq(after.size, before.size);
    live_stop(&live);
}

/* As rsync --inplace --times does, and many tools that restore backups. */
Test(serve_rules, a_file_rewritten_with_its_old_size_and_time_is_made_anew)
{
    char etag[64];
    size_t size;
    struct stat old, now;
    struct live live = LIVE("--cache=cache");
    char *bytes = content_of("root/one.png", &size);
    cr_assert_eq(stat("root/one.png", &old), 0);
    struct reply before = GET(&live, "/resize=20x20/one.png");
    snprintf(etag, sizeof etag, "%s", reply_field(&before, "etag"));
    const struct timespec times[] = {old.st_atim, old.st_mtim};
    do { /* the kernel's change time has a coarse resolution */
        temp_write("root/one.png", bytes, size);
        cr_assert_eq(utimensat(AT_FDCWD, "root/one.png", times, 0), 0);
        cr_assert_eq(stat("root/one.png", &now), 0);
    } while (now.st_ctim.tv_sec == old.st_ctim.tv_sec && now.st_ctim.tv_nsec == old.st_ctim.tv_nsec);
    cr_assert_eq(now.st_ino, old.st_ino);
    cr_assert_eq(now.st_mtim.tv_nsec, old.st_mtim.tv_nsec);
    struct reply after = GET(&live, "/resize=20x20/one.png");
    cr_assert_str_neq(reply_field(&after, "etag"), etag);
    cr_assert_eq(live_metric(&live, done), 2);
    live_stop(&live);
}
