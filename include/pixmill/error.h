/*
 * Errors. A function that can fail takes a `struct pm_error *`, fills it and returns -1; on success it
 * returns 0 and does not change it. There is no global error state: each job has its own. `message` is one
 * line for people: what is wrong and, in brackets, what to do about it in any program. `hint` says what the
 * calling program could change; it has its own words for that. The message does not have the file's name,
 * which the caller knows.
 */
#ifndef PIXMILL_ERROR_H
#define PIXMILL_ERROR_H

#include <stdint.h>

#pragma GCC visibility push(default)

enum pm_error_kind {
    PM_OK = 0,
    PM_ERROR_USAGE,       /* an invalid recipe or option */
    PM_ERROR_UNSUPPORTED, /* a well-formed file of a kind that is not handled */
    PM_ERROR_CORRUPT,     /* a file that breaks its format's rules */
    PM_ERROR_TRUNCATED,   /* a file that ends too early */
    PM_ERROR_LIMIT,       /* a limit is exceeded: see `limit` and `value` */
    PM_ERROR_MEMORY,      /* out of memory */
    PM_ERROR_IO,          /* the operating system refused to read or write */
    PM_ERROR_KEY,         /* the wrong key for an encrypted image, or none given */
    PM_ERROR_CHANGED,     /* an encrypted image that was altered */
    PM_ERROR_TIMEOUT,     /* the job took longer than allowed */
    PM_ERROR_CANCELLED,   /* stopped by the caller */
    PM_ERROR_WORKER,      /* the worker process died during the job */
    PM_ERROR_INTERNAL,    /* a fault of pixmill itself */
};

/* What would avoid an error. The reporting program puts it into its own words: an option of a command line, a
 * field of a form, a setting of the library's caller. */
enum pm_hint {
    PM_HINT_NONE,
    PM_HINT_ALLOW_TRUNCATED, /* accept the part of the picture that is there: recipe setting allow-truncated
                              */
    PM_HINT_FORMAT_PNG,      /* another format supports it: recipe setting format=png */
    PM_HINT_KEEP_LESS,       /* less metadata would fit: recipe setting keep */
    PM_HINT_DECRYPT,         /* decrypt first */
    PM_HINT_NO_DECRYPT,      /* do not decrypt: the image is not encrypted */
    PM_HINT_KEY,             /* a key, or another one, is needed */
    PM_HINT_KEY_FILE,        /* the key is needed from a key file */
    PM_HINT_PASSPHRASE,      /* the passphrase is needed */
    PM_HINT_MAX_PIXELS,      /* a larger limit of pixels */
    PM_HINT_MAX_MEMORY,      /* of memory for pictures */
    PM_HINT_MAX_TIME,        /* of a job's time */
    PM_HINT_MAX_BYTES,       /* of a URL's bytes */
    PM_HINT_CONNECT_TIME,    /* of the time to connect to its host */
    PM_HINT_FETCH_TIME,      /* of the time to fetch it */
    PM_HINT_ALLOW_PRIVATE,   /* allow addresses of this machine and its network */
    PM_HINT_LESS_AT_ONCE,    /* fewer workers, or less memory for pictures in flight */
    PM_HINT_FEWER_TRANSFERS, /* fewer files or URLs at once */
    PM_HINT_FILES,           /* a larger limit of open files (ulimit -n) */
    PM_HINT_PROCESSES,       /* of processes and threads (ulimit -u) */
    PM_HINT_FILE_SIZE,       /* of a file's size (ulimit -f) */
    PM_HINT_THREADS,         /* workers that are threads */
    PM_HINT_SANDBOX_ON,      /* a sandbox with the features of this kernel */
    PM_HINT_IO_SYNC,         /* workers that read and write themselves */
    PM_HINT_ALLOW_EMPTY,     /* allow a run without input */
    PM_HINT_HIDDEN,          /* include hidden files */
    PM_HINT_BASE,            /* another base folder, or none */
    PM_HINT_NAME,            /* the name that an encrypted image is bound to */
    PM_HINT_WRONG_SALTS,     /* more passphrase salts that match no file */
    PM_HINT_LOCKED,          /* another run holds a lock: wait for it, or name something else */
    PM_HINT_RETRY,           /* it failed before: try it again nevertheless */
    PM_HINT_BACKUP,          /* another place for the backups, or none for what has one */
    PM_HINTS,                /* how many there are */
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
    uint64_t limit, value; /* with PM_ERROR_LIMIT: the limit, and the value that exceeds it; else 0 */
    enum pm_hint hint;
    char message[256]; /* UTF-8, one line, no file name, NUL-terminated */
};

/* The kind's stable name for logs: "corrupt", "limit", ... Never NULL. */
const char *pm_error_kind_name(enum pm_error_kind kind);

/* The stage's stable name for logs and reports: "read", "wait", "decode", "filter", "encode", "write". */
const char *pm_stage_name(enum pm_stage stage);

#pragma GCC visibility pop

#endif
