/*
 * A thread that simulates a worker process controlled by an image, and its fork server. A script of fuzz
 * bytes determines what the worker sends, writes to its region, and leaves unread. After the script it is a
 * correct worker, whose result is its input.
 */
#ifndef TESTS_FUZZ_TAKEN_OVER_H
#define TESTS_FUZZ_TAKEN_OVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "backend/forkserver.h"
#include "fuzz/script.h"

struct taken_over {
    struct script script;
    pthread_t thread;
    int control;        /* the fork server's end */
    int socket, region; /* of the worker that there is; -1: none */
    bool renews;        /* as the workers' child_hello says */
    bool honest;        /* the current worker has sent only expected messages */
    uint64_t request;   /* received and not answered; 0: none */
    size_t input_size, room;
    size_t written;          /* bytes of its last result */
    atomic_bool script_done; /* and the worker is honest from now on */
    atomic_uint job;         /* the parent's job, from 1 */
    unsigned last_run;       /* the job that an honest worker has begun last */
};

/* Starts the thread, and fills `server` for the parent's side. */
void taken_over_start(struct taken_over *world, struct script script, struct forkserver *server);

/* Ends it; the parent's sides of sockets must be closed. */
void taken_over_end(struct taken_over *world, struct forkserver *server);

#endif
