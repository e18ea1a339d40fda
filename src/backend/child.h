/*
 * The life of a worker process: it waits for a message, does the job that lies in its region, answers, and so
 * on until the parent closes the socket. It knows of no file, no other job and no other process. It speaks
 * when it is spoken to: one reply to each request.
 */
#ifndef BACKEND_CHILD_H
#define BACKEND_CHILD_H

#include <stdnoreturn.h>

#include "backend/backend.h"

/* The descriptor of every worker's socket; it has no other. */
enum { CHILD_SOCKET = 3 };

/* The worker's first message: ready, or why not. */
struct child_hello {
    unsigned missing; /* the sandbox's walls that it goes without, see sandbox.h */
    struct pm_error error;
};

/* From the parent: a job's input is in the region. The job's argument follows in the same message. */
struct child_request {
    uint64_t number;           /* of the job; its reply bears the same */
    uint64_t input_size, room; /* bytes; the result may take up to `room` */
    uint64_t argument_size;    /* bytes, at most JOB_ARGUMENT_MAX */
    struct pm_secrets secrets;
};

/* To the parent: the result lies in the region, how the job went in its head. */
struct child_reply {
    uint64_t number;      /* of the job; 0 when it says only that the worker was stopped, */
    int stopped_at;       /* at this system call */
    uint64_t result_size; /* bytes */
    uint64_t peak_bytes;  /* resident memory of the worker so far, at most */
};

/* Runs in the new process and never returns. */
noreturn void child_main(int region, const struct backend_config *config);

#endif
