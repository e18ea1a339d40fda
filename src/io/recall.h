/*
 * Calling a job back that is under way: its worker finds out at the next checkpoint, and the job fails with
 * PM_ERROR_CANCELLED. Whoever waits for the job owns the recall; it must live until the job was given back.
 */
#ifndef IO_RECALL_H
#define IO_RECALL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/error.h"

struct recall {
    atomic_bool asked;
    int fd; /* an eventfd, readable once it was asked: for a backend that waits for another process */
};

/* Returns 0, or -1 with `error` filled. */
int recall_open(struct recall *recall, struct pm_error *error);

/* Any thread may ask, and more than once. */
void recall_ask(struct recall *recall);

void recall_close(struct recall *recall);

/* Fills `error` for a job that was called back; returns -1. */
int recall_error(struct pm_error *error);

#endif
