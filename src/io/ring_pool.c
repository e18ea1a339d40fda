/*
 * A ring on threads: a few helpers take operations in the order in which they were started, make the plain
 * blocking system call, and store the result for the next turn. Event loops read files in this way if the
 * system offers nothing better (libuv has four threads, too).
 *
 * At most one operation per helper is in progress. Helpers do not wait until descriptors are readable: the
 * turn itself does that with poll, together with an eventfd that helpers signal when they are done.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/ring.h"

enum { HELPERS = 4 };

struct op_list {
    struct ring_op *first, **end; /* end: where the next one is linked */
};

struct pool {
    struct ring ring; /* first: a pointer to it is one to this */
    pthread_t helpers[HELPERS];
    unsigned nhelpers;
    int bell; /* an eventfd: something has ended, or the ring was woken */
    struct op_list
        watched;          /* RING_READABLE operations; used only by the thread that calls ring_turn, as is: */
    struct pollfd *fds;   /* the bell and the watched descriptors */
    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t begun;
    struct op_list todo, done;
    bool closing;
};

static void list_init(struct op_list *list)
{
    *list = (struct op_list){.end = &list->first};
}

static void list_push(struct op_list *list, struct ring_op *op)
{
    op->next = NULL;
    *list->end = op;
    list->end = &op->next;
}

static struct ring_op *list_pop(struct op_list *list)
{
    struct ring_op *op = list->first;
    if (op == NULL)
        return NULL;
    list->first = op->next;
    if (list->first == NULL)
        list->end = &list->first;
    return op;
}

static long perform(const struct ring_op *op)
{
    switch (op->kind) {
    case RING_OPEN:
        return openat(op->folder, op->path, op->flags, op->mode);
    case RING_READ:
        if (op->delay > 0)
            clock_sleep_until(clock_now() + op->delay);
        return pread(op->fd, op->bytes, op->size, (off_t)op->offset);
    case RING_WRITE:
        return pwrite(op->fd, op->bytes, op->size, (off_t)op->offset);
    case RING_SYNC:
        return fsync(op->fd);
    case RING_CLOSE:
        return close(op->fd);
    case RING_RENAME:
        return renameat(op->folder, op->path, op->folder, op->to);
    case RING_READABLE:
        break; /* handled by the turn itself */
    }
    abort();
}

static void *helper_main(void *argument)
{
    struct pool *self = argument;
    pthread_mutex_lock(&self->lock);
    while (!self->closing) {
        struct ring_op *op = list_pop(&self->todo);
        if (op == NULL) {
            pthread_cond_wait(&self->begun, &self->lock);
            continue;
        }
        pthread_mutex_unlock(&self->lock);
        do {
            op->result = perform(op);
        } while (op->result < 0 && errno == EINTR && op->kind != RING_CLOSE);
        if (op->result < 0)
            op->result = -errno;
        pthread_mutex_lock(&self->lock);
        list_push(&self->done, op);
        eventfd_write(self->bell, 1);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

static void pool_add(struct ring *ring, struct ring_op *op)
{
    struct pool *self = (struct pool *)ring;
    if (op->kind == RING_READABLE) {
        list_push(&self->watched, op);
        return;
    }
    pthread_mutex_lock(&self->lock);
    list_push(&self->todo, op);
    pthread_cond_signal(&self->begun);
    pthread_mutex_unlock(&self->lock);
}

/* With RING_WAIT waits for the bell or a watched descriptor. Ends the operations of readable descriptors. */
static void look(struct pool *self, enum ring_wait wait)
{
    nfds_t count = 0;
    self->fds[count++] = (struct pollfd){.fd = self->bell, .events = POLLIN};
    for (const struct ring_op *op = self->watched.first; op != NULL; op = op->next)
        self->fds[count++] = (struct pollfd){.fd = op->fd, .events = POLLIN};
    if (poll(self->fds, count, wait == RING_WAIT ? -1 : 0) <= 0)
        return;
    eventfd_t rings;
    if (self->fds[0].revents != 0)
        eventfd_read(self->bell, &rings);
    struct op_list before = self->watched;
    if (before.first == NULL)
        return;
    list_init(&self->watched);
    for (nfds_t i = 1; i < count; i++) {
        struct ring_op *op = list_pop(&before);
        op->result = self->fds[i].revents;
        if (op->result == 0) {
            list_push(&self->watched, op);
            continue;
        }
        pthread_mutex_lock(&self->lock);
        list_push(&self->done, op);
        pthread_mutex_unlock(&self->lock);
    }
}

static unsigned pool_turn(struct ring *ring, enum ring_wait wait)
{
    struct pool *self = (struct pool *)ring;
    look(self, wait);
    pthread_mutex_lock(&self->lock);
    unsigned ended = 0;
    for (struct ring_op *op = list_pop(&self->done); op != NULL; op = list_pop(&self->done)) {
        pthread_mutex_unlock(&self->lock);
        op->done(op);
        ended++;
        pthread_mutex_lock(&self->lock);
    }
    pthread_mutex_unlock(&self->lock);
    return ended;
}

static void pool_wake(struct ring *ring)
{
    const struct pool *self = (struct pool *)ring;
    eventfd_write(self->bell, 1);
}

static void pool_close(struct ring *ring)
{
    struct pool *self = (struct pool *)ring;
    pthread_mutex_lock(&self->lock);
    self->closing = true;
    pthread_cond_broadcast(&self->begun);
    pthread_mutex_unlock(&self->lock);
    for (unsigned i = 0; i < self->nhelpers; i++)
        pthread_join(self->helpers[i], NULL);
    pthread_cond_destroy(&self->begun);
    pthread_mutex_destroy(&self->lock);
    if (self->bell >= 0)
        close(self->bell);
    free(self->fds);
    free(self);
}

static const struct ring_functions pool_functions = {
    .add = pool_add,
    .turn = pool_turn,
    .wake = pool_wake,
    .close = pool_close,
};

struct ring *ring_pool_open(unsigned max)
{
    struct pool *self = calloc(1, sizeof *self);
    if (self == NULL)
        return NULL;
    self->ring.functions = &pool_functions;
    list_init(&self->todo);
    list_init(&self->done);
    list_init(&self->watched);
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->begun, NULL);
    self->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->fds = calloc((size_t)max + 1, sizeof *self->fds);
    while (self->bell >= 0 && self->fds != NULL && self->nhelpers < HELPERS && self->nhelpers < max &&
           pthread_create(&self->helpers[self->nhelpers], NULL, helper_main, self) == 0)
        self->nhelpers++;
    if (self->nhelpers > 0)
        return &self->ring;
    pool_close(&self->ring);
    return NULL;
}
