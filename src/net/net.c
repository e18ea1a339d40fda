/*
 * pixmill-net.so, which the command loads when a run names a URL. Only this module uses libcurl. It exports
 * only the table at the end.
 */
#include <stdlib.h>

#include "net/blocking.h"
#include "net/loop.h"

static int net_open(struct remote *remote, struct pm_error *error)
{
    struct lines *lines = malloc(sizeof *lines);
    if (lines == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(lines);
        return error_memory(error, 0);
    }
    lines_init(lines);
    remote->own = lines;
    return 0;
}

static void net_close(struct remote *remote)
{
    lines_free(remote->own);
    free(remote->own);
    curl_global_cleanup();
}

static void net_free(struct fetch *fetch)
{
    struct pull *pull = (struct pull *)fetch;
    loop_leave(pull);
    pull_leave_multi(pull); /* before another fetch may use its line */
    blocking_leave(pull->remote->own, pull);
    pull_end(pull);
}

static void net_run(struct fetch *fetch)
{
    struct pull *pull = (struct pull *)fetch;
    blocking_run(pull->remote->own, pull);
}

static void net_go_on(struct fetch *fetch)
{
    struct pull *pull = (struct pull *)fetch;
    pull_go_on(pull);
    if (pull->loop != NULL)
        loop_go_on(pull);
}

__attribute__((visibility("default"))) const struct remote_part pixmill_net = {
    .version = PIXMILL_VERSION,
    .open = net_open,
    .close = net_close,
    .begin = pull_begin,
    .free = net_free,
    .run = net_run,
    .go_on = net_go_on,
    .loop_open = loop_open,
    .loop_fd = loop_fd,
    .loop_add = loop_add,
    .loop_turn = loop_turn,
    .loop_wake = loop_wake,
    .loop_close = loop_close,
};
