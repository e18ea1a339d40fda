/* The server with clients that stay connected and send nothing: ten thousand in the long form, several
 * hundred in the short one. Each costs a little memory and does not affect the others. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/live.h"
#include "torture/torture.h"

enum {
    MOST = 10000,
    FEW = 300,
    OTHERS = 1000,             /* descriptors for everything else */
    BYTES_EACH = 4096,         /* of memory per connection */
    BYTES_AT_ALL = 4096 << 10, /* additional memory that the server may use as it warms up */
    PATIENCE = 60,
};

/* The number of connections, up to `wished`, that the limit on descriptors allows. The server needs one
 * descriptor for each, and reserves a quarter; if the limit can't be raised, it is used as it is. */
static unsigned possible(unsigned wished)
{
    struct rlimit limit;
    const rlim_t needed = (rlim_t)wished / 3 * 4 + OTHERS;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const rlim_t most = limit.rlim_max;
    limit.rlim_cur = limit.rlim_max = needed;
    if (most < needed && setrlimit(RLIMIT_NOFILE, &limit) == 0)
        return wished;
    limit.rlim_cur = limit.rlim_max = most;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    return most >= needed ? wished : most > OTHERS ? (unsigned)(most - OTHERS) / 4 * 3 : 0;
}

static double resident_bytes(const struct live *live)
{
    char path[64], line[256];
    double kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)live->running.pid);
    FILE *status = fopen(path, "r");
    cr_assert_not_null(status);
    while (fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = atof(line + 6);
    }
    fclose(status);
    return kib * 1024;
}

/* Requests the server's health and reads the whole response. */
static void ask_once(int socket)
{
    char answer[1024];
    size_t size = 0;
    ssize_t got;
    live_send(socket, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    while (size < 3 || memcmp(answer + size - 3, "ok\n", 3) != 0) {
        got = live_receive(socket, answer + size, sizeof answer - size, 0);
        cr_assert_gt(got, 0, "no answer");
        size += (size_t)got;
    }
}

static void await_connections(const struct live *live, double most)
{
    const double until = clock_now() + PATIENCE;
    double count;
    while ((count = live_metric(live, "pixmill_connections")) > most)
        cr_assert_lt(clock_now(), until, "%.0f connections are left", count);
}

Test(torture_connections, many_that_idle)
{
    static int sockets[MOST];
    torture_begin();
    const unsigned count = possible(torture_is_long() ? MOST : FEW);
    put_picture("root/one.png", 60, 40);
    struct live live = LIVE("--jobs=1", "--idle-timeout=1000", "--client-timeout=1000");
    struct reply reply = GET(&live, "/resize=9x9/one.png");
    expect_status(&reply, 200);
    const double before = resident_bytes(&live);
    for (unsigned i = 0; i < count; i++) {
        sockets[i] = live_connect(&live, 0);
        ask_once(sockets[i]);
    }
    cr_assert_geq(live_metric(&live, "pixmill_connections"), count);
    const double grown = resident_bytes(&live) - before;
    if (torture_is_long())
        fprintf(stderr, "%u idle connections took %.1f MB\n", count, grown / 1e6);
    cr_assert_lt(grown, (double)count * BYTES_EACH + BYTES_AT_ALL);
    reply = GET(&live, "/resize=8x8/one.png");
    expect_status(&reply, 200);
    for (unsigned i = 0; i < count; i++) {
        ask_once(sockets[i]); /* all connections are still open */
        close(sockets[i]);
    }
    await_connections(&live, 2);
    live_stop(&live);
}
