#include "http/blocking.h"

#include <errno.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

struct tasks {
    struct blocking_task *first, **end;
};

struct blocking {
    int fd; /* an eventfd */
    pthread_t *threads;
    unsigned nthreads;
    pthread_mutex_t lock;    /* of what follows */
    pthread_cond_t wake;     /* a task was submitted, or the end has come */
    pthread_cond_t returned; /* a thread has returned from a task */
    struct tasks waiting, done;
    unsigned running; /* threads in a task */
    bool closing;
};

static void push(struct tasks *tasks, struct blocking_task *task)
{
    task->next = NULL;
    *tasks->end = task;
    tasks->end = &task->next;
}

static struct blocking_task *pop(struct tasks *tasks)
{
    struct blocking_task *task = tasks->first;
    if (task == NULL)
        return NULL;
    tasks->first = task->next;
    if (tasks->first == NULL)
        tasks->end = &tasks->first;
    return task;
}

static void *thread_main(void *argument)
{
    struct blocking *blocking = argument;
    struct blocking_task *task;
    pthread_mutex_lock(&blocking->lock);
    while (!blocking->closing) {
        if ((task = pop(&blocking->waiting)) == NULL) {
            pthread_cond_wait(&blocking->wake, &blocking->lock);
            continue;
        }
        blocking->running++;
        pthread_mutex_unlock(&blocking->lock);
        task->work(task);
        pthread_mutex_lock(&blocking->lock);
        const bool woken = blocking->done.first != NULL; /* and the loop has not read it yet */
        push(&blocking->done, task);
        blocking->running--;
        pthread_cond_signal(&blocking->returned);
        if (!woken)
            (void)!eventfd_write(blocking->fd, 1);
    }
    pthread_mutex_unlock(&blocking->lock);
    return NULL;
}

static struct blocking *blocking_new(unsigned threads)
{
    struct blocking *blocking = calloc(1, sizeof *blocking);
    if (blocking == NULL)
        return NULL;
    blocking->threads = calloc(threads, sizeof *blocking->threads);
    blocking->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (blocking->threads == NULL || blocking->fd < 0) {
        free(blocking->threads);
        if (blocking->fd >= 0)
            close(blocking->fd);
        free(blocking);
        return NULL;
    }
    blocking->waiting.end = &blocking->waiting.first;
    blocking->done.end = &blocking->done.first;
    pthread_mutex_init(&blocking->lock, NULL);
    pthread_cond_init(&blocking->wake, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&blocking->returned, &attributes);
    pthread_condattr_destroy(&attributes);
    return blocking;
}

struct blocking *blocking_open(unsigned threads, struct pm_error *error)
{
    struct blocking *blocking = blocking_new(threads);
    if (blocking == NULL) {
        error_set(error, PM_ERROR_IO, "can't start the threads for files: %s", strerror(errno));
        return NULL;
    }
    for (; blocking->nthreads < threads; blocking->nthreads++) {
        const int why = pthread_create(&blocking->threads[blocking->nthreads], NULL, thread_main, blocking);
        if (why != 0) {
            error_set(error, PM_ERROR_WORKER, "no thread can be started: %s (raise ulimit -u)",
                      strerror(why));
            blocking_close(blocking, 0);
            return NULL;
        }
    }
    return blocking;
}

/* File systems on local disks or in memory, whose files are closed at once; all others count as slow. */
bool blocking_needs_closing(int fd)
{
    static const unsigned long local[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, TMPFS_MAGIC,
                                          F2FS_SUPER_MAGIC, SQUASHFS_MAGIC,  ISOFS_SUPER_MAGIC, RAMFS_MAGIC};
    struct statfs status;
    if (fstatfs(fd, &status) != 0)
        return true;
    for (size_t i = 0; i < sizeof local / sizeof *local; i++) {
        if ((unsigned long)status.f_type == local[i])
            return false;
    }
    return true;
}

struct closing {
    struct blocking_task task; /* first: a pointer to it is one to this */
    int fd;
};

static void close_file(struct blocking_task *task)
{
    struct closing *closing = (struct closing *)(void *)task;
    close(closing->fd);
    closing->fd = -1;
}

/* If no thread has begun the task, the server is ending; then the kernel closes the file. */
static void end_closing(struct blocking_task *task)
{
    free(task);
}

void blocking_close_file(struct blocking *blocking, int fd)
{
    struct closing *closing = blocking != NULL ? malloc(sizeof *closing) : NULL;
    if (closing == NULL) {
        close(fd);
        return;
    }
    *closing = (struct closing){.task = {.work = close_file, .ended = end_closing}, .fd = fd};
    blocking_submit(blocking, &closing->task);
}

int blocking_fd(const struct blocking *blocking)
{
    return blocking->fd;
}

void blocking_submit(struct blocking *blocking, struct blocking_task *task)
{
    pthread_mutex_lock(&blocking->lock);
    push(&blocking->waiting, task);
    pthread_cond_signal(&blocking->wake);
    pthread_mutex_unlock(&blocking->lock);
}

bool blocking_withdraw(struct blocking *blocking, struct blocking_task *task)
{
    pthread_mutex_lock(&blocking->lock);
    struct blocking_task **link = &blocking->waiting.first;
    while (*link != NULL && *link != task)
        link = &(*link)->next;
    const bool found = *link != NULL;
    if (found) {
        *link = task->next;
        if (*link == NULL)
            blocking->waiting.end = link;
    }
    pthread_mutex_unlock(&blocking->lock);
    return found;
}

static void end_all(struct blocking_task *task)
{
    for (struct blocking_task *next; task != NULL; task = next) {
        next = task->next;
        task->ended(task);
    }
}

void blocking_deliver(struct blocking *blocking)
{
    eventfd_t events;
    (void)!eventfd_read(blocking->fd,
                        &events); /* first, so that a task that ends from now on wakes the loop again */
    pthread_mutex_lock(&blocking->lock);
    struct blocking_task *task = blocking->done.first;
    blocking->done = (struct tasks){.end = &blocking->done.first};
    pthread_mutex_unlock(&blocking->lock);
    end_all(task);
}

/* Waits until no thread is in a task. */
static bool await_return(struct blocking *blocking, double seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)seconds;
    int why = 0;
    while (blocking->running > 0 && why == 0)
        why = pthread_cond_timedwait(&blocking->returned, &blocking->lock, &until);
    return blocking->running == 0;
}

bool blocking_close(struct blocking *blocking, double seconds)
{
    if (blocking == NULL)
        return true;
    pthread_mutex_lock(&blocking->lock);
    blocking->closing = true;
    pthread_cond_broadcast(&blocking->wake);
    const bool all = await_return(blocking, seconds);
    pthread_mutex_unlock(&blocking->lock);
    if (!all)
        return false;
    for (unsigned i = 0; i < blocking->nthreads; i++)
        pthread_join(blocking->threads[i], NULL);
    end_all(blocking->done.first);
    end_all(blocking->waiting.first);
    pthread_cond_destroy(&blocking->returned);
    pthread_cond_destroy(&blocking->wake);
    pthread_mutex_destroy(&blocking->lock);
    close(blocking->fd);
    free(blocking->threads);
    free(blocking);
    return true;
}
