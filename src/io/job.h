/*
 * A job: one input on its way to one result. It belongs to one room at a time, and whoever holds the pointer
 * owns it: the batch, then the engine that reads, a worker, the engine that writes, and the batch again.
 */
#ifndef IO_JOB_H
#define IO_JOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "io/recall.h"
#include "pixmill/error.h"
#include "pixmill/secret.h"

enum job_status { JOB_PENDING, JOB_OK, JOB_FAILED };

enum { JOB_ARGUMENT_MAX = 5120 };

/* What a job brings to its work. */
struct job_input {
    const uint8_t *data; /* the file's bytes */
    size_t size;
    /* What is to be done with this file: plain bytes, at most JOB_ARGUMENT_MAX, which mean the same in
     * another process. None: the workers' own argument says it all. */
    const void *argument;
    size_t argument_size;
    const struct pm_secrets *secrets; /* NULL: none */
    const atomic_bool *recalled;      /* true: it is called back (recall.h); NULL: it can't be */
};

/* What a worker tells of a job: plain data that may cross a process border as it stands. */
struct job_result {
    struct pm_error error;  /* PM_OK when all went well */
    uint32_t width, height; /* of the result */
    uint64_t pixels_in;
    double seconds[PM_STAGES];
    char warnings[2048]; /* lines, each ended by '\n' and there once; the last says so when not all fit */
};

struct job {
    struct job *next;           /* in a list of whoever owns it now */
    size_t index;               /* in the batch's list, from 0 */
    const char *input, *output; /* paths; owned by the batch */
    const char *url; /* what to fetch; NULL: the input is a file. May hold a password: `input` is its face */
    enum job_status status;
    struct buffer in, out; /* the file's bytes; the result's */
    const void *argument;  /* as in struct job_input; owned by whoever made the job */
    size_t argument_size;
    struct recall *recall;     /* by which it may be called back; NULL: it can't be */
    struct pm_secrets secrets; /* when the recipe encrypts or decrypts */
    struct job_result result;
    uint64_t charge;      /* bytes of the memory budget that it holds from admission until it is finished */
    mode_t mode;          /* permission bits of the input */
    unsigned http_status; /* of the last answer to a fetch; 0: there was none */
    double ready_at;      /* clock_now() when its input was in memory; for the wait stage */
};

#endif
