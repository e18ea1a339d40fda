/*
 * Any number of fetches on one event loop. The sockets that libcurl waits for are in an epoll set, together
 * with a timer and the run's stop descriptor. The engine's ring (io/ring.h) watches only the descriptor of
 * the epoll set.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "net/pull.h"

/* The functions of the same names in struct remote_part. */
struct fetch_loop *loop_open(struct remote *remote, unsigned max, struct pm_error *error);
int loop_fd(const struct fetch_loop *loop);
void loop_add(struct fetch_loop *loop, struct fetch *fetch);
void loop_turn(struct fetch_loop *loop);
void loop_wake(struct fetch_loop *loop);
void loop_close(struct fetch_loop *loop);

/* Removes a fetch that is being freed from its loop. */
void loop_leave(struct pull *pull);

/* Continues a paused fetch. */
void loop_go_on(struct pull *pull);

#endif
