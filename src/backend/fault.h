/* The faults of a worker process during a job, and their error messages for that job. */
#ifndef BACKEND_FAULT_H
#define BACKEND_FAULT_H

#include "backend/backend.h"

enum fault_kind {
    FAULT_NONE,
    FAULT_DIED,
    FAULT_LATE,          /* over the job's time */
    FAULT_RECALLED,      /* the job was cancelled and the worker did not react */
    FAULT_NOT_STARTED,   /* did not start the job */
    FAULT_HUNG,          /* neither computes nor replies */
    FAULT_INVALID_REPLY, /* sent a reply that a correct worker never sends */
    FAULT_STOPPED,       /* stopped by the sandbox at a system call */
    FAULT_OVER_MEMORY,   /* uses more memory than it was granted */
};

struct fault {
    enum fault_kind kind;
    int ended;      /* for FAULT_DIED: how the process ended, see forkserver_spawn */
    bool unread;    /* the worker never received the job, so the job is not the cause */
    int stopped_at; /* for FAULT_STOPPED: number of the system call */
    uint64_t limit; /* for FAULT_OVER_MEMORY: bytes */
};

/* Fills `error` for a process that ended unexpectedly. `ended`: forkserver_spawn's *status; `cause` is
 * appended, unless the signal implies another. Returns -1. */
int fault_tell_end(const char *process, int ended, const char *cause, struct pm_error *error);

/* Fills `error`, except its stage, which is already set. */
void fault_tell(const struct fault *fault, const struct backend_config *config, struct pm_error *error);

#endif
