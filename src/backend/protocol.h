/*
 * The messages between the processes of `procs`, and what the parent checks of each field. An image may
 * control a worker, so everything that a worker sends is checked before use:
 *
 *     fork server -> parent   server_hello     once; trusted: the fork server reads no image
 *     parent -> its reserve   server_call      once, when the fork server is lost
 *     parent -> fork server   spawn_request    trusted: the parent sent it
 *     fork server -> parent   spawn_answer     trusted, as server_hello
 *     worker -> parent        child_hello      once, before the worker's first job: trusted
 *     parent -> worker        child_request    one per job, followed by the job's argument
 *     worker -> parent        child_reply      one per request; checked by protocol_check_reply
 *     worker -> parent        region_head      in the region; copied out once, then checked by
 *                                              protocol_check_head
 *
 * Each is one message of a SOCK_SEQPACKET pair (message.h). These break the protocol: a message of another
 * size; an empty message (it is not the end of the stream, which is detected by POLLHUP); a message while no
 * request is open; a message sent before the worker has received the request.
 *
 * The parent asks the kernel, not the worker, whether the worker received a request (message_unread). A
 * request that was not received is sent to another worker, and the previous job is considered the cause. For
 * every fault after the request was received, its job is considered the cause and is not repeated, unless the
 * worker ended with its fork server.
 *
 * Finally the result itself is checked (struct work, `check`): it must be a file of the planned format and
 * size.
 */
#ifndef BACKEND_PROTOCOL_H
#define BACKEND_PROTOCOL_H

#include "backend/backend.h"

/* A fork server's first message: the process that replaces it if it is lost. The message carries that
 * process's control socket, twice. */
struct server_hello {
    pid_t reserve; /* -1: none, and no socket is sent */
};

/* To the reserve: start to serve. */
struct server_call {
    int serve; /* 1 */
};

/* To the fork server: fork a new worker for this slot; or another reserve, answered by a server_hello. */
struct spawn_request {
    unsigned slot;  /* below config->workers, or SLOT_RESERVE */
    uint32_t needs; /* what the worker must have prepared, at least (struct work) */
};
enum { SLOT_RESERVE = 0x7fffffff };

/* From the fork server. Carries the worker's socket and region if `failure` is 0. */
struct spawn_answer {
    int status;  /* how the slot's previous worker ended, as from waitpid; or SPAWN_NONE_BEFORE */
    int failure; /* errno, or 0 */
    pid_t pid;   /* of the new worker */
};

/* The worker's first message: ready, or why not. Sent before the process gets any byte of an image. */
struct child_hello {
    unsigned missing; /* walls that its sandbox lacks, see sandbox.h */
    bool renews;      /* it can do several jobs: it erases all data of a job before the next */
    struct pm_error error;
};

/* To a worker: a job's input is in the region. The job's argument follows in the same message. */
struct child_request {
    uint64_t number;           /* of the job, unique in its handler; repeated in the reply */
    uint64_t input_size, room; /* bytes; the result may take up to `room` */
    uint64_t argument_size;    /* bytes, at most JOB_ARGUMENT_MAX */
    struct pm_secrets secrets;
};

/* From a worker: the result is in the region, and its report in the region's head. */
struct child_reply {
    uint64_t number;      /* that of the open request; 0: stopped at a forbidden system call */
    int stopped_at;       /* if number is 0: that call. May be any value: it is only displayed */
    uint64_t result_size; /* bytes; at most the request's `room`, and no more than the region holds */
    uint64_t peak_bytes;  /* resident memory of the worker so far; at most the machine's memory */
};

/* From a worker, at the start of the region: its report, kept up to date in case the worker dies. */
struct region_head {
    /* Checked: error.kind, error.hint, error.stage: values of their enums; PM_ERROR_CANCELLED only if the job
     * was cancelled. error.message, warnings, notes: NUL-terminated; may hold any byte, so they are displayed
     * escaped; an error has a message. seconds: finite, not negative. nparts: at most JOB_PARTS_MAX; parts:
     * each within the result (protocol_check_parts); their number and sizes in pixels: by the work's `check`.
     * Not checked: error.limit, error.value (only displayed); width, height (the parent probes the result);
     * pixels_in (the parent uses the plan's). */
    struct job_result result;
    enum pm_stage stage; /* current stage: a value of the enum */
};

/* Checks a reply to request `number`, which allowed `room` bytes for the result. Returns 0, or -1 if a
 * correct worker can't send it. */
int protocol_check_reply(const struct child_reply *reply, uint64_t number, uint64_t room);

/* The same for a copy of the head. `recalled`: the job was cancelled. */
int protocol_check_head(const struct region_head *head, bool recalled);

/* The same for the parts of a result of `size` bytes: each must be within it. */
int protocol_check_parts(const struct job_result *result, uint64_t size);

#endif
