/*
 * Objects in a real store that checks signatures: OpenStack Swift with its S3 API
 * (tests/store/object_store.py). It takes seconds to start, so one test does everything.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/run.h"
#include "temp.h"

static char source[512]; /* the repository */

static void find_source(void)
{
    cr_assert_not_null(getcwd(source, sizeof source));
    temp_on_disk(); /* with extended attributes on every kernel */
    run_begin();
}

TestSuite(object_store, .init = find_source, .timeout = 600);

/* Starts the store, which ends with this process. False: it is not installed, or can't run here. */
static bool start_store(char *url, size_t size)
{
    int in[2], out[2];
    cr_assert_eq(pipe(in), 0);
    cr_assert_eq(pipe(out), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char script[600];
        snprintf(script, sizeof script, "%s/tests/store/object_store.py", source);
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[1]);
        close(out[0]);
        execl("/usr/bin/python3", "/usr/bin/python3", script, temp_path("store"), (char *)NULL);
        _exit(77);
    }
    close(in[0]); /* in[1] stays open until this process ends */
    close(out[1]);
    FILE *told = fdopen(out[0], "r");
    const bool up = fgets(url, (int)size, told) != NULL;
    fclose(told);
    url[strcspn(url, "\n")] = '\0';
    return up;
}

static const char *const engines[][2] = {{"--io=threads", "--backend=threads"},
                                         {"--io=async", "--backend=threads"},
                                         {"--io=async", "--backend=async"},
                                         {"--io=sync", "--backend=procs"}};

/* Every result is what the same run makes of files. */
static void check_engine(size_t index)
{
    char to[64], from[64], back[64];
    snprintf(to, sizeof to, "s3://photos/made-%zu/", index);
    snprintf(from, sizeof from, "s3://photos/made-%zu/", index);
    snprintf(back, sizeof back, "back-%zu", index);
    struct run run =
        RUN("run", "in", "-o", to, "--rotate=90", engines[index][0], engines[index][1], "--log=log", "-v");
    expect(&run, 0, "4 images: 4 ok");
    cr_assert_null(strstr(run.err, "testing"), "%s", run.err);
    cr_assert_null(strstr(content_of("log", NULL), "testing"));
    run = RUN("run", from, "-o", back, "--rotate=270", "--format=png", engines[index][0], engines[index][1]);
    expect(&run, 0, "4 images: 4 ok");
    expect_files(back, 4);
    static const char *const names[] = {"plain.png", "large.png", "deep/a b+c%20d?e#f&=;,@:!'()*~.png",
                                        "deep/new\nline<&>\".png"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char made[128], reference[128];
        snprintf(made, sizeof made, "%s/%s", back, names[i]);
        snprintf(reference, sizeof reference, "reference/%s", names[i]);
        cr_assert(same_bytes(made, reference), "%s", made);
    }
}

/* What is done already is known from the list; a changed object is processed again. */
static void check_resume(void)
{
#define RESUME(...)                                                                                          \
    RUN("run", "s3://photos/made-0/", "-o", "s3://photos/resumed/", "--rotate=90", "--journal=journal",      \
        "--resume", __VA_ARGS__)
    struct run run = RESUME("-q");
    cr_assert_eq(run.status, 0, "%s", run.err);
    run = RESUME("--io=async");
    expect(&run, 0, "4 images: 0 ok, 4 skipped");
    run = RUN("run", "in/large.png", "-o", "s3://photos/made-0/", "--flip");
    expect(&run, 0, "1 images: 1 ok");
    run = RESUME("-v");
    expect(&run, 0, "4 images: 1 ok, 3 skipped");
    run = RUN("run", "s3://photos/made-0/", "-o", "s3://photos/resumed/", "--flop", "--skip-existing");
    expect(&run, 0, "4 images: 0 ok, 4 skipped");
    run = RUN("run", "s3://photos/made-0/large.png", "s3://photos/made-0/plain.png", "-o",
              "s3://photos/named/", "--rotate=90", "--journal=named");
    expect(&run, 0, "2 images: 2 ok");
    run = RUN("run", "s3://photos/made-0/", "-o", "s3://photos/named/", "--rotate=90", "--journal=named",
              "--resume");
    expect(&run, 0, "4 images: 2 ok, 2 skipped");
}

/* The shards of a list are all of it. */
static void check_shards(void)
{
    unsigned total = 0;
    for (int shard = 0; shard < 3; shard++) {
        char option[32];
        unsigned count = 0;
        snprintf(option, sizeof option, "--shard=%d/3", shard);
        struct run run = RUN("run", "s3://photos/made-0/", "-o", "s3://photos/shards/", "--rotate=90", option,
                             "--skip-existing");
        cr_assert_eq(run.status, 0, "%s", run.err);
        sscanf(strstr(run.err, " images: ") - 1, "%u images", &count);
        total += count;
    }
    cr_assert_eq(total, 4);
    struct run run = RUN("run", "s3://photos/shards/", "-n", "-o", "out");
    expect(&run, 0, "4 images: 4 planned");
}

/* More than a part of an upload: 70 MB that can't be compressed. */
static void check_large(const char *engine)
{
    struct run run = RUN("run", "huge.png", "-o", "s3://photos/huge/", "--flop", "--effort=0", engine);
    expect(&run, 0, "1 images: 1 ok");
    run = RUN("run", "s3://photos/huge/huge.png", "-o", "huge", "--crop=5000x16+0+4600", "--effort=0",
              "--max-bytes=200M", engine);
    expect(&run, 0, "1 images: 1 ok");
    cr_assert(same_bytes("huge/huge.png", "reference-huge/huge.png"));
}

static void check_refusals(void)
{
    struct run run = RUN("run", "s3://photos/none.png", "s3://photos/made-0/plain.png", "-o", "out");
    expect(&run, 1,
           "s3://photos/none.png: the server answered 404 NoSuchKey after 1 try (check the key; a prefix");
    expect(&run, 1, "2 images: 1 ok, 0 skipped, 1 failed");
    run = RUN("run", "in", "-o", "s3://nowhere/x/", "--rotate=90");
    expect(&run, 2,
           "s3://nowhere/x/: the server answered 404 NoSuchBucket after 1 try (check the bucket's name)");
    const struct start wrong = {.environment = {"AWS_SECRET_ACCESS_KEY=guess"}};
    run = RUN_AS(&wrong, "run", "s3://photos/made-0/", "-o", "out", "--rotate=90");
    expect(&run, 1,
           "the server answered 403 SignatureDoesNotMatch after 1 try (check AWS_SECRET_ACCESS_KEY)");
    cr_assert_null(strstr(run.err, "guess"));
    const struct start reader = {
        .environment = {"AWS_ACCESS_KEY_ID=test:reader", "AWS_SECRET_ACCESS_KEY=reading"}};
    run = RUN_AS(&reader, "run", "in", "-o", "s3://photos/x/", "--rotate=90");
    expect(&run, 2, "s3://photos/x/: the server answered 403 AccessDenied");
}

Test(object_store, a_real_store_gets_and_gives_the_same_bytes)
{
    char url[128];
    if (!start_store(url, sizeof url))
        cr_skip_test("OpenStack Swift does not run here (Debian: swift-proxy swift-account swift-container "
                     "swift-object memcached)");
    setenv("AWS_ENDPOINT_URL", url, 1);
    setenv("AWS_ACCESS_KEY_ID", "test:tester", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "testing", 1);
    unsetenv("AWS_ENDPOINT_URL_S3");
    unsetenv("AWS_SESSION_TOKEN");
    unsetenv("AWS_REGION");
    put_picture("in/plain.png", 40, 30);
    put_picture("in/large.png", 400, 300);
    put_picture("in/deep/a b+c%20d?e#f&=;,@:!'()*~.png", 41, 30);
    put_picture("in/deep/new\nline<&>\".png", 42, 30);
    struct run run = RUN("run", "in", "-o", "turned", "--rotate=90");
    expect(&run, 0, "4 images: 4 ok");
    run = RUN("run", "turned", "-o", "reference", "--rotate=270", "--format=png");
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
        check_engine(i);
    check_resume();
    check_shards();
    check_refusals();
    put_picture("huge.png", 5000, 4800);
    run = RUN("run", "huge.png", "-o", "flopped", "--flop", "--effort=0");
    run = RUN("run", "flopped/huge.png", "-o", "reference-huge", "--crop=5000x16+0+4600", "--effort=0");
    expect(&run, 0, "1 images: 1 ok");
    check_large("--io=threads");
    check_large("--io=async");
}
