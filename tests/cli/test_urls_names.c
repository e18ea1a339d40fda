/* Inputs by URL: the names of their results. */
#include <assert.h>
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/run.h"
#include "cli/urls.h"
#include "forbid.h"
#include "net/server.h"
#include "temp.h"

URL_TEST(results_get_the_suffix_of_what_they_are)
{
    struct run run = FETCH(server_url("ok/plain"), server_url("ok/script.php?id=1"),
                           server_url("ok/liar.jpg"), server_url("ok/"), server_url("ok/%%2e%%2e%%2fup.png"));
    expect(&run, 0, "5 images: 5 ok");
    expect_result("out/plain.png", "small.png");
    expect_result("out/script.php.png", "small.png");
    expect_result("out/liar.png", "small.png");
    expect_result("out/index.png", "small.png");
    expect_result("out/_._up.png", "small.png");
    expect_files("out", 5);
    run = FETCH(server_url("ok/plain"), server_url("ok/liar.jpg"), "--skip-existing");
    expect(&run, 0, "2 images: 0 ok, 2 skipped");
}

URL_TEST(clashes_are_found_before_and_on_the_way)
{
    struct run run = FETCH(server_url("ok/a.png"), server_url("chunked/a.png"));
    expect(&run, 2, "would both be written to out/a.png");
    cr_assert_eq(server_asked(NULL), 0);
    run = FETCH(server_url("ok/b"), server_url("ok/b.png"));
    expect(&run, 1, "2 images: 1 ok, 0 skipped, 1 failed");
    expect(&run, 1, "/ok/b: would be written to out/b.png, which is also the path of ");
    cr_assert_eq(rename("out/b.png", "out/c.png"), 0);
    run = FETCH(server_url("ok/c"), "out/c.png", "--base=.");
    expect(&run, 1, "2 images: 1 ok, 0 skipped, 1 failed");
    expect(&run, 1,
           "/ok/c: would be written to out/c.png, which is also the path of out/c.png or of its result");
    temp_text("out/d.png", "{}\n");
    run = FETCH(server_url("ok/d"), "small.png", "--log=out/d.png");
    expect(&run, 1, "2 images: 1 ok, 0 skipped, 1 failed");
    expect(&run, 1, "/ok/d: would be written to out/d.png, which is the log (give another output folder)");
}

Test(urls, a_base_keeps_the_tree_below_it)
{
    char base[256], list[1024];
    snprintf(base, sizeof base, "--base=%s", server_url("ok"));
    snprintf(list, sizeof list, "%s\n%s\n", server_url("ok/x/a.png"), server_url("ok/y/z/a.png"));
    const struct start start = {.input = list};
    struct run run = RUN_AS(&start, "run", "-", "-o", "out", "--allow-private", "--rotate=90", base);
    expect(&run, 0, "2 images: 2 ok");
    expect_result("out/x/a.png", "small.png");
    expect_result("out/y/z/a.png", "small.png");
    run = RUN("run", server_url("chunked/a.png"), "-o", "out", base);
    expect(&run, 2, "is not below the base folder ");
    run = RUN("run", "small.png", "-o", "out", base);
    expect(&run, 2, "is not below the base folder ");
    run = RUN("run", "small.png", server_url("ok/b.png"), "-o", "out", "--allow-private", "--base=.");
    expect(&run, 0, "2 images: 2 ok");
    cr_assert_eq(access("out/b.png", F_OK), 0);
}

Test(urls, a_dry_run_asks_nobody)
{
    struct run run = RUN("run", server_url("ok/a.png"), "-o", "out", "--dry-run");
    expect(&run, 0, "1 images: 1 planned");
    cr_assert_not_null(strstr(run.out, "/ok/a.png -> out/a.png\n"));
    cr_assert_eq(server_asked(NULL), 0);
}

Test(urls, of_those_that_differ_in_their_query_one_named_twice_is_done_once)
{
    static const char x[] = "http://example.org/a.png?x", y[] = "http://example.org/a.png?y";
    const char *const orders[][3] = {{x, x, y}, {x, y, x}, {y, x, x}};
    for (size_t i = 0; i < 3; i++) {
        struct run run = RUN("run", orders[i][0], orders[i][1], orders[i][2], "-o", "out", "--dry-run", "-v");
        expect(&run, 0, "warning: http://example.org/a.png?x is named twice (it is processed once)\n");
        expect(&run, 0, "2 images: 2 planned, 0 skipped, 0 failed");
        cr_assert_not_null(strstr(run.out, "http://example.org/a.png?x -> out/a-x.png\n"), "%s", run.out);
        cr_assert_not_null(strstr(run.out, "http://example.org/a.png?y -> out/a-y.png\n"), "%s", run.out);
    }
}

Test(urls, a_long_query_is_shortened_to_its_hash)
{
    enum { WHOLE = 48 }; /* characters that a name takes */
    char whole[128] = "http://example.org/a.png?", longer[128];
    memset(whole + strlen(whole), 'a', WHOLE);
    snprintf(longer, sizeof longer, "%sa", whole);
    struct run run = RUN("run", whole, longer, "-o", "out", "--dry-run");
    char expected[256];
    snprintf(expected, sizeof expected, "%s -> out/a-%s.png\n%s -> out/a-%s.png\n", whole,
             strchr(whole, '?') + 1, longer, "8f9bec6a62dd28eb");
    cr_assert_str_eq(run.out, expected);
}

Test(urls, a_journal_knows_them_by_name)
{
    struct run run =
        FETCH(server_url("ok/a.png"), server_url("ok/b"), server_url("status/404/c.png"), "--journal=j");
    expect(&run, 1, "3 images: 2 ok, 0 skipped, 1 failed");
    run = FETCH(server_url("ok/a.png"), server_url("ok/b"), server_url("status/404/c.png"), "--journal=j",
                "--resume");
    expect(&run, 1, "3 images: 0 ok, 2 skipped, 1 failed");
    cr_assert_eq(server_asked("/ok/a.png"), 1);
    cr_assert_eq(server_asked("/ok/b"), 1);
    cr_assert_eq(server_asked("/status/404/c.png"), 2);
}

/* A server that compresses although identity was requested. */
URL_TEST(a_packed_answer_is_named)
{
    const char *url = server_url("packed/gzip/small.png");
    struct run run = FETCH(url, server_url("packed/identity/small-b.png"));
    expect(&run, 1, "the server compresses it (Content-Encoding: gzip) although the request forbids that\n");
    expect_summary(&run, "2 images: 1 ok, 0 skipped, 1 failed");
    cr_assert_not_null(strstr(server_request("/packed/gzip/small.png"), "Accept-Encoding: identity\r\n"));
    expect_files("out", 1);
}

URL_TEST(urls_that_differ_in_their_query_get_different_names)
{
    struct run run =
        FETCH(server_url("ok/one.png?id=1&w=2"), server_url("ok/one.png?id=2"), server_url("ok/one.png"),
              server_url("ok/two.png?v=3"), server_url("ok/one.png?sig=%%2F/abc"));
    expect_summary(&run, "5 images: 5 ok, 0 skipped, 0 failed");
    expect_picture("out/one-id=1&w=2.png", "png", 30, 40);
    expect_picture("out/one-id=2.png", "png", 30, 40);
    expect_picture("out/one.png", "png", 30, 40);
    expect_picture("out/two.png", "png", 30, 40);
    expect_picture("out/one-f148d1fdb85c9689.png", "png", 30, 40);
    expect_files("out", 5);
}

URL_TEST(a_list_names_the_results_of_urls)
{
    char list[1024];
    snprintf(list, sizeof list, "%s\tcats/tom\n%s\tb.png\n%s\t../up.png\n%s\t/abs.png\n%s\t\n",
             server_url("ok/one.png?id=1"), server_url("ok/one.png?id=2"), server_url("ok/c.png"),
             server_url("ok/d.png"), server_url("ok/e.png"));
    const struct start start = {.input = list};
    struct run run = RUN_AS(&start, "run", "-", "-o", "out", "--rotate=90", "--retry-delay=0.02",
                            "--allow-private", url_variant->io, url_variant->backend);
    expect(&run, 1, "the name after the tab is not a path below the output folder (such as cats/one.jpg)\n");
    expect_summary(&run, "5 images: 2 ok, 0 skipped, 3 failed");
    expect_picture("out/cats/tom.png", "png", 30, 40);
    expect_picture("out/b.png", "png", 30, 40);
    expect_files("out", 2);
    expect_files(".", 4); /* two pictures of the server, two results */
}
