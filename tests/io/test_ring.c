/* Both kinds of ring against the same contract. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/ring.h"
#include "temp.h"

static size_t ended; /* operations */

static void count(struct ring_op *op)
{
    (void)op;
    ended++;
}

static struct ring *open_kind(size_t kind, unsigned most)
{
    const char *refusal = NULL;
    struct ring *ring = kind == 0 ? ring_pool_open(most) : ring_uring_open(most, &refusal);
    if (ring == NULL && kind == 1)
        cr_skip_test("%s", refusal);
    cr_assert_not_null(ring);
    return ring;
}

/* Starts one operation and turns the ring until it has ended. */
static long perform(struct ring *ring, struct ring_op op)
{
    size_t before = ended;
    op.done = count;
    ring_add(ring, &op);
    while (ended == before)
        ring_turn(ring, RING_WAIT);
    cr_assert_eq(ended, before + 1);
    return op.result;
}

#define RING_TEST(name)                                                                                      \
    static void name(size_t kind);                                                                           \
    ParameterizedTestParameters(ring, name)                                                                  \
    {                                                                                                        \
        static size_t kinds[] = {0, 1};                                                                      \
        return cr_make_param_array(size_t, kinds, 2);                                                        \
    }                                                                                                        \
    ParameterizedTest(size_t *kind, ring, name, .timeout = 120)                                              \
    {                                                                                                        \
        name(*kind);                                                                                         \
    }                                                                                                        \
    static void name(size_t kind)

RING_TEST(a_file_is_made_written_renamed_and_read)
{
    struct ring *ring = open_kind(kind, 2);
    char path[256], to[256], text[] = "some bytes", back[32] = "";
    snprintf(path, sizeof path, "%s", temp_path("new"));
    snprintf(to, sizeof to, "%s", temp_path("renamed"));
    int fd = (int)perform(ring, (struct ring_op){.kind = RING_OPEN,
                                                 .folder = AT_FDCWD,
                                                 .path = path,
                                                 .flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
                                                 .mode = 0600});
    cr_assert_geq(fd, 0);
    cr_assert_eq(
        perform(ring, (struct ring_op){.kind = RING_WRITE, .fd = fd, .bytes = text, .size = 10, .offset = 2}),
        10);
    cr_assert_eq(perform(ring, (struct ring_op){.kind = RING_SYNC, .fd = fd}), 0);
    cr_assert_eq(
        perform(ring, (struct ring_op){.kind = RING_RENAME, .folder = AT_FDCWD, .path = path, .to = to}), 0);
    /* A read returns fewer bytes at the end of the file, and none past it. */
    cr_assert_eq(
        perform(ring, (struct ring_op){.kind = RING_READ, .fd = fd, .bytes = back, .size = 32, .offset = 7}),
        5);
    cr_assert_str_eq(back, "bytes");
    cr_assert_eq(
        perform(ring, (struct ring_op){.kind = RING_READ, .fd = fd, .bytes = back, .size = 32, .offset = 12}),
        0);
    cr_assert_eq(perform(ring, (struct ring_op){.kind = RING_CLOSE, .fd = fd}), 0);
    cr_assert_eq(fcntl(fd, F_GETFD), -1);
    cr_assert_eq(access(path, F_OK), -1);
    cr_assert_eq(access(to, F_OK), 0);
    ring_close(ring);
}

RING_TEST(errors_are_told_as_negative_errno)
{
    struct ring *ring = open_kind(kind, 1);
    char path[256], byte;
    snprintf(path, sizeof path, "%s", temp_path("missing"));
    cr_assert_eq(
        perform(ring,
                (struct ring_op){.kind = RING_OPEN, .folder = AT_FDCWD, .path = path, .flags = O_RDONLY}),
        -ENOENT);
    cr_assert_eq(
        perform(ring, (struct ring_op){.kind = RING_RENAME, .folder = AT_FDCWD, .path = path, .to = path}),
        -ENOENT);
    cr_assert_eq(perform(ring, (struct ring_op){.kind = RING_READ, .fd = -1, .bytes = &byte, .size = 1}),
                 -EBADF);
    cr_assert_eq(perform(ring, (struct ring_op){.kind = RING_CLOSE, .fd = -1}), -EBADF);
    ring_close(ring);
}

RING_TEST(as_many_as_it_is_made_for_are_under_way_again_and_again)
{
    enum { MOST = 64, ROUNDS = 50 };
    static struct ring_op ops[MOST];
    static char bytes[MOST][8];
    struct ring *ring = open_kind(kind, MOST);
    int fd = open(temp_text("file", "abcdefgh"), O_RDONLY | O_CLOEXEC);
    for (int round = 0; round < ROUNDS; round++) {
        size_t before = ended;
        for (int i = 0; i < MOST; i++) {
            ops[i] = (struct ring_op){
                .kind = RING_READ, .fd = fd, .bytes = bytes[i], .size = 8, .delay = 1e-6, .done = count};
            ring_add(ring, &ops[i]);
        }
        while (ended < before + MOST)
            ring_turn(ring, RING_WAIT);
        for (int i = 0; i < MOST; i++)
            cr_assert_eq(ops[i].result, 8);
    }
    cr_assert_eq(ended, MOST * ROUNDS);
    cr_assert_eq(memcmp(bytes[MOST - 1], "abcdefgh", 8), 0);
    close(fd);
    ring_close(ring);
}

/* Returns whether a turn that only looks ended before the read's time. */
static bool looks_in_time(struct ring *ring, int fd)
{
    const double delay = 0.1;
    char byte = 0;
    struct ring_op read = {
        .kind = RING_READ, .fd = fd, .bytes = &byte, .size = 1, .delay = delay, .done = count};
    const double began = clock_now();
    ended = 0;
    ring_add(ring, &read);
    const unsigned found = ring_turn(ring, RING_POLL);
    const bool in_time = clock_now() - began < delay;
    cr_assert(!in_time || found == 0, "it was not delayed");
    while (ended == 0)
        ring_turn(ring, RING_WAIT);
    cr_assert_geq(clock_now() - began, delay);
    cr_assert_eq(byte, 'x');
    return in_time;
}

/* On a busy machine a turn may take that long without waiting; not each time. */
RING_TEST(a_read_waits_as_long_as_it_is_told)
{
    struct ring *ring = open_kind(kind, 1);
    int fd = open(temp_text("file", "x"), O_RDONLY | O_CLOEXEC);
    while (!looks_in_time(ring, fd))
        ;
    close(fd);
    ring_close(ring);
}

static void *wake_later(void *ring)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    ring_wake(ring);
    return NULL;
}

/* Twice: it can be woken more than once, both before it waits and while it waits. */
RING_TEST(a_turn_that_waits_is_woken_by_another_thread)
{
    struct ring *ring = open_kind(kind, 1);
    pthread_t thread;
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(pthread_create(&thread, NULL, wake_later, ring), 0);
        ring_turn(ring, RING_WAIT);
        pthread_join(thread, NULL);
        ring_wake(ring);
        ring_turn(ring, RING_WAIT);
    }
    cr_assert_eq(ended, 0);
    ring_close(ring);
}

/* It ends when there is something to read and not before, whatever else ends in the meantime. */
RING_TEST(a_descriptor_is_watched_until_it_is_readable)
{
    struct ring *ring = open_kind(kind, 3);
    int ends[2];
    char path[256];
    snprintf(path, sizeof path, "%s", temp_text("file", "some bytes"));
    cr_assert_eq(pipe(ends), 0);
    size_t before = ended;
    struct ring_op watch = {.kind = RING_READABLE, .fd = ends[0], .done = count};
    ring_add(ring, &watch);
    int fd = (int)perform(
        ring, (struct ring_op){.kind = RING_OPEN, .folder = AT_FDCWD, .path = path, .flags = O_RDONLY});
    cr_assert_geq(fd, 0);
    ring_turn(ring, RING_POLL);
    cr_assert_eq(ended, before + 1, "only the file was opened");
    cr_assert_eq(write(ends[1], "x", 1), 1);
    while (ended < before + 2)
        ring_turn(ring, RING_WAIT);
    cr_assert_gt(watch.result, 0);
    close(fd);
    close(ends[0]);
    close(ends[1]);
    ring_close(ring);
}
