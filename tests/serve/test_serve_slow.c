/* The real server while some clients read their results slowly: what it costs them, and that others are not
 * affected. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/live.h"

enum { READERS = 4, OTHERS = 40 };

static const char refused[] = "pixmill_requests_total{status=\"503\"}", held[] = "pixmill_held_bytes",
                  done[] = "pixmill_transforms_total{outcome=\"ok\"}", slow[] = "pixmill_slow_clients_total";

static void begin(void)
{
    run_begin();
    put_picture("root/one.png", 60, 40);
    put_picture("root/large.png", 1500, 1500); /* 6 MB of noise, more than socket buffers hold */
}

TestSuite(serve_slow, .init = begin);

/* A client that reads `bytes` every 0.1 s. */
struct reader {
    pthread_t thread;
    int socket;
    size_t bytes, total;
    double slowest;        /* longest time from one read to the next, seconds */
    atomic_bool stop, cut; /* cut: the server closed the connection */
};

static void *read_slowly(void *argument)
{
    struct reader *reader = argument;
    static _Thread_local char some[1 << 20];
    double next = clock_now(), last = next;
    while (!atomic_load(&reader->stop)) {
        const double now = clock_now();
        reader->slowest = now - last > reader->slowest ? now - last : reader->slowest;
        last = now;
        ssize_t got = live_receive(reader->socket, some, reader->bytes, 0);
        if (got <= 0) {
            atomic_store(&reader->cut, true);
            break;
        }
        reader->total += (size_t)got;
        clock_sleep_until(next += 0.1);
    }
    return NULL;
}

/* Requests a large result, a different one for each number. */
static void start_reader(struct reader *reader, const struct live *live, int number, size_t bytes)
{
    char request[256];
    *reader = (struct reader){.socket = live_connect(live, (int)(2 * bytes)), .bytes = bytes};
    snprintf(request, sizeof request,
             "GET /crop=1499x1499+%d+%d/large.png HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
             number & 1, number >> 1);
    live_send(reader->socket, request);
    cr_assert_eq(pthread_create(&reader->thread, NULL, read_slowly, reader), 0);
}

static void stop_reader(struct reader *reader)
{
    atomic_store(&reader->stop, true);
    pthread_join(reader->thread, NULL);
    close(reader->socket);
}

static const size_t a_tenth_of_18_kib = 1843;

static void start_readers(struct reader readers[READERS], const struct live *live)
{
    for (int i = 0; i < READERS; i++)
        start_reader(&readers[i], live, i, a_tenth_of_18_kib);
}

static void ask_for_others(const struct live *live)
{
    for (int i = 1; i <= OTHERS; i++) {
        char path[64];
        snprintf(path, sizeof path, "/resize=%dx%d!/one.png", i, i);
        struct reply reply = GET(live, path);
        expect_status(&reply, 200);
    }
    cr_assert_eq(live_metric(live, refused), 0);
}

/* Their results are in files and take no memory. */
Test(serve_slow, readers_of_cached_results)
{
    static struct reader readers[READERS];
    struct live live = LIVE("--memory=8M", "--cache=cache", "--jobs=2");
    start_readers(readers, &live);
    live_await_metric(&live, done, READERS);
    cr_assert_eq(live_metric(&live, held), 0, "%g bytes are held", live_metric(&live, held));
    ask_for_others(&live);
    cr_assert_eq(live_metric(&live, slow), 0);
    for (int i = 0; i < READERS; i++) {
        cr_assert(!atomic_load(&readers[i].cut), "a reader was cut off");
        stop_reader(&readers[i]);
    }
    live_stop(&live);
}

/* Every waiting client gets the same bytes from the file as from memory. */
Test(serve_slow, a_result_is_the_same_from_its_file)
{
    struct live plain = LIVE(), live = LIVE("--cache=cache", "--log=log");
    struct reply whole = GET(&plain, "/crop=1499x1499+0+0/large.png"),
                 made = GET(&live, "/crop=1499x1499+0+0/large.png"),
                 part = GET_WITH(&live, "/crop=1499x1499+1+1/large.png", "Range: bytes=1000000-1000099");
    expect_status(&made, 200);
    cr_assert_eq(made.size, whole.size);
    cr_assert_arr_eq(made.body, whole.body, whole.size);
    cr_assert_str_eq(reply_field(&made, "content-type"), "image/png");
    expect_status(&part, 206);
    cr_assert_eq(part.size, 100);
    live_stop(&plain);
    live_stop(&live);
    cr_assert_null(strstr(content_of("log", NULL), "\"cache\": \"hit\""));
}

/* Without a cache, slow readers hold memory that others need; it is reclaimed, and the others wait for that
 * and are not refused. */
Test(serve_slow, readers_of_results_in_memory)
{
    static struct reader readers[READERS];
    struct live live = LIVE("--memory=8M", "--jobs=2", "--log=log");
    start_readers(readers, &live);
    live_await_metric(&live, held, 8 << 20);
    ask_for_others(&live);
    cr_assert_geq(live_metric(&live, slow), 1);
    for (int i = 0; i < READERS; i++)
        stop_reader(&readers[i]);
    live_stop(&live);
    cr_assert_not_null(strstr(content_of("log", NULL), "read the result slowly while others waited"));
}

/* A slow reader keeps its memory as long as nothing else needs it. */
Test(serve_slow, a_reader_that_is_in_nobodys_way)
{
    static struct reader reader;
    struct live live = LIVE("--memory=1M", "--jobs=1");
    start_reader(&reader, &live, 0, a_tenth_of_18_kib);
    live_await_metric(&live, held, 1 << 20);
    for (double until = clock_now() + 3; clock_now() < until; clock_sleep_until(clock_now() + 0.1))
        cr_assert(!atomic_load(&reader.cut));
    cr_assert_eq(live_metric(&live, slow), 0);
    stop_reader(&reader);
    live_stop(&live);
}

/* Returns whether a reader was cut off for less than --min-rate on average. */
static bool is_below_the_floor(struct reader *reader)
{
    struct live live = LIVE("--client-timeout=1", "--min-rate=4M", "--log=log");
    start_reader(reader, &live, 0, 40 << 10);
    live_await_metric(&live, slow, 1);
    stop_reader(reader);
    cr_assert_lt(reader->total, 4 << 20);
    live_stop(&live);
    return strstr(content_of("log", NULL), "too slowly (--min-rate)") != NULL;
}

/* Steady reading is not enough: 64 KiB within each --client-timeout, but on average less than --min-rate. On
 * a busy machine the reader may not be so steady: then it reads again. */
Test(serve_slow, a_floor_for_throughput, .timeout = 300)
{
    static struct reader reader;
    while (!is_below_the_floor(&reader))
        cr_assert_gt(reader.slowest, 0.5);
}

/* A request counts against --per-client until the client has received its result. */
static void check_a_share(const char *option)
{
    static struct reader reader;
    struct live live = LIVE("--per-client=1", option);
    start_reader(&reader, &live, 0, a_tenth_of_18_kib);
    live_await_metric(&live, done, 1);
    struct reply reply = GET(&live, "/flip/one.png");
    expect_status(&reply, 429);
    stop_reader(&reader);
    live_await_metric(&live, "pixmill_requests_total{status=\"200\"}", 2); /* the reader's, and a metric's */
    double until = clock_now() + 60;
    while ((reply = GET(&live, "/flip/one.png")).status == 429 && clock_now() < until)
        clock_sleep_until(clock_now() + 0.01);
    expect_status(&reply, 200);
    reply = GET(&live, "/flop/one.png"); /* answered requests no longer count */
    expect_status(&reply, 200);
    live_stop(&live);
}

Test(serve_slow, a_result_being_read_counts_for_its_client)
{
    check_a_share("--min-rate=1K");
}

Test(serve_slow, a_cached_result_being_read_counts_for_its_client)
{
    check_a_share("--cache=cache");
}
