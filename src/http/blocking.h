/*
 * Runs calls that may block, such as those on files, in a few threads, so that the event loop never waits for
 * a disk or for another machine. The loop submits a task and is woken when it has ended.
 */
#ifndef HTTP_BLOCKING_H
#define HTTP_BLOCKING_H

#include <stdbool.h>

#include "base/error.h"

/* A task, embedded in the submitter's struct; it belongs to the submitter again when `ended` is called. */
struct blocking_task {
    struct blocking_task *next;
    void (*work)(struct blocking_task *task);  /* called in a thread */
    void (*ended)(struct blocking_task *task); /* called by blocking_deliver */
};

struct blocking;

/* Starts the threads. NULL with `error` filled when it can't. */
struct blocking *blocking_open(unsigned threads, struct pm_error *error);

/* Readable when tasks have ended. */
int blocking_fd(const struct blocking *blocking);

void blocking_submit(struct blocking *blocking, struct blocking_task *task);

/* Cancels a task. True if no thread has begun it; it belongs to the submitter again then.
 */
bool blocking_withdraw(struct blocking *blocking, struct blocking_task *task);

/* Can closing the file block, because a process (FUSE) or another machine serves its file system? Asks the
 * file system, which may block, too. */
bool blocking_needs_closing(int fd);

/* Closes the descriptor in a thread. `blocking` NULL, or no memory for a task: at once. */
void blocking_close_file(struct blocking *blocking, int fd);

/* Calls ended() of all tasks that have ended. */
void blocking_deliver(struct blocking *blocking);

/* Ends the threads, and calls ended() of all tasks, those that none has begun included. NULL is allowed.
 * False, and nothing may be freed that a task uses, when one is in a call that does not return within
 * `seconds`. */
bool blocking_close(struct blocking *blocking, double seconds);

#endif
