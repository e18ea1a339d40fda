/* Inputs by URL, with the real command and a real server that misbehaves (net/server.h), on every engine. */
#include <assert.h>
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/run.h"
#include "cli/urls.h"
#include "forbid.h"
#include "net/server.h"
#include "temp.h"

/* The large one is larger than what is fetched before a picture is examined. */
static void begin(void)
{
    run_begin();
    put_picture("small.png", 40, 30);
    put_picture("large.png", 400, 300);
    server_start("small.png", "large.png");
}

TestSuite(urls, .init = begin, .timeout = 120);

URL_TEST(pictures_and_files_give_the_same_bytes)
{
    struct run run =
        FETCH(server_url("ok/a.png"), server_url("ok/large.png"), server_url("chunked/large-2.png"),
              server_url("chunked/b.png"), server_url("unsized/large-3.png"), server_url("unsized/c.png"),
              "small.png", url_io_jobs("--io-jobs=3"));
    expect(&run, 0, "7 images: 7 ok");
    static const char *const results[] = {"a.png", "b.png", "c.png", "small.png"};
    static const char *const larges[] = {"large.png", "large-2.png", "large-3.png"};
    for (size_t i = 0; i < 4; i++)
        expect_result(temp_path("out/%s", results[i]), "small.png");
    for (size_t i = 0; i < 3; i++)
        expect_result(temp_path("out/%s", larges[i]), "large.png");
    expect_files("out", 7);
    expect_log("\"http_status\": 200");
}

URL_TEST(a_failed_one_fails_alone_with_its_status)
{
    struct run run = FETCH(server_url("status/404/a.png"), server_url("ok/b.png"),
                           server_url("status/500/c.png"), server_url("ok/text.png"));
    expect(&run, 1, "4 images: 1 ok, 0 skipped, 3 failed");
    expect(&run, 1, "/status/404/a.png: the server answered 404 after 1 try (check the URL)");
    expect(&run, 1, "/ok/text.png: ");
    expect_log("\"status\": \"failed\", \"http_status\": 404");
    expect_log("\"status\": \"failed\", \"http_status\": 500");
    expect_files("out", 1);
}

URL_TEST(addresses_that_are_not_public_are_not_asked)
{
    char local[256];
    snprintf(local, sizeof local, "%s", server_url("ok/b.png"));
    memcpy(local, "http://localhost", 16);
    memmove(local + 16, strchr(server_url("ok/b.png") + 7, ':'),
            strlen(strchr(server_url("ok/b.png") + 7, ':')) + 1);
    struct run run = RUN("run", "-o", "out", url_variant->io, url_variant->backend, server_url("ok/a.png"),
                         local, "http://[::ffff:127.0.0.1]:9/c.png", "http://0x7f.1:9/d.png",
                         "http://2130706433:9/e.png", "http://169.254.169.254/f.png", "http://10.0.0.1/g.png",
                         "http://[fe80::1]/h.png", "http://[::]:9/i.png");
    expect(&run, 1, "9 images: 0 ok, 0 skipped, 9 failed");
    expect(&run, 1, ": loopback (--allow-private allows it)");
    expect(&run, 1, ": link-local (--allow-private allows it)");
    expect(&run, 1, ": private (--allow-private allows it)");
    expect(&run, 1, ": unspecified (--allow-private allows it)");
    cr_assert_eq(server_asked(NULL), 0);
}

URL_TEST(proxies_of_the_environment_cookies_and_netrc_are_not_used)
{
    char proxy[256];
    snprintf(proxy, sizeof proxy, "http_proxy=%s", server_url("%s", ""));
    temp_text(".netrc", "machine 127.0.0.1 login me password hush\n");
    const struct start start = {.environment = {proxy, "all_proxy=http://127.0.0.1:9", "HOME=."}};
    struct run run = RUN_AS(&start, "run", "-o", "out", url_variant->io, url_variant->backend,
                            "--allow-private", server_url("cookie/a.png"), server_url("secret/b.png"));
    expect(&run, 1, "2 images: 1 ok, 0 skipped, 1 failed");
    cr_assert_null(strstr(server_request("/ok/a.png"), "crumb"));
    cr_assert_null(strstr(server_request("/secret/b.png"), "Authorization"));
    cr_assert_null(strstr(server_request("/ok/a.png"), "GET http:"));
}

URL_TEST(redirects_are_followed_five_times)
{
    struct run run = FETCH(server_url("to/5/a.png"), server_url("to/6/b.png"), server_url("to/1/c.png"));
    expect(&run, 1, "3 images: 2 ok, 0 skipped, 1 failed");
    expect(&run, 1, "/to/6/b.png: more than 5 redirects (name the file's own URL)");
    expect_result("out/a.png", "small.png");
    expect_result("out/c.png", "small.png");
}

URL_TEST(redirects_lead_to_http_alone)
{
    struct run run =
        FETCH(server_url("scheme/file://%s/small.png", temp_folder()),
              server_url("scheme/ftp://127.0.0.1:9/b.png"), server_url("scheme/gopher://127.0.0.1:9/c"));
    expect(&run, 1, "3 images: 0 ok, 0 skipped, 3 failed");
    expect(
        &run, 1,
        "/b.png: the server uses, or redirects to, a protocol other than http and https (name the file's own URL)");
}

URL_TEST(what_speaks_no_http_is_told_from_a_broken_connection)
{
    struct run run = FETCH(server_url("other/a.png"));
    expect(
        &run, 1,
        "/a.png: the server uses, or redirects to, a protocol other than http and https (name the file's own URL)");
    cr_assert_eq(server_asked("/other/a.png"), 1);
}

URL_TEST(passwords_are_used_and_never_shown)
{
    char url[256], wrong[256];
    snprintf(url, sizeof url, "http://me:hush@%s", server_url("secret/a.png") + 7);
    snprintf(wrong, sizeof wrong, "http://me:wrung@%s", server_url("secret/b.png") + 7);
    struct run run = FETCH(url, wrong, "-v", "--journal=journal");
    expect(&run, 1, "2 images: 1 ok, 0 skipped, 1 failed");
    expect(&run, 1, "/secret/b.png: the server answered 401 after 1 try (access is not permitted)");
    const char *const texts[] = {run.err, run.out, content_of("log", NULL), content_of("journal", NULL)};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cr_assert_null(strstr(texts[i], "hush"), "%s", texts[i]);
        cr_assert_null(strstr(texts[i], "wrung"), "%s", texts[i]);
    }
}

/* A budget smaller than any of them: they are fetched one after the other. */
URL_TEST(a_small_budget_holds_connections_back)
{
    char list[4096] = "";
    for (int i = 0; i < 24; i++) {
        strcat(list, server_url(i % 3 == 0 ? "chunked/large-%d.png" : "ok/large-%d.png", i));
        strcat(list, "\n");
    }
    const struct start start = {.input = list};
    struct run run =
        RUN_AS(&start, "run", "-", "-o", "out", "--rotate=90", url_variant->io, url_variant->backend,
               "--allow-private", url_io_jobs("--io-jobs=8"), "--memory=1K", "--max-bytes=1M");
    expect(&run, 0, "24 images: 24 ok");
    expect_result("out/large-0.png", "large.png");
    expect_result("out/large-23.png", "large.png");
}

/* The header of such a file is longer than the part fetched before it is examined. */
URL_TEST(a_header_longer_than_most_is_read_alone)
{
    size_t size;
    char *picture = content_of("small.png", &size);
    enum { TEXT = 200000 };
    static uint8_t long_header[TEXT + 65536];
    static const uint8_t chunk[] = {
        TEXT >> 24, TEXT >> 16 & 0xff, TEXT >> 8 & 0xff, TEXT & 0xff, 'p', 'r', 'V', 't'};
    enum { BEFORE = 8 + 25 }; /* signature and IHDR */
    memcpy(long_header, picture, BEFORE);
    memcpy(long_header + BEFORE, chunk, sizeof chunk);
    uint32_t crc = 0xffffffff;
    for (size_t i = 4; i < sizeof chunk + TEXT; i++) {
        crc ^= i < sizeof chunk ? chunk[i] : 0;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    crc = __builtin_bswap32(~crc);
    memcpy(long_header + BEFORE + sizeof chunk + TEXT, &crc, 4);
    memcpy(long_header + BEFORE + sizeof chunk + TEXT + 4, picture + BEFORE, size - BEFORE);
    temp_write("long.png", long_header, size + TEXT + 12);
    server_start("small.png", "long.png");
    struct run run =
        FETCH(server_url("ok/large-1.png"), server_url("ok/large-2.png"), server_url("ok/small.png"),
              server_url("chunked/large-3.png"), url_io_jobs("--io-jobs=4"));
    expect(&run, 0, "4 images: 4 ok");
    expect_result("out/large-1.png", "small.png");
    expect_result("out/large-3.png", "small.png");
    run = FETCH(server_url("ok/large-4"), server_url("ok/large-4.png")); /* refused when it is there */
    expect(&run, 1, "2 images: 1 ok, 0 skipped, 1 failed");
    expect(&run, 1, "/ok/large-4: would be written to out/large-4.png, which is also the path of ");
}

/* Ctrl-C ends every kind of wait at once: for a response, for bytes, for a retry. */
URL_TEST(ctrl_c_ends_at_once)
{
    static const char *const paths[] = {"mute/a.png", "drip/a.png", "busy/503/50/1/a.png"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct running running =
            START("run", "-o", "out", url_variant->io, url_variant->backend, "--allow-private",
                  server_url("%s", paths[i]), "--fetch-timeout=1000", url_io_jobs("--io-jobs=1"));
        char path[64];
        snprintf(path, sizeof path, "/%s", paths[i]);
        while (server_asked(path) == 0)
            poll(NULL, 0, 5);
        double began = clock_now();
        cr_assert_eq(kill(running.pid, SIGINT), 0);
        struct run run = run_wait(&running);
        cr_assert_eq(run.status, 130, "%s", run.err);
        expect_summary(&run, "1 images: 0 ok, 0 skipped, 0 failed");
        cr_assert_lt(clock_now() - began, 20);
    }
    expect_files("out", 0);
}

URL_TEST(fail_fast_waits_for_no_server)
{
    struct run run = FETCH(
        server_url("mute/a.png"), server_url("status/404/b.png"), "--fail-fast", url_io_jobs("--io-jobs=2"),
        strcmp(url_variant->backend, "--backend=async") == 0 ? "-j1" : "-j2", "--fetch-timeout=1000");
    expect(&run, 1, "2 images: 0 ok, 0 skipped, 1 failed");
}

/* Set before it, not together, because other runs start without. */
Test(urls, a_missing_part_is_reported)
{
    char program[1024], copy[1024];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    cr_assert_gt(length, 0);
    size_t size;
    char *bytes = content_of(getenv("PIXMILL"), &size);
    snprintf(copy, sizeof copy, "%s", temp_write("bin/pixmill", bytes, size));
    cr_assert_eq(chmod(copy, 0755), 0);
    cr_assert_eq(setenv("PIXMILL", copy, 1), 0);
    struct run run = RUN("run", "small.png", "-o", "out");
    expect(&run, 0, "1 images: 1 ok");
    run = RUN("run", "small.png", server_url("ok/a.png"), "-o", "out2");
    expect(&run, 2, "pixmill: pixmill-net.so is missing (install it in pixmill's folder or in libexec)");
    cr_assert_neq(access("out2", F_OK), 0);
    temp_text("bin/pixmill-net.so", "no library");
    run = RUN("run", server_url("ok/a.png"), "-o", "out2");
    expect(&run, 2, "pixmill-net.so can't be loaded: ");
}

/* sync has one per worker. */
URL_TEST(many_at_once_are_as_many_as_asked_for)
{
    enum { WORKERS = 3, IO_JOBS = 64 };
    bool sync = strcmp(url_variant->io, "--io=sync") == 0;
    unsigned most = sync ? WORKERS : IO_JOBS;
    int urls = (int)most * 3 / 2;
    char *list = calloc((size_t)urls, 128);
    for (int i = 0; i < urls; i++)
        strcat(strcat(list, server_url("together/%u/%d.png", most, i)), "\n");
    const struct start start = {.input = list};
    struct run run = RUN_AS(&start, "run", "-", "-o", "out", url_variant->io, url_variant->backend,
                            "--allow-private", sync ? "-j3" : "--io-jobs=64", "--quiet");
    free(list);
    cr_assert_eq(run.status, 0, "%s", run.err);
    expect_files("out", urls);
    cr_assert_eq(server_most_together(), most);
}

Test(urls, info_reads_a_header)
{
    struct run run = RUN("info", "--allow-private", server_url("ok/large.png"), server_url("chunked/a.png"),
                         "small.png", server_url("chunked/large.png"));
    struct stat status;
    char line[128];
    expect(&run, 0, "");
    cr_assert_eq(stat("large.png", &status), 0);
    snprintf(
        line, sizeof line,
        "/ok/large.png: png 400x300, 8-bit, 3 channels (rgb), orientation 1, colours sRGB (assumed), %ld bytes\n",
        (long)status.st_size);
    cr_assert_not_null(strstr(run.out, line), "%s", run.out);
    snprintf(
        line, sizeof line,
        "/chunked/large.png: png 400x300, 8-bit, 3 channels (rgb), orientation 1, colours sRGB (assumed), %ld bytes\n",
        (long)status.st_size);
    cr_assert_not_null(strstr(run.out, line), "%s", run.out);
    char secret[256];
    snprintf(secret, sizeof secret, "http://me:wrung@%s", server_url("secret/a.png") + 7);
    run = RUN("info", "--allow-private", secret, server_url("ok/text.png"));
    expect(&run, 1, "/secret/a.png: the server answered 401");
    expect(&run, 1, "/ok/text.png: ");
    cr_assert_null(strstr(run.err, "wrung"));
    run = RUN("info", server_url("ok/large.png"));
    expect(&run, 1, "resolves to an address of this machine or its network: loopback");
}

/* The lab allows them in its io workload; their servers determine the time. */
Test(urls, bench_measures_them)
{
    struct run run = RUN("bench", server_url("ok/a.png"), server_url("ok/b"), "--allow-private",
                         "--workloads=io", "--models=threads+threads,threads+async", "--jobs=1",
                         "--io-jobs=2", "--repeat=1", "--min-time=0", "--json=report", "--progress=never");
    expect(&run, 0, "");
    cr_assert_not_null(strstr(run.out, "2 URLs, whose servers affect the times"), "%s", run.out);
    const char *report = content_of("report", NULL);
    cr_assert_not_null(strstr(report, "\"urls\": 2"), "%s", report);
    cr_assert_not_null(strstr(report, "\"io_jobs\": 2"), "%s", report);
    cr_assert_eq(server_asked(NULL), 8, "two models, a cold trial and a warm one, two URLs each");
    run = RUN("bench", server_url("ok/a.png"), "--workloads=cpu,io");
    expect(&run, 2, "URLs can only be inputs of the io workload (give --workloads=io)");
}

/* OpenSSL's test server for the test's folder, on a free port, which it prints. */
static pid_t start_https(unsigned *port)
{
    static const char ready[] = "ACCEPT 127.0.0.1:";
    char text[1024] = "";
    const char *said = NULL;
    int told[2];
    cr_assert_eq(pipe2(told, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(told[1], STDOUT_FILENO);
        dup2(open("server.log", O_WRONLY | O_CREAT, 0600),
             STDERR_FILENO); /* it tells of refused connections */
        execlp("openssl", "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "cert.pem", "-key",
               "key.pem", "-WWW", NULL);
        _exit(1);
    }
    close(told[1]); /* keep the other end: it prints more */
    for (size_t size = 0; said == NULL || strchr(said, '\n') == NULL;) {
        ssize_t got = read(told[0], text + size, sizeof text - 1 - size);
        cr_assert_gt(got, 0, "no port in: %s", text);
        size += (size_t)got;
        said = strstr(text, ready);
    }
    *port = (unsigned)atoi(said + sizeof ready - 1);
    return pid;
}

Test(urls, https_asks_for_a_certificate_that_is_trusted)
{
    if (system("openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 "
               "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 >log 2>&1") != 0)
        cr_skip_test("no openssl");
    unsigned port;
    char url[64];
    pid_t server = start_https(&port);
    snprintf(url, sizeof url, "https://127.0.0.1:%u/small.png", port);
    const struct start distrusting = {.environment = {"SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"}};
    struct run run = RUN_AS(&distrusting, "run", url, "-o", "out", "--allow-private", "--rotate=90");
    expect(&run, 1,
           "small.png: the server's certificate is not trusted (check the name, or set SSL_CERT_FILE)");
    const struct start trusting = {.environment = {"SSL_CERT_FILE=cert.pem"}};
    run = RUN_AS(&trusting, "run", url, "-o", "out", "--allow-private", "--rotate=90");
    expect(&run, 0, "1 images: 1 ok");
    expect_result("out/small.png", "small.png");
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}
