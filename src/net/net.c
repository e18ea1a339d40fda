/*
 * pixmill-net.so, which the command loads when a run names a URL or an object. Only this module uses libcurl.
 * It exports only the table at the end.
 */
#include "net/net.h"

#include <stdlib.h>

#include "net/loop.h"
#include "net/s3.h"

static int net_open(struct remote *remote, struct pm_error *error)
{
    struct net *net = calloc(1, sizeof *net);
    if (net == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(net);
        return error_memory(error, 0);
    }
    lines_init(&net->lines);
    pthread_mutex_init(&net->lock, NULL);
    remote->own = net;
    return 0;
}

static void net_close(struct remote *remote)
{
    struct net *net = remote->own;
    lines_free(&net->lines);
    s3_account_free(&net->account);
    pthread_mutex_destroy(&net->lock);
    free(net);
    curl_global_cleanup();
}

const struct s3_account *net_account(struct remote *remote, struct pm_error *error)
{
    struct net *net = remote->own;
    pthread_mutex_lock(&net->lock);
    if (!net->has_account)
        net->has_account = s3_account_read(&net->account, error) == 0;
    const bool has = net->has_account;
    pthread_mutex_unlock(&net->lock);
    return has ? &net->account : NULL;
}

static void net_free(struct fetch *fetch)
{
    struct pull *pull = (struct pull *)fetch;
    loop_leave(pull);
    pull_leave_multi(pull); /* before another fetch may use its line */
    blocking_leave(&((struct net *)pull->remote->own)->lines, pull);
    pull_end(pull);
}

static void net_run(struct fetch *fetch)
{
    struct pull *pull = (struct pull *)fetch;
    blocking_run(&((struct net *)pull->remote->own)->lines, pull);
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
    .put = s3_put,
    .remove = s3_remove,
    .list = s3_list,
    .look = s3_look,
    .loop_open = loop_open,
    .loop_fd = loop_fd,
    .loop_add = loop_add,
    .loop_turn = loop_turn,
    .loop_wake = loop_wake,
    .loop_close = loop_close,
};
