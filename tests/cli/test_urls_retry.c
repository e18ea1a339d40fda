/* Inputs by URL: busy servers, connections that break, and what is given up. */
#include <assert.h>
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/clock.h"
#include "cli/run.h"
#include "cli/urls.h"
#include "forbid.h"
#include "net/server.h"

URL_TEST(a_busy_server_is_asked_again)
{
    struct run run =
        FETCH(server_url("busy/503/-/2/a.png"), server_url("busy/429/0/1/b.png"),
              server_url("busy/502/-/3/c.png"), server_url("busy/504/-/1/d.png"), url_io_jobs("--io-jobs=4"));
    expect(&run, 0, "4 images: 4 ok");
    cr_assert_eq(server_asked("/busy/503/-/2/a.png"), 3);
    cr_assert_eq(server_asked("/busy/429/0/1/b.png"), 2);
    cr_assert_eq(server_asked("/busy/502/-/3/c.png"), 4);
    expect_result("out/a.png", "small.png");
}

/* Each wait is twice as long as the previous one. */
URL_TEST(each_wait_is_twice_the_one_before)
{
    double began = clock_now();
    struct run run = FETCH(server_url("busy/503/-/3/a.png"), "--retry-delay=0.1");
    expect(&run, 0, "1 images: 1 ok");
    cr_assert_geq(clock_now() - began, 0.1 + 0.2 + 0.4);
}

URL_TEST(a_server_that_stays_busy_is_given_up)
{
    struct run run = FETCH(server_url("busy/503/-/9/a.png"), server_url("busy/503/-/9/b.png"),
                           server_url("ok/c.png"), "--retries=2", url_io_jobs("--io-jobs=1"));
    expect(&run, 1, "3 images: 1 ok, 0 skipped, 2 failed");
    expect(&run, 1, "a.png: the server answered 503 after 3 tries (try again later)");
    cr_assert_eq(server_asked("/busy/503/-/9/a.png"), 3);
    expect_log("\"http_status\": 503");
}

/* In seconds or as a date; gives up at once if the wait would be longer than a minute or than the remaining
 * time. */
URL_TEST(what_retry_after_says_is_kept)
{
    double began = clock_now();
    struct run run = FETCH(server_url("busy/503/1/1/a.png"), server_url("busy/429/date/1/b.png"),
                           server_url("busy/503/3600/1/c.png"), url_io_jobs("--io-jobs=3"));
    expect(&run, 1, "3 images: 2 ok, 0 skipped, 1 failed");
    cr_assert_geq(clock_now() - began, 1);
    cr_assert_eq(server_asked("/busy/503/3600/1/c.png"), 1);
    run = FETCH(server_url("busy/503/50/1/d.png"), "--fetch-timeout=20");
    expect(&run, 1, "d.png: the server answered 503 after 1 try (try again later)");
}

/* A retried URL keeps its position, and does not delay others. */
URL_TEST(who_waits_for_another_try_holds_up_no_other)
{
    struct run run = FETCH(server_url("busy/503/2/1/a.png"), server_url("ok/b.png"), server_url("ok/c.png"),
                           server_url("ok/d.png"), url_io_jobs("--io-jobs=2"));
    expect(&run, 0, "4 images: 4 ok");
    if (strcmp(url_variant->io, "--io=sync") == 0)
        return; /* there may be only one worker, who waits */
    const char *log = content_of("log", NULL);
    cr_assert_gt(strstr(log, "/a.png"), strstr(log, "/d.png"), "%s", log);
}

static void expect_resumed(const char *path, const char *condition, size_t from)
{
    char range[64];
    const char *request = server_request(path);
    snprintf(range, sizeof range, "Range: bytes=%zu-", from);
    cr_assert_eq(server_asked(path), 2);
    cr_assert_not_null(strstr(request, range), "%s", request);
    cr_assert_not_null(strstr(request, condition), "%s", request);
}

URL_TEST(a_broken_connection_is_gone_on_from_where_it_was)
{
    struct run run = FETCH(server_url("cut/1000/a.png"), server_url("cut/200000/large-b.png"),
                           server_url("cutdate/150000/large-c.png"), server_url("unranged/1000/d.png"));
    expect(&run, 0, "4 images: 4 ok");
    expect_resumed("/cut/1000/a.png", "If-Range: \"one\"", 1000);
    expect_resumed("/cut/200000/large-b.png", "If-Range: \"one\"", 200000);
    expect_resumed("/cutdate/150000/large-c.png", "If-Range: Wed, 25 Nov 2026 09:00:00 GMT", 150000);
    cr_assert_eq(server_asked("/unranged/1000/d.png"), 3);
    expect_result("out/a.png", "small.png");
    expect_result("out/large-b.png", "large.png");
    expect_result("out/large-c.png", "large.png");
    expect_result("out/d.png", "small.png");
    expect_log("\"http_status\": 206");
}

URL_TEST(without_a_validator_it_begins_anew)
{
    struct run run = FETCH(server_url("cutplain/1000/a.png"), server_url("cutplain/200000/large-b.png"));
    expect(&run, 0, "2 images: 2 ok");
    cr_assert_null(strstr(server_request("/cutplain/200000/large-b.png"), "Range:"));
    expect_result("out/a.png", "small.png");
    expect_result("out/large-b.png", "large.png");
}

/* A changed file is fetched again if no received data was used yet; otherwise it is an error. */
URL_TEST(a_file_that_changes_on_the_way_is_noticed)
{
    struct run run = FETCH(server_url("changed/200000/large-a.png"), server_url("swapped/200000/large-b.png"),
                           server_url("liar/200000/large-c.png"), server_url("liar/1000/d.png"));
    expect(&run, 1, "4 images: 0 ok, 0 skipped, 4 failed");
    for (char name = 'a'; name <= 'c'; name++) {
        char words[96];
        snprintf(words, sizeof words, "large-%c.png: changed while it was fetched (try again)", name);
        expect(&run, 1, words);
    }
    expect_files("out", 0);
}

URL_TEST(a_body_that_always_breaks_is_given_up)
{
    struct run run = FETCH(server_url("short/a.png"), "--retries=1");
    expect(&run, 1, "a.png: the connection was lost (try again later)");
    cr_assert_eq(server_asked("/short/a.png"), 2);
    run = FETCH("http://127.0.0.1:1/a.png", "--retries=1");
    expect(&run, 1, "a.png: can't connect to the host (check its name and port)");
}

URL_TEST(bodies_over_the_limit_fail)
{
    struct run run = FETCH(server_url("ok/large.png"), server_url("chunked/large-b.png"),
                           server_url("endless/c.png"), server_url("ok/d.png"), "--max-bytes=100K");
    expect(&run, 1, "4 images: 1 ok, 0 skipped, 3 failed");
    expect(&run, 1, " bytes long, over the limit of 102400 (raise --max-bytes)");
    expect(&run, 1, "large-b.png: is longer than the limit of 102400 bytes (raise --max-bytes)");
    expect(&run, 1, "endless/c.png: is longer than the limit of 102400 bytes (raise --max-bytes)");
    expect_log("\"kind\": \"limit\"");
}

URL_TEST(a_header_without_end_is_given_up)
{
    struct run run = FETCH(server_url("headers/a.png"), server_url("ok/b.png"));
    expect(&run, 1, "2 images: 1 ok, 0 skipped, 1 failed");
    expect(&run, 1, "a.png: the server's response has more than 256 KiB of header lines (name another URL)");
    expect_log("\"kind\": \"limit\"");
}

/* libcurl before 8.6 says only that it is out of memory. */
URL_TEST(a_header_line_without_end_is_given_up)
{
    struct run run = FETCH(server_url("header/a.png"), server_url("ok/b.png"));
    expect(&run, 1, "2 images: 1 ok, 0 skipped, 1 failed");
    expect(&run, 1, "the server's response has an endless header line");
}

URL_TEST(slow_and_mute_servers_are_given_up_in_time)
{
    struct run run = FETCH(server_url("drip/a.png"), server_url("mute/b.png"), server_url("ok/c.png"),
                           "--fetch-timeout=2", url_io_jobs("--io-jobs=2"));
    expect(&run, 1, "3 images: 1 ok, 0 skipped, 2 failed");
    expect(&run, 1, "a.png: did not arrive within 2 seconds (raise --fetch-timeout)");
    expect(&run, 1, "b.png: did not arrive within 2 seconds (raise --fetch-timeout)");
    expect_log("\"kind\": \"timeout\"");
}
