/*
 * Fetches for threads that wait, each for one. Each fetch uses a line: a multi handle that keeps its
 * connections for the next fetch. Unused lines are in a stack, the most recently used on top.
 */
#ifndef NET_BLOCKING_H
#define NET_BLOCKING_H

#include <pthread.h>

#include "net/pull.h"

struct pull_line {
    CURLM *multi;
    struct pull_line *next;
};

struct lines {
    pthread_mutex_t lock;
    struct pull_line *idle;
};

void lines_init(struct lines *lines);
void lines_free(struct lines *lines);

/* remote_part's run. */
void blocking_run(struct lines *lines, struct pull *pull);

/* Returns the line of a fetch that is being freed. */
void blocking_leave(struct lines *lines, struct pull *pull);

#endif
