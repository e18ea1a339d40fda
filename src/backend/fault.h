/* The faults of a worker process during a job, and their error messages for that job. */
#ifndef BACKEND_FAULT_H
#define BACKEND_FAULT_H

#include "backend/backend.h"

enum fault_kind {
    FAULT_NONE,
    FAULT_DIED,
    FAULT_LATE,      /* over the job's time */
    FAULT_RECALLED,  /* the job was called back, and it did not hear */
    FAULT_DEAF,      /* does not begin the job */
    FAULT_ASLEEP,    /* neither works nor answers */
    FAULT_SENSELESS, /* says what no worker in its right mind would */
    FAULT_STOPPED,   /* by the sandbox, at a system call */
    FAULT_GREEDY,    /* has more memory than it was granted */
};

struct fault {
    enum fault_kind kind;
    int ended;      /* how the process ended, as forkserver_spawn tells it; of DIED */
    bool unread;    /* it never received the job, which is therefore not its job's doing */
    int stopped_at; /* the call's number; of STOPPED */
    uint64_t limit; /* bytes; of GREEDY */
};

/* How a process ended that should not have, as forkserver_spawn tells it; `cause` follows, unless the signal
 * says more. Returns -1 with `error` filled. */
int fault_tell_end(const char *process, int ended, const char *cause, struct pm_error *error);

/* Fills `error`, which has its stage already. */
void fault_tell(const struct fault *fault, const struct backend_config *config, struct pm_error *error);

#endif
