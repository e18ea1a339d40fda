/*
 * Errors. A function that can fail takes a `struct pm_error *`, fills it and returns -1; on success it
 * returns 0 and leaves it alone. There is no global error state: each job carries its own. `message` is one
 * line for a person: what is wrong and, in brackets, what to do about it; the file it is about is known to
 * the caller and not repeated.
 */
#ifndef PIXMILL_ERROR_H
#define PIXMILL_ERROR_H

#include <stdint.h>

#pragma GCC visibility push(default)

enum pm_error_kind {
    PM_OK = 0,
    PM_ERROR_USAGE,       /* a recipe or option that makes no sense */
    PM_ERROR_UNSUPPORTED, /* a well-formed file of a kind that is not handled */
    PM_ERROR_CORRUPT,     /* a file that breaks its format's rules */
    PM_ERROR_TRUNCATED,   /* a file that ends too early */
    PM_ERROR_LIMIT,       /* over a limit: `limit` and `value` say which and by how much */
    PM_ERROR_MEMORY,      /* no memory left */
    PM_ERROR_IO,          /* the operating system refused to read or write */
    PM_ERROR_KEY,         /* the wrong key for an encrypted image, or none given */
    PM_ERROR_CHANGED,     /* an encrypted image that was altered */
    PM_ERROR_TIMEOUT,     /* over the job's time */
    PM_ERROR_CANCELLED,   /* stopped by the caller */
    PM_ERROR_WORKER,      /* the worker process died in the middle of the job */
    PM_ERROR_INTERNAL,    /* a fault of pixmill itself */
};

/* The stages of a job, in order. */
enum pm_stage {
    PM_STAGE_READ,
    PM_STAGE_WAIT, /* between read and the worker's start */
    PM_STAGE_DECODE,
    PM_STAGE_FILTER,
    PM_STAGE_ENCODE,
    PM_STAGE_WRITE,
    PM_STAGES, /* how many there are */
};

struct pm_error {
    enum pm_error_kind kind;
    enum pm_stage stage;
    uint64_t limit, value; /* for PM_ERROR_LIMIT: the bound, and what exceeded it; else 0 */
    char message[256];     /* UTF-8, one line, no file name, NUL-terminated */
};

/* The kind's stable name for logs: "corrupt", "limit", ... Never NULL. */
const char *pm_error_kind_name(enum pm_error_kind kind);

/* The stage's stable name for logs and reports: "read", "wait", "decode", "filter", "encode", "write". */
const char *pm_stage_name(enum pm_stage stage);

#pragma GCC visibility pop

#endif
