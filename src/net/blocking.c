#include "net/blocking.h"

#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"

enum { CONNECTIONS = 2 }; /* kept by a line; few, because each thread has its own lines */

void lines_init(struct lines *lines)
{
    *lines = (struct lines){0};
    pthread_mutex_init(&lines->lock, NULL);
}

void lines_free(struct lines *lines)
{
    while (lines->idle != NULL) {
        struct pull_line *line = lines->idle;
        lines->idle = line->next;
        curl_multi_cleanup(line->multi);
        free(line);
    }
    pthread_mutex_destroy(&lines->lock);
}

static struct pull_line *new_line(void)
{
    struct pull_line *line = calloc(1, sizeof *line);
    if (line == NULL)
        return NULL;
    line->multi = multi_open(CONNECTIONS);
    if (line->multi == NULL) {
        free(line);
        return NULL;
    }
    return line;
}

static struct pull_line *take_line(struct lines *lines)
{
    pthread_mutex_lock(&lines->lock);
    struct pull_line *line = lines->idle;
    if (line != NULL)
        lines->idle = line->next;
    pthread_mutex_unlock(&lines->lock);
    return line != NULL ? line : new_line();
}

void blocking_leave(struct lines *lines, struct pull *pull)
{
    struct pull_line *line = pull->line;
    pull->line = NULL;
    if (line == NULL)
        return;
    pthread_mutex_lock(&lines->lock);
    line->next = lines->idle;
    lines->idle = line;
    pthread_mutex_unlock(&lines->lock);
}

/* The descriptor that tells that the run is being stopped; -1, which poll ignores, if that is no matter. */
static int stop_of(const struct pull *pull)
{
    return pull->ignores_stop ? -1 : pull->remote->stop_fd;
}

/* Waits until `moment`. False when the run is stopped before. */
static bool wait_until(double moment, int stop_fd)
{
    struct pollfd stop = {.fd = stop_fd, .events = POLLIN};
    while (clock_now() < moment) {
        if (poll(&stop, 1, clock_poll_until(moment)) > 0)
            return false;
    }
    return true;
}

/* Lets libcurl do a step; if nothing ended, waits for its sockets. */
static void step(struct pull *pull)
{
    CURLM *multi = pull->line->multi;
    int running;
    struct curl_waitfd stop = {.fd = stop_of(pull), .events = CURL_WAIT_POLLIN};
    curl_multi_perform(multi, &running);
    pull_messages(multi);
    if (pull->fetch.state != FETCH_RUNNING)
        return;
    if (clock_now() >= pull->deadline) {
        pull_time_out(pull);
        return;
    }
    curl_multi_poll(multi, &stop, stop.fd >= 0, clock_poll_until(pull->deadline), NULL);
    if (stop.revents != 0)
        pull_cancel(pull);
}

void blocking_run(struct lines *lines, struct pull *pull)
{
    struct fetch *fetch = &pull->fetch;
    if (pull->line == NULL)
        pull->line = take_line(lines);
    if (pull->line == NULL) {
        error_memory(&fetch->error, 0);
        fetch->state = FETCH_FAILED;
        return;
    }
    if (fetch->state == FETCH_WAITING) {
        if (wait_until(fetch->again_at, stop_of(pull)))
            pull_try(pull, pull->line->multi);
        else
            pull_cancel(pull);
    }
    while (fetch->state == FETCH_RUNNING)
        step(pull);
}
