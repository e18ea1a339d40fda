/* Objects in S3 storage, with the real command and a server that misbehaves (net/server.h), on every engine.
 * It does not check signatures; test_object_store.c runs a real store, which does. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run.h"
#include "net/server.h"
#include "temp.h"

static const char *const engines[] = {"--io=threads", "--io=sync", "--io=async"};
static const char *engine;

static void begin(void)
{
    run_begin();
    put_picture("small.png", 40, 30);
    put_picture("large.png", 400, 300);
    server_start("small.png", "large.png");
    setenv("AWS_ENDPOINT_URL", server_url("%s", ""), 1);
    setenv("AWS_ACCESS_KEY_ID", "some:id", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "hushhush", 1);
    unsetenv("AWS_ENDPOINT_URL_S3");
    unsetenv("AWS_SESSION_TOKEN");
    unsetenv("AWS_REGION");
    unsetenv("AWS_DEFAULT_REGION");
}

TestSuite(objects, .init = begin, .timeout = 120);

static struct criterion_test_params each_engine(void)
{
    static size_t indices[] = {0, 1, 2};
    return cr_make_param_array(size_t, indices, 3);
}

#define ENGINE_TEST(name)                                                                                    \
    static void name(void);                                                                                  \
    ParameterizedTestParameters(objects, name)                                                               \
    {                                                                                                        \
        return each_engine();                                                                                \
    }                                                                                                        \
    ParameterizedTest(size_t *index, objects, name)                                                          \
    {                                                                                                        \
        engine = engines[*index];                                                                            \
        name();                                                                                              \
    }                                                                                                        \
    static void name(void)

#define GET(...)                                                                                             \
    RUN("run", "-o", "out", "--rotate=90", "--log=log", "--retry-delay=0.02", engine, __VA_ARGS__)

/* No output of a run has the secret. */
static void expect_no_secret(const struct run *run)
{
    cr_assert_null(strstr(run->err, "hush"), "%s", run->err);
    cr_assert_null(strstr(run->out, "hush"), "%s", run->out);
    cr_assert_null(strstr(content_of("log", NULL), "hush"));
}

ENGINE_TEST(an_object_is_fetched_with_a_signature)
{
    setenv("AWS_SESSION_TOKEN", "hushtoken", 1);
    struct run run = GET("s3://ok/large.png", "-v");
    expect(&run, 0, "1 images: 1 ok");
    expect_no_secret(&run);
    struct run reference = RUN("run", "large.png", "-o", "whole", "--rotate=90");
    cr_assert_eq(reference.status, 0, "%s", reference.err);
    cr_assert(same_bytes("out/large.png", "whole/large.png"));
    const char *request = server_request("/ok/large.png");
    cr_assert_not_null(strstr(request, "Authorization: AWS4-HMAC-SHA256 Credential=some:id/"), "%s", request);
    cr_assert_not_null(strstr(request, "x-amz-security-token: hushtoken"), "%s", request);
    cr_assert_null(strstr(request, "Expect:"), "%s", request);
}

ENGINE_TEST(a_refusal_is_told_with_its_status)
{
    struct run run = GET("s3://status/403/a.png", "s3://status/404/b.png", "s3://status/500/c.png",
                         "s3://ok/d.png", "--retries=1");
    expect(&run, 1, "4 images: 1 ok, 0 skipped, 3 failed");
    expect(&run, 1, "s3://status/403/a.png: the server answered 403 after 1 try (access is not permitted)");
    expect(
        &run, 1,
        "s3://status/404/b.png: the server answered 404 after 1 try (check the key; a prefix ends with a slash)");
    expect(&run, 1, "s3://status/500/c.png: the server answered 500 after 2 tries (try again later)");
    expect_no_secret(&run);
}

ENGINE_TEST(a_busy_server_is_asked_again)
{
    struct run run = GET("s3://busy/503/-/2/large.png");
    expect(&run, 0, "1 images: 1 ok");
    cr_assert_eq(server_asked("/busy/503/-/2/large.png"), 3);
}

/* 100 000 bytes are more than is fetched before the object is examined. */
ENGINE_TEST(a_broken_object_is_resumed_if_it_is_the_same)
{
    struct run run = GET("s3://cut/100000/large.png");
    expect(&run, 0, "1 images: 1 ok");
    const char *request = server_request("/cut/100000/large.png");
    cr_assert_not_null(strstr(request, "If-Match: \"one\""), "%s", request);
    cr_assert_not_null(strstr(request, "Range: bytes="), "%s", request);
    run = GET("s3://liar/100000/large.png");
    expect(&run, 1, "s3://liar/100000/large.png: changed while it was fetched (try again)");
    run = GET("s3://short/a.png", "--retries=1");
    expect(&run, 1, "s3://short/a.png: the connection was lost (try again later)");
}

ENGINE_TEST(no_redirect_is_followed)
{
    struct run run = GET("s3://to/1/a.png");
    expect(&run, 1,
           "s3://to/1/a.png: the server answered 302 after 1 try (set AWS_REGION and AWS_ENDPOINT_URL to");
    cr_assert_eq(server_asked("/to/0/a.png"), 0);
}

ENGINE_TEST(a_prefix_is_read_like_a_folder)
{
    struct run run = GET("s3://lists/good/");
    expect(&run, 0, "2 images: 2 ok");
    expect_files("out", 2);
    run = GET("s3://lists/two/", "-o", "two");
    expect(&run, 0, "2 images: 2 ok");
    cr_assert_eq(
        server_asked(
            "/lists/?continuation-token=t%2F%3D%2B&encoding-type=url&list-type=2&max-keys=1000&prefix=two%2F"),
        1);
    run = GET("s3://lists/slow/", "-o", "slow");
    expect(&run, 0, "1 images: 1 ok");
    run = GET("s3://lists/encoded/", "-o", "encoded");
    expect(&run, 0, "1 images: 1 ok");
    cr_assert_not_null(content_of("encoded/x y z+.png", NULL));
    run = GET("s3://lists/good/", "-o", "chosen", "--exclude=a*");
    expect(&run, 0, "1 images: 1 ok, 0 skipped, 0 failed");
    run = GET("s3://lists/dots/", "-o", "dots", "--hidden");
    expect(&run, 1, "3 images: 1 ok, 0 skipped, 2 failed");
    expect(&run, 1, "s3://lists/dots/../../up.png: its key is not a path below a folder (rename the object)");
    expect_files("dots", 1);
}

/* What was read of a list before it failed is processed, as in a folder. */
Test(objects, a_list_that_can_not_be_read_is_a_failure)
{
    static const char *const wrong[] = {"html", "root", "half", "empty", "lost"};
    engine = engines[0];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char name[64], text[160];
        snprintf(name, sizeof name, "s3://lists/%s/", wrong[i]);
        snprintf(text, sizeof text,
                 "%s: the server's answer is not a list of objects (check AWS_ENDPOINT_URL)", name);
        struct run run = GET(name);
        expect(&run, 1, text);
        expect(&run, 1, "1 images: 0 ok, 0 skipped, 1 failed");
    }
    struct run run = GET("s3://lists/cut/", "--retries=1");
    expect(&run, 1, "s3://lists/cut/: ");
    run = GET("s3://lists/denied/");
    expect(&run, 1,
           "s3://lists/denied/: the server answered 403 AccessDenied after 1 try (the key's owner may not");
    run = GET("s3://lists/long/", "small.png");
    expect(&run, 1, "s3://lists/long/: the server's answer is longer than 8 MiB (check AWS_ENDPOINT_URL)");
    expect(&run, 1, "2 images: 1 ok, 0 skipped, 1 failed");
    run = GET("s3://lists/unending/");
    expect(&run, 1,
           "s3://lists/unending/: the server's answer is longer than 8 MiB (check AWS_ENDPOINT_URL)");
    run = GET("s3://lists/other/");
    expect(&run, 1, "the server lists other objects than those of the prefix");
    run = GET("s3://lists/repeats/", "--skip-existing");
    expect(&run, 1, "the server repeats a page of the list");
    run = GET("s3://lists/circle/", "--skip-existing");
    expect(&run, 1, "the server repeats a page of the list");
    run = GET("s3://lists/vain/");
    expect(&run, 1, "the server's list has 1000 pages in a row without an object (check AWS_ENDPOINT_URL)");
    run = GET("s3://lists/rare/");
    expect(&run, 0, "1 images: 1 ok");
    run = GET("s3://lists/breaks/");
    expect(&run, 1, "2 images: 1 ok, 0 skipped, 1 failed");
}

#define PUT(...) RUN("run", "--rotate=90", "--log=log", "--retry-delay=0.02", engine, __VA_ARGS__)

ENGINE_TEST(a_result_is_stored_with_its_hash_and_type)
{
    struct run run = PUT("small.png", "-o", "s3://puts/200/0/", "--format=webp");
    expect(&run, 0, "1 images: 1 ok");
    expect_no_secret(&run);
    const char *request = server_request("/puts/200/0/small.webp");
    cr_assert_eq(strncmp(request, "PUT ", 4), 0, "%s", request);
    cr_assert_not_null(strstr(request, "Content-Type: image/webp"), "%s", request);
    cr_assert_not_null(strstr(request, "x-amz-content-sha256: "), "%s", request);
    cr_assert_null(strstr(request, "UNSIGNED"), "%s", request);
}

ENGINE_TEST(a_store_that_is_busy_is_asked_again_and_a_refusal_is_a_failure)
{
    struct run run = PUT("small.png", "large.png", "-o", "s3://puts/503/2/");
    expect(&run, 0, "2 images: 2 ok");
    cr_assert_eq(server_put("/puts/503/2/small.png"), 3);
    run = PUT("small.png", "-o", "s3://puts/403/9/");
    expect(&run, 1, "small.png: the server answered 403 SomeCode after 1 try (access is not permitted)");
    cr_assert_eq(server_put("/puts/403/9/small.png"), 1);
}

/* Of several results, all are stored or none. */
ENGINE_TEST(results_that_were_stored_are_removed_if_another_fails)
{
    struct run run = PUT("small.png", "-o", "s3://puts/", "--variant=200:flip", "--variant=201:flop",
                         "--name={variant}/0/{stem}.png");
    expect(&run, 0, "1 images: 1 ok");
    cr_assert_eq(server_put("/puts/201/0/small.png"), 1);
    run = PUT("small.png", "-o", "s3://puts/", "--variant=200:flip", "--variant=403:flop",
              "--name={variant}/3/x.png");
    expect(&run, 1, "s3://puts/200/3/x.png: the server answered 403 SomeCode");
    cr_assert_eq(server_put("/puts/200/3/x.png"), 1);
    cr_assert_eq(server_deleted("/puts/200/3/x.png"), 1);
}

/* A result of more than one part. */
#define LARGE "--resize=4800x4800!,kernel=nearest", "--format=tiff", "--compression=none"

ENGINE_TEST(a_large_result_is_stored_in_parts)
{
    struct run run = PUT("small.png", "-o", "s3://parts/good/", LARGE);
    expect(&run, 0, "1 images: 1 ok");
    cr_assert_eq(server_put("/parts/good/small.tif?partNumber=1&uploadId=a%2Fb"), 1);
    cr_assert_eq(server_put("/parts/good/small.tif?partNumber=2&uploadId=a%2Fb"), 1);
    cr_assert_eq(server_asked("/parts/good/small.tif?uploadId=a%2Fb"), 1);
    cr_assert_eq(server_deleted("/parts/good/small.tif?uploadId=a%2Fb"), 0);
}

/* Parts that are left behind cost money and are in no list of objects. */
ENGINE_TEST(the_parts_of_an_object_that_is_not_completed_are_removed)
{
    struct run run = PUT("small.png", "-o", "s3://parts/refused/", LARGE);
    expect(&run, 1, "small.tif: the server answered 403 SomeCode");
    cr_assert_eq(server_put("/parts/refused/small.tif?partNumber=1&uploadId=a%2Fb"), 1);
    cr_assert_eq(server_deleted("/parts/refused/small.tif?uploadId=a%2Fb"), 1);
    run = PUT("small.png", "-o", "s3://parts/torn/", LARGE);
    expect(&run, 1, "the server could not join the parts of the object: InternalError (try again)");
    cr_assert_eq(server_deleted("/parts/torn/small.tif?uploadId=a%2Fb"), 1);
}

Test(objects, what_an_object_can_not_be_is_refused)
{
    struct run run = RUN("run", "small.png", "-o", "s3://");
    expect(&run, 2, "s3://: has no bucket (write s3://BUCKET/KEY, or s3://BUCKET/PREFIX/)");
    run = RUN("run", "small.png", "-o", "s3://puts/x/", "--keep-dates");
    expect(&run, 2, "--keep-dates: the date of an object is when it was stored");
    run = RUN("run", ".", "-o", "s3://puts/x/", "--watch");
    expect(&run, 2, "can't be combined with an output in S3 storage");
    run = RUN("run", "s3://ok/a.png", "--in-place", "--no-backup");
    expect(&run, 1, "s3://ok/a.png: a URL can't be replaced by its result (give an output folder)");
    run = RUN("run", "s3://lists/good/", "-o", "s3://lists/good/");
    expect(&run, 2, "s3://lists/good/a.png: would overwrite the input s3://lists/good/a.png");
    run = RUN("run", "s3://lists/good/", "-o", "s3://lists/", "--name=good/b.{ext}", "--exclude=b*");
    expect(&run, 0, "1 images: 1 ok");
    unsetenv("AWS_SECRET_ACCESS_KEY");
    run = RUN("run", "s3://ok/a.png", "-o", "out", "--rotate=90");
    expect(&run, 1, "s3://ok/a.png: AWS_SECRET_ACCESS_KEY is not set, but AWS_ACCESS_KEY_ID is (set both)");
    run = RUN("run", "small.png", "-o", "s3://puts/x/");
    expect(&run, 2, "s3://puts/x/: AWS_SECRET_ACCESS_KEY is not set, but AWS_ACCESS_KEY_ID is (set both)");
}

Test(objects, info_reads_an_object)
{
    struct run run = RUN("info", "s3://ok/a.png");
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_assert_not_null(strstr(run.out, "s3://ok/a.png: png 40x30"), "%s", run.out);
    run = RUN("info", "s3://ok/");
    expect(&run, 1, "s3://ok/: names a prefix, not an object");
}

/* They have no connection to the store. */
Test(objects, other_commands_say_that_they_list_no_objects)
{
    struct run run = RUN("bench", "s3://lists/good/");
    expect(&run, 2, "s3://lists/good/: only 'pixmill run' lists objects (name them one by one)");
    temp_text("journal", "pixmill journal 1\n");
    run = RUN("verify", "s3://lists/good/", "-o", "out", "--journal=journal");
    expect(&run, 2, "s3://lists/good/: only 'pixmill run' lists objects (name them one by one)");
    run = RUN("verify", "small.png", "-o", "s3://puts/x/", "--journal=journal");
    expect(&run, 2, "results in S3 storage are not checked");
}
