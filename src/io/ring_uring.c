/*
 * A ring on io_uring: two queues in memory that this process shares with the kernel. Operations are written
 * into one, a single system call submits all of them, and the kernel writes the results into the other. A
 * turn that finds results makes a system call only to submit more operations.
 *
 * Operations on cached data complete during submission. For the disk the kernel waits asynchronously.
 * Operations that always block (creating or renaming a file) are done by kernel threads.
 *
 * Documented in io_uring(7), io_uring_enter(2) and liburing's manual pages.
 */
#include <errno.h>
#include <liburing.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "io/ring.h"

struct uring {
    struct ring ring; /* first: a pointer to it is one to this */
    struct io_uring uring;
    int woken; /* an eventfd, watched by a poll operation on the ring */
};

/* User data of entries that are not a ring_op. */
static char timeout_mark, wake_mark;

static void watch_wake(struct uring *self)
{
    struct io_uring_sqe *entry = io_uring_get_sqe(&self->uring);
    io_uring_prep_poll_add(entry, self->woken, POLLIN);
    io_uring_sqe_set_data(entry, &wake_mark);
}

/* The kernel starts a linked operation when the one before it has ended, even while this thread computes. */
static void add_delay(struct uring *self, struct ring_op *op)
{
    double whole = floor(op->delay);
    op->wait =
        (struct __kernel_timespec){.tv_sec = (int64_t)whole, .tv_nsec = (int64_t)((op->delay - whole) * 1e9)};
    struct io_uring_sqe *entry = io_uring_get_sqe(&self->uring);
    io_uring_prep_timeout(entry, &op->wait, 0, IORING_TIMEOUT_ETIME_SUCCESS);
    io_uring_sqe_set_flags(entry, IOSQE_IO_LINK);
    io_uring_sqe_set_data(entry, &timeout_mark);
}

static void uring_add(struct ring *ring, struct ring_op *op)
{
    struct uring *self = (struct uring *)ring;
    if (op->kind == RING_READ && op->delay > 0)
        add_delay(self, op);
    struct io_uring_sqe *entry = io_uring_get_sqe(&self->uring);
    switch (op->kind) {
    case RING_OPEN:
        io_uring_prep_openat(entry, op->folder, op->path, op->flags, op->mode);
        break;
    case RING_READ:
        io_uring_prep_read(entry, op->fd, op->bytes, (unsigned)op->size, op->offset);
        break;
    case RING_WRITE:
        io_uring_prep_write(entry, op->fd, op->bytes, (unsigned)op->size, op->offset);
        break;
    case RING_SYNC:
        io_uring_prep_fsync(entry, op->fd, 0);
        break;
    case RING_CLOSE:
        io_uring_prep_close(entry, op->fd);
        break;
    case RING_RENAME:
        io_uring_prep_renameat(entry, op->folder, op->path, op->folder, op->to, 0);
        break;
    case RING_READABLE:
        io_uring_prep_poll_add(entry, op->fd, POLLIN);
        break;
    }
    io_uring_sqe_set_data(entry, op);
}

/* If the counter can't be reset, the next turn returns early, nothing more. */
static void be_awake(struct uring *self)
{
    uint64_t wakes;
    (void)!read(self->woken, &wakes, sizeof wakes);
    watch_wake(self);
}

static void end(struct uring *self, struct ring_op *op, long result)
{
    if (result == -EINTR &&
        op->kind != RING_CLOSE) { /* close is never retried: the descriptor is closed in any case */
        uring_add(&self->ring, op);
        return;
    }
    op->result = result;
    op->done(op);
}

static unsigned uring_turn(struct ring *ring, enum ring_wait wait)
{
    struct uring *self = (struct uring *)ring;
    if (wait == RING_WAIT && io_uring_cq_ready(&self->uring) == 0)
        io_uring_submit_and_wait(&self->uring, 1);
    else if (io_uring_sq_ready(&self->uring) > 0)
        io_uring_submit(&self->uring); /* if the kernel is short of memory, it takes the rest next time */
    unsigned ended = 0;
    struct io_uring_cqe *entry;
    while (io_uring_peek_cqe(&self->uring, &entry) == 0) {
        void *data = io_uring_cqe_get_data(entry);
        long result = entry->res;
        io_uring_cqe_seen(&self->uring, entry);
        if (data == &timeout_mark)
            continue;
        if (data == &wake_mark)
            be_awake(self);
        else
            end(self, data, result);
        ended++;
    }
    return ended;
}

static void uring_wake(struct ring *ring)
{
    const struct uring *self = (struct uring *)ring;
    eventfd_write(self->woken, 1);
}

static void uring_close(struct ring *ring)
{
    struct uring *self = (struct uring *)ring;
    io_uring_queue_exit(&self->uring);
    close(self->woken);
    free(self);
}

static const struct ring_functions uring_functions = {
    .add = uring_add,
    .turn = uring_turn,
    .wake = uring_wake,
    .close = uring_close,
};

static const char *refusal_of(int why)
{
    switch (why) {
    case EPERM:
    case EACCES:
        return "io_uring is disabled here (by kernel.io_uring_disabled or a container's seccomp filter); "
               "helper threads replace it";
    case ENOSYS:
        return "this kernel has no io_uring; helper threads replace it";
    case ENOMEM:
        return "not enough memory for io_uring (raise ulimit -l); helper threads replace it";
    default:
        return "io_uring can't be set up; helper threads replace it";
    }
}

struct ring *ring_uring_open(unsigned max, const char **refusal)
{
    struct uring *self = calloc(1, sizeof *self);
    *refusal = refusal_of(ENOMEM);
    if (self == NULL)
        return NULL;
    self->ring.functions = &uring_functions;
    self->woken = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    /* An operation uses at most two entries, and the wake uses one, so there is always a free entry. The
     * other queue is twice as long and never overflows. */
    int status = self->woken >= 0 ? io_uring_queue_init(2 * max + 1, &self->uring, 0) : -errno;
    if (status == 0 && (self->uring.features & IORING_FEAT_CQE_SKIP) == 0) {
        io_uring_queue_exit(&self->uring);
        *refusal = "this kernel's io_uring is too old (5.17 is needed); helper threads replace it";
    } else if (status == 0) {
        *refusal = NULL;
        watch_wake(self);
        return &self->ring;
    } else {
        *refusal = refusal_of(-status);
    }
    if (self->woken >= 0)
        close(self->woken);
    free(self);
    return NULL;
}
