#include "net/loop.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"

struct fetch_loop {
    struct remote *remote;
    CURLM *multi;
    int epoll, timer, wake;
    bool stopped;
    struct pull *first; /* all fetches; in no order */
    struct pull *moved; /* those whose state has changed */
    double look_at;     /* clock_now() before which no fetch needs anything */
    double curl_at;     /* clock_now() when libcurl wants to be called; INFINITY: when a socket is ready */
    double timer_at;    /* when the timer expires */
};

static int watch(const struct fetch_loop *loop, int action, int fd, unsigned events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    return epoll_ctl(loop->epoll, action, fd, &event);
}

/* Called by libcurl: what it waits for on a socket. `known` is not NULL if the socket is in the epoll set. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *self, void *known)
{
    struct fetch_loop *loop = self;
    (void)easy;
    if (what == CURL_POLL_REMOVE)
        return watch(loop, EPOLL_CTL_DEL, fd, 0) == 0 || errno == ENOENT || errno == EBADF ? 0 : -1;
    unsigned events = (what != CURL_POLL_OUT ? EPOLLIN : 0u) | (what != CURL_POLL_IN ? EPOLLOUT : 0u);
    curl_multi_assign(loop->multi, fd, loop);
    return watch(loop, known != NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, events);
}

static int on_timer(CURLM *multi, long milliseconds, void *self)
{
    struct fetch_loop *loop = self;
    (void)multi;
    loop->curl_at = milliseconds >= 0 ? clock_now() + (double)milliseconds / 1e3 : INFINITY;
    return 0;
}

/* When the fetch needs something that does not depend on its socket: a try begins, or a deadline passes. */
static double next_moment(const struct pull *pull)
{
    switch (pull->fetch.state) {
    case FETCH_WAITING:
        return pull->fetch.again_at;
    case FETCH_RUNNING:
        return pull->deadline;
    default:
        return INFINITY;
    }
}

/* The fetch's moment has changed. */
static void keep_moment(struct fetch_loop *loop, const struct pull *pull)
{
    double moment = next_moment(pull);
    const bool ends = loop->stopped && !pull->ignores_stop && moment < INFINITY;
    loop->look_at = fmin(loop->look_at, ends ? 0 : moment);
}

/* Sets the timer to the next moment. */
static void set_timer(struct fetch_loop *loop)
{
    const double moment = loop->moved != NULL ? clock_now() : fmin(loop->curl_at, loop->look_at);
    if (!(moment < loop->timer_at))
        return;
    loop->timer_at = moment;
    struct itimerspec when = {.it_value = clock_time(fmax(moment, 1))}; /* 0 would disarm it */
    timerfd_settime(loop->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void loop_free(struct fetch_loop *loop)
{
    if (loop->multi != NULL)
        curl_multi_cleanup(loop->multi);
    const int fds[] = {loop->epoll, loop->timer, loop->wake};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    free(loop);
}

struct fetch_loop *loop_open(struct remote *remote, unsigned max, struct pm_error *error)
{
    struct fetch_loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL) {
        error_memory(error, sizeof *loop);
        return NULL;
    }
    loop->remote = remote;
    loop->curl_at = loop->timer_at = loop->look_at = INFINITY;
    loop->multi = multi_open((long)max);
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->multi == NULL || loop->epoll < 0 || loop->timer < 0 || loop->wake < 0 ||
        watch(loop, EPOLL_CTL_ADD, loop->timer, EPOLLIN) != 0 ||
        watch(loop, EPOLL_CTL_ADD, loop->wake, EPOLLIN) != 0 ||
        watch(loop, EPOLL_CTL_ADD, remote->stop_fd, EPOLLIN) != 0) {
        error_set_hint(error, PM_ERROR_INTERNAL, PM_HINT_FEWER_TRANSFERS, "no event loop for URLs: %s",
                       strerror(errno));
        loop_free(loop);
        return NULL;
    }
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
    return loop;
}

int loop_fd(const struct fetch_loop *loop)
{
    return loop->epoll;
}

void loop_add(struct fetch_loop *loop, struct fetch *fetch)
{
    struct pull *pull = (struct pull *)fetch;
    pull->loop = loop;
    pull->next = loop->first;
    if (pull->next != NULL)
        pull->next->before = pull;
    loop->first = pull;
    pull->moved = &loop->moved;
    pull_try(pull, loop->multi);
    keep_moment(loop, pull);
    set_timer(loop);
}

void loop_leave(struct pull *pull)
{
    if (pull->loop == NULL)
        return;
    if (pull->before != NULL)
        pull->before->next = pull->next;
    else
        pull->loop->first = pull->next;
    if (pull->next != NULL)
        pull->next->before = pull->before;
    for (struct pull **at = &pull->loop->moved; pull->is_moved; at = &(*at)->next_moved) {
        if (*at == pull) {
            *at = pull->next_moved;
            pull->is_moved = false;
            break;
        }
    }
    pull->loop = NULL;
}

void loop_go_on(struct pull *pull)
{
    keep_moment(pull->loop, pull);
    set_timer(pull->loop);
}

/* Is it a socket of libcurl? Our own descriptors are handled here. */
static bool is_socket(struct fetch_loop *loop, int fd)
{
    uint64_t count;
    if (fd == loop->timer || fd == loop->wake) {
        (void)!read(fd, &count, sizeof count); /* that it was readable is its only content */
        if (fd == loop->timer)
            loop->timer_at = INFINITY;
    } else if (fd == loop->remote->stop_fd) {
        loop->stopped = true;
        watch(loop, EPOLL_CTL_DEL, fd, 0); /* it stays readable */
    } else {
        return true;
    }
    return false;
}

static void move_sockets(struct fetch_loop *loop)
{
    enum { EVENTS = 64 };
    struct epoll_event events[EVENTS];
    int running, count = epoll_wait(loop->epoll, events, EVENTS, 0);
    for (int i = 0; i < count; i++) {
        const unsigned what = events[i].events;
        if (is_socket(loop, events[i].data.fd))
            curl_multi_socket_action(loop->multi, events[i].data.fd,
                                     (what & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
                                         (what & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                                         (what & EPOLLERR ? CURL_CSELECT_ERR : 0),
                                     &running);
    }
    if (clock_now() >= loop->curl_at) {
        loop->curl_at = INFINITY;
        curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    pull_messages(loop->multi);
}

/* Handles fetches whose moment has come. Looks at all of them, which is rare: moments are tries and
 * deadlines. */
static void keep_time(struct fetch_loop *loop)
{
    double now = clock_now();
    if (now < loop->look_at && !loop->stopped)
        return;
    loop->look_at = INFINITY;
    for (struct pull *pull = loop->first; pull != NULL; pull = pull->next) {
        enum fetch_state state = pull->fetch.state;
        if (loop->stopped && !pull->ignores_stop && (state == FETCH_WAITING || state == FETCH_RUNNING))
            pull_cancel(pull);
        else if (next_moment(pull) <= now && state == FETCH_WAITING)
            pull_try(pull, loop->multi);
        else if (next_moment(pull) <= now)
            pull_time_out(pull);
        keep_moment(loop, pull);
    }
}

/* The owner's callback may add other fetches, and continue or free this one. */
static void notify_owners(struct fetch_loop *loop)
{
    while (loop->moved != NULL) {
        struct pull *pull = loop->moved;
        loop->moved = pull->next_moved;
        pull->is_moved = false;
        /* An upload's next request may have begun already. */
        if (pull->fetch.state == FETCH_WAITING || pull->fetch.state == FETCH_RUNNING)
            keep_moment(loop, pull);
        else
            pull->fetch.changed(&pull->fetch);
    }
}

void loop_turn(struct fetch_loop *loop)
{
    move_sockets(loop);
    keep_time(loop);
    notify_owners(loop);
    set_timer(loop);
}

void loop_wake(struct fetch_loop *loop)
{
    eventfd_write(loop->wake, 1);
}

void loop_close(struct fetch_loop *loop)
{
    loop_free(loop);
}
