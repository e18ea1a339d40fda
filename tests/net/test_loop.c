/* The loop of fetches, used as the engine's ring uses it: one descriptor, and turns. */
#include "net/loop.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cli/run.h"
#include "net/server.h"

static void note_end(struct fetch *fetch)
{
    *(bool *)fetch->owner = true;
}

/* Turns the loop until the fetch has ended; its descriptor must become readable in time each time. */
static void turn_until(const struct remote *remote, struct fetch_loop *loop, const bool *ended)
{
    enum { PATIENCE = 30000 };
    struct pollfd wait = {.fd = remote->part->loop_fd(loop), .events = POLLIN};
    while (!*ended) {
        cr_assert_eq(poll(&wait, 1, PATIENCE), 1, "the loop waits for nothing");
        remote->part->loop_turn(loop);
    }
}

static struct fetch *begin(struct remote *remote, struct fetch_loop *loop, bool *ended)
{
    struct fetch *fetch = remote->part->begin(remote, server_url("/mute/one"));
    cr_assert_not_null(fetch);
    *ended = false;
    fetch->changed = note_end;
    fetch->owner = ended;
    remote->part->loop_add(loop, fetch);
    return fetch;
}

Test(loop, a_stop_ends_what_is_under_way_and_what_begins_later, .timeout = 120)
{
    struct remote remote;
    struct remote_config config;
    struct pm_error error = {0};
    bool ended[2];
    run_begin();
    put_picture("one.png", 8, 8);
    server_start("one.png", "one.png");
    remote_config_init(&config);
    config.allow_private = true;
    cr_assert_eq(remote_open(&remote, &config, eventfd(0, EFD_CLOEXEC), &error), 0, "%s", error.message);
    struct fetch_loop *loop = remote.part->loop_open(&remote, 2, &error);
    cr_assert_not_null(loop);
    struct fetch *first = begin(&remote, loop, &ended[0]);
    remote_stop(&remote);
    turn_until(&remote, loop, &ended[0]);
    struct fetch *second = begin(&remote, loop, &ended[1]);
    turn_until(&remote, loop, &ended[1]);
    cr_assert_eq(first->error.kind, PM_ERROR_CANCELLED);
    cr_assert_eq(second->error.kind, PM_ERROR_CANCELLED);
    remote.part->free(first);
    remote.part->free(second);
    remote.part->loop_close(loop);
    remote_close(&remote);
    close(remote.stop_fd);
}
