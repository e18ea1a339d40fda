/*
 * The messages between the processes of `procs`, and what the parent checks of each field. A worker may be
 * under the control of an image, so nothing that comes from one is believed before it was checked:
 *
 *     fork server -> parent   server_hello     once; trusted: the fork server sees no image
 *     parent -> its reserve   server_call      once, when the fork server is lost
 *     parent -> fork server   spawn_request    trusted: the parent sent it
 *     fork server -> parent   spawn_answer     trusted, as server_hello
 *     worker -> parent        child_hello      once, before the worker's first job: trusted
 *     parent -> worker        child_request    one a job, the job's argument behind it
 *     worker -> parent        child_reply      one a request; checked by protocol_check_reply
 *     worker -> parent        region_head      in the region; copied out once, then checked by
 *                                              protocol_check_head
 *
 * Each is one message of a SOCK_SEQPACKET pair (message.h). A message of any other size breaks the protocol,
 * and so does an empty one, which is not the end of the stream: only the kernel says that a process has
 * ended. So do a message while no request is open, and one before the worker has received the request.
 *
 * Whether a worker received a request, the parent asks the kernel (message_unread), never the worker. A
 * request that was not received is given to another worker, and the job before it is blamed. Whatever happens
 * after the request was received is blamed on the job of that request, which is not handed over again, unless
 * the worker ended with its fork server.
 *
 * After the fields, the result itself is checked (struct work, `check`): it must be a file of the planned
 * format and size.
 */
#ifndef BACKEND_PROTOCOL_H
#define BACKEND_PROTOCOL_H

#include "backend/backend.h"

/* From a fork server, its first message: the process that takes over when it is lost. That process's control
 * socket is sent along, twice. */
struct server_hello {
    pid_t reserve; /* -1: none; then no socket comes */
};

/* To the reserve: start to serve. */
struct server_call {
    int serve; /* 1 */
};

/* To the fork server: a new worker for this slot; or another reserve, which a server_hello answers. */
struct spawn_request {
    unsigned slot;  /* below config->workers, or SLOT_RESERVE */
    uint32_t needs; /* what the worker is to have prepared, at least (struct work) */
};
enum { SLOT_RESERVE = 0x7fffffff };

/* From the fork server. A worker's socket and region come with it when `failure` is 0. */
struct spawn_answer {
    int status;  /* how the worker that was there ended, as waitpid tells it; or SPAWN_NONE_BEFORE */
    int failure; /* errno, or 0 */
    pid_t pid;   /* of the new worker */
};

/* The worker's first message: ready, or why not. No byte of an image has reached the process. */
struct child_hello {
    unsigned missing; /* the sandbox's walls that it does without, see sandbox.h */
    bool renews;      /* it can do one job after the other: nothing of one is left for the next */
    struct pm_error error;
};

/* To a worker: a job's input is in the region. The job's argument follows in the same message. */
struct child_request {
    uint64_t number;           /* of the job, unique to its handler; the reply has the same */
    uint64_t input_size, room; /* bytes; the result may take up to `room` */
    uint64_t argument_size;    /* bytes, at most JOB_ARGUMENT_MAX */
    struct pm_secrets secrets;
};

/* From a worker: the result is in the region, and how the job went is in the region's head. */
struct child_reply {
    uint64_t number;      /* the open request's; or 0: the filter of system calls stopped the worker */
    int stopped_at;       /* with number 0: at this system call. Any value: it is only shown */
    uint64_t result_size; /* bytes; at most the request's `room`, and no more than the region holds */
    uint64_t peak_bytes;  /* resident memory of the worker so far; at most the machine's memory */
};

/* From a worker, in the first bytes of the region: how the job went, up to date even when it dies. */
struct region_head {
    /* error.kind, error.hint, error.stage: values of their enums; PM_ERROR_CANCELLED only of a job that was
     * called back. error.message, warnings: NUL within them; shown escaped, for they may hold any byte.
     * An error has a message.
     * error.limit, error.value: any, only shown. width, height: those of the result, which the parent probes.
     * pixels_in: that of the plan. seconds: finite, not negative. nparts: at most JOB_PARTS_MAX; parts: each
     * within the result, checked by protocol_check_parts; their number and sizes in pixels: the work's
     * `check`. */
    struct job_result result;
    enum pm_stage stage; /* where the job is: a value of the enum */
};

/* Is this reply to request `number`, which left `room` bytes for the result, one that an honest worker can
 * send? Returns 0, or -1. */
int protocol_check_reply(const struct child_reply *reply, uint64_t number, uint64_t room);

/* The same for a copy of the head. `recalled`: the job was called back. */
int protocol_check_head(const struct region_head *head, bool recalled);

/* The same for several results within `size` bytes: each must be in them. */
int protocol_check_parts(const struct job_result *result, uint64_t size);

#endif
