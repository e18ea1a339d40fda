/*
 * A ring on threads: a few helpers take operations in the order in which they were begun, call the plain
 * system call that blocks, and lay what became of them down for the next turn. It is how event loops read
 * files where the system offers nothing better (libuv's are four threads, too).
 *
 * No more operations are really under way than there are helpers.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/ring.h"

enum { HELPERS = 4 };

struct op_list {
    struct ring_op *first, **end; /* end: where the next one is hung */
};

struct pool {
    struct ring ring; /* first: a pointer to it is one to this */
    pthread_t helpers[HELPERS];
    unsigned nhelpers;
    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t begun, ended;
    struct op_list todo, done;
    bool woken, closing;
};

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
        return open(op->path, op->flags, op->mode);
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
        return rename(op->path, op->to);
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
        pthread_cond_signal(&self->ended);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

static void pool_add(struct ring *ring, struct ring_op *op)
{
    struct pool *self = (struct pool *)ring;
    pthread_mutex_lock(&self->lock);
    list_push(&self->todo, op);
    pthread_cond_signal(&self->begun);
    pthread_mutex_unlock(&self->lock);
}

static unsigned pool_turn(struct ring *ring, enum ring_patience patience)
{
    struct pool *self = (struct pool *)ring;
    pthread_mutex_lock(&self->lock);
    while (patience == RING_WAIT && self->done.first == NULL && !self->woken)
        pthread_cond_wait(&self->ended, &self->lock);
    self->woken = false;
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
    struct pool *self = (struct pool *)ring;
    pthread_mutex_lock(&self->lock);
    self->woken = true;
    pthread_cond_signal(&self->ended);
    pthread_mutex_unlock(&self->lock);
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
    pthread_cond_destroy(&self->ended);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

static const struct ring_functions pool_functions = {
    .add = pool_add,
    .turn = pool_turn,
    .wake = pool_wake,
    .close = pool_close,
};

struct ring *ring_pool_open(unsigned most)
{
    struct pool *self = calloc(1, sizeof *self);
    if (self == NULL)
        return NULL;
    self->ring.functions = &pool_functions;
    self->todo.end = &self->todo.first;
    self->done.end = &self->done.first;
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->begun, NULL);
    pthread_cond_init(&self->ended, NULL);
    while (self->nhelpers < HELPERS && self->nhelpers < most &&
           pthread_create(&self->helpers[self->nhelpers], NULL, helper_main, self) == 0)
        self->nhelpers++;
    if (self->nhelpers > 0)
        return &self->ring;
    pool_close(&self->ring);
    return NULL;
}
